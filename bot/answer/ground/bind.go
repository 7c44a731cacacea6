package ground

import (
	"math"
)

// isName reports whether a token names something that another name could take
// the place of: code, a figure, a proper name, a thing of the trade.
func (c *comparison) isName(t *token) bool {
	if t.weight < 0.45 {
		return false
	}
	if t.kind == kindLiteral || t.kind == kindNumber || t.proper {
		return true
	}
	thing, general := false, false
	for _, cl := range t.classes() {
		if c.p.lex.parts[cl] {
			return true
		}
		thing = thing || cl >= c.p.lex.classes
		general = general || cl < c.p.lex.classes
	}
	return thing && !general
}

// bound looks whether names and figures stand in the clause that carries the
// rest of their clause.
func (c *comparison) bound() {
	n, sum := 0., 0.
	for k, pc := range c.pieces {
		for i := pc.from; i < pc.to && c.best[k] >= 0; i++ {
			if c.isName(&c.s[i]) {
				n++
				sum += c.strength(i, c.best[k], false)
			}
		}
	}
	c.f[fBindAll] = 1
	if n > 0 {
		c.f[fBindAll] = sum / n
	}
}

// apart is how far two tokens of the evidence stand from each other, borders
// between them counted.
func (c *comparison) apart(a, b int32) int {
	x, y := &c.p.toks[a], &c.p.toks[b]
	d := int(a - b)
	g := x.gap - y.gap
	return max(d, -d) + max(g, -g)
}

// stolen counts the figures and codes of the sentence that stand beside words
// which, in the evidence, have another figure or code nearer.
func (c *comparison) stolen() {
	for _, pc := range c.pieces {
		for i := pc.from; i < pc.to; i++ {
			t := &c.s[i]
			if t.weight < 1 || t.kind != kindNumber {
				continue
			}
			anchors, lost := 0, 0
			for j := max(pc.from, i-3); j < min(pc.to, i+4); j++ {
				if j == i || c.s[j].weight < 0.45 || c.s[j].kind == t.kind && t.kind == kindNumber {
					continue
				}
				if !c.isName(&c.s[j]) || c.once(j) < 0 {
					continue
				}
				own, rival := math.MaxInt, math.MaxInt
				for _, a := range c.at[j] {
					if a.strength < 0.6 {
						continue
					}
					for _, b := range c.at[i] {
						if a.tok != b.tok {
							own = min(own, c.apart(a.tok, b.tok))
						}
					}
					for n := max(0, a.tok-8); n < min(int32(len(c.p.toks)), a.tok+9); n++ {
						if o := &c.p.toks[n]; o.weight >= 1 && rivals(t, o) && !c.isAt(pc, n) {
							rival = min(rival, c.apart(a.tok, n))
						}
					}
				}
				if own == math.MaxInt {
					continue
				}
				anchors++
				if rival < own-1 {
					lost++
				}
			}
			if anchors > 0 && lost == anchors {
				c.f[fStolen]++
			}
		}
	}
}

// rivals reports whether a token of the evidence could stand in the place of
// one of the sentence.
func rivals(t, o *token) bool {
	if t.kind != o.kind {
		return false
	}
	if t.kind == kindNumber {
		return t.read[0].dim == o.read[0].dim
	}
	return o.text != t.text
}

// isAt reports whether a token of the evidence is one that a clause of the
// sentence has.
func (c *comparison) isAt(pc span, tok int32) bool {
	for i := pc.from; i < pc.to; i++ {
		for _, pl := range c.at[i] {
			if pl.tok == tok {
				return true
			}
		}
	}
	return false
}
