package terminal

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// unsafe reports characters that steer a terminal or reorder what stands on
// the line: controls but tab and line end, bidirectional overrides and
// isolates, and what is no character.
func unsafe(c rune) bool {
	switch {
	case c == '\n' || c == '\t':
		return false
	case c < 0x20 || c >= 0x7f && c <= 0x9f || c == utf8.RuneError:
		return true
	case c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069 || c == 0x200e || c == 0x200f || c == 0x061c:
		return true
	case c == 0x2028 || c == 0x2029 || c == 0xfeff || c >= 0xe0000 && c <= 0xe007f:
		return true
	}
	return false
}

// prose takes escape sequences and unsafe characters out of a text.
func prose(s string) string {
	if strings.IndexFunc(s, unsafe) < 0 {
		return s
	}
	var b strings.Builder
	rs := []rune(s)
	for i := 0; i < len(rs); i++ {
		switch c := rs[i]; {
		case c == 0x1b || c == 0x9b || c == 0x9d || c == 0x90:
			i = skipSequence(rs, i)
		case c == utf8.RuneError:
			b.WriteRune('?')
		case !unsafe(c):
			b.WriteRune(c)
		}
	}
	return b.String()
}

// skipSequence returns the index of the last rune of the escape sequence that
// begins at i. A sequence without an end takes its introducer alone with it.
func skipSequence(rs []rune, i int) int {
	kind, at := rs[i], i+1
	if kind == 0x1b {
		if at >= len(rs) {
			return i
		}
		switch rs[at] {
		case '[':
			kind = 0x9b
		case ']', 'P', 'X', '^', '_':
			kind = 0x9d
		default:
			return i // a two-character sequence is harmless without its first
		}
		at++
	}
	for j := at; j < len(rs) && j < at+4096; j++ {
		switch {
		case kind == 0x9b && rs[j] >= 0x40 && rs[j] <= 0x7e:
			return j
		case kind != 0x9b && (rs[j] == 0x07 || rs[j] == 0x9c):
			return j
		case kind != 0x9b && rs[j] == 0x1b && j+1 < len(rs) && rs[j+1] == '\\':
			return j + 1
		case rs[j] == '\n':
			return i
		}
	}
	return i
}

// verbatim keeps a text as it stands but shows unsafe characters by name, so
// that a command is never quietly another one than its document has.
func verbatim(s string) string {
	if strings.IndexFunc(s, unsafe) < 0 {
		return s
	}
	var b strings.Builder
	for _, c := range strings.ReplaceAll(s, "\r\n", "\n") {
		if unsafe(c) {
			fmt.Fprintf(&b, "<U+%04X>", c)
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}

func oneLine(s string) string {
	return strings.Join(strings.Fields(prose(s)), " ")
}

// cellsOf is the number of columns that a character takes.
func cellsOf(c rune) int {
	switch {
	case c < 0x20:
		return 0
	case c < 0x300:
		return 1
	case unicode.In(c, unicode.Mn, unicode.Me, unicode.Cf), c >= 0xfe00 && c <= 0xfe0f:
		return 0
	}
	switch width.LookupRune(c).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// cells is the number of columns that s takes; escape sequences of our own
// take none.
func cells(s string) int {
	n, esc := 0, false
	for _, c := range s {
		switch {
		case esc:
			esc = c != 'm'
		case c == 0x1b:
			esc = true
		default:
			n += cellsOf(c)
		}
	}
	return n
}

// A unit is a piece of text that stays on one line.
type unit struct {
	text  string
	cells int
	code  bool
	space bool // a blank stands before it
}

// noStart may not begin a line, noEnd may not end one.
const (
	noStart = "，。、；：？！）】》」』”’〉〕…—,.;:?!)]}%·"
	noEnd   = "（【《「『“‘〈〔([{"
)

// wrap breaks a line of prose into lines that, behind first columns for the
// first and rest columns for the others, end within limit. Lines break at
// blanks and between Chinese characters. Runs between backticks are inline
// code: bold with color, else the backticks stay.
func wrap(s string, limit, first, rest int, color bool) []string {
	return fill(units(s, color), max(limit-first, 8), max(limit-rest, 8), color)
}

// wrapPlain breaks a line without giving any character a meaning; indentation
// and blanks inside stay, those at a break do not begin the next line.
func wrapPlain(s string, limit int) []string {
	limit = max(limit, 8)
	s = strings.ReplaceAll(s, "\t", "    ")
	if cells(s) <= limit {
		return []string{s}
	}
	var out []string
	line, n, lastBlank := []rune{}, 0, -1
	for _, c := range s {
		if n+cellsOf(c) > limit && len(line) > 0 {
			cut := len(line)
			if lastBlank > len(line)/2 && isNarrow(c) && c != ' ' {
				cut = lastBlank + 1
			}
			out = append(out, string(line[:cut]))
			line = []rune(strings.TrimLeft(string(line[cut:]), " "))
			n, lastBlank = cells(string(line)), -1
		}
		if c == ' ' && len(line) == 0 && len(out) > 0 {
			continue
		}
		if c == ' ' {
			lastBlank = len(line)
		}
		line, n = append(line, c), n+cellsOf(c)
	}
	return append(out, string(line))
}

func isNarrow(c rune) bool { return cellsOf(c) < 2 }

func units(s string, color bool) []unit {
	var out []unit
	code, space, glue := false, false, false
	parts := strings.Split(s, "`")
	for i, part := range parts {
		// The last backtick of an odd number is only a backtick.
		closed := i%2 == 1 && i < len(parts)-1
		if i%2 == 1 && !closed {
			part = "`" + part
		}
		if code = closed && part != ""; code && !color {
			part = "`" + part + "`"
		}
		for j, c := range part {
			if c == ' ' || c == '\n' || c == '\t' {
				space, glue = true, false
				continue
			}
			last := len(out) - 1
			wide := !isNarrow(c)
			join := last >= 0 && !space && (glue || j > 0 && !wide || j == 0 && !wide) &&
				(isTail(out[last].text) || glue || strings.ContainsRune(noStart, c))
			if last >= 0 && !space && strings.ContainsRune(noStart, c) {
				join = true
			}
			if join && out[last].code == code {
				out[last].text += string(c)
				out[last].cells += cellsOf(c)
			} else {
				out = append(out, unit{string(c), cellsOf(c), code, space})
			}
			space, glue = false, strings.ContainsRune(noEnd, c)
		}
	}
	return out
}

// isTail reports that a narrow character continues the unit.
func isTail(text string) bool {
	c, _ := utf8.DecodeLastRuneInString(text)
	return isNarrow(c)
}

func fill(us []unit, limit, rest int, color bool) []string {
	var out []string
	var b strings.Builder
	n := 0
	flush := func() {
		out = append(out, b.String())
		b.Reset()
		n, limit = 0, rest
	}
	put := func(u unit) {
		if u.code && color {
			b.WriteString("\x1b[1m" + u.text + "\x1b[0m")
		} else {
			b.WriteString(u.text)
		}
		n += u.cells
	}
	for _, u := range us {
		blank := 0
		if u.space && n > 0 {
			blank = 1
		}
		if n > 0 && n+blank+u.cells > limit {
			flush()
			blank = 0
		}
		if blank > 0 {
			b.WriteByte(' ')
			n++
		}
		for u.cells > limit { // a word longer than the line
			cut, c := 0, 0
			for i, r := range u.text {
				if c+cellsOf(r) > limit {
					cut = i
					break
				}
				c += cellsOf(r)
			}
			if cut == 0 {
				break
			}
			put(unit{text: u.text[:cut], cells: c, code: u.code})
			flush()
			u.text, u.cells = u.text[cut:], u.cells-c
		}
		put(u)
	}
	if n > 0 || len(out) == 0 {
		flush()
	}
	return out
}

// Pad fills a text with spaces up to n columns of a terminal, where a Chinese
// character takes two.
func Pad(s string, n int) string { return s + strings.Repeat(" ", max(n-cells(s), 0)) }
