package ground

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// leastHeld is the share of a sentence's words, by weight, that the evidence
// must hold at least, in whatever words or language: fewer than one in three
// hundred of the labelled true sentences have less.
const leastHeld = 0.4

// Minimum asks only for what must hold whoever else says that a sentence
// follows, and judges units, small amounts in words and all the rest: its
// figures and its names stand in the evidence, and it speaks of the same
// things. The verdict has no reason when that is so; it never says that the
// sentence is grounded.
func (c *Checker) Minimum(sentence string, evidence []Evidence) Verdict {
	cmp, v := c.lay(sentence, evidence)
	if cmp == nil {
		return v
	}
	if r, ok := cmp.foreignDigit(); ok {
		return Verdict{Reason: ReasonNumber, Detail: string(r)}
	}
	if word, ok := cmp.magnitude(); ok {
		return Verdict{Reason: ReasonNumber, Detail: word}
	}
	for i := range cmp.s {
		t := &cmp.s[i]
		reason := cmp.literal(i)
		if t.kind == kindNumber && len(cmp.at[i]) == 0 {
			reason = ReasonNumber // amounts in words too
		}
		switch {
		case reason == ReasonNone,
			reason == ReasonNumber && cmp.p.amount(t),
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

// foreignDigit returns a digit of another script, or one in a circle or raised,
// that the evidence does not have.
func (c *comparison) foreignDigit() (rune, bool) {
	for _, r := range c.raw {
		if r > unicode.MaxASCII && unicode.IsNumber(r) && !strings.ContainsRune(hanDigits, r) && !strings.ContainsRune(c.p.raw, r) {
			return r, true
		}
	}
	return 0, false
}

// many are words that make a large number, in ways that no token may have been
// read: several hundred, 数百, 十余万, 一零零, 贰拾.
var many = regexp.MustCompile(`\b(?:hundred|thousand|million|billion|dozen)s?\b|[数几半两余多个\d一二三四五六七八九十][百千万亿]|[零〇一二三四五六七八九]{3,}|[零〇][一二三四五六七八九]|[一二三四五六七八九][零〇]|[廿卅]|[壹贰叁肆伍陆柒捌玖][拾佰仟万]`)

// multiplied are digits with a word for a magnitude that is no unit here.
var multiplied = regexp.MustCompile(`\d\s*(?:bn|mn|mln)\b`)

// magnitude returns a word for a large number that stands in the sentence,
// belongs to no figure of the evidence, and is not in it.
func (c *comparison) magnitude() (string, bool) {
	if word := multiplied.FindString(c.raw); word != "" && !strings.Contains(c.p.raw, word) {
		return word, true
	}
	for _, at := range many.FindAllStringIndex(c.raw, -1) {
		word := c.raw[at[0]:at[1]]
		if strings.Contains(c.p.raw, word) || strings.Contains(c.p.raw, strings.TrimSuffix(word, "s")) {
			continue
		}
		held := false
		for i := range c.s {
			t := &c.s[i]
			held = held || t.kind == kindNumber && len(c.at[i]) > 0 && t.start < at[1] && at[0] < t.end
		}
		if !held {
			return word, true
		}
	}
	return "", false
}

// mostInWords is the largest amount in words that is left to a judge: a minute,
// 两天, the second one. What is larger has to stand in the evidence.
const mostInWords = 12

// magnitudes make another number of the digits before them.
var magnitudes = []string{"thousand", "million", "billion", "hundred", "dozen", "万", "亿", "百", "千"}

// amount reports whether a figure that the evidence does not have in this unit
// may stand all the same: its digits are there, or it is small and in words.
func (p *passage) amount(t *token) bool {
	inDigits := strings.ContainsAny(t.text, "0123456789")
	if slices.ContainsFunc(magnitudes, func(m string) bool { return strings.Contains(t.text, m) }) {
		return false
	}
	if len(t.read) > 0 && t.read[0].dim == dimClock && inDigits {
		return false // 12:45
	}
	if inDigits {
		_, n := digits(t.text)
		unit := strings.TrimLeft(t.text[n:], " -")
		return !slices.Contains([]string{"k", "m", "b", "bn", "t"}, unit) && p.figure(t.text) // 10k is not 10
	}
	value, n := hanNumber(t.text)
	if n == 0 {
		word, _, _ := strings.Cut(strings.ReplaceAll(t.text, "-", " "), " ")
		value = smallNumbers[word]
	}
	return value <= mostInWords
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
