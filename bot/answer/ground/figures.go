package ground

import "strings"

// figures looks for a figure that the statement does not have where it has
// another of its kind, which the sentence leaves out.
func (c *comparison) figures() {
	for pc, g := range c.placed() {
		in := c.groupSpan(g)
		for i := pc.from; i < pc.to; i++ {
			t := &c.s[i]
			if r, ok := countOf(t); ok && t.weight >= 1 && c.strengthIn(i, in) < 0.5 && c.rivalFigure(r, in) {
				c.f[fFigure] = 1
			}
		}
	}
}

// countOf is the figure that a token stands for: of a Chinese word the count
// that it begins with, 两个.
func countOf(t *token) (reading, bool) {
	switch {
	case t.kind == kindNumber:
		return t.read[0], true
	case t.kind == kindHan && len(t.text) == 6 && strings.ContainsAny(t.text[3:], "个台次条倍份块种"):
		if v, n := hanNumber(t.text); n == 3 && v >= 2 && v != several {
			return reading{dimNone, v}, true
		}
	}
	return reading{}, false
}

func (c *comparison) rivalFigure(r reading, in span) bool {
	for n := in.from; n < in.to; n++ {
		o := &c.p.toks[n]
		if x, ok := countOf(o); ok && o.weight >= 1 && !o.code && x.dim == r.dim && !x.equal(r) && !c.isAt(span{0, len(c.s)}, int32(n)) {
			return true
		}
	}
	return false
}

// countless reports a count, 三次 or three, that stands nowhere in the evidence.
func (c *comparison) countless() bool {
	for i := range c.s {
		t := &c.s[i]
		if r, ok := countOf(t); ok && !t.code && r.dim == dimNone && r.value >= 2 && r.value < several*100 && r.value != several && !c.counted(r) {
			return true
		}
	}
	return false
}

// counted reports whether the evidence has the figure anywhere, with a unit or
// without.
func (c *comparison) counted(r reading) bool {
	for n := range c.p.toks {
		t := &c.p.toks[n]
		if x, ok := countOf(t); ok && (x.equal(r) || anyEqual(t.read, []reading{r})) {
			return true
		}
	}
	return false
}
