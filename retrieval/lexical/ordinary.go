package lexical

import (
	_ "embed"
	"strings"
	"sync"
)

//go:generate go run ./internal/ordinary

//go:embed ordinary.txt
var ordinaryText string

var ordinaryWords = sync.OnceValue(func() map[string]struct{} {
	words := strings.Fields(ordinaryText)
	out := make(map[string]struct{}, len(words))
	for _, w := range words {
		out[w] = struct{}{}
	}
	return out
})

// Ordinary reports whether operations texts use a term, a stemmed word or a
// pair of Han characters, as a matter of course: that a library lacks it says
// little. What is neither ordinary nor in the library names something else.
func Ordinary(term string) bool {
	_, ok := ordinaryWords()[term]
	return ok
}
