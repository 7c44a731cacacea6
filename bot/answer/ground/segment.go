package ground

// anchor reports whether a token labels what stands beside it.
func anchor(t *token) bool {
	return t.kind == kindNumber && t.weight >= 1 || t.kind == kindLiteral && t.weight >= 1
}

func rival(a, b *token) bool {
	if a.kind != b.kind || !anchor(b) {
		return false
	}
	if a.kind == kindNumber {
		return a.read[0].dim == b.read[0].dim
	}
	return a.text != b.text
}

// segments looks for what stands beside one label in the sentence and beside
// another in the evidence.
func (c *comparison) segments() {
	for k, pc := range c.pieces {
		for m := k + 1; m < len(c.pieces) && c.s[c.pieces[m].from].group == c.s[pc.from].group; m++ {
			named := false
			for i := c.pieces[m].from; i < c.pieces[m].to; i++ {
				named = named || anchor(&c.s[i])
			}
			if named {
				break
			}
			pc.to = c.pieces[m].to
		}
		for i := pc.from; i < pc.to; i++ {
			if t := &c.s[i]; anchor(t) && len(c.at[i]) > 0 && len(c.at[i]) <= 4 && c.mislabelled(pc, i) {
				c.f[fSegment] = 1
			}
		}
	}
}

const segReach = 22

// segment is what stands behind a label, or before it, up to the next one in
// the same item.
func (c *comparison) segment(t *token, n, step int) span {
	own := &c.p.toks[n]
	sp := span{n, n + 1}
	filled := false
	for m := n + step; m >= 0 && m < len(c.p.toks) && max(m-n, n-m) < segReach && c.p.toks[m].unit == own.unit; m += step {
		o := &c.p.toks[m]
		if rival(t, o) && (o.start >= own.end || o.end <= own.start) && filled {
			break
		}
		filled = filled || o.weight >= 0.3 && !anchor(o)
		sp.from, sp.to = min(sp.from, m), max(sp.to, m+1)
	}
	return sp
}

// leads reports whether a token of the evidence begins its clause.
func (c *comparison) leads(n int) bool {
	for m := n - 1; m >= 0 && c.p.toks[m].clause == c.p.toks[n].clause; m-- {
		if o := &c.p.toks[m]; o.weight >= 0.3 && !(anchor(o) && o.start <= c.p.toks[n].start && o.end >= c.p.toks[n].end) {
			return false
		}
	}
	return true
}

func (c *comparison) mislabelled(pc span, i int) bool {
	t := &c.s[i]
	matched := 0.
	support := func(e span) float64 {
		w, got := 0., 0.
		for j := pc.from; j < pc.to; j++ {
			if j == i || anchor(&c.s[j]) || c.s[j].weight < 0.3 || c.found(j) < 0.55 {
				continue
			}
			w += float64(c.s[j].weight)
			got += float64(c.s[j].weight) * float64(c.strengthIn(j, e))
		}
		matched = w
		if w < 0.9 {
			return 0
		}
		return got / w
	}
	own, titled, leads := 0., false, true
	units := map[int]bool{}
	for _, pl := range c.at[i] {
		n := int(pl.tok)
		switch o := &c.p.toks[n]; {
		case c.p.groups[c.p.inGroup[n]].heading:
			titled = true
			continue
		case o.fenced:
			return false
		}
		units[c.p.toks[n].unit] = true
		fwd := c.segment(t, n, 1)
		if c.leads(n) {
			own = max(own, support(fwd))
			continue
		}
		leads = false
		own = max(own, support(span{c.segment(t, n, -1).from, fwd.to}))
	}
	if len(units) == 0 || matched < 0.9 {
		return false
	}
	titles, rv := false, 0.
	for n := range c.p.toks {
		o := &c.p.toks[n]
		if !rival(t, o) || o.fenced || c.isAt(span{0, len(c.s)}, int32(n)) {
			continue
		}
		if c.p.groups[c.p.inGroup[n]].heading {
			titles = true
			continue
		}
		if !units[o.unit] {
			continue
		}
		if leads {
			if c.leads(n) {
				rv = max(rv, support(c.segment(t, n, 1)))
			}
			continue
		}
		rv = max(rv, support(c.segment(t, n, 1)), support(c.segment(t, n, -1)))
	}
	if titled && !titles || !leads {
		return false
	}
	return rv >= 0.5 && rv >= own+0.35
}
