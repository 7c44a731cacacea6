package runbooks

import (
	"sort"
	"unicode/utf8"
)

// ParserVersion changes whenever the same bytes may parse to something else;
// it is part of every index fingerprint.
const ParserVersion = 4

// Lines returns the first and last line of s, counted from 1 as an editor
// shows them. A span that ends right after a line break ends on the line
// before the break.
func (d *Document) Lines(s Span) (start, end int) {
	start = d.line(s.Start)
	last := s.End
	if last > s.Start {
		last--
	}
	return start, d.line(last)
}

// Column returns the column of the byte offset on its line, from 1, in
// characters.
func (d *Document) Column(offset int) int {
	return utf8.RuneCountInString(d.Text[d.lines[d.line(offset)-1]:offset]) + 1
}

// LineSpan returns the span of the lines start to end, counted from 1 and both
// inclusive, without the last line break. Lines outside the document are
// clamped to it.
func (d *Document) LineSpan(start, end int) Span {
	start = min(max(start, 1), len(d.lines))
	end = min(max(end, start), len(d.lines))
	s := Span{Start: d.lines[start-1], End: len(d.Text)}
	if end < len(d.lines) {
		s.End = d.lines[end] - 1
	}
	return s
}

// LineCount returns the number of lines, counting as an editor does.
func (d *Document) LineCount() int { return len(d.lines) }

// Slice returns the bytes of the text that s covers.
func (d *Document) Slice(s Span) string { return d.Text[s.Start:s.End] }

func (d *Document) line(offset int) int {
	return sort.Search(len(d.lines), func(i int) bool { return d.lines[i] > offset })
}

// indexLines fills the table that Lines and LineSpan read.
func (d *Document) indexLines() {
	d.lines = append(d.lines[:0], 0)
	for i := 0; i < len(d.Text); i++ {
		if d.Text[i] == '\n' && i+1 < len(d.Text) {
			d.lines = append(d.lines, i+1)
		}
	}
}
