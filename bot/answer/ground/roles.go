package ground

// roles counts actions whose doer and object in the sentence are object and
// doer in the evidence, both being said in the same voice.
func (c *comparison) roles() {
	for k, pc := range c.pieces {
		if c.best[k] < 0 {
			continue
		}
		cl := c.p.clauses[c.best[k]]
		in := span{cl.first, cl.last}
		if passive(c.s, pc) != passive(c.p.toks, in) {
			continue
		}
		for v := pc.from + 1; v < pc.to; v++ {
			if c.s[v].weight < 0.4 || c.isName(&c.s[v]) {
				continue
			}
			a, b := c.nameFrom(v, pc, in, -1), c.nameFrom(v, pc, in, 1)
			if a < 0 || b < 0 {
				continue
			}
			x, y, z := c.only(a, in), c.only(v, in), c.only(b, in)
			if x >= 0 && y >= 0 && z >= 0 && z < y && y < x {
				c.f[fRole]++
			}
		}
	}
}

// nameFrom returns the nearest name of a clause before or after a token, -1
// for none within six tokens.
func (c *comparison) nameFrom(v int, in, clause span, step int) int {
	for j := v + step; j >= in.from && j < in.to && j-v <= 6 && v-j <= 6; j += step {
		if (c.isName(&c.s[j]) || c.hasOpposite(&c.s[j]) && c.s[j].weight >= 0.45) && c.only(j, clause) >= 0 {
			return j
		}
	}
	return -1
}

// only returns where a token stands in a run of the evidence, -1 unless at one
// place.
func (c *comparison) only(i int, in span) int {
	at := -1
	for _, pl := range c.at[i] {
		if n := int(pl.tok); n >= in.from && n < in.to && pl.strength >= 0.6 {
			if at >= 0 {
				return -1
			}
			at = n
		}
	}
	return at
}

func passive(toks []token, in span) bool {
	for i := in.from; i < in.to; i++ {
		switch toks[i].text {
		case "by", "被", "由", "受":
			return true
		}
	}
	return false
}
