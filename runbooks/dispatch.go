package runbooks

import "strings"

// Sizes of what is handed to the Markdown parser in one piece.
const (
	mashedLine   = 300     // bytes from which a line's inside is looked at
	maxParagraph = 1 << 17 // bytes of lines without an empty one between them
	maxSpecials  = 20000   // marks of links and emphasis in such lines
)

// parse fills pieces from the range s: it cuts the range where the kind of text
// changes and gives every part to the parser of its kind.
func (b *builder) parse(s Span) {
	text := b.doc.Text[s.Start:s.End]
	if htmlDocument(text) {
		b.html(s)
		return
	}
	lines := linesOf(b.doc.Text, s)
	for i := range lines {
		if n := lines[i].end - lines[i].start; n >= mashedLine && n <= b.opts.MaxLine && isMashed(lines[i].text) {
			b.running += n
		}
	}
	from := 0
	flush := func(to int) {
		if from < to {
			b.region(lines[from:to])
		}
	}
	fence := ""
	for i := range lines {
		l := &lines[i]
		if f := fenceMark(l.text); f != "" && (fence == "" || fence == f) && len(l.text) < mashedLine {
			if fence == "" {
				fence = f
			} else {
				fence = ""
			}
			continue
		}
		n := l.end - l.start
		switch {
		case n > b.opts.MaxLine, containers(l.text) > b.opts.MaxDepth:
			flush(i)
			b.emit(piece{Block: Block{Kind: Paragraph, Text: l.text, Span: l.span()}, parent: -1, bodySpan: l.span()})
			from = i + 1
		case n >= mashedLine && fence == "" && isMashed(l.text):
			flush(i)
			b.mashed(l.span())
			from = i + 1
		}
	}
	flush(len(lines))
}

// containers counts the marks of quotations and lists at the head of a line.
func containers(s string) int {
	n := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '>':
			n++
		case '-', '*', '+':
			if i+1 < len(s) && s[i+1] == ' ' {
				n++
				continue
			}
			return n
		case ' ', '\t':
		default:
			return n
		}
	}
	return n
}

// region parses lines of which none is mashed.
func (b *builder) region(lines []line) {
	s := Span{lines[0].start, lines[len(lines)-1].end}
	s.Start = lineStart(b.doc.Text, s.Start)
	if !markdownLike(lines) || hostile(lines) {
		b.plain(s, 0, false)
		return
	}
	b.markdown(s)
}

func lineStart(text string, at int) int {
	return strings.LastIndexByte(text[:at], '\n') + 1
}

// markdownLike reports that lines are written in Markdown rather than that a
// few signs of it stand in them.
func markdownLike(lines []line) bool {
	signs, nonblank, fence := 0, 0, ""
	for i := range lines {
		l := &lines[i]
		if l.blank() {
			continue
		}
		if f := fenceMark(l.text); f != "" {
			if fence == "" {
				fence = f
				signs += 2
			} else if f == fence {
				fence = ""
			}
			continue
		}
		if fence != "" {
			continue
		}
		nonblank++
		t := l.text
		switch {
		case t[0] == '#':
			n := len(t) - len(strings.TrimLeft(t, "#"))
			apart := i == 0 || lines[i-1].blank() || i+1 == len(lines) || lines[i+1].blank()
			if n <= 6 && n < len(t) && t[n] == ' ' && (n > 1 || apart) {
				signs += 2
			} else if n > 1 && n <= 6 && n < len(t) {
				signs++
			}
		case t[0] == '[' && strings.Contains(t, "]("), strings.HasPrefix(t, "!["), strings.HasPrefix(t, "{{<"), strings.HasPrefix(t, "{{%"):
			signs++
		case t[0] == '>' && len(t) > 1 && (t[1] == ' ' || t[1] == '>'):
			signs++
		case t[0] == '|' && strings.Contains(t, "--") && strings.Trim(t, "|-: ") == "":
			signs++
		case strings.Contains(t, "**") && strings.Count(t, "**")%2 == 0, strings.Contains(t, "]("), strings.Contains(t, "`") && strings.Count(t, "`")%2 == 0:
			signs++
		case strings.HasPrefix(t, "<details") || strings.HasPrefix(t, "<!--"):
			signs++
		}
	}
	if nonblank == 0 {
		return signs > 0
	}
	return signs*14 >= nonblank
}

// hostile reports lines that would cost a Markdown parser more than they are
// worth: an endless paragraph, or one of nothing but marks.
func hostile(lines []line) bool {
	size, specials := 0, 0
	for i := range lines {
		l := &lines[i]
		if l.blank() {
			size, specials = 0, 0
			continue
		}
		size += l.end - l.start
		if n := l.end - l.start; n > 200 {
			for k := range n {
				switch l.text[k] {
				case '[', ']', '*', '_', '`', '<', '&', '!', '(', '~':
					specials++
				}
			}
		}
		if size > maxParagraph && !strings.HasPrefix(l.text, "|") && !strings.HasPrefix(l.text, "<") || specials > maxSpecials {
			return true
		}
	}
	return false
}
