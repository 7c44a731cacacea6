package runbooks

import (
	"strings"
	"unicode/utf8"
)

// foldInline removes the inline markup that people scatter in plain text: code
// marks, strong emphasis, link targets, images. s is the text of the range sp
// with wrapped lines joined; the commands found are located in doc. only
// reports that the text is one titled link and little else.
func foldInline(doc string, sp Span, s string) (text string, code []inlineCode, url string, only bool) {
	if !strings.ContainsAny(s, "`*[_<") {
		return strings.TrimSpace(s), nil, "", false
	}
	var sb strings.Builder
	cursor := sp.Start
	links, linked := 0, 0
	budget := 2000 // pairs looked for; a line of nothing but marks costs no more
	for i := 0; i < len(s); {
		j := strings.IndexAny(s[i:], "`*[_!<")
		if j < 0 || budget == 0 {
			sb.WriteString(s[i:])
			break
		}
		sb.WriteString(s[i : i+j])
		i += j
		budget--
		switch c := s[i]; c {
		case '`':
			n := 1
			for i+n < len(s) && s[i+n] == '`' {
				n++
			}
			if end := closingRun(s[i+n:], c, n); end > 0 {
				inner := strings.TrimSpace(s[i+n : i+n+end])
				if k := strings.Index(doc[cursor:sp.End], inner); k >= 0 && inner != "" {
					c := inlineCode{Command{Text: inner, Span: Span{cursor + k, cursor + k + len(inner)}}, -1}
					if n == 1 {
						c.at = sb.Len()
					}
					code = append(code, c)
					cursor = c.Span.End
				}
				sb.WriteString(inner)
				i += n + end + n
				continue
			}
			sb.WriteString(s[i : i+n])
			i += n
		case '*', '_':
			if n := emphasis(s, i); n > 0 {
				end := i + n + closingRun(s[i+n:], c, n)
				t, inner, _, _ := foldInline(doc, Span{cursor, sp.End}, s[i+n:end])
				for k := range inner {
					inner[k].move(sb.Len())
				}
				sb.WriteString(t)
				if len(inner) > 0 {
					code = append(code, inner...)
					cursor = inner[len(inner)-1].Span.End
				}
				i = end + n
				continue
			}
			sb.WriteByte(c)
			i++
		case '[', '!':
			start := i
			if c == '!' {
				if i+1 >= len(s) || s[i+1] != '[' {
					sb.WriteByte(c)
					i++
					continue
				}
				start++
			}
			title, target, size := inlineLink(s[start:])
			if size == 0 {
				sb.WriteByte(c)
				i++
				continue
			}
			if c == '[' {
				links++
				linked += utf8.RuneCountInString(title)
				sb.WriteString(title)
				if url == "" {
					url = target
				}
			}
			i = start + size
		default:
			if end := strings.IndexByte(s[i:min(len(s), i+400)], '>'); end > 0 && removableTag(s[i:i+end+1]) {
				i += end + 1
				continue
			}
			sb.WriteByte(c)
			i++
		}
	}
	text = strings.TrimSpace(sb.String())
	for k := range code {
		code[k].move(strings.Index(sb.String(), text) * -1)
	}
	only = links == 1 && linked > 0 && utf8.RuneCountInString(text)-linked <= 4
	return text, code, url, only
}

// closingRun finds the next run of exactly n marks c in s.
func closingRun(s string, c byte, n int) int {
	for i := 0; i < len(s); {
		k := strings.IndexByte(s[i:], c)
		if k < 0 {
			return -1
		}
		i += k
		m := 1
		for i+m < len(s) && s[i+m] == c {
			m++
		}
		if m == n {
			return i
		}
		i += m
	}
	return -1
}

// emphasis returns the length of the mark of strong emphasis that opens at
// s[i] and is closed on the same line; 0 for none.
func emphasis(s string, i int) int {
	n := 1
	for i+n < len(s) && s[i+n] == s[i] {
		n++
	}
	if n != 2 && n != 3 || i+n >= len(s) || s[i+n] == ' ' {
		return 0
	}
	if s[i] == '_' && i > 0 && s[i-1] != ' ' {
		return 0
	}
	end := closingRun(s[i+n:min(len(s), i+n+600)], s[i], n)
	if end > 0 && asciiSpace(s[i+n+end-1]) {
		return 0
	}
	if end <= 0 || strings.TrimSpace(s[i+n:i+n+end]) == "" {
		return 0
	}
	return n
}

// inlineLink reads [title](target) at the head of s and returns its size; 0
// where there is none.
func inlineLink(s string) (title, target string, size int) {
	depth := 0
	for i := 0; i < len(s) && i < 600; i++ {
		switch s[i] {
		case '\\':
			i++
		case '[':
			depth++
		case ']':
			if depth--; depth > 0 {
				continue
			}
			if i+1 >= len(s) || s[i+1] != '(' {
				return "", "", 0
			}
			rest := s[i+2:]
			open := 1
			for k := 0; k < len(rest) && k < 4000; k++ {
				switch rest[k] {
				case '(':
					open++
				case ')':
					if open--; open == 0 {
						target, _, _ = strings.Cut(strings.TrimSpace(rest[:k]), " ")
						return s[1:i], strings.Trim(target, "<>"), i + 2 + k + 1
					}
				case '\n':
					if k+1 < len(rest) && rest[k+1] == '\n' {
						return "", "", 0
					}
				}
			}
			return "", "", 0
		}
	}
	return "", "", 0
}
