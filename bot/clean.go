package bot

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// hidden reports characters that are not seen but change what is: controls,
// bidirectional marks and overrides, zero-width and tag characters.
func hidden(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r < ' ' || r >= 0x7f && r <= 0x9f || r == utf8.RuneError:
		return true
	case r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2060 && r <= 0x2069:
		return true
	case r == 0x061c || r == 0x00ad || r == 0x180e || r == 0xfeff || r == 0x2028 || r == 0x2029:
		return true
	case r >= 0xe0000 && r <= 0xe007f || r >= 0xfff9 && r <= 0xfffb:
		return true
	}
	return false
}

// shown returns a text as it may be displayed.
func shown(s string) string {
	if utf8.ValidString(s) && strings.IndexFunc(s, hidden) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == 0x2028 || r == 0x2029:
			return '\n'
		case r == '\r' || hidden(r):
			return -1
		}
		return r
	}, s)
}

// line returns a text as it may be displayed on one line, at most n characters.
func line(s string, n int) string {
	s = strings.Join(strings.Fields(shown(s)), " ")
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	r := []rune(s)
	return strings.TrimSpace(string(r[:n-1])) + "…"
}

// clean returns a question without what does not belong into one.
func clean(s string) string {
	s = shown(strings.ToValidUTF8(s, ""))
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == '\u3000' || r == '\u00a0' {
			return ' '
		}
		return r
	}, s))
}

// wordy reports whether a text holds a letter or a digit, so that it can be
// searched for at all.
func wordy(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) >= 0
}
