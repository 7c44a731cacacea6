package runbooks

import (
	"strings"
	"unicode/utf8"
)

// answers finds questions whose answer stands in a code fence that is no code:
// the question, a list item or a short line, becomes a heading, and the fence
// is parsed as the text it is.
func (b *builder) answers() {
	any := false
	prose := make([]bool, len(b.pieces))
	for i := range b.pieces {
		if p := &b.pieces[i]; p.Kind == Code && p.level == 0 && !p.boiler && proseFence(p.Lang, p.Text) {
			prose[i], any = true, true
		}
	}
	questions := b.questions(prose)
	if !any && questions == nil {
		return
	}
	b.raise(questions)
	old := b.pieces
	b.pieces = make([]piece, 0, len(old)+len(old)/2)
	at := make([]int, len(old)) // new index of every piece
	level := 0                  // of the innermost heading
	title := ""
	for i := range old {
		p := old[i]
		at[i] = len(b.pieces)
		if p.parent >= 0 {
			if old[p.parent].level > 0 {
				p.parent = -1
			} else {
				p.parent = at[p.parent]
			}
		}
		if p.level > 0 {
			level, title = p.level, p.Text
		}
		if !prose[i] {
			b.pieces = append(b.pieces, p)
			continue
		}
		b.expand(&p, level, title)
	}
}

// questions tells which pieces are questions; nil when none is.
func (b *builder) questions(prose []bool) []bool {
	var out []bool
	set := func(i int) {
		if out == nil {
			out = make([]bool, len(b.pieces))
		}
		for ; i >= 0 && (out == nil || !out[i]) && b.pieces[i].level == 0; i = b.pieces[i].parent {
			out[i] = true
		}
	}
	stepList := make(map[int]bool) // lists whose items carry commands
	for i := range b.pieces {
		if p := &b.pieces[i]; p.Kind == Code && !prose[i] && p.parent >= 0 && b.pieces[p.parent].ordered {
			stepList[b.pieces[p.parent].list] = true
		}
	}
	for i := 1; i < len(b.pieces); i++ {
		q, p := &b.pieces[i-1], &b.pieces[i]
		if q.level > 0 || q.boiler {
			continue
		}
		switch {
		case prose[i] && q.Kind == ListItem:
			if !q.ordered || !stepList[q.list] && p.parent < 0 {
				set(i - 1)
			}
		case prose[i] && q.Kind == Paragraph && q.parent < 0 && headText(q.Text) && !strings.Contains(q.Text, "\n"):
			set(i - 1)
		case q.Kind == ListItem && !q.ordered && asks(q.Text) && (p.parent == i-1 && (p.Kind == ListItem && p.Depth > q.Depth || p.Kind == Paragraph) || p.level > 0):
			set(i - 1)
		}
	}
	return out
}

// asks reports a question.
func asks(s string) bool {
	return strings.Contains(s, "？") || strings.HasSuffix(s, "?") && utf8.RuneCountInString(s) <= 160
}

// raise turns questions into headings, below the heading they stand under.
func (b *builder) raise(questions []bool) {
	if questions == nil {
		return
	}
	level, last := 0, 0
	for i := range b.pieces {
		p := &b.pieces[i]
		if p.level > 0 {
			level, last = p.level, 0
			continue
		}
		if !questions[i] {
			continue
		}
		switch {
		case p.Kind == Paragraph:
			p.level = level + 2
			if last == 0 {
				p.level = level + 1
			}
		case i+1 < len(b.pieces) && b.pieces[i+1].level > 0 && b.pieces[i+1].level > level:
			// A question whose answer has headings of its own stands above them.
			p.level = max(b.pieces[i+1].level-1, 1)
		default:
			p.level = min(level+1+p.Depth, 12)
		}
		last = p.level
		if n := strings.IndexByte(p.Text, '\n'); n > 0 {
			p.Text = p.Text[:n]
		}
	}
}

// expand replaces a fence by the text in it.
func (b *builder) expand(p *piece, level int, title string) {
	inner := fenceInside(b.doc.Text, p.Span)
	if inner.Len() == 0 {
		b.pieces = append(b.pieces, *p)
		return
	}
	from := len(b.pieces)
	b.plainBody(inner, level, title, p.parent, p.parent >= 0)
	if len(b.pieces) == from {
		b.pieces = append(b.pieces, *p)
		return
	}
}

// fenceInside is the range between the marks of a fence; the range itself for
// a block without marks.
func fenceInside(text string, s Span) Span {
	t := text[s.Start:s.End]
	if fenceMark(t) == "" {
		return s
	}
	nl := strings.IndexByte(t, '\n')
	if nl < 0 {
		return Span{s.Start, s.Start}
	}
	in := Span{s.Start + nl + 1, s.End}
	if last := strings.LastIndexByte(t, '\n'); last > nl && fenceMark(strings.TrimLeft(t[last+1:], " \t>")) != "" {
		in.End = s.Start + last
	} else if last == nl && fenceMark(strings.TrimLeft(t[last+1:], " \t>")) != "" {
		in.End = in.Start
	}
	return in
}

// plainBody parses a range as the text under a heading of the given level. With
// flat set no line of it becomes a heading.
func (b *builder) plainBody(s Span, level int, title string, parent int, flat bool) {
	lines := linesOf(b.doc.Text, s)
	p := &plainText{b: b, lay: layoutOf(lines), base: level, in: parent, rest: title != "", flat: flat}
	p.rows = rowsOf(b.doc.Text, lines, p.lay)
	p.title = title
	p.run()
}
