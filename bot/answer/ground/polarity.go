package ground

import "strings"

// polarity looks for what the sentence denies and the evidence does not, or
// the reverse, and for opposites.
func (c *comparison) polarity() {
	sure := float32(sameText)
	if c.f[fCross] > 0 {
		sure = sameClass // no word is the same between languages
	}
	for k, pc := range c.pieces {
		b := c.best[k]
		if b < 0 {
			continue
		}
		cl := c.p.clauses[b]
		in := span{cl.first, cl.last}
		gr := c.p.groups[cl.group]
		un := c.unitOf(cl.group)
		if gr.mistake && cl.first == gr.first {
			c.f[fMistake] += 1 / float64(len(c.pieces))
		}
		if either, both := c.eitherBoth(pc, in); either && both {
			c.f[fAnti]++
			c.anti = "both, either"
		}
		own := c.marksOf(pc)
		turned := 0
		for i := pc.from; i < pc.to; i++ {
			t := &c.s[i]
			if t.weight < 0.2 || t.kind == kindNumber || t.kind == kindLiteral && t.form == nil {
				continue
			}
			same, other, inClause, near := false, false, false, false
			for _, pl := range c.at[i] {
				n := int(pl.tok)
				if n < un.from || n >= un.to || pl.strength < 0.6 {
					continue
				}
				near = near || n >= gr.first && n < gr.last && (pl.strength >= sure || !c.opposed(t, in, pc))
				inClause = inClause || n >= in.from && n < in.to && (pl.strength >= sure || !c.opposed(t, in, pc))
				if n < gr.first || n >= gr.last {
					continue
				}
				if c.p.toks[n].neg == t.neg {
					same = true
				} else {
					other = true
				}
			}
			const no = markNeg | markNever
			if gr.mistake && cl.first == gr.first && t.neg && !c.describes(pc) {
				other = false // not to do what is called a mistake
			}
			if other && !same {
				turned++
			}
			if other && !same && (turned > 1 || !t.neg && own&markCan != 0 || t.neg && gr.marks&no == 0 || !t.neg && own&no == 0) {
				c.f[fFlip]++
				c.flip = t.text
			}
			if inClause {
				continue
			}
			if !near && c.opposed(t, in, pc) || c.found(i) < 0.6 && c.isPart(t) && c.opposed(t, span{0, len(c.p.toks)}, span{0, len(c.s)}) {
				c.f[fAnti]++
				c.anti = t.text
			}
		}
	}
}

// describes reports whether a clause denies as a fact, not as advice.
func (c *comparison) describes(sp span) bool {
	for i := sp.from; i < sp.to; i++ {
		if denials[c.s[i].text] {
			return true
		}
	}
	return false
}

// denials say that something is not so, not that it should not be done.
var denials = map[string]bool{"不会": true, "不受": true, "不必": true, "不用": true, "无需": true, "不需要": true, "没有": true, "will not": true, "does not": true, "doesn't": true, "won't": true, "no longer": true, "need not": true}

func (c *comparison) marksOf(sp span) mark {
	var m mark
	for i := sp.from; i < sp.to; i++ {
		m |= c.s[i].marks()
	}
	return m
}

func (c *comparison) isPart(t *token) bool {
	for _, cl := range t.classes() {
		if c.p.lex.parts[cl] {
			return true
		}
	}
	return false
}

// opposed reports whether the opposite of a token stands in a run of the
// evidence, is denied as it is, and is no word of the run own of the sentence.
func (c *comparison) opposed(t *token, in, own span) bool {
	for _, cl := range t.classes() {
		for _, o := range c.p.lex.opposed[cl] {
			for _, n := range c.p.byClass[o] {
				if int(n) >= in.from && int(n) < in.to && c.p.toks[n].neg == t.neg && !c.taken(n, own) {
					return true
				}
			}
		}
	}
	return false
}

var (
	eitherWords = wordsOf("either", "either one", "任一", "任意一个", "任何一个", "其中一个")
	bothWords   = wordsOf("both", "两者", "二者", "同时", "都")
)

// eitherBoth reports whether one of the two says either and the other both.
func (c *comparison) eitherBoth(pc, in span) (either, both bool) {
	var s, e [2]bool
	for i := pc.from; i < pc.to; i++ {
		s[0], s[1] = s[0] || eitherWords[c.s[i].text], s[1] || bothWords[c.s[i].text]
	}
	for n := in.from; n < in.to; n++ {
		e[0], e[1] = e[0] || eitherWords[c.p.toks[n].text], e[1] || bothWords[c.p.toks[n].text]
	}
	if s[0] == s[1] || e[0] == e[1] {
		return false, false
	}
	return s[0] || e[0], s[1] || e[1]
}

// taken reports whether a run of the sentence has a word of the evidence itself.
func (c *comparison) taken(n int32, own span) bool {
	for i := own.from; i < own.to; i++ {
		for _, pl := range c.at[i] {
			if pl.tok == n && pl.strength == sameText {
				return true
			}
		}
	}
	return false
}

// deniedNames looks for a name that the evidence speaks of in denied clauses
// alone while the sentence denies nothing.
func (c *comparison) deniedNames() {
	const no = markNeg | markNever
	for _, pc := range c.pieces {
		if c.marksOf(span{0, len(c.s)})&no != 0 || strings.ContainsAny(c.raw, "不没无未") {
			continue
		}
		for i := pc.from; i < pc.to; i++ {
			if c.s[i].weight < 0.7 {
				continue
			}
			denied, free := false, false
			for _, pl := range c.at[i] {
				if pl.strength < 0.6 {
					continue
				}
				cl := c.p.clauses[c.p.inClause[pl.tok]]
				d := false
				for n := max(cl.first, int(pl.tok)-3); n < int(pl.tok); n++ {
					d = d || c.p.toks[n].marks()&no != 0
				}
				denied = denied || d
				free = free || !d
			}
			if denied && !free {
				c.f[fDeniedName] = 1
			}
		}
	}
}
