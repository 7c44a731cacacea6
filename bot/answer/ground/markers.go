package ground

import "slices"

// saidOf are the marks of all pieces that a statement of the evidence carries.
func (c *comparison) saidOf(g int) mark {
	var m mark
	for k, pc := range c.pieces {
		if b := c.best[k]; b >= 0 && c.p.clauses[b].group == g {
			m |= c.marksOf(pc)
		}
	}
	return m
}

// markers compares the small words that change what a statement means.
func (c *comparison) markers() {
	var here, there, wide mark
	for k, pc := range c.pieces {
		own := c.marksOf(pc)
		here |= own
		b := c.best[k]
		if b < 0 {
			continue
		}
		in := c.p.clauses[b].marks
		there |= in
		g := c.p.clauses[b].group
		wide |= c.p.groups[g].marks
		const no = markNeg | markNever
		if in&no != 0 && c.saidOf(g)&no == 0 && !c.turned(c.p.clauses[b]) {
			c.f[fNegDropped] = 1
		}
	}
	set := func(f int, on bool) {
		if on {
			c.f[f] = 1
		}
	}
	added := func(f int, m mark) { set(f, here&m != 0 && wide&m == 0) }
	dropped := func(f int, m mark) { set(f, here&m == 0 && there&m != 0) }
	dropped(fOnlyDropped, markOnly)
	added(fAllAdded, markAll)
	dropped(fAllDropped, markAll)
	dropped(fSomeDropped, markSome)
	set(fModal, here&markMust != 0 && here&(markCan|markOnly) == 0 && wide&markMust == 0 && c.suffices() || here&markMust != 0 && here&markCan == 0 && wide&(markCan|markOr) != 0 && wide&markMust == 0)
	set(fQuant, here&(markOnly|markSome) != 0 && here&markAll == 0 && there&markAll != 0 && there&(markOnly|markSome) == 0 ||
		here&markUnless != 0 && here&(markOnly|markIf) == 0 && there&(markOnly|markIf) != 0 && there&markUnless == 0 ||
		here&markAll != 0 && here&(markOnly|markSome) == 0 && there&(markOnly|markSome) != 0 && there&markAll == 0)
	added(fCanAdded, markCan)
	added(fIfAdded, markIf)
	dropped(fIfDropped, markIf)
	dropped(fUnlessDropped, markUnless)
}

// suffices reports whether a statement used says that something is enough.
func (c *comparison) suffices() bool {
	for _, b := range c.best {
		if b >= 0 {
			gr := &c.p.groups[c.p.clauses[b].group]
			if c.hasWord(span{gr.first, gr.last}, sufficeWords) && !c.hasWord(span{gr.first, gr.last}, wordsOnlyIf) {
				return true
			}
		}
	}
	return false
}

var wordsOnlyIf = wordsOf("as long as", "so long as", "as soon as", "只要")

// turned reports whether the sentence says the opposite of each word that a
// clause of the evidence denies, so that both say the same.
func (c *comparison) turned(cl clause) bool {
	const no = markNeg | markNever
	found := false
	for n := cl.first; n < cl.last; n++ {
		if c.p.toks[n].marks()&no == 0 {
			continue
		}
		if c.p.toks[n].marks()&markInstead != 0 {
			found = true
			continue
		}
		ok := false
		for m := n + 1; m < cl.last && m <= n+3 && !ok; m++ {
			o := &c.p.toks[m]
			for i := range c.s {
				if c.s[i].weight >= 0.2 && c.against(&c.s[i], o) {
					ok = true
				}
			}
		}
		if !ok {
			return false
		}
		found = true
	}
	return found
}

// against reports whether two words are opposites.
func (c *comparison) against(a, b *token) bool {
	for _, x := range a.classes() {
		for _, o := range c.p.lex.opposed[x] {
			if slices.Contains(b.classes(), o) {
				return true
			}
		}
	}
	for _, x := range a.sides() {
		if slices.Contains(b.sides(), x^1) {
			return true
		}
	}
	return false
}
