package ground

// turned asks of every order that the sentence states whether the evidence
// states it, shows it, or has it the other way round. What stands in both parts
// is left aside, so that 先停 A，再停 B is decided by A and B.
func (c *comparison) turnedRound() {
	for _, q := range said(c.s, 0, len(c.s)) {
		early, late := c.apartFrom(q.earlier, q.later), c.apartFrom(q.later, q.earlier)
		a, aAt := c.home(early, false)
		b, bAt := c.home(late, false)
		if a < 0 {
			a, aAt = c.home(early, true)
		}
		if b < 0 {
			b, bAt = c.home(late, true)
		}
		if a < 0 || b < 0 {
			c.f[fOrderOpen] = 1
			continue
		}
		fwd, rev := false, false
		for i := range c.p.orders {
			e := &c.p.orders[i]
			if e.sure < 1 {
				continue
			}
			fwd = fwd || mostly(aAt, e.earlier, e.later) && mostly(bAt, e.later, e.earlier)
			rev = rev || mostly(aAt, e.later, e.earlier) && mostly(bAt, e.earlier, e.later)
		}
		if fwd == rev {
			fwd, rev = c.firstOrLast(a, b), c.firstOrLast(b, a)
		}
		switch {
		case rev && !fwd:
			v := 0.9
			if q.steps {
				v = 1
			}
			c.f[fTurned] = max(c.f[fTurned], v)
		case fwd && !rev:
			c.f[fOrderHeld] = 1
		case a == b || c.p.groups[c.p.clauses[a].group].part != c.p.groups[c.p.clauses[b].group].part:
			c.f[fOrderOpen] = 1
		case a > b:
			v := 0.5
			if q.steps {
				v = 0.75
			}
			c.f[fTurned] = max(c.f[fTurned], v)
		default:
			c.f[fOrderHeld] = max(c.f[fOrderHeld], 0.5)
		}
	}
}

// apartFrom are the tokens of a run that another run has not.
func (c *comparison) apartFrom(run, other span) []int {
	var out []int
	for i := run.from; i < run.to; i++ {
		if c.s[i].weight < 0.3 || c.found(i) < 0.55 {
			continue
		}
		twice := false
		for j := other.from; j < other.to && !twice; j++ {
			twice = c.s[j].text == c.s[i].text
		}
		if !twice {
			out = append(out, i)
		}
	}
	return out
}

// home is the clause of the evidence that holds most of some tokens, with where
// they stand in it, code blocks only if asked for; -1 when none holds half.
func (c *comparison) home(tokens []int, fenced bool) (int, []int32) {
	sum := 0.
	in := map[int32]float64{}
	for _, i := range tokens {
		w := float64(c.s[i].weight)
		sum += w
		best := map[int32]float32{}
		for _, pl := range c.at[i] {
			if cl := c.p.inClause[pl.tok]; pl.strength >= 0.55 && !c.p.groups[c.p.clauses[cl].group].heading && (fenced || !c.p.toks[pl.tok].fenced) {
				best[cl] = max(best[cl], pl.strength)
			}
		}
		for cl, v := range best {
			in[cl] += w * float64(v)
		}
	}
	at, most := int32(-1), 0.
	for cl, v := range in {
		if v > most || v == most && cl < at {
			at, most = cl, v
		}
	}
	if at < 0 || most < sum/2 {
		return -1, nil
	}
	var where []int32
	for _, i := range tokens {
		for _, pl := range c.at[i] {
			if pl.strength >= 0.55 && c.p.inClause[pl.tok] == at {
				where = append(where, pl.tok)
			}
		}
	}
	return int(at), where
}

// mostly reports whether more of the tokens stand in one run than in another.
func mostly(at []int32, in, out span) bool {
	n := 0
	for _, k := range at {
		if int(k) >= in.from && int(k) < in.to {
			n++
		}
		if int(k) >= out.from && int(k) < out.to {
			n--
		}
	}
	return 2*n > len(at)
}

var (
	leadWords = wordsOf("first", "先", "首先", "beforehand", "最先")
	tailWords = wordsOf("last", "finally", "final", "最后", "最终", "afterward", "afterwards")
)

// firstOrLast reports whether the evidence says of clause a that it comes
// first, or of b that it comes last.
func (c *comparison) firstOrLast(a, b int) bool {
	x, y := c.p.clauses[a], c.p.clauses[b]
	if c.p.groups[x.group].part != c.p.groups[y.group].part {
		return false
	}
	says := func(cl, other clause, words map[string]bool) bool {
		for n := cl.first; n < cl.last; n++ {
			if words[c.p.toks[n].text] && !c.p.toks[n].code {
				return !c.hasAny(other, words)
			}
		}
		return false
	}
	return says(x, y, leadWords) || says(y, x, tailWords)
}

func (c *comparison) hasAny(cl clause, words map[string]bool) bool {
	return c.hasWord(span{cl.first, cl.last}, words)
}
