package ground

import "slices"

// in is how much of a run of the sentence lies in a run of the evidence, 0..1.
func (c *comparison) in(s, e span) float64 {
	w, got := 0., 0.
	for i := s.from; i < s.to; i++ {
		t := float64(c.s[i].weight)
		w += t
		best := float32(0)
		for _, pl := range c.at[i] {
			if int(pl.tok) >= e.from && int(pl.tok) < e.to {
				best = max(best, pl.strength)
			}
		}
		got += t * float64(best)
	}
	if w == 0 {
		return 0
	}
	return got / w
}

// strength of token i in and around a clause; group counts the whole
// statement as the clause.
func (c *comparison) strength(i, clause int, group bool) float64 {
	best := 0.
	g := c.p.clauses[clause].group
	gr := &c.p.groups[g]
	for _, pl := range c.at[i] {
		o := int(c.p.inGroup[pl.tok])
		k := elsewhere
		switch og := &c.p.groups[o]; {
		case o == g && (group || int(c.p.inClause[pl.tok]) == clause):
			k = 1
		case o == g:
			k = nearClause
		case og.heading && og.part == gr.part:
			k = underTitle
		case og.unit == gr.unit && (o == g-1 || o == g+1):
			k = nearGroup
			if group {
				k = 0.8
			}
		case og.unit == gr.unit:
			k = sameUnit
			if group {
				k = 0.65
			}
		}
		best = max(best, k*float64(pl.strength))
	}
	return best
}

func (c *comparison) coverage() {
	total, all, unit, byGroup, byClause := 0., 0., 0., 0., 0.
	c.f[fClauseMin] = 1
	for i := range c.s {
		w := float64(c.s[i].weight)
		total += w
		all += w * float64(c.found(i))
	}
	for _, pc := range c.pieces {
		best, bestV := -1, 0.
		pw := c.weight(pc)
		for cl := range c.p.clauses {
			if c.p.groups[c.p.clauses[cl].group].heading {
				continue
			}
			v := 0.
			for i := pc.from; i < pc.to; i++ {
				if c.s[i].weight > 0 {
					v += float64(c.s[i].weight) * c.strength(i, cl, false)
				}
			}
			if v > bestV {
				best, bestV = cl, v
			}
		}
		c.best = append(c.best, best)
		if best < 0 || pw == 0 {
			c.f[fClauseMin] = 0
			continue
		}
		v := 0.
		for i := pc.from; i < pc.to; i++ {
			v += float64(c.s[i].weight) * c.strength(i, best, true)
		}
		byClause += bestV
		byGroup += v
		c.f[fClauseMin] = min(c.f[fClauseMin], bestV/pw)
		unit += pw * c.in(pc, c.unitOf(c.p.clauses[best].group))
	}
	if total > 0 {
		c.f[fAll], c.f[fGroup], c.f[fClause], c.f[fUnit] = all/total, byGroup/total, byClause/total, unit/total
	}
	if c.p.chinese != mostlyHanTokens(c.s) {
		c.f[fCross] = 1
	}
}

// found is how surely a token stands anywhere in the evidence.
func (c *comparison) found(i int) float32 {
	best := float32(0)
	for _, pl := range c.at[i] {
		best = max(best, pl.strength)
	}
	return best
}

// missing weighs what the evidence does not hold at all.
func (c *comparison) missing() {
	most := 0.
	for i := range c.s {
		t := &c.s[i]
		miss := float64(t.weight * (1 - c.found(i)))
		if miss < 0.05 {
			continue
		}
		if t.form != nil && c.p.lex.strong(t.form) {
			c.f[fMissStrong] += miss
		}
		if slices.ContainsFunc(t.classes(), func(cl int32) bool { return cl < c.p.lex.classes }) {
			c.f[fMissGeneral] += miss
		}
		if miss > most {
			most, c.worst = miss, t.text
		}
	}
}

func mostlyHanTokens(s []token) bool {
	han, latin := 0, 0
	for i := range s {
		switch {
		case s[i].code || s[i].weight == 0:
		case s[i].kind == kindHan:
			han++
		case s[i].kind == kindWord && !s[i].proper:
			latin++
		}
	}
	return han > latin
}

// unitOf is the run of tokens of a group's unit.
func (c *comparison) unitOf(g int) span {
	a, b := g, g
	groups := c.p.groups
	for a > 0 && groups[a-1].unit == groups[g].unit && !groups[a-1].heading {
		a--
	}
	for b+1 < len(groups) && groups[b+1].unit == groups[g].unit && !groups[b+1].heading {
		b++
	}
	return span{groups[a].first, groups[b].last}
}
