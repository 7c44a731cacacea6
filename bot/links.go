package bot

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"cairn/adapters"
)

// maxLinks bounds the links that one quote gives.
const maxLinks = 100

// linksIn returns the links that stand in a quote, in order: Markdown links
// with their titles and bare addresses. Only http and https count.
func linksIn(quote string) []adapters.Link {
	var out []adapters.Link
	add := func(title, address string) {
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || len(address) > 2000 || strings.IndexFunc(address, hidden) >= 0 {
			return
		}
		if title = line(title, 200); title == "" {
			title = line(address, 200)
		}
		out = append(out, adapters.Link{Title: title, URL: address})
	}
	for i := 0; i < len(quote) && len(out) < maxLinks; {
		rest := quote[i:]
		switch {
		case strings.HasPrefix(rest, "!["): // an image is no link
			i += 2
			if end := strings.Index(rest, "]("); end > 0 && !strings.Contains(rest[:end], "\n") {
				if n := destination(rest[end+2:]); n >= 0 {
					i += end + n
				}
			}
		case rest[0] == '[':
			end := strings.Index(rest, "](")
			if end < 0 || strings.ContainsAny(rest[1:end], "\n[") {
				i++
				continue
			}
			n := destination(rest[end+2:])
			if n < 0 {
				i++
				continue
			}
			address, _, _ := strings.Cut(strings.TrimSpace(rest[end+2:end+2+n]), " ")
			add(strings.Trim(rest[1:end], "*_` "), strings.Trim(address, "<>"))
			i += end + 2 + n
		case strings.HasPrefix(rest, "http://"), strings.HasPrefix(rest, "https://"):
			n := bareAddress(rest)
			add("", rest[:n])
			i += n
		default:
			_, size := utf8.DecodeRuneInString(rest)
			i += size
		}
	}
	return out
}

// destination returns the length of a link's destination up to its closing
// parenthesis, or -1.
func destination(s string) int {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '\n':
			return -1
		case '(':
			depth++
		case ')':
			if depth == 0 {
				return i
			}
			depth--
		}
	}
	return -1
}

// bareAddress returns the length of the address that s begins with.
func bareAddress(s string) int {
	n := strings.IndexFunc(s, func(r rune) bool {
		return r >= utf8.RuneSelf || unicode.IsSpace(r) || strings.ContainsRune("<>\"'`|\\^{}[]", r)
	})
	if n < 0 {
		n = len(s)
	}
	for n > 0 && strings.IndexByte(".,;:!?*_)", s[n-1]) >= 0 {
		if s[n-1] == ')' && strings.Count(s[:n], "(") >= strings.Count(s[:n], ")") {
			break
		}
		n--
	}
	return n
}
