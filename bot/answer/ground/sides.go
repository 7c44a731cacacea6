package ground

import "slices"

var (
	beforeSide = wordsOf("befor", "prior to", "之前", "以前", "前", "ahead of")
	afterSide  = wordsOf("after", "onc", "之后", "以后", "后", "之后才", "as soon as", "when")
)

// sides looks for what is said to come after a thing and in the evidence
// comes before it, or the reverse.
func (c *comparison) sides() {
	c.ends()
	for i := range c.s {
		a := -1 // the word that the marker stands with
		want := 0
		switch t := c.s[i].text; {
		case beforeSide[t]:
			want = -1
		case afterSide[t]:
			want = 1
		default:
			continue
		}
		if c.s[i].kind == kindHan {
			a = i - 1
		} else {
			for a = i + 1; a < len(c.s) && c.s[a].weight < 0.3 && c.s[a].clause == c.s[i].clause; a++ {
			}
		}
		if a < 0 || a >= len(c.s) || c.s[a].clause != c.s[i].clause {
			continue
		}
		same, turned := false, false
		for _, pl := range c.at[a] {
			if pl.strength < 0.75 {
				continue
			}
			for n := max(0, int(pl.tok)-3); n < min(len(c.p.toks), int(pl.tok)+4); n++ {
				o := &c.p.toks[n]
				if o.clause != c.p.toks[pl.tok].clause || o.code {
					continue
				}
				after := n > int(pl.tok)
				if (o.kind == kindHan) != after {
					continue // Chinese puts it after the thing
				}
				b, f := beforeSide[o.text], afterSide[o.text]
				if b && want < 0 || f && want > 0 {
					same = true
				}
				if b && want > 0 || f && want < 0 {
					turned = true
				}
			}
		}
		if turned && !same {
			c.f[fSide] = 1
		}
	}
}

// predicates looks for a word with an opposite that is said of something of
// which the evidence says that opposite.
func (c *comparison) predicates() {
	for k, pc := range c.pieces {
		if c.best[k] >= 0 {
			c.predicate(pc)
		}
	}
}

func (c *comparison) predicate(pc span) {
	for i := pc.from; i < pc.to; i++ {
		if c.s[i].weight < 0.3 {
			continue
		}
		opp := c.opposites(&c.s[i])
		if len(opp) == 0 {
			continue
		}
		for _, step := range []int{-1, 1} {
			j := i + step
			for j >= pc.from && j < pc.to && c.s[j].weight < 0.3 {
				j += step
			}
			if j < pc.from || j >= pc.to || c.s[j].weight < 0.45 {
				continue
			}
			with, against := false, false
			for _, pl := range c.at[j] {
				if pl.strength < 0.75 {
					continue
				}
				cl := c.p.clauses[c.p.inClause[pl.tok]]
				if c.p.groups[cl.group].heading {
					with = true
				}
				with = with || c.strengthIn(i, span{cl.first, cl.last}) >= 0.6
				for n := max(cl.first, int(pl.tok)-3); n < min(cl.last, int(pl.tok)+4); n++ {
					against = against || slices.Contains(opp, int32(n)) && c.p.toks[n].neg == c.s[i].neg
				}
			}
			if against && !with {
				c.f[fPredicate]++
			}
		}
	}
}

// opposites are the tokens of the evidence that say the opposite of a word.
func (c *comparison) opposites(t *token) []int32 {
	var out []int32
	for _, cl := range t.classes() {
		for _, o := range c.p.lex.opposed[cl] {
			out = append(out, c.p.byClass[o]...)
		}
	}
	for _, s := range t.sides() {
		out = append(out, c.p.bySide[s^1]...)
	}
	return out
}

var (
	firstWords = wordsOf("first", "earliest", "最先", "首先", "第一个")
	lastWords  = wordsOf("last", "latest", "最后", "最晚", "最后一个")
)

// ends looks for a thing beside which the sentence has first and the evidence
// last, or the reverse.
func (c *comparison) ends() {
	for i := range c.s {
		own, other := firstWords, lastWords
		if lastWords[c.s[i].text] {
			own, other = lastWords, firstWords
		}
		if !own[c.s[i].text] || i == 0 || c.s[i-1].weight < 0.45 || c.s[i-1].clause != c.s[i].clause {
			continue
		}
		same, turned := false, false
		for _, pl := range c.at[i-1] {
			if n := int(pl.tok) + 1; pl.strength >= 0.75 && n < len(c.p.toks) && c.p.toks[n].clause == c.p.toks[pl.tok].clause {
				same = same || own[c.p.toks[n].text]
				turned = turned || other[c.p.toks[n].text]
			}
		}
		if turned && !same {
			c.f[fSide] = 1
		}
	}
}
