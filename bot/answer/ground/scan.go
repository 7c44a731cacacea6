package ground

import (
	"strings"
	"unicode/utf8"
)

// A branch says whether a line tells what to expect of a step or what it means
// when that does not come.
type branch uint8

const (
	expected branch = 1 + iota
	otherwise
)

// A scanner cuts a folded text into tokens.
type scanner struct {
	lex      *lexicon
	text     string // folded
	lower    string // the same in lower case, as long
	chinese  bool
	toks     []token
	clause   int
	group    int
	unit     int
	gap      int
	sep      rune
	branch   branch
	fenced   bool // inside a code block
	sentence bool // a sentence starts here: a capital is no name
	evidence bool
	cutFrom  int   // where the run of Chinese begins that was cut last
	cutLen   []int // length of the word at each of its bytes, 0 inside a word
}

func (l *lexicon) scan(text string, evidence bool) []token {
	s := scanner{lex: l, cutFrom: -1, text: text, lower: lowerASCII(text), sentence: true, evidence: evidence}
	s.chinese = mostlyHan(text)
	s.run()
	scopes(s.toks)
	return s.toks
}

func (s *scanner) run() {
	lineStart := true
	for i := 0; i < len(s.text) && len(s.toks) < maxTokens; {
		if lineStart {
			i += s.line(i)
			lineStart = false
			continue
		}
		r, n := utf8.DecodeRuneInString(s.text[i:])
		switch {
		case r == '\n':
			s.border(3)
			if strings.HasPrefix(strings.TrimLeft(s.text[i+1:], " "), "\n") {
				s.unit++
			}
			lineStart = true
			i++
		case r == '`':
			if strings.HasPrefix(s.text[i:], "```") {
				s.fenced = s.evidence && !s.fenced
				for i < len(s.text) && s.text[i] != '\n' {
					i++
				}
				continue
			}
			if k := s.span(i); k > 0 {
				i += k
			} else {
				i++
			}
		case r == '→' || (r == '-' || r == '=') && strings.HasPrefix(s.text[i+1:], ">"):
			s.border(1)
			s.sep = '→'
			i += n
			if r != '→' {
				i++
			}
		case (r == '>' || r == '<') && s.compares(i):
			word := "above"
			if r == '<' {
				word = "below"
			}
			s.add(token{kind: kindWord, text: stem(word), form: s.lex.latin[stem(word)], start: i, end: i + n, weight: 0.4})
			i += n
		case isHan(r):
			i += s.han(i)
		case isLatin(r) || isDigit(r) || strings.ContainsRune("-/._$<{+@~*:", r) && s.joins(i+n):
			i += s.latin(i)
		default:
			s.punct(r, i+n)
			i += n
		}
	}
}

// joins reports whether a sign begins a word: a letter or digit follows and no
// letter stands before.
func (s *scanner) joins(i int) bool {
	if i >= len(s.text) {
		return false
	}
	c := rune(s.text[i])
	return isLatin(c) || isDigit(c) || c == '-' && i+1 < len(s.text) && isLatin(rune(s.text[i+1]))
}

// compares reports whether the sign at i stands before a figure and is no arrow.
func (s *scanner) compares(i int) bool {
	rest := strings.TrimLeft(s.text[i+1:], " =")
	if rest == "" || !isDigit(rune(rest[0])) {
		return false
	}
	return i == 0 || s.text[i-1] != '-' && s.text[i-1] != '='
}

// line reads what begins a line and returns its length.
func (s *scanner) line(i int) int {
	s.branch = 0
	rest := s.text[i:]
	trim := strings.TrimLeft(rest, " ")
	skip := len(rest) - len(trim)
	switch {
	case strings.HasPrefix(trim, "- "), strings.HasPrefix(trim, "* "), strings.HasPrefix(trim, "+ "), strings.HasPrefix(trim, "• "):
		s.unit++
		_, n := utf8.DecodeRuneInString(trim)
		return skip + n
	case strings.HasPrefix(trim, "#"):
		s.unit++
		return skip + len(trim) - len(strings.TrimLeft(trim, "#"))
	case strings.HasPrefix(trim, "|"):
		s.unit++
		return skip + 1
	}
	for _, lead := range []string{"Expect:", "If not:", "预期：", "否则：", "预期:", "否则:"} {
		if strings.HasPrefix(trim, lead) {
			s.branch = expected
			if strings.HasPrefix(lead, "If") || strings.HasPrefix(lead, "否") {
				s.branch = otherwise
			}
			return skip + len(lead)
		}
	}
	n := 0
	for n < len(trim) && n < 3 && isDigit(rune(trim[n])) {
		n++
	}
	if n > 0 && n+1 < len(trim) && (trim[n] == '.' || trim[n] == ')') && trim[n+1] == ' ' {
		s.unit++
		return skip + n + 1
	}
	return skip
}

// gapWords part what stands before them from what follows.
var gapWords = map[string]bool{"and": true, "or": true, "whil": true, "wherea": true, "but": true, "而": true, "则": true, "和": true}

// border ends a clause (1), a group (2) or a line (3).
func (s *scanner) border(level int) {
	s.clause++
	s.gap += 2 * level
	if level > 1 {
		s.group++
		s.sentence = true
	}
}

func (s *scanner) punct(r rune, next int) {
	switch r {
	case '。', '；', ';', '!', '?', '！', '？', '…':
		s.border(2)
	case '.':
		if next >= len(s.text) || s.text[next] == ' ' || s.text[next] == '\n' {
			s.border(2)
		}
	case '、', '/':
		s.gap += 2
	case ',', ':', '(', ')', '|', '[', ']', '，', '：', '（', '）':
		s.border(1)
		s.sep = r
	case '"':
		s.gap++
	}
}

// span reads a code span and returns its length with the backticks, 0 when it
// does not end on its line. In evidence the words of the code count too.
func (s *scanner) span(i int) int {
	end := strings.IndexByte(s.text[i+1:], '`')
	if end <= 0 || strings.Contains(s.text[i+1:i+1+end], "\n") {
		return 0
	}
	body := s.text[i+1 : i+1+end]
	if v, n := digits(body); n > 0 {
		name, k := unitAt(s.lower[i+1+n:])
		if n == len(body) || k > 0 && n+k == len(body) {
			if n == len(body) {
				name = ""
			}
			s.add(token{kind: kindNumber, text: strings.ToLower(body), start: i + 1, end: i + 1 + end, weight: 1.5, read: readings(v, name), code: true})
			return end + 2
		}
	}
	s.add(token{kind: kindLiteral, text: strings.Join(strings.Fields(strings.ToLower(body)), " "), start: i + 1, end: i + 1 + end, weight: 1.5, code: true, proper: true,
		form: s.lex.latin[strings.Join(latinWords(strings.ToLower(body)), " ")]})
	if s.evidence {
		s.inner(i+1, i+1+end)
	}
	return end + 2
}

// figures adds the numbers inside an identifier or a command of the evidence.
func (s *scanner) figures(from, to int) {
	for i := from; i < to; {
		v, n := digits(s.lower[i:to])
		if n == 0 {
			i++
			continue
		}
		if i > 0 && namePart(rune(s.lower[i-1])) && s.lower[i-1] != '_' {
			i += n
			continue
		}
		name, k := unitAt(s.lower[i+n : min(to, i+n+12)])
		if i+n+k < to && namePart(rune(s.lower[i+n+k])) {
			k = 0
			name = ""
		}
		s.add(token{kind: kindNumber, text: s.lower[i : i+n+k], start: i, end: i + n + k, read: readings(v, name)})
		i += n + k
	}
}

// inner reads the words inside a code span of the evidence.
func (s *scanner) inner(from, to int) {
	first := len(s.toks)
	defer func() {
		for i := first; i < len(s.toks); i++ {
			s.toks[i].weight = 0 // the span has a weight of its own
		}
	}()
	for i := from; i < to; {
		r, n := utf8.DecodeRuneInString(s.text[i:])
		if isLatin(r) || isDigit(r) {
			i += s.latin(i)
		} else if isHan(r) {
			i += s.han(i)
		} else {
			i += n
		}
	}
}

func (s *scanner) add(t token) {
	t.clause, t.group, t.unit = s.clause, s.group, s.unit
	t.known = t.form != nil
	if gapWords[t.text] {
		s.gap++
	}
	t.gap = s.gap
	t.sep, s.sep = s.sep, 0
	t.branch = s.branch
	t.code = t.code || s.fenced
	t.fenced = s.fenced
	s.toks = append(s.toks, t)
	s.sentence = false
}
