package runbooks

import (
	"strings"
	"unicode/utf8"
)

// Sizes of passages in characters.
const (
	// minPassage is what a part of a long section has at least.
	minPassage = 300
	// maxPassage is what a passage has at most where a natural border allows;
	// a section up to it is one passage.
	maxPassage = 1200
	// tinyPart is below what a nested section goes with the one above it.
	tinyPart = 80
	// maxSteps is the longest list of steps that is not cut: beyond it nobody
	// reads it in one piece.
	maxSteps = 6000
)

// Passages cuts a document into the pieces that are searched and quoted, in
// document order. A list of steps is never cut, a table or a block of code only
// where it does not fit into a passage; a section without text of its own has
// no passage. Nested sections that say little by themselves share the passage
// of the section above them, which the passage then names. The title and the heading path are fields of the passage, not in
// its text, except for the heading line that stands there.
func Passages(d *Document) []Passage {
	c := &cutter{d: d}
	for i := 0; i < len(d.Sections); i++ {
		if last := c.family(i); last > i {
			c.add(i, Span{d.Sections[i].Span.Start, d.Sections[last].Span.End})
			i = last
			continue
		}
		c.section(i)
	}
	if len(c.out) == 0 {
		c.bare()
	}
	return c.out
}

type cutter struct {
	d   *Document
	out []Passage
}

// family returns the last of the sections below section i when they all are
// parts of it that say little by themselves, such as an example or an option,
// and fit into one passage with it; else i.
func (c *cutter) family(i int) int {
	s := &c.d.Sections[i]
	if s.Level == 0 || s.Boilerplate || s.Heading == "" || len(s.Blocks) == 0 || len(s.Steps) > 0 {
		return i
	}
	last := i
	for k := i + 1; k < len(c.d.Sections) && c.d.Sections[k].Level > s.Level; k++ {
		part := &c.d.Sections[k]
		if len(part.Steps) > 0 || part.Boilerplate || part.Heading == "" || !partName(part.Heading) && c.size(part.Span) >= tinyPart {
			return i
		}
		last = k
	}
	if c.size(Span{s.Span.Start, c.d.Sections[last].Span.End}) > maxPassage {
		return i
	}
	return last
}

// bare gives a document of headings only one passage, so that it can be found.
func (c *cutter) bare() {
	for i := range c.d.Sections {
		if s := &c.d.Sections[i]; s.Span.Len() > 0 && s.Heading != "" {
			c.add(i, s.Span)
			return
		}
	}
}

func (c *cutter) add(i int, sp Span) {
	s := &c.d.Sections[i]
	sp = trimSpan(c.d.Text, sp)
	if sp.Len() == 0 {
		return
	}
	p := Passage{Section: i, Heading: s.Path, Span: sp}
	p.StartLine, p.EndLine = c.d.Lines(sp)
	for p.FirstStep < len(s.Steps) && s.Steps[p.FirstStep].Span.Start < sp.Start {
		p.FirstStep++
	}
	p.LastStep = p.FirstStep
	for p.LastStep < len(s.Steps) && s.Steps[p.LastStep].Span.End <= sp.End {
		p.LastStep++
	}
	p.Kind = kindOf(s, p)
	c.out = append(c.out, p)
}

func (c *cutter) section(i int) {
	s := &c.d.Sections[i]
	if len(s.Blocks) == 0 {
		return
	}
	if c.size(s.Span) <= maxPassage {
		c.add(i, s.Span)
		return
	}
	cur := Span{Start: s.Span.Start, End: s.Blocks[0].Span.Start}
	if s.Level == 0 || c.size(Span{s.Span.Start, s.Blocks[0].Span.Start}) > minPassage {
		cur.Start = s.Blocks[0].Span.Start // a picture, not a heading, stands above
	}
	have := false  // cur holds a unit
	links := false // that is a link
	flush := func() {
		if have {
			c.add(i, cur)
		}
		have = false
	}
	for _, u := range c.units(s) {
		for _, part := range c.split(s, u) {
			// Between two parts there may be pictures and rules: a gap that
			// alone fills a passage is left out.
			gap := c.size(Span{cur.End, part.Start})
			// Links are looked for in another way than text: they stand apart.
			link := s.Blocks[part.first].Kind == Link
			if have && link != links && c.size(cur) >= minPassage/2 {
				flush()
				cur, have, links = part.Span, true, link
				continue
			}
			links = link
			if have && (c.size(Span{cur.Start, part.End}) > maxPassage && (c.size(cur) >= minPassage || c.size(part.Span) > maxPassage/2 || gap > minPassage) || gap > minPassage) {
				flush()
				cur = part.Span
				have = true
				continue
			}
			cur.End = part.End
			have = true
		}
	}
	flush()
}

// A unit is what stays together if it fits: a list of steps, a paragraph with
// the list or block that it announces.
type unit struct {
	Span
	first, last int // blocks, last excluded
	steps       bool
}

// units groups the blocks of a section.
func (c *cutter) units(s *Section) []unit {
	var out []unit
	step := 0
	for i := range s.Blocks {
		b := &s.Blocks[i]
		for step < len(s.Steps) && s.Steps[step].Span.End <= b.Span.Start {
			step++
		}
		inStep := step < len(s.Steps) && s.Steps[step].Span.Start <= b.Span.Start
		if n := len(out); n > 0 {
			prev := &s.Blocks[i-1]
			u := &out[n-1]
			join := false
			switch {
			case inStep && u.steps:
				join = true
			case inStep:
				join = announces(prev) && c.size(Span{prev.Span.Start, prev.Span.End}) <= minPassage && u.last-u.first == 1
			case b.Kind == Code, b.Kind == Table:
				join = !u.steps && (prev.Kind == Paragraph || prev.Kind == ListItem)
			case b.Kind == ListItem:
				join = !u.steps && (prev.Kind == ListItem || announces(prev))
			case b.Kind == Link:
				join = prev.Kind == Paragraph && announces(prev)
			}
			if join && (u.steps || inStep || c.size(Span{u.Start, b.Span.End}) <= maxPassage) {
				u.End = max(u.End, b.Span.End)
				u.last = i + 1
				u.steps = u.steps || inStep
				continue
			}
		}
		out = append(out, unit{Span: b.Span, first: i, last: i + 1, steps: inStep})
	}
	return out
}

// announces reports a paragraph that leads to what follows.
func announces(b *Block) bool {
	return b.Kind == Paragraph && (endsLeadIn(b.Text) || utf8.RuneCountInString(b.Text) < 60 && !endsSentence(b.Text))
}

// split cuts a unit that is too long for a passage at its best borders.
func (c *cutter) split(s *Section, u unit) []unit {
	size := c.size(u.Span)
	if size <= maxPassage || u.steps && size <= maxSteps {
		return []unit{u}
	}
	if u.last-u.first > 1 {
		var out []unit
		for i := u.first; i < u.last; i++ {
			b := unit{Span: s.Blocks[i].Span, first: i, last: i + 1}
			if n := len(out); n > 0 && c.size(Span{out[n-1].Start, b.End}) <= maxPassage {
				out[n-1].End, out[n-1].last = max(out[n-1].End, b.End), i+1
				continue
			}
			out = append(out, c.split(s, b)...)
		}
		return out
	}
	// One long block: between lines, else between sentences, else anywhere.
	var out []unit
	for _, sp := range c.pieces(u.Span, s.Blocks[u.first].Kind == Code || s.Blocks[u.first].Kind == Table) {
		out = append(out, unit{Span: sp, first: u.first, last: u.last})
	}
	return out
}

// pieces cuts a range into parts of at most maxPassage characters.
func (c *cutter) pieces(sp Span, byLine bool) []Span {
	var out []Span
	text := c.d.Text
	for sp.Len() > 0 {
		end := sp.Start
		for n := 0; n < maxPassage && end < sp.End; n++ {
			_, size := utf8.DecodeRuneInString(text[end:])
			end += size
		}
		if end < sp.End {
			end = border(text, sp.Start, end, byLine)
		}
		part := trimSpan(text, Span{sp.Start, end})
		if part.Len() > 0 {
			out = append(out, part)
		}
		sp.Start = end
	}
	return out
}

// border finds the last good place to cut text[from:to], not before its middle.
func border(text string, from, to int, byLine bool) int {
	half := from + (to-from)/3
	if i := strings.LastIndex(text[half:to], "\n\n"); i >= 0 {
		return half + i + 2
	}
	if byLine {
		if i := strings.LastIndexByte(text[half:to], '\n'); i >= 0 {
			return half + i + 1
		}
	}
	best := -1
	for _, stop := range [...]string{"。", "！", "？", "；", ". ", ".\n", "? ", "! ", "; "} {
		if i := strings.LastIndex(text[half:to], stop); i >= 0 {
			best = max(best, half+i+len(stop))
		}
	}
	if best > 0 {
		return best
	}
	if i := strings.LastIndexAny(text[half:to], "\n \t"); i >= 0 {
		return half + i + 1
	}
	return to
}

func kindOf(s *Section, p Passage) PassageKind {
	switch {
	case s.Boilerplate:
		return Boilerplate
	case p.LastStep > p.FirstStep:
		return Steps
	}
	links, all := 0, 0
	for i := range s.Blocks {
		if b := &s.Blocks[i]; b.Span.Start >= p.Span.Start && b.Span.End <= p.Span.End {
			all++
			if b.Kind == Link {
				links++
			}
		}
	}
	if links > 0 && links*2 > all {
		return Links
	}
	return Prose
}

// size counts the characters of a range.
func (c *cutter) size(s Span) int { return runes(c.d, s) }

func runes(d *Document, s Span) int {
	if s.End <= s.Start {
		return 0
	}
	return utf8.RuneCountInString(d.Text[s.Start:s.End])
}
