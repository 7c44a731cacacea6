package ground

import (
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

// A group is a statement of the evidence: what stands between full stops,
// semicolons or line ends.
type group struct {
	first, last int // tokens [first, last)
	unit        int
	part        int  // which evidence
	heading     bool // a heading: context for what follows
	branch      branch
	mistake     bool // under a heading such as Common mistakes
	marks       mark
}

// A clause is a part of a group, between commas and colons.
type clause struct {
	first, last int
	group       int
	marks       mark
}

// A passage is the evidence of one sentence, read.
type passage struct {
	lex      *lexicon
	raw      string // folded, lower case, without backticks' effect
	toks     []token
	groups   []group
	clauses  []clause
	inGroup  []int32 // group of a token
	inClause []int32
	byText   map[string][]int32
	byClass  map[int32][]int32
	bySense  map[int32][]int32
	bySide   map[int32][]int32
	numbers  []int32
	chinese  bool
	labelOf  map[int]span // by group
	orders   []sequence
}

func (l *lexicon) read(evidence []Evidence) *passage {
	var b strings.Builder
	var ends []int
	for _, e := range evidence {
		for _, h := range e.Heading {
			b.WriteString("# ")
			b.WriteString(strings.ReplaceAll(h, "\n", " "))
			b.WriteString("\n")
		}
		b.WriteString("\n")
		b.WriteString(strings.ReplaceAll(e.Text, "\n\n\n", "\n\n"))
		b.WriteString("\n\n")
		ends = append(ends, b.Len())
		if b.Len() > maxEvidence {
			break
		}
	}
	text := fold(b.String(), maxEvidence)
	p := &passage{lex: l, raw: lowerASCII(text), toks: l.scan(text, true), byText: map[string][]int32{}, byClass: map[int32][]int32{}, bySense: map[int32][]int32{}, bySide: map[int32][]int32{}}
	p.chinese = mostlyHanTokens(p.toks)
	mistakes := false
	for i := range p.toks {
		t := &p.toks[i]
		p.byText[t.text] = append(p.byText[t.text], int32(i))
		for _, c := range t.classes() {
			p.byClass[c] = append(p.byClass[c], int32(i))
		}
		for _, c := range t.senses() {
			p.bySense[c] = append(p.bySense[c], int32(i))
		}
		for _, c := range t.sides() {
			p.bySide[c] = append(p.bySide[c], int32(i))
		}
		if t.kind == kindNumber {
			p.numbers = append(p.numbers, int32(i))
		}
		if n := len(p.groups); n == 0 || p.toks[p.groups[n-1].first].group != t.group {
			part := sort.SearchInts(ends, t.start+1)
			line := strings.LastIndexByte(text[:t.start], '\n') + 1
			g := group{branch: t.branch, first: i, unit: t.unit, part: part, heading: strings.HasPrefix(text[line:], "#")}
			if g.heading {
				end := line + strings.IndexByte(text[line:]+"\n", '\n')
				mistakes = slices.ContainsFunc(mistakeWords, func(w string) bool { return strings.Contains(p.raw[line:end], w) })
			}
			g.mistake = mistakes && !g.heading && (n == 0 || p.groups[n-1].unit != g.unit)
			p.groups = append(p.groups, g)
		}
		g := &p.groups[len(p.groups)-1]
		g.last = i + 1
		g.marks |= t.marks()
		if n := len(p.clauses); n == 0 || p.toks[i-1].clause != t.clause && !(colon(t.sep) && p.short(p.clauses[n-1].first, i)) || p.clauses[n-1].group != len(p.groups)-1 {
			p.clauses = append(p.clauses, clause{first: i, group: len(p.groups) - 1})
		}
		cl := &p.clauses[len(p.clauses)-1]
		cl.last = i + 1
		cl.marks |= t.marks()
		p.inGroup = append(p.inGroup, int32(len(p.groups)-1))
		p.inClause = append(p.inClause, int32(len(p.clauses)-1))
	}
	p.labels()
	p.orders = p.sequences()
	return p
}

// MistakeWords stand in a heading over what is not to be done, apart by "|": what
// stands below it says the opposite of what it means.
const MistakeWords = "mistake|误区|常见错误"

var mistakeWords = strings.Split(MistakeWords, "|")

// short reports whether what stands before a colon is so short that it goes
// with what follows: 137: killed.
func (p *passage) short(from, to int) bool {
	words := 0
	for i := from; i < to; i++ {
		if p.toks[i].weight > 0.2 {
			words++
		}
	}
	return words <= 2
}

func colon(r rune) bool { return r == ':' || r == '：' }

// find returns where a text stands alone in the evidence, not as a part of a
// longer name, as byte offsets; at most eight.
func (p *passage) find(text string) []int {
	if text == "" {
		return nil
	}
	var out []int
	for from := 0; len(out) < 8; {
		i := strings.Index(p.raw[from:], text)
		if i < 0 {
			return out
		}
		i += from
		before, _ := utf8.DecodeLastRuneInString(p.raw[:i])
		after, _ := utf8.DecodeRuneInString(p.raw[i+len(text):])
		first, _ := utf8.DecodeRuneInString(text)
		last, _ := utf8.DecodeLastRuneInString(text)
		if (i == 0 || !namePart(before) || !namePart(first)) && (!namePart(after) || !namePart(last)) && !p.longer(text, i) {
			out = append(out, i)
		}
		from = i + 1
	}
	return out
}

// longer reports whether a flag or a name goes on behind a hyphen.
func (p *passage) longer(text string, i int) bool {
	rest := p.raw[i+len(text):]
	return strings.HasPrefix(text, "-") && len(rest) > 1 && rest[0] == '-' && isLatin(rune(rest[1]))
}

func namePart(r rune) bool { return isLatin(r) || isDigit(r) || r == '_' }

const (
	maxLabel  = 6 // tokens
	maxLabels = 64
)

// labels finds what stands before the first colon of a statement, or in the
// first cell of a row: what the rest speaks of.
func (p *passage) labels() {
	p.labelOf = map[int]span{}
	for i := range p.groups {
		g := &p.groups[i]
		if len(p.labelOf) == maxLabels {
			return
		}
		words, end := 1, p.toks[g.first].end
		for n := g.first + 1; n < g.last && words <= maxLabel && !g.heading; n++ {
			if p.toks[n].start >= end { // the words inside code do not count
				words, end = words+1, p.toks[n].end
			}
			if s := p.toks[n].sep; colon(s) || s == '|' {
				p.labelOf[i] = span{g.first, n}
				break
			}
		}
	}
}
