package ground

// polarity looks for what the sentence denies and the evidence does not, or
// the reverse, and for opposites.
func (c *comparison) polarity() {
	for k, pc := range c.pieces {
		b := c.best[k]
		if b < 0 {
			continue
		}
		cl := c.p.clauses[b]
		in := span{cl.first, cl.last}
		gr := c.p.groups[cl.group]
		un := c.unitOf(cl.group)
		if gr.mistake && cl.first == gr.first {
			c.f[fMistake] += 1 / float64(len(c.pieces))
		}
		own := c.marksOf(pc)
		turned := 0
		for i := pc.from; i < pc.to; i++ {
			t := &c.s[i]
			if t.weight < 0.2 || t.kind == kindNumber || t.kind == kindLiteral && t.form == nil {
				continue
			}
			same, other, inClause, near := false, false, false, false
			for _, pl := range c.at[i] {
				n := int(pl.tok)
				if n < un.from || n >= un.to || pl.strength < 0.6 {
					continue
				}
				near = near || n >= gr.first && n < gr.last
				inClause = inClause || n >= in.from && n < in.to
				if n < gr.first || n >= gr.last {
					continue
				}
				if c.p.toks[n].neg == t.neg {
					same = true
				} else {
					other = true
				}
			}
			const no = markNeg | markNever
			if gr.mistake && t.neg {
				other = false // not to do what is called a mistake
			}
			if other && !same {
				turned++
			}
			if other && !same && (turned > 1 || !t.neg && own&markCan != 0 || t.neg && cl.marks&no == 0 || !t.neg && own&no == 0) {
				c.f[fFlip]++
				c.flip = t.text
			}
			if inClause {
				continue
			}
			if !near && c.opposed(t, in) || c.found(i) < 0.6 && c.isPart(t) && c.opposed(t, span{0, len(c.p.toks)}) {
				c.f[fAnti]++
				c.anti = t.text
			}
		}
	}
}

func (c *comparison) marksOf(sp span) mark {
	var m mark
	for i := sp.from; i < sp.to; i++ {
		m |= c.s[i].marks()
	}
	return m
}

func (c *comparison) isPart(t *token) bool {
	for _, cl := range t.classes() {
		if c.p.lex.parts[cl] {
			return true
		}
	}
	return false
}

// opposed reports whether the opposite of a token stands in a run of the
// evidence and is denied as it is.
func (c *comparison) opposed(t *token, in span) bool {
	for _, cl := range t.classes() {
		for _, o := range c.p.lex.opposed[cl] {
			for _, n := range c.p.byClass[o] {
				if int(n) >= in.from && int(n) < in.to && c.p.toks[n].neg == t.neg {
					return true
				}
			}
		}
	}
	return false
}
