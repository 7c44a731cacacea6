package ground

import "iter"

// windowStrength is how surely token i stands in the statement of clause b, in
// its item, or in the heading above.
func (c *comparison) windowStrength(i, b int) float64 {
	best := 0.
	g := c.p.clauses[b].group
	gr := &c.p.groups[g]
	for _, pl := range c.at[i] {
		o := int(c.p.inGroup[pl.tok])
		og := &c.p.groups[o]
		k := 0.
		switch {
		case o == g:
			k = 1
		case og.heading && og.part == gr.part:
			k = 0.95
		case og.unit == gr.unit && og.part == gr.part:
			k = 0.9
		case og.part == gr.part && og.unit >= gr.unit-1 && og.unit <= gr.unit+1:
			k = 0.5
		}
		best = max(best, k*float64(pl.strength))
	}
	return best
}

// aligned weighs how surely the words stand in the statement that carries their
// clause, what is missing, and what of that statement is left out between them.
func (c *comparison) aligned() {
	total := 0.
	groups := map[int]bool{}
	for k, pc := range c.pieces {
		b := c.best[k]
		if b >= 0 {
			groups[c.p.clauses[b].group] = true
		}
		var content []int
		for i := pc.from; i < pc.to; i++ {
			w := float64(c.s[i].weight)
			if w < 0.15 {
				continue
			}
			content = append(content, i)
			total += w
			l := 0.
			if b >= 0 {
				l = c.windowStrength(i, b)
			}
			if c.found(i) >= 0.55 {
				c.f[fHeld] += w
			}
			if l >= 0.4 {
				c.f[fHeldIn] += w
			}
			if b >= 0 && c.strength(i, b, false) >= 0.4 {
				c.f[fHeldClause] += w
			}
			switch {
			case l >= 0.85:
				c.f[fSure] += w
			case l > 0:
				c.f[fWeak] += w
			}
			if c.found(i) < 0.55 && w > 0.25 {
				if pale(&c.s[i]) {
					c.f[fMissLight] += w
				} else {
					c.f[fMissHeavy] += w
				}
			}
		}
		if b >= 0 {
			gr := &c.p.groups[c.p.clauses[b].group]
			c.f[fHole] += c.hole(content, span{gr.first, gr.last})
		}
	}
	if total > 0 {
		for _, f := range []int{fSure, fWeak, fHeld, fHeldIn, fHeldClause} {
			c.f[f] /= total
		}
		c.f[fMissShare] = c.f[fMissHeavy] / total
	}
	c.denials(groups)
}

// denials counts the denials of the statements used that the sentence does not
// have.
func (c *comparison) denials(groups map[int]bool) {
	const no = markNeg | markNever
	var here, there mark
	n := 0
	for i := range c.s {
		here |= c.s[i].marks()
		if c.s[i].marks()&no != 0 {
			n--
		}
	}
	for g := range groups {
		gr := &c.p.groups[g]
		there |= gr.marks
		for k := gr.first; k < gr.last; k++ {
			if c.p.toks[k].marks()&no != 0 && !c.p.toks[k].code {
				n++
			}
		}
	}
	c.f[fDeniedLess] = float64(max(0, n))
	if here&markAfter != 0 && there&markAfter == 0 {
		c.f[fAfterAdded] = 1
	}
}

// hole is the weight of what a statement has between the first and the last
// word that the sentence takes from it, and the sentence does not.
func (c *comparison) hole(content []int, win span) float64 {
	used := map[int]bool{}
	lo, hi, prev := -1, -1, win.from-1
	for _, i := range content {
		at, bestD := -1, 1<<30
		for _, pl := range c.at[i] {
			n := int(pl.tok)
			if n < win.from || n >= win.to || pl.strength < 0.55 {
				continue
			}
			used[n] = true
			d := n - prev
			if d < 0 {
				d = -2 * d
			}
			if d < bestD {
				bestD, at = d, n
			}
		}
		if at < 0 {
			continue
		}
		prev = at
		if lo < 0 {
			lo = at
		}
		lo, hi = min(lo, at), max(hi, at)
	}
	v, last := 0., -1
	for n := lo; n >= 0 && n < hi; n++ {
		t := &c.p.toks[n]
		if t.start == last || used[n] || c.covers(n) || t.weight < 0.3 {
			continue
		}
		last = t.start
		v += float64(t.weight)
	}
	return v
}

// placed yields each piece of the sentence that a clause of the evidence
// carries, with the group of that clause.
func (c *comparison) placed() iter.Seq2[span, int] {
	return func(yield func(span, int) bool) {
		for k, pc := range c.pieces {
			if b := c.best[k]; b >= 0 && !yield(pc, c.p.clauses[b].group) {
				return
			}
		}
	}
}

// groupSpan are the tokens of a group of the evidence.
func (c *comparison) groupSpan(g int) span {
	return span{c.p.groups[g].first, c.p.groups[g].last}
}

// content are the words of a piece that say something.
func (c *comparison) content(pc span) []int {
	var out []int
	for i := pc.from; i < pc.to; i++ {
		if c.s[i].weight >= 0.3 {
			out = append(out, i)
		}
	}
	return out
}
