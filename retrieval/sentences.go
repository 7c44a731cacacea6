package retrieval

import (
	"iter"
	"strings"
	"unicode/utf8"
)

// A sentence is a stretch of a text.
type sentence struct {
	from, to int
	// torn says that it was cut out of a longer one, maybe within a word.
	torn bool
}

// sentences yields the sentences and lines of a text that are not blank. One
// that is longer than maxSentence is cut between characters.
func sentences(text string) iter.Seq[sentence] {
	return func(yield func(sentence) bool) {
		s := sentence{}
		give := func(end int, torn bool) bool {
			s.to, s.torn = end, s.torn || torn
			full := s
			s = sentence{from: end, torn: torn}
			return strings.TrimSpace(text[full.from:full.to]) == "" || yield(full)
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
			torn := !end && i-s.from >= maxSentence
			if (end || torn) && !give(i, torn) {
				return
			}
		}
		give(len(text), false)
	}
}
