package runbooks

import "unicode/utf8"

// Sizes of passages in characters. A section up to maxPassage is one passage;
// a longer one is cut at natural borders into pieces of at least minPassage.
const (
	minPassage = 300
	maxPassage = 1200
)

// Passages cuts a document into the pieces that are searched and quoted, in
// document order. A step list, a table and a code block stay whole where they
// fit into a passage; a section without text of its own has none.
func Passages(d *Document) []Passage {
	var out []Passage
	for i := range d.Sections {
		out = appendPassages(out, d, i)
	}
	return out
}

func appendPassages(out []Passage, d *Document, i int) []Passage {
	s := &d.Sections[i]
	if s.Body.Len() == 0 && len(s.Blocks) == 0 {
		return out
	}
	add := func(sp Span) {
		sp = trimSpan(d.Text, sp)
		if sp.Len() == 0 {
			return
		}
		p := Passage{Section: i, Heading: s.Path, Span: sp}
		p.StartLine, p.EndLine = d.Lines(sp)
		for p.FirstStep < len(s.Steps) && s.Steps[p.FirstStep].Span.Start < sp.Start {
			p.FirstStep++
		}
		p.LastStep = p.FirstStep
		for p.LastStep < len(s.Steps) && s.Steps[p.LastStep].Span.End <= sp.End {
			p.LastStep++
		}
		p.Kind = kindOf(s, p)
		out = append(out, p)
	}
	if runes(d, s.Span) <= maxPassage || len(s.Blocks) == 0 {
		add(s.Span)
		return out
	}
	cur := Span{Start: s.Span.Start, End: s.Body.Start}
	for _, u := range units(s) {
		if runes(d, Span{cur.Start, u.End}) > maxPassage && runes(d, cur) >= minPassage {
			add(cur)
			cur = u
		}
		cur.End = u.End
	}
	add(Span{cur.Start, s.Span.End})
	return out
}

// units groups a section's blocks into what must stay together.
func units(s *Section) []Span {
	var out []Span
	join := func(i int) bool {
		b, prev := &s.Blocks[i], &s.Blocks[i-1]
		for k := range s.Steps {
			if sp := s.Steps[k].Span; sp.Start < b.Span.Start && b.Span.Start < sp.End {
				return true
			}
		}
		return b.Kind == Code && prev.Kind == Paragraph || b.Kind == ListItem && prev.Kind == Paragraph
	}
	for i := range s.Blocks {
		if i > 0 && join(i) {
			out[len(out)-1].End = max(out[len(out)-1].End, s.Blocks[i].Span.End)
			continue
		}
		out = append(out, s.Blocks[i].Span)
	}
	return out
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
	if links > 1 && links*2 > all {
		return Links
	}
	return Prose
}

func runes(d *Document, s Span) int {
	return utf8.RuneCountInString(d.Text[s.Start:max(s.Start, s.End)])
}
