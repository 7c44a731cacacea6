package ground

// switched looks for words that took the place of others: a clause of the
// sentence holds words that its clause of the evidence does not, while that
// one holds words which the sentence leaves out. More words alone may come
// from the heading, fewer alone may be a summary; both together are a change.
func (c *comparison) switched() {
	used := map[int32]bool{}
	for i := range c.s {
		for _, pl := range c.at[i] {
			if pl.strength >= 0.6 {
				used[pl.tok] = true
			}
		}
	}
	whole, leftAll := 0., 0.
	for k, pc := range c.pieces {
		b := c.best[k]
		if b < 0 {
			continue
		}
		cl := c.p.clauses[b]
		gr := &c.p.groups[cl.group]
		left, total, rivals := 0., 0., 0
		lastStart := -1
		for n := cl.first; n < cl.last; n++ {
			t := &c.p.toks[n]
			if t.start == lastStart {
				continue
			}
			lastStart = t.start
			total += float64(t.weight)
			if !used[int32(n)] && !c.covers(n) {
				left += float64(t.weight)
				if c.isName(t) {
					rivals++
				}
			}
		}
		extra, aliens := 0., 0
		for i := pc.from; i < pc.to; i++ {
			t := &c.s[i]
			if t.weight < 0.2 {
				continue
			}
			best, near := float32(0), float32(0)
			for _, pl := range c.at[i] {
				n := int(pl.tok)
				og := &c.p.groups[c.p.inGroup[n]]
				if n >= cl.first && n < cl.last || og.heading && og.part == gr.part {
					best = max(best, pl.strength)
				}
				if og.unit == gr.unit && og.part == gr.part {
					near = max(near, pl.strength)
				}
			}
			miss := float64(t.weight) * float64(1-best)
			extra += miss
			if miss > 0.4 && near < 0.6 && c.isName(t) {
				aliens++
			}
		}
		v := min(extra, left)
		c.f[fSwitchMax] = max(c.f[fSwitchMax], v)
		c.f[fAlien] += float64(min(aliens, rivals))
		whole += total
		leftAll += left
	}
	if whole > 0 {
		c.f[fLeft] = leftAll / whole
	}
}

// covers reports whether a word of the sentence overlaps a token of the
// evidence, which is not the one that it was found at.
func (c *comparison) covers(n int) bool {
	t := &c.p.toks[n]
	if t.kind == kindLiteral || t.kind == kindNumber {
		return false
	}
	for i := range c.s {
		for _, pl := range c.at[i] {
			if o := &c.p.toks[pl.tok]; pl.strength >= 0.6 && o.start < t.end && t.start < o.end {
				return true
			}
			if o := &c.p.toks[pl.tok]; pl.strength == sameText && c.s[i].kind == kindHan && o.start <= t.start && t.start < o.start+len(c.s[i].text) {
				return true
			}
		}
	}
	return false
}

// slots counts words that stand where the evidence has another word that is
// known to mean something else, with the same words before and after.
func (c *comparison) slots() {
	for k, pc := range c.pieces {
		if c.best[k] < 0 {
			continue
		}
		cl := c.p.clauses[c.best[k]]
		in := span{cl.first, cl.last}
		content := c.content(pc)
		for n, i := range content {
			t := &c.s[i]
			if len(t.classes()) == 0 || c.strengthIn(i, in) > 0 || c.found(i) > 0.5 {
				continue
			}
			from, to := in.from-1, in.to
			if n > 0 {
				if from = c.only(content[n-1], in); from < 0 {
					continue
				}
			}
			if n+1 < len(content) {
				if to = c.only(content[n+1], in); to < 0 {
					continue
				}
			}
			between := 0
			for e := from + 1; e < to; e++ {
				if o := &c.p.toks[e]; o.weight >= 0.3 && len(o.classes()) > 0 {
					between++
				}
			}
			if between == 1 {
				c.f[fSlot]++
				c.anti = t.text
			}
		}
	}
}

func (c *comparison) strengthIn(i int, in span) float32 {
	best := float32(0)
	for _, pl := range c.at[i] {
		if int(pl.tok) >= in.from && int(pl.tok) < in.to {
			best = max(best, pl.strength)
		}
	}
	return best
}
