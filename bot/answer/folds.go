package answer

import (
	"html"
	"strings"
	"unicode"
)

// folds reports whether derived can be made from quote by removing list
// markers, markup, entities, indentation, prompts and wrapping, and by leaving
// out whole lines, with nothing added and nothing reordered.
func folds(derived, quote string) bool {
	want := bare(derived)
	if want == "" {
		return true
	}
	have := bare(quote)
	for _, r := range want {
		i := strings.IndexRune(have, r)
		if i < 0 {
			return false
		}
		have = have[i+len(string(r)):]
	}
	return true
}

// bare returns the letters and digits of a text, with entities resolved.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, html.UnescapeString(s))
}
