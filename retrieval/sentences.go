package retrieval

import (
	"iter"
	"strings"
	"unicode/utf8"
)

// sentences yields the sentences and lines of a text. One that is longer than
// maxSentence is cut at a space or between characters.
func sentences(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		start := 0
		give := func(end int) bool {
			s := strings.TrimSpace(text[start:end])
			start = end
			return s == "" || yield(s)
		}
		for i := 0; i < len(text); {
			r, n := utf8.DecodeRuneInString(text[i:])
			i += n
			end := false
			switch r {
			case '\n', '。', '！', '？', '；':
				end = true
			case '.', '!', '?':
				end = i == len(text) || text[i] == ' ' || text[i] == '\n'
			}
			if !end && i-start >= maxSentence {
				end = true
			}
			if end && !give(i) {
				return
			}
		}
		give(len(text))
	}
}
