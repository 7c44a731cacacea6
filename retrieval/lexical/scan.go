package lexical

import (
	"unicode"
	"unicode/utf8"

	"cairn/retrieval/glossary"
)

// A Kind says what a token is.
type Kind uint8

// The kinds of token.
const (
	Word    Kind = iota // a stemmed word, or part of an identifier
	Number              // digits alone
	Ident               // an identifier as a whole, joiners removed
	Bigram              // two neighbouring Han characters
	Unigram             // one Han character
	Concept             // a glossary concept
	Pair                // two words that follow each other, stop words passed over
)

// The bounds of the analysis.
const (
	// MaxText is how many bytes of one text are looked at.
	MaxText = 1 << 20
	// maxTerm is the longest term in bytes; longer runs are hashes and encoded
	// data, of which nobody asks the whole.
	maxTerm = 64
	// maxParts is how many parts of one identifier are told apart.
	maxParts = 16
)

// A Token is one occurrence of a term.
type Token struct {
	// Term is the index term; valid until the callback returns.
	Term []byte
	Kind Kind
	// Start and End are byte offsets into the text; of a folded text where
	// traditional characters were replaced, which keeps all offsets.
	Start, End int
	// Part says that the token lies inside an identifier that is a token too.
	Part bool
	// Weight is 1 but for concepts, whose forms may be loose.
	Weight float32
	// Concept is the number of the concept for kind Concept.
	Concept int
	// Camel says that two or three capitalised words without a joiner make the
	// identifier, as in the names of products.
	Camel bool
	// Noise says that the token belongs to a name that was made up by a machine:
	// a pod's suffix, an address, a hash.
	Noise bool
	// Inner says that a longer concept covers this one.
	Inner bool
}

// A Scratch holds the buffers of one analysis at a time.
type Scratch struct {
	buf   []byte
	parts []part
	stems termMap[string]
	word  []byte // the last stem or concept's term
	han   []byte

	whole [maxTerm]byte
	scan  scan
	tok   Token // a concept

	matcher *glossary.Matcher // of.Matcher()
	of      *glossary.Glossary
}

// A part is a stretch of an identifier.
type part struct {
	start, end int // into Scratch.buf
	from, to   int // into the text
	digits     bool
	// sep is the joiner before the part: 0 where case or digits split.
	sep byte
}

// A scan walks over one text.
type scan struct {
	s    *Scratch
	text string
	emit func(*Token)
	tok  Token

	// The word before, for pairs: its hash, 0 where none precedes.
	prev      uint32
	prevStart int
	pair      [4]byte
	noise     bool
}

// run splits the text. Han runs and identifiers are handled apart.
func (c *scan) run() {
	text := c.text
	for i := 0; i < len(text); {
		r, n := decode(text[i:])
		switch {
		case isHan(r):
			c.prev = 0
			end := i + n
			for end < len(text) {
				r, n := decode(text[end:])
				if !isHan(r) {
					break
				}
				end += n
			}
			c.han(i, end)
			i = end
		case isWordRune(r):
			i = c.chunk(i)
		default:
			if isBreak(r) {
				c.prev = 0
			}
			i += n
		}
	}
}

// isBreak reports whether r ends a phrase.
func isBreak(r rune) bool {
	switch r {
	case '.', ',', ';', ':', '!', '?', '\n', '|', '(', ')', '[', ']', '{', '}', '。', '，', '；', '：', '、':
		return true
	}
	return false
}

// decode reads one character, full-width forms folded.
func decode(s string) (rune, int) {
	if s[0] < utf8.RuneSelf {
		return rune(s[0]), 1
	}
	r, n := utf8.DecodeRuneInString(s)
	if r >= 0xff01 && r <= 0xff5e {
		r -= 0xfee0
	}
	return r, n
}

func isHan(r rune) bool {
	return r >= 0x3400 && r <= 0x9fff || r >= 0xf900 && r <= 0xfaff || r >= 0x20000 && r <= 0x3ffff
}

func isWordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	}
	return !isHan(r) && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// isJoiner reports whether r joins the parts of one identifier.
func isJoiner(r rune) bool { return r == '_' || r == '-' || r == '.' }

// chunk reads an identifier that begins at i and returns where it ends.
func (c *scan) chunk(i int) int {
	s := c.s
	s.buf, s.parts = s.buf[:0], s.parts[:0]
	text := c.text
	var prev rune
	sep := byte(0)
	long := false
	begin := func(at int) {
		s.parts = append(s.parts, part{start: len(s.buf), end: len(s.buf), from: at, to: at, sep: sep})
		sep = 0
	}
	start := i
	for i < len(text) {
		r, n := decode(text[i:])
		if !isWordRune(r) {
			if !isJoiner(r) || i+n >= len(text) {
				break
			}
			next, _ := decode(text[i+n:])
			if !isWordRune(next) {
				break
			}
			sep = byte(r)
			prev = 0
			i += n
			continue
		}
		switch {
		case prev == 0:
			begin(i)
		case c.camel(prev, r, i+n):
			begin(i)
		}
		lower := r
		if r >= 'A' && r <= 'Z' {
			lower += 'a' - 'A'
		} else if r >= utf8.RuneSelf {
			lower = unicode.ToLower(r)
		}
		s.buf = utf8.AppendRune(s.buf, lower)
		p := &s.parts[len(s.parts)-1]
		p.digits = (p.digits || p.start == p.end) && isDigit(r)
		p.end, p.to = len(s.buf), i+n
		prev = r
		i += n
		if len(s.buf) > 4*maxTerm {
			long = true
			break
		}
	}
	if long {
		for i < len(text) {
			r, n := decode(text[i:])
			if !isWordRune(r) && !isJoiner(r) {
				break
			}
			i += n
		}
	}
	c.chunkTokens(start, i)
	return i
}

// camel reports whether a part begins at r: aB, and ABc before Bc. The s of
// PVCs stays.
func (c *scan) camel(prev, r rune, after int) bool {
	if !unicode.IsUpper(r) {
		return false
	}
	if !unicode.IsUpper(prev) {
		return true
	}
	if after >= len(c.text) {
		return false
	}
	next, n := decode(c.text[after:])
	if !unicode.IsLower(next) {
		return false
	}
	if next == 's' {
		if after+n >= len(c.text) {
			return false
		}
		if then, _ := decode(c.text[after+n:]); !unicode.IsLower(then) {
			return false
		}
	}
	return true
}

// chunkTokens hands out an identifier: the whole, the stretches between
// joiners that camelCase split, and the parts.
func (c *scan) chunkTokens(start, end int) {
	s := c.s
	c.noise = s.random()
	defer func() { c.noise = false }()
	if len(s.parts) == 1 {
		p := s.parts[0]
		c.word(p, false)
		return
	}
	if len(s.parts) <= maxParts {
		c.whole(s.parts, start, end)
	}
	for i := 0; i < len(s.parts); {
		j := i + 1
		for j < len(s.parts) && s.parts[j].sep == 0 {
			j++
		}
		if j-i > 1 && j-i < len(s.parts) {
			c.whole(s.parts[i:j], s.parts[i].from, s.parts[j-1].to)
		}
		for ; i < j; i++ {
			c.word(s.parts[i], true)
		}
	}
}

// random reports whether one of the parts looks made up by a machine: letters
// and digits that take turns, or four numbers in a row.
func (s *Scratch) random() bool {
	numbers := 0
	for _, p := range s.parts {
		if p.digits {
			numbers++
			continue
		}
		turns, digit := 0, false
		for i, b := range s.buf[p.start:p.end] {
			d := b >= '0' && b <= '9'
			if i > 0 && d != digit {
				turns++
			}
			digit = d
		}
		if turns >= 3 || turns >= 2 && p.end-p.start >= 6 {
			return true
		}
	}
	return numbers >= 4 && numbers == len(s.parts)
}

// whole hands out parts joined into one term. Digits next to digits keep a
// joiner, so that 1.12 is not 11.2.
func (c *scan) whole(ps []part, from, to int) {
	buf := &c.s.whole
	n, digits := 0, true
	for i, p := range ps {
		if i > 0 && p.sep != 0 && p.digits && ps[i-1].digits {
			if n == maxTerm {
				return
			}
			buf[n] = '.'
			n++
		}
		if n+p.end-p.start > maxTerm {
			return
		}
		n += copy(buf[n:], c.s.buf[p.start:p.end])
		digits = digits && p.digits
	}
	term := buf[:n]
	if !digits {
		term = c.s.stem(term)
	}
	camel := len(ps) <= 3
	for i, p := range ps {
		camel = camel && !p.digits && (i == 0 || p.sep == 0)
	}
	c.tok = Token{Term: term, Kind: Ident, Start: from, End: to, Weight: 1, Noise: c.noise, Camel: camel}
	c.emit(&c.tok)
}

// pairTerm is the term of two words that follow each other, by their hashes.
func pairTerm(first, second uint32) [4]byte {
	x := (first*0x9e3779b1 ^ second) * 0x85ebca6b
	x ^= x >> 13
	return [4]byte{2, byte(x), byte(x >> 8), byte(x>>16) & 0x3f}
}

// PairOf returns the terms of two lower-case words and that of both side by
// side.
func PairOf(s *Scratch, first, second string) (a, b, pair string) {
	a = string(s.stem([]byte(first)))
	b = string(s.stem([]byte(second)))
	p := pairTerm(hash(a)|1, hash(b)|1)
	return a, b, string(p[:])
}

func (c *scan) word(p part, inside bool) {
	term := c.s.buf[p.start:p.end]
	if len(term) > maxTerm {
		return
	}
	if p.digits {
		c.tok = Token{Term: term, Kind: Number, Start: p.from, End: p.to, Part: inside, Weight: 1, Noise: c.noise}
		c.emit(&c.tok)
		return
	}
	if isStop(term) {
		return
	}
	// A name with digits at its end counts with and without them.
	if n := trailingDigits(term); n > 0 && len(term)-n >= 3 {
		c.tok = Token{Term: term, Kind: Ident, Start: p.from, End: p.to, Part: inside, Weight: 1, Noise: c.noise}
		c.emit(&c.tok)
		term, inside = term[:len(term)-n], true
	}
	term = c.s.stem(term)
	h := hash(string(term)) | 1
	c.tok = Token{Term: term, Kind: Word, Start: p.from, End: p.to, Part: inside, Weight: 1, Noise: c.noise}
	c.emit(&c.tok)
	if c.prev != 0 {
		c.pair = pairTerm(c.prev, h)
		c.tok = Token{Term: c.pair[:], Kind: Pair, Start: c.prevStart, End: p.to, Weight: 1}
		c.emit(&c.tok)
	}
	c.prev, c.prevStart = h, p.from
}

func trailingDigits(b []byte) int {
	n := 0
	for n < len(b) && b[len(b)-1-n] >= '0' && b[len(b)-1-n] <= '9' {
		n++
	}
	return n
}

// han hands out the characters and the pairs of a Han run, without its stop
// words.
func (c *scan) han(from, to int) {
	stop := hanStop(c.text[from:to])
	for from < to {
		if stop > 0 {
			from += stop
			stop = hanStop(c.text[from:to])
			continue
		}
		r, n := decode(c.text[from:to])
		next := from + n
		stop = hanStop(c.text[next:to])
		if !weakHan(r) {
			c.s.han = append(c.s.han[:0], c.text[from:next]...)
			c.tok = Token{Term: c.s.han, Kind: Unigram, Start: from, End: next, Weight: 1}
			c.emit(&c.tok)
		}
		if next < to && stop == 0 {
			_, m := decode(c.text[next:to])
			c.s.han = append(c.s.han[:0], c.text[from:next+m]...)
			c.tok = Token{Term: c.s.han, Kind: Bigram, Start: from, End: next + m, Weight: 1}
			c.emit(&c.tok)
		}
		from = next
	}
}

// An Analyzer splits texts with one glossary.
type Analyzer struct {
	glossary *glossary.Glossary
	terms    []string // the term of each concept
}

// Version changes whenever the same text may give other terms or impacts; it is
// part of every index fingerprint.
const Version = 2

// NewAnalyzer returns an analyzer; a nil glossary means none.
func NewAnalyzer(g *glossary.Glossary) *Analyzer {
	if g == nil {
		g = new(glossary.Glossary)
	}
	a := &Analyzer{glossary: g, terms: make([]string, len(g.Concepts()))}
	for i := range a.terms {
		a.terms[i] = "\x01" + g.Concepts()[i].ID
	}
	return a
}

// Glossary returns the analyzer's glossary.
func (a *Analyzer) Glossary() *glossary.Glossary { return a.glossary }

// ConceptTerm returns the index term of a concept.
func (a *Analyzer) ConceptTerm(concept int) string { return a.terms[concept] }

// Words calls emit for every token but concepts, in the text's order.
func (a *Analyzer) Words(s *Scratch, text string, emit func(*Token)) {
	text = cut(text)
	if !ascii(text) {
		text = glossary.Simplify(text)
	}
	s.scan = scan{s: s, text: text, emit: emit}
	s.scan.run()
	s.scan = scan{} // the matcher alone keeps the text
}

// Concepts calls emit for every concept that the text names.
func (a *Analyzer) Concepts(s *Scratch, text string, emit func(*Token)) {
	m := s.glossaryOf(a)
	m.Read(cut(text))
	a.emit(s, m.All(), emit)
}

func (a *Analyzer) emit(s *Scratch, ms []glossary.Match, emit func(*Token)) {
	cs := a.glossary.Concepts()
	for i := range ms {
		m := &ms[i]
		w := float32(cs[m.Concept].Forms(m.Lang)[m.Form].Weight)
		if w <= 0 {
			continue
		}
		s.word = append(s.word[:0], a.terms[m.Concept]...)
		s.tok = Token{Term: s.word, Kind: Concept, Start: m.Start, End: m.End, Weight: w, Concept: m.Concept, Inner: m.Inner}
		emit(&s.tok)
	}
}

func (s *Scratch) glossaryOf(a *Analyzer) *glossary.Matcher {
	if s.of != a.glossary {
		s.matcher, s.of = a.glossary.Matcher(), a.glossary
	}
	return s.matcher
}

// Each calls emit for every token of the text.
func (a *Analyzer) Each(s *Scratch, text string, emit func(*Token)) {
	a.Words(s, text, emit)
	a.Concepts(s, text, emit)
}

func cut(text string) string {
	if len(text) <= MaxText {
		return text
	}
	n := MaxText
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

func ascii(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
