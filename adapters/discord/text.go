package discord

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"cairn/adapters"
)

// zeroWidth keeps the halves of a mention apart.
const zeroWidth = "\u200b"

// prose renders a plain text with inline code between backticks as Markdown
// that means the same: everything else in it is inert.
func prose(t string) string { return linked(t, nil) }

// linked is prose in which the titles and the addresses of links are links.
func linked(t string, links []adapters.Link) string {
	t = strings.ToValidUTF8(t, "\uFFFD")
	var b strings.Builder
	for t != "" {
		open := strings.IndexByte(t, '`')
		if open < 0 {
			break
		}
		n := ticks(t[open:])
		body := t[open+n:]
		end := closing(body, n)
		if end < 0 || strings.TrimSpace(body[:end]) == "" {
			apart(&b, literal(t[:open], links))
			apart(&b, strings.Repeat("\\`", n))
			t = body
			continue
		}
		apart(&b, literal(t[:open], links))
		apart(&b, inlineCode(body[:end]))
		t = body[end+n:]
	}
	apart(&b, literal(t, links))
	return lineStarts(b.String())
}

// apart appends without letting two harmless halves meet: backticks of two runs
// of code, the parts of a mention or of an address.
func apart(b *strings.Builder, s string) {
	if b.Len() > 0 && s != "" {
		code := s[0] == '`' || strings.HasPrefix(s, "\\`")
		switch last := b.String()[b.Len()-1]; {
		case last == '`' && code, strings.IndexByte("@<:/", last) >= 0 && s[0] != '`':
			b.WriteString(zeroWidth)
		}
	}
	b.WriteString(s)
}

// ticks counts the backticks at the beginning.
func ticks(s string) int {
	n := 0
	for n < len(s) && s[n] == '`' {
		n++
	}
	return n
}

// closing finds a run of exactly n backticks.
func closing(s string, n int) int {
	for i := 0; i < len(s); {
		if s[i] != '`' {
			i++
			continue
		}
		m := ticks(s[i:])
		if m == n {
			return i
		}
		i += m
	}
	return -1
}

// inlineCode shows a text in one line as code. Discord knows code between one
// or two backticks; what holds two in a row is shown as escaped text.
func inlineCode(s string) string {
	s = strings.ReplaceAll(s, "\n", " ")
	switch {
	case strings.TrimSpace(s) == "":
		return ""
	case strings.Contains(s, "``"):
		return escape(s)
	case strings.Contains(s, "`"):
		return "`` " + s + " ``"
	default:
		return "`" + s + "`"
	}
}

// literal renders text that holds no code: known links become links, other
// addresses become code, which Discord does not link.
func literal(t string, links []adapters.Link) string {
	var b strings.Builder
	for t != "" {
		at, n, out := nextLink(t, links)
		if u, un := nextAddress(t); u >= 0 && (at < 0 || u < at) {
			at, n = u, un
			out = inlineCode(t[u : u+un])
		}
		if at < 0 {
			break
		}
		apart(&b, escape(t[:at]))
		apart(&b, out)
		t = t[at+n:]
	}
	apart(&b, escape(t))
	return b.String()
}

// nextLink finds the first place where a link's address or title stands.
func nextLink(t string, links []adapters.Link) (at, n int, out string) {
	at = -1
	for _, l := range links {
		u := safeURL(l.URL)
		if u == "" {
			continue
		}
		for _, s := range []string{l.URL, l.Title} {
			if utf8.RuneCountInString(s) < 2 {
				continue
			}
			if i := strings.Index(t, s); i >= 0 && (at < 0 || i < at || i == at && len(s) > n) {
				at, n = i, len(s)
				label := l.Title
				if s == l.URL || label == "" {
					label = address(l.URL)
				}
				out = link(u, label)
			}
		}
	}
	return at, n, out
}

func address(u string) string {
	_, rest, ok := strings.Cut(u, "://")
	if !ok {
		return u
	}
	return rest
}

// nextAddress finds what Discord would make a link of.
func nextAddress(t string) (at, n int) {
	for from := 0; ; {
		i := strings.Index(t[from:], "://")
		if i < 0 {
			return -1, 0
		}
		i += from
		start := i
		for start > 0 && (isAlphanumeric(t[start-1]) || strings.IndexByte("+.-", t[start-1]) >= 0) {
			start--
		}
		end := i + 3
		for end < len(t) {
			r, size := utf8.DecodeRuneInString(t[end:])
			if unicode.IsSpace(r) || strings.ContainsRune("`<>\"|，。；！？）】》、", r) {
				break
			}
			end += size
		}
		for end > i+3 && strings.IndexByte(".,;:!?'*_~", t[end-1]) >= 0 {
			end--
		}
		if start < i && end > i+3 {
			return start, end - start
		}
		from = i + 3
	}
}

func isAlphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// escape makes text inert: no markup, no mention, no link, no emoji.
func escape(s string) string {
	var b strings.Builder
	b.Grow(len(s) + len(s)/8)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case strings.IndexByte("\\*_~`|[]<>", c) >= 0:
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '@':
			b.WriteByte(c)
			if i > 0 && s[i-1] == '<' || hasFold(s[i+1:], "everyone") || hasFold(s[i+1:], "here") {
				b.WriteString(zeroWidth)
			}
		case c == '/' && strings.HasSuffix(s[:i], ":") && strings.HasPrefix(s[i+1:], "/"):
			b.WriteString(zeroWidth)
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func hasFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// lineStarts escapes what would make a line a heading, a list or small print.
func lineStarts(s string) string {
	if !strings.ContainsAny(s, "#-+") && !strings.Contains(s, ". ") {
		return s
	}
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		rest := strings.TrimLeft(l, " \t")
		indent := l[:len(l)-len(rest)]
		switch {
		case rest == "":
		case rest[0] == '#' || rest[0] == '-' || rest[0] == '+':
			lines[i] = indent + "\\" + rest
		case rest[0] >= '0' && rest[0] <= '9':
			digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
			if strings.HasPrefix(rest[digits:], ". ") {
				lines[i] = indent + rest[:digits] + "\\" + rest[digits:]
			}
		}
	}
	return strings.Join(lines, "\n")
}

// link is a link to a safe address.
func link(u, label string) string {
	label = escape(oneLine(label))
	if label == "" {
		label = "link"
	}
	return "[" + label + "](" + u + ")"
}

// safeURL returns an address that may stand in a link, or "": http or https, a
// host that others reach too, nothing that ends the link early.
func safeURL(s string) string {
	if s == "" || len(s) > maxLink || strings.ContainsFunc(s, unicode.IsControl) {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return ""
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return ""
	}
	if ip, err := netip.ParseAddr(host); err == nil && (ip.Unmap().IsLoopback() || ip.IsUnspecified()) {
		return ""
	}
	out := urlEscapes.Replace(u.String())
	if len(out) > maxLink || !utf8.ValidString(out) {
		return ""
	}
	return out
}

var urlEscapes = strings.NewReplacer("(", "%28", ")", "%29", "<", "%3C", ">", "%3E", "[", "%5B", "]", "%5D", " ", "%20", "`", "%60", "\\", "%5C", "*", "%2A", "|", "%7C", "\"", "%22", "@", "%40")

func oneLine(s string) string {
	return strings.Join(strings.Fields(strings.ToValidUTF8(s, "\uFFFD")), " ")
}

// units is a text's length as Discord's clients count it.
func units(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}

// cut shortens a text to n units.
func cut(s string, n int) string {
	if units(s) <= n {
		return s
	}
	used := 0
	for i, r := range s {
		w := 1
		if r > 0xffff {
			w = 2
		}
		if used+w > n-1 {
			return s[:i] + "…"
		}
		used += w
	}
	return s
}

// pieces splits a text at line ends, else at spaces, else anywhere, so that
// its rendered form of no piece is longer than n units.
func pieces(t string, n int, size func(string) int) []string {
	t = strings.Trim(t, "\n")
	if strings.TrimSpace(t) == "" {
		return nil
	}
	var out []string
	for size(t) > n {
		// The longest prefix that fits, found by halving.
		runes := []rune(t)
		lo, hi := 1, len(runes)
		for lo < hi {
			mid := (lo + hi + 1) / 2
			if size(string(runes[:mid])) <= n {
				lo = mid
			} else {
				hi = mid - 1
			}
		}
		end := len(string(runes[:lo]))
		head := t[:end]
		if i := strings.LastIndexByte(head, '\n'); i > len(head)/3 {
			end = i + 1
		} else if i := strings.LastIndexAny(head, " 。；，"); i > len(head)/2 {
			_, w := utf8.DecodeRuneInString(head[i:])
			end = i + w
		}
		out = append(out, strings.TrimRight(t[:end], "\n"))
		t = t[end:]
	}
	if strings.TrimSpace(t) != "" {
		out = append(out, t)
	}
	return slices.DeleteFunc(out, func(s string) bool { return strings.TrimSpace(s) == "" })
}

// fences shows a command so that copying gives its bytes: one fence, or several
// where it holds a fence itself or is longer than a message.
func fences(text, lang string) (out []string, whole bool) {
	text = strings.TrimRight(strings.ToValidUTF8(text, "\uFFFD"), "\n")
	if strings.Trim(lang, "abcdefghijklmnopqrstuvwxyz0123456789+#-") != "" || len(lang) > 20 {
		lang = ""
	}
	whole = true
	if strings.TrimSpace(text) == "" {
		return nil, true
	}
	for text != "" {
		end := len(text)
		if i := strings.Index(text, "```"); i >= 0 {
			end = i + 2 // the third backtick begins the next part
		}
		if units(text[:end]) > maxPiece {
			used, at := 0, 0
			for i, r := range text[:end] {
				w := 1
				if r > 0xffff {
					w = 2
				}
				if used+w > maxPiece {
					at = i
					break
				}
				used += w
			}
			if i := strings.LastIndexByte(text[:at], '\n'); i > at/3 {
				at = i + 1
			}
			end = at
		}
		part := text[:end]
		if end < len(text) {
			whole = false
		}
		out = append(out, "```"+lang+"\n"+part+"\n```")
		text = text[end:]
	}
	return out, whole
}
