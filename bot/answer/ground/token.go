package ground

import (
	"strings"
	"unicode/utf8"

	"cairn/retrieval/glossary"
)

// Bounds on one text: what lies beyond is not looked at, so it supports
// nothing.
const (
	maxSentence = 2 << 10
	maxEvidence = 32 << 10
	maxTokens   = 8192
)

type kind uint8

const (
	kindWord    kind = iota // an English word, its stem
	kindHan                 // a Chinese word, or one character that no word has
	kindLiteral             // an identifier, a path, code
	kindNumber
)

// A token is a piece of a text. The clause, group and unit say where it
// stands: a clause ends at a comma, a group at a full stop, semicolon or line,
// a unit where the next list item, row or paragraph begins.
type token struct {
	kind       kind
	text       string
	form       *form
	start, end int // bytes of the folded text
	weight     float32
	clause     int
	group      int
	unit       int
	neg        bool // a negation covers it
	gap        int  // how strong the borders before it are, summed up
	branch     branch
	sep        rune // the sign before it, 0 for none
	proper     bool // a name: capital letters, or Latin in Chinese
	fenced     bool // stands in a code block
	code       bool // stood between backticks
	known      bool // in the lexicon or glossary
	read       []reading
}

func (t *token) marks() mark {
	if t.form == nil {
		return 0
	}
	return t.form.marks
}

func (t *token) classes() []int32 {
	if t.form == nil {
		return nil
	}
	return t.form.classes
}

func (t *token) senses() []int32 {
	if t.form == nil {
		return nil
	}
	return t.form.senses
}

func (t *token) sides() []int32 {
	if t.form == nil {
		return nil
	}
	return t.form.sides
}

// fold makes what is written in several ways alike, byte lengths aside:
// full-width signs, typographic quotes, traditional characters.
func fold(s string, limit int) string {
	if len(s) > limit {
		for limit > 0 && !utf8.RuneStart(s[limit]) {
			limit--
		}
		s = s[:limit]
	}
	s = strings.ToValidUTF8(s, " ")
	return glossary.Simplify(strings.Map(func(r rune) rune {
		switch {
		case r >= 0xff01 && r <= 0xff5e && !strings.ContainsRune("！，：；？（）", r):
			return r - 0xfee0
		case r == 0x3000 || r == 0xa0 || r == '\t' || r == '\r':
			return ' '
		case r == '’' || r == '‘':
			return '\''
		case r == '“' || r == '”' || r == '「' || r == '」':
			return '"'
		case r == '–' || r == '—' || r == '−':
			return '-'
		}
		return r
	}, s))
}

// lowerASCII lowers Latin letters only, so that offsets stay.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

func mostlyHan(s string) bool {
	han, latin := 0, 0
	for _, r := range s {
		if isHan(r) {
			han++
		} else if isLatin(r) {
			latin++
		}
	}
	return han*4 > latin
}
