package ground

const (
	maxRun    = 40 // tokens of a clause of the sentence laid beside a statement
	maxWindow = 90 // tokens of a statement
)

// inLine lays every clause of the sentence beside the statement that carries it
// so that most of it stands in the same order, and weighs what that leaves: words
// that stand in the statement elsewhere, words put in where the statement has
// others, words put in where it has none. Between languages order says nothing.
func (c *comparison) inLine() {
	if c.f[fCross] > 0 {
		return
	}
	total := 0.
	for k, pc := range c.pieces {
		b := c.best[k]
		if b < 0 {
			continue
		}
		gr := &c.p.groups[c.p.clauses[b].group]
		var s, e []int
		for i := pc.from; i < pc.to && len(s) < maxRun; i++ {
			if c.s[i].weight >= 0.3 {
				s = append(s, i)
				total += float64(c.s[i].weight)
			}
		}
		for n := gr.first; n < gr.last && len(e) < maxWindow; n++ {
			if t := &c.p.toks[n]; t.weight >= 0.3 && !t.fenced {
				e = append(e, n)
			}
		}
		c.lay(s, e, span{gr.first, gr.last})
	}
	if total > 0 {
		c.f[fMoved] /= total
		c.f[fPutFor] /= total
		c.f[fPutIn] /= total
	}
}

// lay is inLine for one clause: tokens s of the sentence, e of the evidence.
func (c *comparison) lay(s, e []int, in span) {
	n, m := len(s), len(e)
	at := make([][]float64, n)
	for x := range s {
		at[x] = make([]float64, m)
		for _, pl := range c.at[s[x]] {
			if pl.strength < 0.55 {
				continue
			}
			for y := range e {
				o, p := &c.p.toks[e[y]], &c.p.toks[pl.tok]
				if e[y] == int(pl.tok) || o.start < p.end && p.start < o.end {
					at[x][y] = max(at[x][y], float64(pl.strength)*float64(c.s[s[x]].weight))
				}
			}
		}
	}
	best := make([][]float64, n+1)
	for x := range best {
		best[x] = make([]float64, m+1)
	}
	for x := n - 1; x >= 0; x-- {
		for y := m - 1; y >= 0; y-- {
			best[x][y] = max(best[x+1][y], best[x][y+1])
			if v := at[x][y]; v > 0 { // the next word may stand in the same token
				best[x][y] = max(best[x][y], v+max(best[x+1][y+1], 0))
			}
		}
	}
	put, left := 0., 0.
	flush := func() {
		c.f[fPutFor] += min(put, left)
		c.f[fPutIn] += max(put-left, 0)
		put, left = 0, 0
	}
	x, y := 0, 0
	begun := false
	for x < n || y < m {
		switch {
		case x < n && y < m && at[x][y] > 0 && best[x][y] == at[x][y]+best[x+1][y+1]:
			if !begun {
				left = min(left, 1.5) // what stands before is context
			}
			begun = true
			flush()
			x, y = x+1, y+1
		case x < n && (y == m || best[x][y] == best[x+1][y]):
			w := float64(c.s[s[x]].weight)
			if c.strengthIn(s[x], in) >= 0.55 {
				c.f[fMoved] += w
			} else {
				put += w
			}
			x++
		default:
			if !c.isAt(span{0, len(c.s)}, int32(e[y])) && !c.covers(e[y]) {
				left += float64(c.p.toks[e[y]].weight)
			}
			y++
		}
	}
	left = min(left, 1.5)
	flush()
}
