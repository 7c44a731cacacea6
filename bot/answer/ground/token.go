package ground

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"cairn/retrieval/glossary"
)

// Bounds on one text: what lies beyond is not looked at, so it supports
// nothing.
const (
	maxSentence = 2 << 10
	maxEvidence = 32 << 10
	maxTokens   = 8192
)

type kind uint8

const (
	kindWord    kind = iota // an English word, its stem
	kindHan                 // a Chinese word, or one character that no word has
	kindLiteral             // an identifier, a path, code
	kindNumber
)

// A token is a piece of a text. The clause, group and unit say where it
// stands: a clause ends at a comma, a group at a full stop, semicolon or line,
// a unit where the next list item, row or paragraph begins.
type token struct {
	kind       kind
	text       string
	form       *form
	start, end int // bytes of the folded text
	weight     float32
	clause     int
	group      int
	unit       int
	neg        bool // a negation covers it
	gap        int  // how strong the borders before it are, summed up
	branch     branch
	sep        rune // the sign before it, 0 for none
	proper     bool // a name: capital letters, or Latin in Chinese
	code       bool // stood between backticks
	known      bool // in the lexicon or glossary
	read       []reading
}

func (t *token) marks() mark {
	if t.form == nil {
		return 0
	}
	return t.form.marks
}

func (t *token) classes() []int32 {
	if t.form == nil {
		return nil
	}
	return t.form.classes
}

// fold makes what is written in several ways alike, byte lengths aside:
// full-width signs, typographic quotes, traditional characters.
func fold(s string, limit int) string {
	if len(s) > limit {
		for limit > 0 && !utf8.RuneStart(s[limit]) {
			limit--
		}
		s = s[:limit]
	}
	s = strings.ToValidUTF8(s, " ")
	return glossary.Simplify(strings.Map(func(r rune) rune {
		switch {
		case r >= 0xff01 && r <= 0xff5e && !strings.ContainsRune("！，：；？（）", r):
			return r - 0xfee0
		case r == 0x3000 || r == 0xa0 || r == '\t' || r == '\r':
			return ' '
		case r == '’' || r == '‘':
			return '\''
		case r == '“' || r == '”' || r == '「' || r == '」':
			return '"'
		case r == '。':
			return '。'
		case r == '–' || r == '—' || r == '−':
			return '-'
		}
		return r
	}, s))
}

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
}

func (l *lexicon) scan(text string, evidence bool) []token {
	s := scanner{lex: l, text: text, lower: lowerASCII(text), sentence: true, evidence: evidence}
	s.chinese = mostlyHan(text)
	s.run()
	scopes(s.toks)
	return s.toks
}

// lowerASCII lowers Latin letters only, so that offsets stay.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

func mostlyHan(s string) bool {
	han, latin := 0, 0
	for _, r := range s {
		if isHan(r) {
			han++
		} else if isLatin(r) {
			latin++
		}
	}
	return han*4 > latin
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
	s.toks = append(s.toks, t)
	s.sentence = false
}

func (s *scanner) han(i int) int {
	// The longest word of the lexicon that begins here.
	end, best := i, 0
	var f *form
	for k := range maxHanWord {
		r, n := utf8.DecodeRuneInString(s.text[end:])
		if !isHan(r) {
			break
		}
		end += n
		if g := s.lex.han[s.text[i:end]]; g != nil {
			f, best = g, end-i
		}
		_ = k
	}
	_, first := utf8.DecodeRuneInString(s.text[i:])
	measured := 0
	if _, n := hanNumber(s.text[i:]); n > 0 {
		if name, k := unitAt(s.lower[i+n:]); k > 0 && units[name][0].dim != dimNone {
			measured = n + k
		}
	}
	if best <= first || measured > best {
		if n := s.hanNumeral(i); n > best {
			return n
		}
	}
	if f == nil {
		s.add(token{kind: kindHan, text: s.text[i : i+first], start: i, end: i + first, weight: 0.6})
		return first
	}
	t := token{kind: kindHan, text: s.text[i : i+best], form: f, start: i, end: i + best, weight: 0.5 * float32(utf8.RuneCountInString(s.text[i:i+best]))}
	if t.weight > 1.5 {
		t.weight = 1.5
	}
	t.weight = weigh(t.weight, f)
	s.add(t)
	return best
}

// weigh lowers the weight of words that need little support.
func weigh(w float32, f *form) float32 {
	switch {
	case f == nil || f.marks == 0:
		return w
	case len(f.classes) > 0:
		return 0.4 * w
	}
	return 0
}

func (s *scanner) hanNumeral(i int) int {
	if strings.HasPrefix(s.text[i:], "百分之") {
		n := len("百分之")
		v, k := hanNumber(s.text[i+n:])
		if k == 0 {
			v, k = digits(s.text[i+n:])
		}
		if k > 0 {
			s.add(token{kind: kindNumber, text: s.text[i : i+n+k], start: i, end: i + n + k, weight: 1.5, read: []reading{{dimPercent, v}}})
			return n + k
		}
		return 0
	}
	v, n := hanNumber(s.text[i:])
	if n == 0 {
		return 0
	}
	if rest, ok := strings.CutPrefix(s.text[i+n:], "分之"); ok {
		if w, k := hanNumber(rest); k > 0 && v > 0 {
			n += len("分之") + k
			s.add(token{kind: kindNumber, text: s.text[i : i+n], start: i, end: i + n, weight: 1.5, read: []reading{{dimNone, w / v}}})
			return n
		}
	}
	k := s.number(i, v, n)
	if t := &s.toks[len(s.toks)-1]; t.read[0].dim == dimNone {
		t.weight = 1
		if v <= 1 {
			t.weight = 0
		}
	}
	return k
}

// number adds a number of n bytes at i with the unit that follows.
func (s *scanner) number(i int, v float64, n int) int {
	name, k := unitAt(s.lower[i+n:])
	if k > 0 {
		if m := units[name]; m[0].dim == dimNone && len(m) == 1 { // 5000 万
			v *= m[0].size
			n += k
			name, k = unitAt(s.lower[i+n:])
		}
	}
	if k == 0 && strings.HasPrefix(s.text[i+n:], "多") {
		n += len("多")
		name, k = unitAt(s.lower[i+n:])
	}
	t := token{kind: kindNumber, start: i, end: i + n + k, weight: 1.5, read: readings(v, name)}
	t.text = s.lower[i:t.end]
	if h, ok := strings.CutPrefix(s.text[i+n:], ":"); k == 0 && ok && len(h) >= 2 && isDigit(rune(h[0])) && isDigit(rune(h[1])) && v < 24 && (len(h) == 2 || !isDigit(rune(h[2])) && h[2] != ':') {
		m, _ := digits(h[:2])
		t.end += 3
		t.read = []reading{{dimClock, v + m/60}}
	}
	s.add(t)
	return t.end - i
}

func (s *scanner) latin(i int) int {
	// The whole run up to white space, Han or a closing sign.
	end := i
	for end < len(s.text) {
		r, n := utf8.DecodeRuneInString(s.text[end:])
		if !(isLatin(r) || isDigit(r) || strings.ContainsRune("_-./:=@+$%<>{}*~'#&", r) || r > 0x7f && !isHan(r) && unicode.IsLetter(r)) {
			break
		}
		end += n
	}
	run := strings.TrimRight(s.text[i:end], "-./:='&")
	if run == "" {
		return max(1, end-i)
	}
	lower := s.lower[i : i+len(run)]
	if v, n := digits(s.lower[i:]); n > len(run) {
		return s.number(i, v, n) // 1,840,221
	}
	if v, n := digits(lower); n > 0 {
		if n == len(lower) || len(lower) > n && (lower[n] == '%' || lower[n] == '~' || lower[n] == '-' && isDigit(rune(lower[min(n+1, len(lower)-1)]))) && strings.Count(lower, "-") < 2 {
			return s.number(i, v, n)
		}
		if name, k := unitAt(lower[n:]); k > 0 && n+k == len(lower) && name != "" {
			return s.number(i, v, n)
		}
		if k := s.number(i, v, n); k > n && lower[min(n, len(lower)-1)] == ':' {
			return k
		}
		s.toks = s.toks[:len(s.toks)-1]
	}
	if plainWord(run) {
		return s.words(i, run)
	}
	for _, sep := range []string{"'", "/"} { // CPU's, read/write
		if a, _, ok := strings.Cut(run, sep); ok && len(a) > 0 && i+len(a) > i && plainOrCaps(a) && strings.Trim(run, "/") == run && !strings.Contains(run, ".") {
			if sep == "'" || strings.Count(run, "/") == 1 {
				n := s.one(i, a)
				if strings.HasPrefix(s.lower[i+len(a):], "'s") {
					n += 2
				}
				return n
			}
		}
	}
	return s.one(i, run)
}

// one adds a run as a literal or a word.
func (s *scanner) one(i int, run string) int {
	if plainWord(run) {
		return s.words(i, run)
	}
	lower := s.lower[i : i+len(run)]
	s.add(token{kind: kindLiteral, text: lower, start: i, end: i + len(run), weight: 1.5, proper: true, form: s.lex.latin[stem(lower)]})
	if s.evidence { // the parts of an identifier support words
		s.figures(i, i+len(run))
		for _, w := range latinWords(strings.ReplaceAll(lower, "_", " ")) {
			if len(w) > 2 {
				s.add(token{kind: kindWord, text: w, form: s.lex.latin[w], start: i, end: i + len(run), weight: 0})
			}
		}
	}
	return len(run)
}

func plainOrCaps(w string) bool {
	return !strings.ContainsFunc(w, func(r rune) bool { return !isLatin(r) })
}

// plainWord reports whether a run is ordinary prose: letters with hyphens, at
// most a capital in front.
func plainWord(w string) bool {
	for i, r := range w {
		switch {
		case r >= 'a' && r <= 'z', r == '-' && i > 0:
		case r >= 'A' && r <= 'Z' && (i == 0 || w[i-1] == '-'):
			if len(w) > 1 && i == 0 && w[1] == '-' || len(w) == 1 && w != "A" && w != "I" {
				return false
			}
		case r == '\'' && i > 0:
		default:
			return false
		}
	}
	return true
}

// words adds the words of a plain run, joining the phrases that the lexicon
// knows with the words that follow.
func (s *scanner) words(i int, run string) int {
	n := 0
	for n < len(run) && run[n] != '-' {
		n++
	}
	word := strings.TrimSuffix(strings.TrimSuffix(s.lower[i:i+n], "'s"), "'")
	t := token{kind: kindWord, text: stem(word), start: i, end: i + n, weight: 1}
	t.proper = run[0] >= 'A' && run[0] <= 'Z' && !s.sentence || s.chinese
	if v, ok := smallNumbers[word]; ok {
		rest := s.lower[i+n:]
		skip := strings.TrimLeft(rest, "- ")
		gap := len(rest) - len(skip)
		for _, filler := range []string{"a ", "an ", "of a ", "of an "} {
			if after, ok := strings.CutPrefix(skip, filler); ok && v < 1 {
				gap += len(filler)
				skip = after
				break
			}
		}
		name, k := unitAt(skip)
		if m := units[name]; k > 0 && len(m) == 1 && m[0].dim == dimNone {
			v *= m[0].size
			n, k = n+gap+k, 0
			name, k = unitAt(s.lower[i+n:])
			gap = 0
		}
		if word != "third" && word != "second" || k > 0 {
			if k > 0 {
				n += gap + k
			}
			t := token{kind: kindNumber, text: s.lower[i : i+n], start: i, end: i + n, weight: 1, read: readings(v, name)}
			if k > 0 {
				t.weight = 1.5
			}
			if word == "one" && k == 0 {
				t.weight = 0
			}
			s.add(t)
			return max(n, 1)
		}
	}
	if (word == "a" || word == "an" || word == "each" || word == "per" || word == "every") && n < len(s.text)-i {
		if name, k := unitAt(s.lower[i+n:]); k > 0 && len(name) > 1 && len(units[name]) == 1 && units[name][0].dim == dimTime {
			s.add(token{kind: kindNumber, text: s.lower[i : i+n+k], start: i, end: i + n + k, weight: 1.5, read: readings(1, name)})
			return n + k
		}
	}
	if name := strings.TrimSuffix(word, "s"); name != word && len(name) > 2 && len(units[name]) == 1 && units[name][0].dim == dimTime {
		s.add(token{kind: kindNumber, text: word, start: i, end: i + n, weight: 1.5, read: readings(several, name)})
		return n
	}
	// The longest phrase.
	end, key := i+n, t.text
	at := i + n
	for range maxPhrase - 1 {
		rest := s.lower[at:]
		trim := strings.TrimLeft(rest, " -")
		if gap := len(rest) - len(trim); gap == 0 || gap > 1 {
			break
		}
		k := 0
		for k < len(trim) && (trim[k] >= 'a' && trim[k] <= 'z' || trim[k] == '\'') {
			k++
		}
		if k == 0 {
			break
		}
		key += " " + stem(strings.TrimSuffix(trim[:k], "'s"))
		at = at + 1 + k
		if f := s.lex.latin[key]; f != nil {
			t.text, t.form, end = key, f, at
			t.proper = false
		}
	}
	if t.form == nil {
		t.form = s.lex.latin[t.text]
	}
	t.end = end
	if strings.HasSuffix(word, "n't") {
		t.form = s.lex.latin["not"]
	}
	if t.form != nil && t.form.marks&markLight != 0 && len(t.form.classes) == 0 {
		t.proper = false
	}
	t.weight = weigh(t.weight, t.form)
	if t.form == nil && len(t.text) < 2 {
		t.weight = 0
	}
	s.add(t)
	return max(end-i, 1)
}

// negReach is how many words a negation covers to its right.
const negReach = 1

// scopeEnds are words behind which a negation no longer holds.
var scopeEnds = map[string]bool{"and": true, "but": true, "becaus": true, "so": true, "that": true, "which": true, "when": true, "if": true, "while": true,
	"wherea": true, "whereas": true, "befor": true, "before": true, "after": true, "until": true, "then": true, "since": true, "unles": true, "as": true, "only": true,
	"而": true, "但": true, "就": true, "再": true, "才": true, "并": true, "后": true, "时": true, "则": true, "会": true, "也": true}

// scopes marks the words that a negation covers: those after it in its clause.
func scopes(toks []token) {
	left, clause := 0, -1
	for i := range toks {
		t := &toks[i]
		if t.clause != clause {
			left, clause = 0, t.clause
		}
		if t.marks()&(markNeg|markNever) != 0 {
			left = negReach
			continue
		}
		if scopeEnds[t.text] && i > 0 && toks[i-1].marks()&(markNeg|markNever) == 0 {
			left = 0
		}
		if left > 0 {
			t.neg = true
			if t.weight > 0.45 {
				left--
			}
		}
	}
}
