package ground

import "math"

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
				near = true
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
			if other && !same && (t.neg && cl.marks&no == 0 || !t.neg && own&no == 0) {
				c.f[fFlip]++
				c.flip = t.text
			} else if other && !same {
				c.f[fFlipped]++
			}
			if inClause {
				continue
			}
			if c.opposed(t, in) {
				w := 1.
				if near {
					w = 0.5
				}
				c.f[fAnti] += w
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

// markers compares the small words that change what a statement means.
func (c *comparison) markers() {
	var here, there, wide mark
	for k, pc := range c.pieces {
		own := c.marksOf(pc)
		here |= own
		b := c.best[k]
		if b < 0 {
			continue
		}
		in := c.p.clauses[b].marks
		there |= in
		g := c.p.clauses[b].group
		wide |= c.p.groups[g].marks
		const no = markNeg | markNever
		if own&no != 0 && in&no == 0 {
			c.f[fNegAdded]++
		}
		if own&no == 0 && in&no != 0 {
			c.f[fNegDropped]++
		}
	}
	set := func(f int, on bool) {
		if on {
			c.f[f] = 1
		}
	}
	added := func(f int, m mark) { set(f, here&m != 0 && wide&m == 0) }
	dropped := func(f int, m mark) { set(f, here&m == 0 && there&m != 0) }
	added(fOnlyAdded, markOnly)
	dropped(fOnlyDropped, markOnly)
	added(fAllAdded, markAll)
	dropped(fAllDropped, markAll)
	dropped(fSomeDropped, markSome)
	added(fMustAdded, markMust)
	set(fModal, here&markMust != 0 && here&markCan == 0 && there&(markCan|markOr) != 0 && wide&markMust == 0)
	set(fQuant, here&(markOnly|markSome) != 0 && here&markAll == 0 && there&markAll != 0 && there&(markOnly|markSome) == 0 ||
		here&markAll != 0 && here&(markOnly|markSome) == 0 && there&(markOnly|markSome) != 0 && there&markAll == 0)
	added(fCanAdded, markCan)
	dropped(fCanDropped, markCan)
	added(fIfAdded, markIf)
	dropped(fIfDropped, markIf)
	added(fUnlessAdded, markUnless)
	dropped(fUnlessDropped, markUnless)
	added(fBecauseAdded, markBecause)
	added(fSeqAdded, markBefore|markAfter)
}

// focus checks that only, all, unless and must stand before the same word as
// in the evidence.
func (c *comparison) focus() {
	for i := range c.s {
		m := c.s[i].marks() & (markOnly | markAll | markUnless | markMust)
		if m == 0 {
			continue
		}
		f := next(c.s, i)
		if f < 0 {
			continue
		}
		ok := false
		for _, pl := range c.at[f] {
			for b := int(pl.tok) - 1; b >= 0 && b >= int(pl.tok)-5 && !ok; b-- {
				ok = c.p.toks[b].marks()&m != 0
			}
		}
		if !ok {
			c.f[fFocus]++
		}
	}
}

func next(s []token, i int) int {
	for j := i + 1; j < len(s) && j < i+6; j++ {
		if s[j].weight > 0.3 {
			return j
		}
	}
	return -1
}

// sequences compares what the sentence says about order with what the evidence
// says, or, where it says nothing, with its layout.
func (c *comparison) sequences() {
	for _, q := range said(c.s, 0, len(c.s)) {
		v := 0.
		for _, explicit := range []bool{true, false} {
			fwd, rev := 0., 0.
			for _, e := range c.p.orders {
				if (e.sure == 1) != explicit {
					continue
				}
				a, b := c.in(q.earlier, e.earlier), c.in(q.later, e.later)
				x, y := c.in(q.earlier, e.later), c.in(q.later, e.earlier)
				// What is in both ends says nothing about their order.
				fwd = max(fwd, float64(e.sure)*(min(a, b)-0.5*min(x, y)))
				rev = max(rev, float64(e.sure)*(min(x, y)-0.5*min(a, b)))
			}
			if max(fwd, rev) >= 0.4 || !explicit {
				v = rev - fwd
				break
			}
		}
		if v = max(v, 0); v > c.f[fOrder] {
			c.f[fOrder], c.order = v, text(c.s, q.earlier)
		}
	}
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

// neighbours looks at how the words that stand together in the sentence stand
// in the evidence: near each other, in the same order, in the same statement.
func (c *comparison) neighbours() {
	prev := -1
	pairs, near, swaps, exact := 0., 0., 0., 0.
	for i := range c.s {
		if c.s[i].weight < 0.3 || len(c.at[i]) == 0 {
			continue
		}
		if prev >= 0 && c.s[prev].group == c.s[i].group {
			pairs++
			dist, forward := math.MaxInt, true
			for _, a := range c.at[prev] {
				for _, b := range c.at[i] {
					if a.tok == b.tok || a.strength < 0.6 || b.strength < 0.6 {
						continue
					}
					d, fw := int(b.tok-a.tok), true
					if d < 0 {
						d, fw = -d, false
					}
					if d < dist || d == dist && fw {
						dist, forward = d, fw
					}
				}
			}
			if dist < math.MaxInt {
				near += 1 / (1 + float64(max(dist-1, 0))/3)
				if !forward {
					swaps++
				}
				if dist <= 2 && forward {
					exact++
				}
			}
		}
		prev = i
	}
	if pairs > 0 {
		c.f[fNear], c.f[fSwap], c.f[fExact] = near/pairs, swaps/pairs, exact/pairs
	}
	apart := 0.
	for k := 1; k < len(c.best); k++ {
		a, b := c.best[k-1], c.best[k]
		if a < 0 || b < 0 {
			apart++
			continue
		}
		ga, gb := c.p.clauses[a].group, c.p.clauses[b].group
		switch {
		case ga == gb:
		case c.p.groups[ga].unit == c.p.groups[gb].unit:
			apart += 0.4
		default:
			apart++
		}
	}
	if n := len(c.best); n > 1 {
		c.f[fSpread] = apart / float64(n-1)
	}
}
