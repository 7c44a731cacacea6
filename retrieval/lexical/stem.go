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
	st, ok := s.stems.get(w)
	if !ok {
		st = english.Stem(string(w), true)
		if s.stems.len() >= maxStems {
			s.stems = termMap[string]{}
		}
		s.stems.put(w, st)
	}
	s.word = append(s.word[:0], st...)
	return s.word
}
