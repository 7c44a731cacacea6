package ground

// displaced looks at every two words that stand side by side in the sentence
// and nowhere near each other in the evidence, where the place of the first
// beside the second is taken by another of its kind.
func (c *comparison) displaced() {
	for pc, g := range c.placed() {
		in := c.groupSpan(g)
		content := c.content(pc)
		for n, i := range content {
			for _, step := range []int{-1, 1} {
				m := n + step
				if m < 0 || m >= len(content) {
					continue
				}
				j := content[m]
				if abs(j-i) > 3 {
					continue
				}
				at := c.only(j, in)
				if at < 0 || c.nearby(i, j) {
					continue
				}
				o := c.neighbour(at, -step, in)
				if o < 0 {
					continue
				}
				t, r := &c.s[i], &c.p.toks[o]
				if c.isAt(span{i, i + 1}, int32(o)) || c.covers(o) && c.isAt(span{max(pc.from, i-2), min(pc.to, i+3)}, int32(o)) {
					continue
				}
				switch {
				case c.isName(t) && c.isName(r) && (t.kind == kindNumber) == (r.kind == kindNumber):
					c.f[fSlotName]++
				case t.kind != kindLiteral && t.kind != kindNumber && r.kind != kindLiteral && r.kind != kindNumber && !c.isName(t) && !c.isName(r):
					c.f[fSlotWord]++
				}
			}
		}
	}
}

// nearby reports whether two tokens stand within three of each other somewhere
// in the evidence, or the first in a heading.
func (c *comparison) nearby(i, j int) bool {
	for _, a := range c.at[i] {
		if a.strength < 0.55 {
			continue
		}
		if c.p.groups[c.p.inGroup[a.tok]].heading {
			return true
		}
		for _, b := range c.at[j] {
			if b.strength >= 0.55 && c.p.inGroup[a.tok] == c.p.inGroup[b.tok] && abs(int(a.tok-b.tok)) <= 4 {
				return true
			}
		}
	}
	return false
}

// neighbour is the next token of weight from one of the evidence, -1 for none
// within three in its clause.
func (c *comparison) neighbour(at, step int, in span) int {
	for n := at + step; n >= in.from && n < in.to && abs(n-at) <= 3; n += step {
		o := &c.p.toks[n]
		if o.clause != c.p.toks[at].clause {
			return -1
		}
		if o.weight >= 0.3 && (o.start >= c.p.toks[at].end || o.end <= c.p.toks[at].start) {
			return n
		}
	}
	return -1
}

func abs(n int) int { return max(n, -n) }

// misfigured weighs the figures of the sentence whose clause in the evidence
// holds less of the words around them than a clause with another figure.
func (c *comparison) misfigured() {
	for k, pc := range c.pieces {
		if c.best[k] < 0 {
			continue
		}
		asked, end := 0, min(pc.to, pc.from+2*maxAround)
		for i := pc.from; i < end && asked < maxAsked; i++ {
			t := &c.s[i]
			if t.kind != kindNumber || t.weight < 1 || len(c.at[i]) == 0 {
				continue
			}
			asked++
			own, other, sum := 0., 0., 0.
			for j := pc.from; j < end; j++ {
				if j != i && c.s[j].weight >= 0.3 && c.found(j) >= 0.55 {
					sum += float64(c.s[j].weight)
				}
			}
			if sum < 0.9 {
				continue
			}
			titled := false
			for cl := range c.p.clauses {
				x := c.p.clauses[cl]
				in := span{x.first, x.last}
				v := 0.
				for j := pc.from; j < end; j++ {
					if j != i && c.s[j].weight >= 0.3 && c.strengthIn(j, in) >= 0.55 {
						v += float64(c.s[j].weight)
					}
				}
				switch {
				case c.strengthIn(i, in) > 0:
					titled = titled || c.p.groups[x.group].heading || c.p.toks[x.first].fenced
					own = max(own, v)
				case v > other && c.rivalFigure(t.read[0], in):
					other = v
				}
			}
			if !titled {
				c.f[fMisfigured] = max(c.f[fMisfigured], (other-own)/sum)
			}
		}
	}
}
