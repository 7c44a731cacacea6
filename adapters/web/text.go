package web

import (
	"fmt"
	"html"
	"html/template"
	"net/url"
	"strings"
	"unicode/utf8"
)

// hidden reports characters that cannot be seen or that reorder the line they
// stand on.
func hidden(c rune) bool {
	switch {
	case c == '\n' || c == '\t':
		return false
	case c < 0x20 || c >= 0x7f && c <= 0x9f:
		return true
	case c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069 || c == 0x200e || c == 0x200f || c == 0x061c:
		return true
	case c == 0x200b || c == 0x2060 || c == 0x2028 || c == 0x2029 || c == 0xfeff || c == 0x00ad || c >= 0xe0000 && c <= 0xe007f:
		return true
	}
	return false
}

// visible escapes a text. Hidden characters stay, for copying, inside an
// element that shows their name and keeps their effect to itself.
func visible(s string) template.HTML {
	if strings.IndexFunc(s, hidden) < 0 {
		return template.HTML(html.EscapeString(strings.ToValidUTF8(s, "\ufffd")))
	}
	var b strings.Builder
	start := 0
	for i, c := range s {
		if !hidden(c) {
			continue
		}
		b.WriteString(html.EscapeString(strings.ToValidUTF8(s[start:i], "\ufffd")))
		start = i + utf8.RuneLen(c)
		text := string(c)
		switch c {
		case 0: // HTML has no such character
			text = ""
		case '\r': // raw, it would become a line end
			text = "&#13;"
		}
		fmt.Fprintf(&b, `<bdi class="ctl" data-name="U+%04X">%s</bdi>`, c, text)
	}
	b.WriteString(html.EscapeString(strings.ToValidUTF8(s[start:], "\ufffd")))
	return template.HTML(b.String())
}

// inline renders plain text in which a run between backticks is inline code.
// Line ends become line breaks.
func inline(s string) template.HTML {
	var b strings.Builder
	parts := strings.Split(s, "`")
	for i, part := range parts {
		switch {
		case i%2 == 1 && i == len(parts)-1: // a backtick without its twin
			b.WriteString("`" + string(visible(part)))
		case i%2 == 1 && part == "":
			b.WriteString("``")
		case i%2 == 1:
			b.WriteString("<code>" + string(visible(part)) + "</code>")
		default:
			b.WriteString(strings.ReplaceAll(string(visible(part)), "\n", "<br>"))
		}
	}
	return template.HTML(b.String())
}

// short is the beginning of a text on one line, of at most n characters.
func short(s string, n int) string {
	s = strings.Join(strings.Fields(s[:min(len(s), 8*n)]), " ")
	if rs := []rune(s); len(rs) > n {
		return string(rs[:n-1]) + "…"
	}
	return s
}

// paragraphs splits a text at its empty lines.
func paragraphs(s string) []string {
	var out []string
	for p := range strings.SplitSeq(strings.ReplaceAll(s, "\r\n", "\n"), "\n\n") {
		if p = strings.Trim(p, "\n"); strings.TrimSpace(p) != "" {
			out = append(out, p)
		}
	}
	return out
}

// safeURL returns u if it is http, https, or a path on this page; else "".
func safeURL(u string) string {
	if u == "" || len(u) > 4096 || strings.ContainsFunc(u, func(c rune) bool { return c <= 0x20 || hidden(c) || c == '\\' }) {
		return ""
	}
	p, err := url.Parse(u)
	if err != nil || p.User != nil {
		return ""
	}
	switch {
	case (p.Scheme == "http" || p.Scheme == "https") && p.Host != "":
		return u
	case p.Scheme == "" && p.Host == "" && strings.HasPrefix(u, "/") && !strings.HasPrefix(u, "//"):
		return u
	case p.Scheme == "" && p.Host == "" && strings.HasPrefix(u, "#"):
		return u
	}
	return ""
}

// pageURL is safeURL with the lines of one of the page's own documents moved
// from the fragment, which servers do not see, into the query: then they are
// highlighted without a script as well.
func pageURL(u string) string {
	if u = safeURL(u); !strings.HasPrefix(u, "/d/") || strings.Contains(u, "?") {
		return u
	}
	path, fragment, _ := strings.Cut(u, "#")
	if !strings.HasPrefix(fragment, "L") {
		return u
	}
	start, end := parseRange(fragment, 1<<30)
	if start == 0 {
		return u
	}
	return fmt.Sprintf("%s?lines=%d-%d#L%d", path, start, end, start)
}

// external reports that a link leaves the page.
func external(u string) bool { return strings.Contains(u, "://") }

// DocumentPath is the path of the document page that highlights the lines and
// scrolls to them; start 0 highlights none, end 0 is start.
func DocumentPath(library, path string, start, end int) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		segments[i] = escapeSegment(s)
	}
	u := "/d/" + escapeSegment(library) + "/" + strings.Join(segments, "/")
	if start > 0 {
		end = max(start, end)
		u += fmt.Sprintf("?lines=%d-%d#L%d", start, end, start)
	}
	return u
}

// escapeSegment escapes what a path's segment may not hold; "." and ".." would
// be taken out of the path by browsers.
func escapeSegment(s string) string {
	switch s {
	case ".":
		return "%2E"
	case "..":
		return "%2E%2E"
	}
	return url.PathEscape(s)
}
