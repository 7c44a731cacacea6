package ground

// sequences compares what the sentence says about order with what the evidence
// says, or, where it says nothing, with its layout. What stands in both parts
// says nothing about their order and does not count.
func (c *comparison) sequences() {
	for _, q := range said(c.s, 0, len(c.s)) {
		v := 0.
		for _, explicit := range []bool{true, false} {
			fwd, rev := 0., 0.
			for _, e := range c.p.orders {
				if (e.sure == 1) != explicit {
					continue
				}
				a, x := c.either(q.earlier, e)
				y, b := c.either(q.later, e)
				fwd = max(fwd, float64(e.sure)*min(a, b))
				rev = max(rev, float64(e.sure)*min(x, y))
			}
			if rev >= 0.7 && rev > fwd+0.2 {
				v = rev - fwd
			}
			if explicit && max(fwd, rev) >= 0.7 {
				break
			}
		}
		if v == 0 {
			v = c.turnedOrder(q)
		}
		if v > c.f[fOrder] {
			c.f[fOrder], c.order = v, text(c.s, q.earlier)
		}
	}
}

// turnedOrder weighs all that the evidence says or shows about the order of two
// parts, where no single sequence decides: what it says counts twice.
func (c *comparison) turnedOrder(q sequence) float64 {
	fwd, rev, best := 0., 0., 0.
	for _, e := range c.p.orders {
		a, x := c.either(q.earlier, e)
		y, b := c.either(q.later, e)
		sure := float64(e.sure)
		if e.sure == 1 {
			sure = 2
		}
		fwd += sure * min(a, b)
		rev += sure * min(x, y)
		best = max(best, float64(e.sure)*min(x, y))
	}
	if best >= 0.7 && rev > 1.5*fwd {
		return best
	}
	return 0
}

// either is the weight of a run of the sentence that stands in the earlier
// part only, and in the later part only.
func (c *comparison) either(s span, e sequence) (earlier, later float64) {
	for i := s.from; i < s.to; i++ {
		a, b := c.strengthIn(i, e.earlier), c.strengthIn(i, e.later)
		w := float64(c.s[i].weight)
		switch {
		case a > 0 && b == 0:
			earlier += w * float64(a)
		case b > 0 && a == 0:
			later += w * float64(b)
		}
	}
	return earlier, later
}

func text(s []token, sp span) string {
	out := ""
	for i := sp.from; i < sp.to; i++ {
		if out != "" {
			out += " "
		}
		out += s[i].text
	}
	return out
}
