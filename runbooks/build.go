package runbooks

import "strings"

// A piece is what a parser emits: a heading or a block with what is known of
// its place, in document order. Sections and steps are made from the pieces,
// so that every kind of document gets them by the same rules.
type piece struct {
	Block
	level   int    // of a heading; 0 for a block
	label   string // list marker as printed
	ordered bool   // the marker counts
	list    int    // identity of the list the item belongs to; 0 for none
	parent  int    // index of the list item the piece lies in; -1 for none
	inline  []inlineCode
	boiler  bool
	step    bool // an instruction, though no number says so
	// bodySpan covers a list item's or paragraph's own words without marker.
	bodySpan Span
}

type builder struct {
	doc    *Document
	opts   Options
	pieces []piece
	lists  int
	// marked: some heading is one by markup.
	marked bool
	// running counts the bytes of mashed lines: the text that short lines
	// around it are the navigation of.
	running int
}

// emit appends a piece and returns its index.
func (b *builder) emit(p piece) int {
	b.pieces = append(b.pieces, p)
	return len(b.pieces) - 1
}

// finish makes sections, steps, title and language from the pieces.
func (b *builder) finish() {
	d := b.doc
	b.answers()
	b.sections()
	d.Title = d.Meta.Title
	if d.Title == "" && !b.collection() {
		for i := range d.Sections {
			if s := &d.Sections[i]; s.Heading != "" && !s.Boilerplate {
				d.Title = s.Heading
				break
			}
		}
	}
	if d.Title == "" {
		d.Title = nameOf(d.Path)
	}
	d.Lang = d.Meta.Lang
	if d.Lang == "" {
		d.Lang = b.lang()
	}
}

// collection reports a text of many equal parts without a title of its own:
// the first part's heading would be a wrong name for all of it.
func (b *builder) collection() bool {
	if b.marked {
		return false
	}
	tops := 0
	for i := range b.pieces {
		if p := &b.pieces[i]; p.level == 1 && p.Text != "" && !p.boiler {
			if i == 0 {
				return false
			}
			tops++
		}
	}
	return tops >= 3
}

// lang detects the language of the prose, leaving out code.
func (b *builder) lang() Lang {
	var sb strings.Builder
	for i := range b.pieces {
		p := &b.pieces[i]
		if p.Kind == Code || p.boiler {
			continue
		}
		sb.WriteString(p.Text)
		sb.WriteByte('\n')
		if sb.Len() > 32<<10 {
			break
		}
	}
	if l := mostly(sb.String()); l != "" {
		return l
	}
	return mostly(b.doc.Text[:min(len(b.doc.Text), 32<<10)])
}

// sections turns the pieces into the document's sections.
func (b *builder) sections() {
	d := b.doc
	strict := d.Meta.Service != "" && b.ours()
	var stack []int // indexes of the open sections, outermost first
	cur := Section{Span: Span{Start: d.Meta.Span.End}}
	first := 0
	flush := func(end int, last int) {
		ps := b.pieces[first:last]
		// What stands below the last block is a fence's end, a picture, a rule.
		cur.Span.End = min(end, max(cur.Span.Start, cur.Body.Start))
		for i := range ps {
			cur.Span.End = max(cur.Span.End, ps[i].Span.End)
		}
		if cur.Level > 0 && cur.Heading == "" && len(ps) == 0 {
			return
		}
		if cur.Level == 0 {
			cur.Span = trimSpan(d.Text, cur.Span)
			cur.Body = cur.Span
			if len(ps) == 0 && cur.Span.Len() == 0 {
				return
			}
		} else {
			cur.Span = trimSpan(d.Text, cur.Span)
			if cur.Body.Start > cur.Span.End {
				cur.Body.Start = cur.Span.End
			}
			cur.Body = trimSpan(d.Text, Span{cur.Body.Start, cur.Span.End})
		}
		cur.Blocks = make([]Block, len(ps))
		boiler := len(ps) > 0
		for i := range ps {
			cur.Blocks[i] = ps[i].Block
			boiler = boiler && ps[i].boiler
		}
		cur.Boilerplate = boiler
		cur.Steps = steps(d.Text, ps, first, strict)
		d.Sections = append(d.Sections, cur)
	}
	for i := range b.pieces {
		p := &b.pieces[i]
		if p.level == 0 {
			continue
		}
		flush(p.Span.Start, i)
		for len(stack) > 0 && d.Sections[stack[len(stack)-1]].Level >= p.level {
			stack = stack[:len(stack)-1]
		}
		cur = Section{Heading: p.Text, Level: p.level, Span: Span{Start: p.Span.Start}, Body: Span{Start: p.Span.End}}
		var up []string
		if len(stack) > 0 {
			up = d.Sections[stack[len(stack)-1]].Path
		}
		cur.Path = up
		if p.Text != "" {
			cur.Path = append(up[:len(up):len(up)], p.Text)
			stack = append(stack, len(d.Sections))
		}
		first = i + 1
	}
	flush(len(d.Text), len(b.pieces))
}

// ours reports the fixed headings of our own format.
func (b *builder) ours() bool {
	for i := range b.pieces {
		if b.pieces[i].level != 2 {
			continue
		}
		switch b.pieces[i].Text {
		case "First look", "快速检查", "Diagnose", "诊断", "Symptoms", "症状", "In one paragraph", "一句话说清":
			return true
		}
	}
	return false
}

// trimSpan drops white space at both ends of s, but keeps the indentation of
// its first line away only together with preceding blank lines.
func trimSpan(text string, s Span) Span {
	s.Start = min(max(s.Start, 0), len(text))
	s.End = min(max(s.End, s.Start), len(text))
	t := text[s.Start:s.End]
	s.Start += len(t) - len(strings.TrimLeft(t, " \t\n\f"))
	t = text[s.Start:s.End]
	s.End -= len(t) - len(strings.TrimRight(t, " \t\n\f"))
	return s
}
