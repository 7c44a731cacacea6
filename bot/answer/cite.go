package answer

import (
	"strings"
	"unicode/utf8"

	"cairn/runbooks"
)

// longLine is the length in characters from which on a line alone is too
// coarse a place, so that a citation names columns too.
const longLine = 300

// Cite returns the citation of a span, without number and address. It is not
// ok when the span is no range of whole characters of the document, or empty.
func Cite(d *runbooks.Document, library string, heading []string, span runbooks.Span) (Citation, bool) {
	if span.Start < 0 || span.End > len(d.Text) || span.Start >= span.End {
		return Citation{}, false
	}
	for span.End > span.Start && (d.Text[span.End-1] == '\n') {
		span.End--
	}
	for span.Start < span.End && d.Text[span.Start] == '\n' {
		span.Start++
	}
	quote := d.Slice(span)
	if strings.TrimSpace(quote) == "" || !onRunes(d.Text, span) {
		return Citation{}, false
	}
	c := Citation{Library: library, Document: d.Path, Heading: heading, Quote: quote}
	if c.Heading == nil {
		c.Heading = []string{}
	}
	c.StartLine, c.EndLine = d.Lines(span)
	if partOfLongLine(d, span.Start, c.StartLine, true) || partOfLongLine(d, span.End, c.EndLine, false) {
		c.StartColumn = d.Column(span.Start)
		_, size := utf8.DecodeLastRuneInString(quote)
		c.EndColumn = d.Column(span.End - size)
	}
	return c, Verify(d, c)
}

func onRunes(text string, s runbooks.Span) bool {
	return utf8.RuneStart(text[s.Start]) && (s.End == len(text) || utf8.RuneStart(text[s.End]))
}

// partOfLongLine reports whether the line is long and the offset cuts it.
func partOfLongLine(d *runbooks.Document, offset, line int, start bool) bool {
	ls := d.LineSpan(line, line)
	if utf8.RuneCountInString(d.Slice(ls)) < longLine {
		return false
	}
	if start {
		return strings.TrimSpace(d.Text[ls.Start:max(offset, ls.Start)]) != ""
	}
	return strings.TrimSpace(d.Text[min(offset, ls.End):ls.End]) != ""
}

// Verify reports whether a citation tells the truth about a document: the
// quote is a contiguous part of the lines it names, and of the columns where
// it names some.
func Verify(d *runbooks.Document, c Citation) bool {
	if c.Quote == "" || c.StartLine < 1 || c.EndLine < c.StartLine || c.EndLine > d.LineCount() {
		return false
	}
	lines := d.Slice(d.LineSpan(c.StartLine, c.EndLine))
	if c.StartColumn == 0 {
		i := strings.Index(lines, c.Quote)
		if i < 0 {
			return false
		}
		// The quote reaches from the first line to the last.
		return strings.Count(c.Quote, "\n") == c.EndLine-c.StartLine
	}
	from := columnOffset(lines, c.StartColumn)
	return from >= 0 && strings.HasPrefix(lines[from:], c.Quote) && strings.Count(c.Quote, "\n") == c.EndLine-c.StartLine
}

// columnOffset returns the byte offset of a column on the first line; -1 when
// the line is shorter.
func columnOffset(lines string, column int) int {
	n := 1
	for i, r := range lines {
		if n == column {
			return i
		}
		if r == '\n' {
			return -1
		}
		n++
	}
	return -1
}
