package ground

import "math"

// isName reports whether a token names something that another name could take
// the place of: code, a figure, a proper name, a thing of the trade.
func (c *comparison) isName(t *token) bool {
	if t.weight < 0.45 {
		return false
	}
	if t.kind == kindLiteral || t.kind == kindNumber || t.proper {
		return true
	}
	thing := false
	for _, cl := range t.classes() {
		if cl < c.p.lex.classes {
			return false
		}
		thing = true
	}
	return thing
}

// bound looks whether names and figures stand in the clause that carries the
// rest of their clause, and beside the same words.
func (c *comparison) bound() {
	c.f[fBind], c.f[fLitNear], c.f[fBindAll] = 1, 1, 1
	n, sum := 0., 0.
	for k, pc := range c.pieces {
		if c.best[k] < 0 {
			continue
		}
		for i := pc.from; i < pc.to; i++ {
			t := &c.s[i]
			if !c.isName(t) {
				continue
			}
			b := c.strength(i, c.best[k], false)
			n++
			sum += b
			if t.kind != kindNumber && t.kind != kindLiteral {
				continue
			}
			c.f[fBind] = min(c.f[fBind], b)
			best := 0.
			for j := max(pc.from, i-4); j < min(pc.to, i+5); j++ {
				if j == i || c.s[j].weight < 0.8 {
					continue
				}
				if d := c.distance(i, j); d < math.MaxInt {
					best = max(best, 1/(1+float64(max(d-1, 0))/3))
				}
			}
			c.f[fLitNear] = min(c.f[fLitNear], best)
		}
	}
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

// distance is how far two words of the sentence stand from each other in the
// evidence at least.
func (c *comparison) distance(i, j int) int {
	dist := math.MaxInt
	for _, a := range c.at[i] {
		for _, b := range c.at[j] {
			if a.tok != b.tok && a.strength >= 0.6 && b.strength >= 0.6 {
				dist = min(dist, c.apart(a.tok, b.tok))
			}
		}
	}
	return dist
}

// stolen counts the figures and codes of the sentence that stand beside words
// which, in the evidence, have another figure or code nearer.
func (c *comparison) stolen() {
	for _, pc := range c.pieces {
		for i := pc.from; i < pc.to; i++ {
			t := &c.s[i]
			if t.weight < 1 || t.kind != kindNumber && t.kind != kindLiteral {
				continue
			}
			anchors, lost := 0, 0
			for j := max(pc.from, i-3); j < min(pc.to, i+4); j++ {
				if j == i || c.s[j].weight < 0.45 || c.s[j].kind == t.kind && t.kind == kindNumber {
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

// roles counts pairs of names within a clause of the sentence that stand the
// other way round in one clause of the evidence.
func (c *comparison) roles() {
	for k, pc := range c.pieces {
		if c.best[k] < 0 {
			continue
		}
		cl := c.p.clauses[c.best[k]]
		prev, prevAt := -1, int32(-1)
		for i := pc.from; i < pc.to; i++ {
			if !c.isName(&c.s[i]) {
				continue
			}
			at := int32(-1)
			many := false
			for _, pl := range c.at[i] {
				if int(pl.tok) >= cl.first && int(pl.tok) < cl.last && pl.strength >= 0.6 {
					many = at >= 0
					at = pl.tok
				}
			}
			if at < 0 || many {
				continue
			}
			if prev >= 0 && at < prevAt {
				c.f[fRole]++
			}
			prev, prevAt = i, at
		}
	}
}
