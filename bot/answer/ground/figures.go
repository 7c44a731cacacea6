package ground

// figures looks for a figure that the statement does not have where it has
// another of its kind, which the sentence leaves out.
func (c *comparison) figures() {
	for k, pc := range c.pieces {
		if c.best[k] < 0 {
			continue
		}
		gr := &c.p.groups[c.p.clauses[c.best[k]].group]
		in := span{gr.first, gr.last}
		for i := pc.from; i < pc.to; i++ {
			t := &c.s[i]
			if t.kind == kindNumber && t.weight >= 1 && c.strengthIn(i, in) == 0 && c.rivalFigure(t, in) {
				c.f[fFigure] = 1
			}
		}
	}
}

func (c *comparison) rivalFigure(t *token, in span) bool {
	for n := in.from; n < in.to; n++ {
		o := &c.p.toks[n]
		if o.kind == kindNumber && o.weight >= 1 && !o.code && o.read[0].dim == t.read[0].dim && !c.isAt(span{0, len(c.s)}, int32(n)) {
			return true
		}
	}
	return false
}
