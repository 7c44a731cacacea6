package glossary

import (
	_ "embed"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:embed folding/traditional.txt
var traditional string

// The traditional characters of the table all lie in the basic block.
const hanFirst, hanLast = 0x4e00, 0x9fff

// simplified maps a character of the basic block, less hanFirst, to its
// simplified one; 0 keeps it.
var simplified = sync.OnceValue(func() *[hanLast - hanFirst + 1]uint16 {
	var t [hanLast - hanFirst + 1]uint16
	for line := range strings.Lines(traditional) {
		if line[0] == '#' {
			continue
		}
		for _, pair := range strings.Fields(line) {
			from, n := utf8.DecodeRuneInString(pair)
			to, _ := utf8.DecodeRuneInString(pair[n:])
			if from >= hanFirst && from <= hanLast && to <= hanLast {
				t[from-hanFirst] = uint16(to)
			}
		}
	}
	return &t
})

// Simplify folds traditional characters to simplified ones, one for one: the
// result has as many characters as the text. Words that differ between the
// regions (記憶體 and 内存) are the concepts' matter.
func Simplify(text string) string {
	t := simplified()
	for i, r := range text {
		if r < hanFirst || r > hanLast || t[r-hanFirst] == 0 {
			continue
		}
		var b strings.Builder
		b.Grow(len(text))
		b.WriteString(text[:i])
		for j := i; j < len(text); {
			r, n := utf8.DecodeRuneInString(text[j:])
			if r >= hanFirst && r <= hanLast && t[r-hanFirst] != 0 {
				b.WriteRune(rune(t[r-hanFirst]))
			} else {
				b.WriteString(text[j : j+n])
			}
			j += n
		}
		return b.String()
	}
	return text
}

// fold brings a character that is not ASCII to the form that the index knows:
// full-width to ASCII, traditional to simplified.
func fold(r rune) rune {
	switch {
	case r >= 0xff01 && r <= 0xff5e:
		return r - 0xfee0
	case r == 0x3000:
		return ' '
	case r >= hanFirst && r <= hanLast:
		if s := simplified()[r-hanFirst]; s != 0 {
			return rune(s)
		}
	}
	return r
}

// foldingData is what [Glossary.Hash] covers beside the concepts.
func foldingData() string { return traditional + syllables }
