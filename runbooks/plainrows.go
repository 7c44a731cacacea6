package runbooks

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// A layout says how the lines of a plain text were broken.
type layout struct {
	// wrap is the width at which lines were broken by force; 0 when they were
	// not.
	wrap int
	// spaced: an empty line stands after every line and means nothing.
	spaced bool
	// dense: there are no empty lines, so every line is a paragraph.
	dense bool
}

func layoutOf(lines []line) layout {
	var lay layout
	var widths []int
	follow, gaps := 0, 0
	for i := range lines {
		if lines[i].blank() {
			if i > 0 && !lines[i-1].blank() {
				gaps++
			}
			continue
		}
		widths = append(widths, lines[i].width)
		if i+1 < len(lines) && lines[i+1].blank() {
			follow++
		}
	}
	n := len(widths)
	if n < 8 {
		return lay
	}
	lay.spaced = follow*20 >= n*17
	lay.dense = gaps*6 <= n
	slices.Sort(widths)
	w := widths[n*97/100]
	if w < 40 || w > 160 || widths[n-1] > 3*w {
		lay.spaced = false
		return lay
	}
	full := 0
	for i := range lines {
		if l := &lines[i]; !l.blank() && l.width >= w-w/7 && l.width <= w+4 && !endsSentence(l.text) && !endsLeadIn(l.text) {
			full++
		}
	}
	if full >= 4 && full*8 >= n {
		lay.wrap = w
	}
	lay.spaced = lay.spaced && lay.wrap > 0
	return lay
}

type rowKind uint8

const (
	rowProse rowKind = iota
	rowItem
	rowCode
	rowURL
	rowTable
	rowFence
	rowHead
	rowRule // a line of dashes
	rowMenu // a line of navigation around the text
)

// A row is a logical line: a line with those that were wrapped from it, a
// fence, a table, or a run of code.
type row struct {
	kind    rowKind
	span    Span
	text    string // folded
	mark    mark
	blanks  int // meaningful empty lines before it
	indent  int
	trail   int
	lines   int
	score   int    // codeScore of its only line
	level   int    // of a heading, relative, from 1; 0 while unknown
	width   int    // of its last line
	twin    bool   // one of several headings of the same shape
	field   bool   // a labelled line that comes again below every twin
	label   string // a title from elsewhere that the text from here on is given
	unlabel bool   // no title is known for the text from here on
	breaks  bool   // the parts of one shape end here
	full    int    // end of the line that the heading is a part of
	body    int    // where the rest of that line begins; 0 for none
}

// runLimit is how many rows may stand between two numbers of one list.
const runLimit = 60

// validMarks tells which lines really are list items: numbers that are not
// unmistakable must run from 1 without a gap.
func validMarks(lines []line) []mark {
	marks := make([]mark, len(lines))
	type run struct {
		members []int
		last    int // line of the last member
	}
	open := map[markStyle]*run{}
	closeRun := func(style markStyle, r *run) {
		need := 2
		if style == bare || style == letter {
			need = 3
		}
		if style.strong() {
			need = 1
		}
		if len(r.members) < need {
			for _, i := range r.members {
				marks[i] = mark{}
			}
		}
	}
	for i := range lines {
		l := &lines[i]
		if l.blank() {
			continue
		}
		m := parseMark(l.text)
		if m.style == noMark || m.style == bullet && strings.HasPrefix(l.text, "* *") {
			continue
		}
		if m.style == bullet || m.style == dotted {
			marks[i] = m
			continue
		}
		r := open[m.style]
		switch {
		case r != nil && m.n == marks[r.last].n+1 && i-r.last <= 2*runLimit:
			r.members = append(r.members, i)
			r.last = i
			marks[i] = m
		case m.n <= 1 || m.style.strong():
			if r != nil {
				closeRun(m.style, r)
			}
			open[m.style] = &run{members: []int{i}, last: i}
			marks[i] = m
		}
	}
	for style, r := range open {
		closeRun(style, r)
	}
	return marks
}

// rowsOf joins lines to rows and says what each is.
func rowsOf(text string, lines []line, lay layout) []row {
	marks := validMarks(lines)
	closers := fenceClosers(lines)
	rows := make([]row, 0, len(lines))
	blanks := 0
	for i := 0; i < len(lines); i++ {
		l := &lines[i]
		if l.blank() {
			blanks++
			continue
		}
		gap := blanks
		if lay.spaced {
			gap = max(0, (blanks-1)/2)
		}
		blanks = 0
		if n := fenceAt(lines, i, closers); n > 0 {
			rows = append(rows, row{kind: rowFence, span: Span{l.start, lines[i+n-1].end}, blanks: gap, lines: n, indent: l.indent})
			i += n - 1
			continue
		}
		if n := tableAt(lines, i); n > 0 {
			rows = append(rows, row{kind: rowTable, span: Span{l.start, lines[i+n-1].end}, blanks: gap, lines: n})
			i += n - 1
			continue
		}
		r := row{span: l.span(), text: l.text, mark: marks[i], blanks: gap, indent: l.indent, trail: l.trail, lines: 1, width: l.width}
		switch {
		case ruleLine(l.text):
			r.kind = rowRule
		case isURL(l.text):
			r.kind = rowURL
		default:
			r.score = codeScore(l.text)
			if r.score == 2 && r.mark.style == noMark {
				r.kind = rowCode
			} else if r.mark.style != noMark {
				r.kind = rowItem
			}
		}
		if len(rows) > 0 && joins(&rows[len(rows)-1], &r, l, lay) {
			p := &rows[len(rows)-1]
			p.span.End = r.span.End
			p.text = joinTwo(p.text, r.text)
			p.lines++
			p.trail, p.width = r.trail, r.width
			p.kind = joinedKind(p.kind)
			continue
		}
		rows = append(rows, r)
	}
	return rows
}

func joinedKind(k rowKind) rowKind {
	if k == rowCode || k == rowURL {
		return rowProse
	}
	return k
}

// joins reports that r is the rest of p.
func joins(p, r *row, l *line, lay layout) bool {
	if p.kind == rowFence || p.kind == rowTable || p.kind == rowRule || r.kind == rowRule || r.blanks > 0 || p.lines > 400 {
		return false
	}
	if startsOpen(r.text) && !endsSentence(p.text) && p.kind != rowURL {
		return true
	}
	if p.kind == rowURL || r.kind == rowURL || r.mark.style != noMark {
		return false
	}
	if p.kind == rowCode || r.kind == rowCode {
		// A name or a command on a line of its own in the middle of a sentence.
		return fragment(p, r)
	}
	if lay.wrap > 0 {
		if p.trail >= 2 && p.lines == 1 && p.width < lay.wrap/2 {
			return false
		}
		return !endsSentence(p.text) && p.width+firstWord(r.text) >= lay.wrap*4/5 && (!endsLeadIn(p.text) || p.lines > 1)
	}
	if endsOpen(p.text) && hanCount(p.text)+hanCount(r.text) > 0 {
		return true
	}
	if lay.dense {
		return fragment(p, r)
	}
	// Ordinary paragraphs: lines without an empty one between them belong
	// together when they look broken by an editor.
	return !endsSentence(p.text) && !strings.HasSuffix(p.text, "？") && !strings.HasSuffix(p.text, "?") && !endsLeadIn(p.text) && p.width >= 50 && l.indent <= p.indent+4 && r.score == 0
}

// fragment reports that p, a few Latin words, and r are parts of one sentence
// that was broken where inline code stood.
func fragment(p, r *row) bool {
	if p.mark.style != noMark && p.mark.style != bullet || hanCount(r.text) == 0 {
		return false
	}
	if last, _ := utf8.DecodeLastRuneInString(p.text); last >= utf8.RuneSelf || endsSentence(p.text) || endsLeadIn(p.text) {
		return false
	}
	if hanCount(p.text) > 0 && (strings.HasPrefix(r.text, "(") || strings.HasPrefix(r.text, "（")) {
		return true
	}
	for _, w := range [...]string{"是", "的", "和", "与", "或", "来", "将", "会", "可以", "等", "命令", "选项", "参数", "指令", "关键字", "标志", "阶段", "语句"} {
		if strings.HasPrefix(r.text, w) {
			return true
		}
	}
	return false
}

func joinTwo(a, b string) string {
	x, _ := utf8.DecodeLastRuneInString(a)
	y, _ := utf8.DecodeRuneInString(b)
	if isWide(x) || isWide(y) || startsOpen(b) || x == '-' && y > ' ' && y < utf8.RuneSelf {
		return a + b
	}
	return a + " " + b
}

// firstWord is the width of what a wrapping program would have had to fit onto
// the line before.
func firstWord(s string) int {
	n := 0
	for i, r := range s {
		if r == ' ' || isWide(r) && i > 0 {
			return n
		}
		if isWide(r) {
			return 2
		}
		n++
		if n >= 30 {
			break
		}
	}
	return n
}

func ruleLine(s string) bool {
	return len(s) >= 3 && strings.Trim(s, "-=*_~—─━ ") == "" && !strings.HasPrefix(s, "- ")
}

// fenceClosers tells for every line the next line that closes a fence of back
// quotes and of tildes, so that fences left open cost nothing.
func fenceClosers(lines []line) [2][]int32 {
	var next [2][]int32
	for k, c := range [...]string{"`", "~"} {
		at := int32(-1)
		next[k] = make([]int32, len(lines))
		for i := len(lines) - 1; i >= 0; i-- {
			next[k][i] = at
			if t := lines[i].text; len(t) >= 3 && strings.Trim(t, c) == "" {
				at = int32(i)
			}
		}
	}
	return next
}

// fenceAt returns the number of lines of the code fence that opens at line i;
// 0 where none does or it is never closed.
func fenceAt(lines []line, i int, closers [2][]int32) int {
	f := fenceMark(lines[i].text)
	if f == "" || strings.Contains(strings.TrimLeft(lines[i].text, f[:1]), "`") {
		return 0
	}
	k := 0
	if f[0] == '~' {
		k = 1
	}
	if end := int(closers[k][i]); end > i {
		return end - i + 1
	}
	return 0
}

func fenceMark(s string) string {
	for _, c := range [...]string{"```", "~~~"} {
		if strings.HasPrefix(s, c) {
			return c
		}
	}
	return ""
}

// tableAt returns the number of lines of the table that begins at line i.
func tableAt(lines []line, i int) int {
	pipes := func(k int) bool {
		return k < len(lines) && strings.Count(lines[k].text, "|") >= 2 && !lines[k].blank()
	}
	if !pipes(i) {
		return 0
	}
	sep := func(k int) bool {
		return pipes(k) && strings.Contains(lines[k].text, "--") && strings.Trim(lines[k].text, "|-: \t") == ""
	}
	if !sep(i+1) && !(strings.HasPrefix(lines[i].text, "|") && strings.HasSuffix(lines[i].text, "|") && pipes(i+1)) {
		return 0
	}
	n := 1
	for pipes(i + n) {
		n++
	}
	return n
}
