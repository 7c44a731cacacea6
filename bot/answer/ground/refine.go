package ground

import (
	"strings"
	"unicode/utf8"
)

// lightShare is what a word that says little keeps of its weight when the
// evidence does not have it.
const lightShare = 1

// refine takes apart the phrases of the sentence that the evidence does not
// hold as a whole, so that what they are made of is looked for, and lowers the
// weight of words that say little and are not found.
func (c *comparison) refine() {
	var s []token
	var at [][]place
	for i := range c.s {
		if t := &c.s[i]; c.found(i) < 0.55 && t.weight > 0 && len(t.classes()) == 0 && len(t.sides()) == 0 {
			if parts := c.p.lex.apart(&c.s[i]); len(parts) > 1 && len(c.s)+len(parts) < maxTokens && weightOf(parts) >= 0.7*t.weight {
				from := len(s)
				s = append(s, parts...)
				for k := range parts {
					at = append(at, c.p.places(s, from+k))
				}
				continue
			}
		}
		s, at = append(s, c.s[i]), append(at, c.at[i])
	}
	c.s, c.at = s, at
	for i := range c.s {
		if c.found(i) < 0.55 && pale(&c.s[i]) {
			c.s[i].weight *= lightShare
		}
	}
}

func weightOf(toks []token) float32 {
	w := float32(0)
	for i := range toks {
		w += toks[i].weight
	}
	return w
}

// apart cuts a phrase or compound into the words it is made of, nil when it is
// no such thing.
func (l *lexicon) apart(t *token) []token {
	var parts []token
	switch {
	case t.kind == kindWord && strings.Contains(t.text, " "):
		parts = l.wordTokens(t.text)
	case t.kind == kindHan && len(t.text) >= 9:
		for _, w := range l.cutShorter(t.text) {
			parts = append(parts, l.hanToken(w))
		}
	}
	at, denied := t.start, t.neg
	for i := range parts {
		p := &parts[i]
		p.start, p.end = t.start, t.end
		if t.kind == kindHan {
			p.start, p.end = at, at+len(p.text)
			at = p.end
		}
		p.clause, p.group, p.unit, p.gap, p.branch, p.code, p.known = t.clause, t.group, t.unit, t.gap, t.branch, t.code, p.form != nil
		if i == 0 {
			p.sep = t.sep
		}
		p.neg = denied
		if p.marks()&(markNeg|markNever) != 0 {
			denied = !t.neg
		}
	}
	return parts
}

// cutShorter cuts a Chinese compound into the fewest known words, none of them
// the whole; nil when that cannot be done.
func (l *lexicon) cutShorter(text string) []string {
	if utf8.RuneCountInString(text)*3 != len(text) {
		return nil
	}
	n := len(text) / 3
	best, last := make([]int, n+1), make([]int, n+1)
	for e := 1; e <= n; e++ {
		best[e] = 1 << 20
		for k := 1; k <= e && k < n; k++ {
			cost := best[e-k] + 10
			if l.han[text[3*(e-k):3*e]] == nil {
				if k > 1 {
					continue
				}
				cost += 100
			}
			if cost < best[e] {
				best[e], last[e] = cost, k
			}
		}
	}
	if best[n] >= 100 {
		return nil
	}
	var out []string
	for e := n; e > 0; e -= last[e] {
		out = append([]string{text[3*(e-last[e]) : 3*e]}, out...)
	}
	return out
}
