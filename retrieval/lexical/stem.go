package lexical

import (
	"github.com/kljensen/snowball/english"
)

// maxStems bounds the stems that a Scratch remembers.
const maxStems = 1 << 15

// stem folds an English word to its stem. The result is valid until the next
// call; what is not plain lower-case letters comes back as it is.
func (s *Scratch) stem(w []byte) []byte {
	if len(w) < 3 {
		return w
	}
	for _, c := range w {
		if c < 'a' || c > 'z' {
			return w
		}
	}
	if st, ok := s.stems[string(w)]; ok {
		return append(w[:0:0], st...)
	}
	st := english.Stem(string(w), true)
	if s.stems == nil || len(s.stems) >= maxStems {
		s.stems = make(map[string]string, 1024)
	}
	s.stems[string(w)] = st
	return []byte(st)
}
