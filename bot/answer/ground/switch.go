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
			best := float32(0)
			for _, pl := range c.at[i] {
				n := int(pl.tok)
				og := &c.p.groups[c.p.inGroup[n]]
				if n >= cl.first && n < cl.last || og.heading && og.part == gr.part {
					best = max(best, pl.strength)
				}
			}
			miss := float64(t.weight) * float64(1-best)
			extra += miss
			if miss > 0.4 && c.isName(t) {
				aliens++
			}
		}
		v := min(extra, left)
		c.f[fSwitch] += v
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

// crossed counts pairs of clauses of the sentence each of which holds a word
// that the evidence has in the other's clause only.
func (c *comparison) crossed() {
	for k := range c.pieces {
		for m := k + 1; m < len(c.pieces); m++ {
			a, b := c.best[k], c.best[m]
			if a < 0 || b < 0 || a == b {
				continue
			}
			if c.strays(k, a, b) && c.strays(m, b, a) {
				c.f[fCrossed]++
			}
		}
	}
}

// strays reports whether a word of piece k stands in the clause to and not in
// the clause home.
func (c *comparison) strays(k, home, to int) bool {
	for i := c.pieces[k].from; i < c.pieces[k].to; i++ {
		if c.s[i].weight < 0.45 {
			continue
		}
		there, here := false, false
		for _, pl := range c.at[i] {
			if pl.strength < 0.6 {
				continue
			}
			cl := int(c.p.inClause[pl.tok])
			here = here || cl == home
			there = there || cl == to
		}
		if there && !here {
			return true
		}
	}
	return false
}

// branches counts neighbouring clauses of the sentence one of which follows
// what a step expects and the other what it means when that does not come.
func (c *comparison) branches() {
	for k := 1; k < len(c.pieces); k++ {
		a, b := c.best[k-1], c.best[k]
		if a < 0 || b < 0 {
			continue
		}
		x, y := &c.p.groups[c.p.clauses[a].group], &c.p.groups[c.p.clauses[b].group]
		if x.unit != y.unit || x.branch == y.branch || x.branch == 0 || y.branch == 0 {
			continue
		}
		p, q := c.pieces[k-1], c.pieces[k]
		if c.s[p.from].group != c.s[q.from].group || contrast(c.s[p.from:q.to]) {
			continue
		}
		c.f[fBranch]++
	}
}

var contrasts = map[string]bool{"whil": true, "wherea": true, "but": true, "otherwis": true, "els": true, "而": true, "但": true, "否则": true, "则": true}

func contrast(s []token) bool {
	for i := range s {
		if contrasts[s[i].text] || s[i].marks()&(markNeg|markUnless) != 0 {
			return true
		}
	}
	return false
}
