package ground

import "strings"

// leastHeld is the share of a sentence's words, by weight, that the evidence
// must hold at least, in whatever words or language: fewer than one in three
// hundred of the labelled true sentences have less.
const leastHeld = 0.4

// Minimum asks only for what must hold whoever else says that a sentence
// follows, and judges units, amounts in words and all the rest: its figures in
// digits and its names stand in the evidence, and it speaks of the same things.
// The verdict has no reason when that is so; it never says that the sentence is
// grounded.
func (c *Checker) Minimum(sentence string, evidence []Evidence) Verdict {
	cmp, v := c.lay(sentence, evidence)
	if cmp == nil {
		return v
	}
	for i := range cmp.s {
		t := &cmp.s[i]
		switch reason := cmp.literal(i); {
		case reason == ReasonNone,
			reason == ReasonNumber && (!strings.ContainsAny(t.text, "0123456789") || cmp.p.figure(t.text)),
			reason == ReasonLiteral && (cmp.p.begins(t.text) || cmp.compound(t)):
		default:
			return Verdict{Reason: reason, Detail: t.text}
		}
	}
	if cmp.f[fHeld] < leastHeld {
		return Verdict{Score: cmp.f[fHeld], Reason: ReasonCoverage, Detail: cmp.worst}
	}
	return Verdict{}
}

// figure reports whether the digits that a text begins with stand in the
// evidence as a figure of their own, whatever its unit.
func (p *passage) figure(text string) bool {
	_, n := digits(text)
	if n == 0 {
		return false
	}
	for from := 0; ; {
		k := strings.Index(p.raw[from:], text[:n])
		if k < 0 {
			return false
		}
		k += from
		from = k + 1
		before := k == 0 || !isDigit(rune(p.raw[k-1])) && p.raw[k-1] != '.'
		if _, m := digits(p.raw[k:]); before && m == n {
			return true
		}
	}
}

// begins reports whether a name of letters alone begins a name in the evidence:
// mysql of mysqld, CA of CAs, SQL of SQL_THREAD.
func (p *passage) begins(name string) bool {
	if len(name) < 2 || strings.ContainsFunc(name, func(r rune) bool { return !isLatin(r) }) {
		return false
	}
	for from := 0; ; {
		k := strings.Index(p.raw[from:], name)
		if k < 0 {
			return false
		}
		k += from
		from = k + 1
		rest := strings.TrimPrefix(p.raw[k+len(name):], "s")
		if (k == 0 || !isLatin(rune(p.raw[k-1])) && !isDigit(rune(p.raw[k-1]))) &&
			(len(name) > 3 || rest == "" || !isLatin(rune(rest[0]))) {
			return true
		}
	}
}

// compound reports whether what looks like an option is the end of a compound
// word: two-phase.
func (c *comparison) compound(t *token) bool {
	return strings.HasPrefix(t.text, "-") && !strings.HasPrefix(t.text, "--") && t.start > 0 &&
		(isLatin(rune(c.raw[t.start-1])) || isDigit(rune(c.raw[t.start-1])))
}

// literals fails what must stand in the evidence as it is and does not:
// figures with their units, and names of all kinds.
func (c *comparison) literals(without string) Verdict {
	for i := range c.s {
		reason := c.literal(i)
		if reason == ReasonNumber && without == "figures" || reason == ReasonLiteral && without == "names" {
			continue
		}
		if reason != ReasonNone {
			return Verdict{Reason: reason, Detail: c.s[i].text}
		}
	}
	return Verdict{}
}

// literal says why a token of the sentence does not stand in the evidence.
func (c *comparison) literal(i int) Reason {
	t := &c.s[i]
	best := float32(0)
	for _, pl := range c.at[i] {
		best = max(best, pl.strength)
	}
	switch {
	case t.kind == kindNumber && t.weight >= 1.5 && best == 0:
		return ReasonNumber
	case t.kind == kindLiteral && best < sameClass,
		t.kind == kindWord && t.proper && t.weight > 0 && best < sameStart && !t.known:
		return ReasonLiteral
	}
	return ReasonNone
}
