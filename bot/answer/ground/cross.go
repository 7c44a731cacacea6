package ground

import (
	"slices"
)

// crossed counts pairs of clauses of the sentence whose subjects have changed
// places: each fits better with the clause of the evidence that has the
// other's.
func (c *comparison) crossed() {
	for k := range c.pieces {
		for m := k + 1; m < len(c.pieces); m++ {
			a, b := c.best[k], c.best[m]
			if c.swapped(k, m) || a >= 0 && b >= 0 && a != b && c.strays(k, a, b) && c.strays(m, b, a) {
				c.f[fCrossed]++
			}
		}
	}
}

// comparable reports whether one of two things could stand in the other's place.
func (c *comparison) comparable(a, b *token) bool {
	if a.kind == kindNumber || b.kind == kindNumber {
		return a.kind == b.kind
	}
	return c.isName(a) && c.isName(b) || c.against(a, b)
}

// clearly is by how much the exchange must fit better.
const clearly = 0.75

func (c *comparison) swapped(k, m int) bool {
	for _, x := range c.subjects(k) {
		cx := c.clausesOf(x)
		for _, y := range c.subjects(m) {
			cy := c.clausesOf(y)
			if len(cx) == 0 || len(cy) == 0 || overlap(cx, cy) || !c.comparable(&c.s[x], &c.s[y]) {
				continue
			}
			straight := c.rest(k, x, cx) + c.rest(m, y, cy)
			if c.rest(k, x, cy)+c.rest(m, y, cx) >= straight+clearly {
				return true
			}
		}
	}
	return false
}

// subjects are the tokens of a piece that may be what it speaks of: its names
// and its first word of weight.
func (c *comparison) subjects(k int) []int {
	var out []int
	first := true
	for i := c.pieces[k].from; i < c.pieces[k].to && len(out) < 5; i++ {
		if c.s[i].weight < 0.45 {
			continue
		}
		if first || c.isName(&c.s[i]) || c.hasOpposite(&c.s[i]) {
			out = append(out, i)
		}
		first = false
	}
	return out
}

// hasOpposite reports whether a word has an opposite: inner, outer.
func (c *comparison) hasOpposite(t *token) bool {
	return slices.ContainsFunc(t.classes(), func(cl int32) bool { return len(c.p.lex.opposed[cl]) > 0 })
}

// strays reports whether a word of piece k stands in the clause to and not in
// the clause home.
func (c *comparison) strays(k, home, to int) bool {
	for i := c.pieces[k].from; i < c.pieces[k].to; i++ {
		if c.s[i].weight < 0.45 {
			continue
		}
		there, here := false, false
		for _, pl := range c.at[i] {
			if pl.strength < 0.6 {
				continue
			}
			cl := int(c.p.inClause[pl.tok])
			here = here || cl == home
			there = there || cl == to
		}
		if there && !here {
			return true
		}
	}
	return false
}

// clausesOf are the clauses that hold a token, headings aside; nil when there
// are more than two.
func (c *comparison) clausesOf(i int) []int32 {
	var out []int32
	for _, pl := range c.at[i] {
		cl := c.p.inClause[pl.tok]
		if pl.strength < 0.6 || c.p.groups[c.p.clauses[cl].group].heading || slices.Contains(out, cl) {
			continue
		}
		if out = append(out, cl); len(out) > 2 {
			return nil
		}
	}
	return out
}

func overlap(a, b []int32) bool {
	return slices.ContainsFunc(a, func(x int32) bool { return slices.Contains(b, x) })
}

// rest is how much of a piece without one token lies in some clauses, 0..1.
func (c *comparison) rest(k, without int, in []int32) float64 {
	w, got := 0., 0.
	for i := c.pieces[k].from; i < c.pieces[k].to; i++ {
		t := float64(c.s[i].weight)
		if i == without || t == 0 {
			continue
		}
		w += t
		best := float32(0)
		for _, pl := range c.at[i] {
			if slices.Contains(in, c.p.inClause[pl.tok]) {
				best = max(best, pl.strength)
			}
		}
		got += t * float64(best)
	}
	if w == 0 {
		return 0
	}
	return got / w
}
