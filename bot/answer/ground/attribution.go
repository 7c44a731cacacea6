package ground

import "slices"

// Bounds on what is looked at of one clause of a sentence, so that no sentence
// takes long.
const (
	maxAsked  = 8  // names or figures
	maxAround = 24 // words around one
)

// misattributed looks for a name or a figure put with what the evidence says of
// another: the rest of its clause stands together in a statement that has a
// rival in its place, and not so well where the name itself stands.
func (c *comparison) misattributed() {
	for k, pc := range c.pieces {
		if c.best[k] < 0 {
			continue
		}
		asked := 0
		for i := pc.from; i < pc.to && asked < maxAsked; i++ {
			t := &c.s[i]
			if len(c.at[i]) == 0 || c.found(i) < 0.6 || !c.isName(t) && !c.hasOpposite(t) && len(t.sides()) == 0 {
				continue
			}
			asked++
			v := c.misattribution(pc, i)
			if v <= 0 {
				continue
			}
			if t.kind == kindLiteral || t.kind == kindNumber || t.proper {
				c.f[fRobName] = max(c.f[fRobName], v)
			} else {
				c.f[fRobThing] = max(c.f[fRobThing], v)
			}
		}
	}
}

// misattribution is by how much the rest of a clause fits better with a rival of
// token i than with the token itself, 0 to 1.
func (c *comparison) misattribution(pc span, i int) float64 {
	own, other := 0., 0.
	sum := 0.
	rest := make([]int, 0, pc.to-pc.from)
	for j := pc.from; j < pc.to && len(rest) < maxAround; j++ {
		if j != i && c.s[j].weight >= 0.3 && c.found(j) >= 0.6 && c.s[j].start != c.s[i].start {
			rest = append(rest, j)
			sum += float64(c.s[j].weight)
		}
	}
	if sum < 0.9 {
		return 0
	}
	home := map[int32]bool{} // statements and clauses that have the token
	for _, pl := range c.at[i] {
		if pl.strength < 0.6 {
			continue
		}
		if c.p.groups[c.p.inGroup[pl.tok]].heading {
			return 0
		}
		home[c.p.inClause[pl.tok]] = true
	}
	held := map[int32]float64{}
	for _, j := range rest {
		best := map[int32]float64{}
		for _, pl := range c.at[j] {
			if pl.strength >= 0.6 && !c.p.groups[c.p.inGroup[pl.tok]].heading {
				cl := c.p.inClause[pl.tok]
				best[cl] = max(best[cl], float64(pl.strength))
			}
		}
		for cl, v := range best {
			held[cl] += v * float64(c.s[j].weight)
		}
	}
	group := map[int]float64{} // of a statement, what its clauses hold together
	for g := range c.p.groups {
		gr := &c.p.groups[g]
		if gr.heading {
			continue
		}
		v, any := 0., false
		for _, j := range rest {
			s := float64(c.strengthIn(j, span{gr.first, gr.last}))
			if s >= 0.6 {
				v += s * float64(c.s[j].weight)
				any = true
			}
		}
		if any {
			group[g] = v
		}
	}
	for cl := range c.p.clauses {
		x := c.p.clauses[cl]
		v, has := held[int32(cl)], home[int32(cl)]
		if has {
			own = max(own, v)
			continue
		}
		if v > other && c.rivalIn(pc, i, span{x.first, x.last}) {
			other = v
		}
	}
	for g, v := range group {
		gr := &c.p.groups[g]
		in := span{gr.first, gr.last}
		if c.strengthIn(i, in) >= 0.6 {
			own = max(own, 0.85*v)
		} else if v > other && c.rivalIn(pc, i, in) {
			other = v
		}
	}
	return (other - own) / sum
}

// rivalIn reports whether a run of the evidence has, in the place of token i,
// something else of its kind that the clause of the sentence does not name.
func (c *comparison) rivalIn(pc span, i int, in span) bool {
	t := &c.s[i]
	opp := c.opposites(t)
	for n := in.from; n < in.to; n++ {
		o := &c.p.toks[n]
		if o.fenced || o.weight < 0.45 && o.kind != kindWord && o.kind != kindHan || c.isAt(pc, int32(n)) {
			continue
		}
		switch {
		case slices.Contains(opp, int32(n)) && o.neg == t.neg:
			return true
		case t.kind == kindNumber:
			if o.kind == kindNumber && o.weight >= 1 && o.read[0].dim == t.read[0].dim {
				return true
			}
		case t.kind == kindLiteral || t.proper:
			if (o.kind == kindLiteral || o.proper) && o.weight >= 1 && o.text != t.text && c.leads(n) {
				return true
			}
		case c.isName(t):
			if o.kind != kindNumber && o.text != t.text && c.isName(o) && c.leads(n) {
				return true
			}
		}
	}
	return false
}
