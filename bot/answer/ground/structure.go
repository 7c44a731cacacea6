package ground

import (
	"slices"
)

// branches counts neighbouring clauses of the sentence one of which follows
// what a step expects and the other what it means when that does not come.
func (c *comparison) branches() {
	for k := 1; k < len(c.pieces); k++ {
		a, b := c.best[k-1], c.best[k]
		if a < 0 || b < 0 {
			continue
		}
		x, y := &c.p.groups[c.p.clauses[a].group], &c.p.groups[c.p.clauses[b].group]
		if x.unit != y.unit || x.branch == y.branch || x.branch == 0 || y.branch == 0 {
			continue
		}
		p, q := c.pieces[k-1], c.pieces[k]
		if c.s[p.from].group != c.s[q.from].group || contrast(c.s[max(p.from, q.from-2):min(q.to, q.from+2)]) || c.marksOf(p)&(markNeg|markUnless) != 0 {
			continue
		}
		if c.in(p, span{y.first, y.last}) >= 0.6 || c.in(q, span{x.first, x.last}) >= 0.6 {
			continue // both stand in one of the two
		}
		c.f[fBranch]++
	}
}

var contrasts = map[string]bool{"whil": true, "wherea": true, "but": true, "otherwis": true, "els": true, "而": true, "但": true, "否则": true, "则": true}

func contrast(s []token) bool {
	for i := range s {
		if contrasts[s[i].text] || s[i].marks()&(markNeg|markUnless) != 0 {
			return true
		}
	}
	return false
}

var links = map[string]bool{"becaus": true, "since": true, "so": true, "mean": true, "therefor": true, "due to": true, "because of": true,

	"因为": true, "由于": true, "所以": true, "说明": true, "因此": true, "是因为": true, "导致": true}

// meanings are those that say what a sign stands for: two items that have no
// such tie are easily joined by one. Of advice and its reason that is less sure.
var meanings = map[string]bool{"mean": true, "mean that": true, "说明": true, "是因为": true, "表示": true, "意味着": true, "point to": true, "表明": true}

// linked counts reasons and meanings whose two sides stand in different items
// of the evidence.
func (c *comparison) linked() {
	for k := 1; k < len(c.pieces); k++ {
		a, b := c.best[k-1], c.best[k]
		if a < 0 || b < 0 {
			continue
		}
		p, q := c.pieces[k-1], c.pieces[k]
		ga, gb := c.p.clauses[a].group, c.p.clauses[b].group
		if c.s[p.from].group != c.s[q.from].group || ga == gb {
			continue
		}
		v := 1.
		if c.p.groups[ga].unit == c.p.groups[gb].unit {
			v = 0.4
			if gb == ga+1 && c.p.groups[ga].branch == c.p.groups[gb].branch {
				continue // what follows may be the reason
			}
		}
		for i := max(p.from, q.from-2); i < min(q.to, q.from+2); i++ {
			if t := c.s[i].text; meanings[t] {
				c.f[fLink] = max(c.f[fLink], v)
				break
			} else if links[t] {
				c.f[fReason] = max(c.f[fReason], v)
			}
		}
	}
}

// labelled counts statements of the sentence that name one label of the
// evidence and speak of what another stands for: 23 for what 24 means.
func (c *comparison) labelled() {
	for k := range c.pieces {
		whole := c.around(k)
		if k > 0 && c.around(k-1) == whole {
			continue
		}
		for g, own := range c.p.labelOf {
			if c.has(own, span{}, whole) < 1 {
				continue
			}
			for h, other := range c.p.labelOf {
				if g == h || c.p.groups[g].part != c.p.groups[h].part || c.names(other, own, c.p.groups[h], whole) {
					continue
				}
				if c.beside(whole, own, c.p.groups[h]) >= c.beside(whole, own, c.p.groups[g])+0.4 {
					c.f[fLabel] = 1
				}
			}
		}
	}
}

// names reports whether a run of the sentence names a label of the evidence:
// code as it is written, else half of the words that neither another label nor
// what the label stands before has.
func (c *comparison) names(label, own span, g group, s span) bool {
	for n := label.from; n < label.to; n++ {
		if o := &c.p.toks[n]; o.kind == kindLiteral && o.code && o.weight >= 1 {
			for i := s.from; i < s.to; i++ {
				if c.s[i].kind == kindLiteral && c.isAt(span{i, i + 1}, int32(n)) {
					return true
				}
			}
			return false
		}
	}
	return c.has(label, own, s) >= 0.5 && c.has(label, span{label.to, g.last}, s) >= 0.5
}

// beside is how much of a run of the sentence, without a label's words, lies
// in a group of the evidence.
func (c *comparison) beside(s, label span, g group) float64 {
	w, got := 0., 0.
	for i := s.from; i < s.to; i++ {
		t := float64(c.s[i].weight)
		if t < 0.3 || c.strengthIn(i, label) > 0 {
			continue
		}
		w += t
		got += t * float64(c.strengthIn(i, span{g.first, g.last}))
	}
	if w == 0 {
		return 0
	}
	return got / w
}

// around is the run of pieces in the same statement of the sentence.
func (c *comparison) around(k int) span {
	a, b := k, k
	g := c.s[c.pieces[k].from].group
	for a > 0 && c.s[c.pieces[a-1].from].group == g {
		a--
	}
	for b+1 < len(c.pieces) && c.s[c.pieces[b+1].from].group == g {
		b++
	}
	return span{c.pieces[a].from, c.pieces[b].to}
}

// has is how much of a run of the evidence, without the words that another run
// has too, lies in a run of the sentence.
func (c *comparison) has(e, without, s span) float64 {
	w, got := 0., 0.
	for n := e.from; n < e.to; n++ {
		t := float64(c.p.toks[n].weight)
		if t < 0.2 || slices.ContainsFunc(c.p.toks[without.from:without.to], func(o token) bool { return o.text == c.p.toks[n].text }) {
			continue
		}
		w += t
		for i := s.from; i < s.to; i++ {
			if slices.ContainsFunc(c.at[i], func(pl place) bool { return int(pl.tok) == n && pl.strength >= 0.6 }) {
				got += t
				break
			}
		}
	}
	if w == 0 {
		return 0
	}
	return got / w
}
