package ground

import "slices"

// bounds looks at figures: one that is a lower bound here and an upper one in
// the evidence, one that stands where the statement has another.
func (c *comparison) bounds() {
	for k, pc := range c.pieces {
		if c.best[k] < 0 {
			continue
		}
		gr := &c.p.groups[c.p.clauses[c.best[k]].group]
		for i := pc.from; i < pc.to; i++ {
			if c.s[i].kind == kindNumber {
				c.figure(i, span{gr.first, gr.last})
			}
		}
	}
}

var (
	overWords  = wordsOf("abov", "over", "mor than", "greater than", "larger than", "higher than", "longer than", "exceed", "at least", "beyond", "no les than", "超过", "大于", "高于", "多于", "至少", "最少", "不低于", "不少于", "长于", "后", "after", "from")
	underWords = wordsOf("below", "under", "les than", "smaller than", "lower than", "shorter than", "fewer than", "at most", "up to", "no mor than", "低于", "小于", "少于", "不到", "最多", "至多", "不超过", "不足", "短于", "前", "befor", "until", "within")
	overAfter  = wordsOf("以上", "or mor", "and mor", "and abov", "upward", "及以上")
	underAfter = wordsOf("以下", "以内", "or les", "之内", "及以下", "or fewer")
)

// direction says whether a figure is a lower bound (1), an upper bound (-1) or
// none.
func direction(toks []token, i int, raw string) int {
	d := 0
	t := &toks[i]
	if raw != "" && t.start > 0 {
		j := t.start - 1
		for j > 0 && (raw[j] == ' ' || raw[j] == '=' || raw[j] == '`') {
			j--
		}
		if raw[j] == '>' && (j == 0 || raw[j-1] != '-') {
			d = 1
		} else if raw[j] == '<' {
			d = -1
		}
	}
	for j := i - 1; j >= 0 && j >= i-3 && toks[j].clause == t.clause; j-- {
		if toks[j].kind == kindNumber {
			break
		}
		if overWords[toks[j].text] {
			d = 1
		} else if underWords[toks[j].text] {
			d = -1
		} else {
			continue
		}
		if toks[j].neg {
			d = -d
		}
		break
	}
	for j := i + 1; j < len(toks) && j <= i+2 && toks[j].clause == t.clause; j++ {
		if overAfter[toks[j].text] {
			d = 1
		} else if underAfter[toks[j].text] {
			d = -1
		}
	}
	return d
}

// figure compares figure i with the figures of the statement.
func (c *comparison) figure(i int, win span) {
	t := &c.s[i]
	if len(c.at[i]) == 0 {
		return
	}
	if d := direction(c.s, i, c.raw); d != 0 {
		opposite, other := false, false
		for _, pl := range c.at[i] {
			switch direction(c.p.toks, int(pl.tok), c.p.raw) {
			case -d:
				opposite = true
			default:
				other = true
			}
		}
		if opposite && !other {
			c.f[fBound] = 1
		}
	}
	if t.weight < 1 || c.strengthIn(i, win) > 0 {
		return
	}
	for n := win.from; n < win.to; n++ {
		o := &c.p.toks[n]
		if o.kind == kindNumber && o.weight >= 1 && !o.code && o.read[0].dim == t.read[0].dim && !slices.ContainsFunc(c.at, func(at []place) bool {
			return slices.ContainsFunc(at, func(pl place) bool { return int(pl.tok) == n })
		}) {
			c.f[fFigure] = 1
		}
	}
}
