package glossary

import "unicode/utf8"

// maxWord is the longest run of letters and digits that is looked at as a
// word; longer ones are hashes and encoded data.
const maxWord = 64

// A piece is what the scanner finds: one Han character, or one word of ASCII
// letters and digits.
type piece struct {
	han        rune   // 0 for a word
	word       []byte // lower case; valid until the next piece
	start, end int
	// runLen is set on the first word of a run that camelCase splits: the
	// number of words in it.
	runLen int
	run    []byte // the whole run in lower case where runLen is set
	runEnd int
	// border says that a sentence or list border stands before the piece, so
	// that no form may reach across.
	border bool
}

// A scanner cuts text into pieces. It folds case, width and traditional
// characters.
type scanner struct {
	text   string
	pos    int
	border bool

	// The run in work: its folded bytes, which of them were upper case, where
	// each stood, and what is left of it to hand out.
	low   [maxWord]byte
	upper [maxWord]bool
	off   [maxWord + 1]int
	n     int
	cut   [maxWord]int // word ends within low
	cuts  int
	word  int
}

func (s *scanner) next() (p piece, ok bool) {
	if s.word < s.cuts {
		return s.nextWord(), true
	}
	for s.pos < len(s.text) {
		r, size := rune(s.text[s.pos]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s.text[s.pos:])
			r = fold(r)
		}
		switch {
		case isAlnum(r):
			if s.scanRun() {
				return s.nextWord(), true
			}
		case isHan(r):
			p = piece{han: r, start: s.pos, end: s.pos + size, border: s.border}
			s.pos += size
			s.border = false
			return p, true
		default:
			s.pos += size
			if isBorder(r, s.text[s.pos:]) {
				s.border = true
			}
		}
	}
	return piece{}, false
}

// scanRun reads the run of letters and digits at pos and splits it. It reports
// false for a run that is too long to be a word.
func (s *scanner) scanRun() bool {
	s.n, s.cuts, s.word = 0, 0, 0
	long := false
	for s.pos < len(s.text) {
		r, size := rune(s.text[s.pos]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s.text[s.pos:])
			r = fold(r)
		}
		if !isAlnum(r) {
			break
		}
		if s.n == maxWord {
			long = true
		} else {
			up := r >= 'A' && r <= 'Z'
			if up {
				r += 'a' - 'A'
			}
			s.low[s.n], s.upper[s.n], s.off[s.n] = byte(r), up, s.pos
			s.n++
		}
		s.pos += size
	}
	if long {
		s.border = true
		return false
	}
	s.off[s.n] = s.pos
	for i := 1; i < s.n; i++ {
		if s.upper[i] && (!s.upper[i-1] || i+1 < s.n && isLower(s.low[i+1], s.upper[i+1]) && !s.plural(i+1)) {
			s.cut[s.cuts] = i
			s.cuts++
		}
	}
	s.cut[s.cuts] = s.n
	s.cuts++
	return true
}

// plural reports whether the run ends at i with the s of PVCs.
func (s *scanner) plural(i int) bool { return i == s.n-1 && s.low[i] == 's' }

func (s *scanner) nextWord() piece {
	from := 0
	if s.word > 0 {
		from = s.cut[s.word-1]
	}
	to := s.cut[s.word]
	p := piece{word: s.low[from:to], start: s.off[from], end: s.off[to], border: s.border}
	if s.word == 0 && s.cuts > 1 {
		p.runLen, p.run, p.runEnd = s.cuts, s.low[:s.n], s.pos
	}
	s.word++
	s.border = false
	return p
}

func isLower(c byte, upper bool) bool { return !upper && c >= 'a' && c <= 'z' }

func isAlnum(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

func isHan(r rune) bool {
	return r >= 0x3400 && r <= 0x9fff || r >= 0xf900 && r <= 0xfaff || r >= 0x20000 && r <= 0x3ffff
}

// isBorder reports whether r separates what stands before it from rest. Joints
// inside names and phrases (space, hyphen, underscore, slash, a dot within a
// name) do not.
func isBorder(r rune, rest string) bool {
	switch r {
	case ' ', '\t', '\r', '\n', '-', '_', '/', '\'', '"', '`', '*', '+', '%', 0xa0, 0x200b, 0x2019, 0xb7:
		return false
	case '.':
		return rest == "" || rest[0] == ' ' || rest[0] == '\n' || rest[0] == '\r'
	}
	return true
}

// stem folds the regular English endings of a lower-case word in place and
// returns it. It is the same for every form of a word rather than a word of
// its own: evicting, evicted and evicts become evict; scale and scaling scal.
func stem(w []byte) []byte {
	n := len(w)
	if n < 4 || w[n-1] < 'a' {
		return w
	}
	switch string(w) {
	case "https", "locale", "stats": // would fold onto another word
		return w
	}
	if w[n-1] == 's' {
		switch {
		case n > 4 && w[n-3] == 'i' && w[n-2] == 'e':
			w = w[:n-2]
			w[n-3] = 'y'
			return w
		case w[n-2] == 's' || w[n-2] == 'u' || w[n-2] == 'i':
			return w
		case n > 4 && w[n-2] == 'e' && hissing(w[:n-2]):
			w = w[:n-2]
		default:
			w = w[:n-1]
		}
		n = len(w)
	}
	switch {
	case n > 5 && w[n-3] == 'i' && w[n-2] == 'n' && w[n-1] == 'g' && hasVowel(w[:n-3]):
		w = closeStem(w, n-3)
	case n > 4 && w[n-3] == 'i' && w[n-2] == 'e' && w[n-1] == 'd':
		w = w[:n-2]
		w[n-3] = 'y'
	case n > 4 && w[n-2] == 'e' && w[n-1] == 'd' && hasVowel(w[:n-2]):
		w = closeStem(w, n-2)
	}
	if n = len(w); n > 4 && w[n-1] == 'e' {
		w = w[:n-1]
	}
	return w
}

// closeStem ends a stem of n bytes whose -ed or -ing is dropped: a doubled
// consonant becomes one, a short stem that has lost its e gets it back.
func closeStem(w []byte, n int) []byte {
	last, prev := w[n-1], w[n-2]
	switch {
	case last == prev && n > 3 && !isVowel(last) && last != 'l' && last != 's' && last != 'z':
		return w[:n-1]
	case n == 3 && !isVowel(last) && last != 'x' && last != 'w' && last != 'y' && isVowel(prev) && !isVowel(w[0]):
		w[3] = 'e'
		return w[:4]
	}
	return w[:n]
}

func hissing(w []byte) bool {
	n := len(w)
	switch w[n-1] {
	case 'x':
		return true
	case 's':
		return w[n-2] == 's'
	case 'h':
		return w[n-2] == 'c' || w[n-2] == 's'
	}
	return false
}

func hasVowel(w []byte) bool {
	for _, c := range w {
		if isVowel(c) || c == 'y' {
			return true
		}
	}
	return false
}

func isVowel(c byte) bool {
	return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u'
}
