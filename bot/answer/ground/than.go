package ground

var thanWords = wordsOf("than", "比", "mor than", "less than", "longer than", "rather than")

// paired asks of every comparison whether the evidence makes it the other way
// round.
func (c *comparison) paired() {
	for i := range c.s {
		if thanWords[c.s[i].text] {
			c.f[fThan] = max(c.f[fThan], c.compared(i))
		}
	}
}

// compared is by how much the two sides of a comparison fit the other's side
// better in a comparison of the evidence.
func (c *comparison) compared(at int) float64 {
	left, right := c.sideOf(c.s, at, -1), c.sideOf(c.s, at, 1)
	v := 0.
	for n := range c.p.toks {
		if !thanWords[c.p.toks[n].text] || c.p.toks[n].fenced {
			continue
		}
		l, r := c.sideOf(c.p.toks, n, -1), c.sideOf(c.p.toks, n, 1)
		ll, rr, lr, rl := c.held(left, l, r), c.held(right, r, l), c.held(left, r, l), c.held(right, l, r)
		if lr >= 0.45 && rl >= 0.45 {
			v = max(v, lr+rl-ll-rr)
		}
	}
	return v
}

// sideOf is the run of a clause before or behind a token.
func (c *comparison) sideOf(toks []token, at, step int) span {
	n := at + step
	for n >= 0 && n < len(toks) && toks[n].clause == toks[at].clause && abs(n-at) <= 8 {
		n += step
	}
	if step < 0 {
		return span{n + 1, at}
	}
	return span{at + 1, n}
}

// held is the weight of a run of the sentence that stands in one run of the
// evidence and not in another.
func (c *comparison) held(s, in, out span) float64 {
	v := 0.
	for i := s.from; i < s.to; i++ {
		if c.s[i].weight >= 0.3 && c.strengthIn(i, in) >= 0.55 && c.strengthIn(i, out) < 0.55 {
			v += float64(c.s[i].weight)
		}
	}
	return v
}
