package runbooks

import (
	"bytes"
	"html"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/util"
)

// inlineText is the text of a Markdown block without its markup.
type inlineText struct {
	text string
	code []inlineCode
	url  string // the first link's address
	only bool   // one titled link and little else
}

// inlines folds the inline content of n: emphasis, link targets, tags and
// entities go, wrapped lines are joined.
func (w *mdWalk) inlines(n ast.Node) inlineText {
	var in inlineText
	var sb folder
	links, linked := 0, 0
	var walk func(n ast.Node, depth int)
	walk = func(n ast.Node, depth int) {
		if depth > 100 {
			return
		}
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			switch c := c.(type) {
			case *ast.Text:
				sb.write(unescape(c.Segment.Value(w.src)))
				if c.HardLineBreak() {
					sb.hard = true
				} else if c.SoftLineBreak() {
					sb.soft = true
					sb.hard = labelled(w.src[c.Segment.Stop:])
				}
			case *ast.String:
				sb.write(string(c.Value))
			case *ast.CodeSpan:
				start, end := -1, -1
				var code strings.Builder
				for t := c.FirstChild(); t != nil; t = t.NextSibling() {
					if t, ok := t.(*ast.Text); ok {
						if start < 0 {
							start = t.Segment.Start
						}
						end = t.Segment.Stop
						code.Write(bytes.ReplaceAll(t.Segment.Value(w.src), []byte{'\n'}, []byte{' '}))
					}
				}
				sb.write(code.String())
				if start >= 0 {
					c := inlineCode{Command{Text: code.String(), Span: Span{w.base + start, w.base + end}}, -1}
					if alone(w.src, start, end) {
						c.at = sb.sb.Len() - code.Len()
					}
					in.code = append(in.code, c)
				}
			case *ast.AutoLink:
				sb.write(string(c.Label(w.src)))
			case *ast.RawHTML:
				var tag strings.Builder
				for i := range c.Segments.Len() {
					seg := c.Segments.At(i)
					tag.Write(seg.Value(w.src))
				}
				if t := tag.String(); !removableTag(t) {
					sb.write(t)
				} else if isBreak(t) {
					sb.hard = true
				}
			case *ast.Link:
				before := sb.runes()
				walk(c, depth+1)
				if t := sb.runes() - before; t > 0 {
					links++
					linked += t
					if in.url == "" {
						in.url = string(c.Destination)
					}
				}
			case *ast.Image:
			default:
				walk(c, depth+1)
			}
		}
	}
	walk(n, 0)
	in.text = strings.TrimSpace(stripShortcodes(sb.String()))
	for k := range in.code {
		in.code[k].move(len(strings.TrimLeft(sb.String(), " \n")) - sb.sb.Len())
	}
	if links == 1 {
		in.only = utf8.RuneCountInString(in.text)-linked <= 4
	}
	return in
}

// An inlineCode is a piece of inline code in a folded text.
type inlineCode struct {
	Command
	// at is its offset in the folded text; -1 where no single code mark stands
	// on either side of it in the document.
	at int
}

func (c *inlineCode) move(by int) {
	if c.at >= 0 {
		c.at = max(c.at+by, -1)
	}
}

// alone reports that a single code mark stands on either side of src[start:end].
func alone(src []byte, start, end int) bool {
	single := func(at, beyond int) bool {
		return at >= 0 && at < len(src) && src[at] == '`' && (beyond < 0 || beyond >= len(src) || src[beyond] != '`')
	}
	return single(start-1, start-2) && single(end, end+1)
}

// withMarks is the folded text with the marks around its inline code, so that
// a reader sees what is code. Where a mark would be misread it has none.
func withMarks(text string, code []inlineCode) string {
	if len(code) == 0 || strings.IndexByte(text, '`') >= 0 {
		return text
	}
	var sb strings.Builder
	at := 0
	for _, c := range code {
		if c.at < at || c.at+len(c.Text) > len(text) || text[c.at:c.at+len(c.Text)] != c.Text {
			continue
		}
		sb.WriteString(text[at:c.at])
		sb.WriteByte('`')
		sb.WriteString(c.Text)
		sb.WriteByte('`')
		at = c.at + len(c.Text)
	}
	sb.WriteString(text[at:])
	return sb.String()
}

// A shortcode of a site generator stands in s[from:to]; its words, where it has
// any, in s[words:end].
func shortcode(s string, at int) (from, to, words, end int) {
	for at < len(s) {
		k := strings.Index(s[at:], "{{")
		if k < 0 || at+k+2 >= len(s) {
			return -1, 0, 0, 0
		}
		from = at + k
		closer := ""
		switch s[from+2] {
		case '<':
			closer = ">}}"
		case '%':
			closer = "%}}"
		default:
			at = from + 2
			continue
		}
		z := strings.Index(s[from:min(len(s), from+2000)], closer)
		if z < 0 {
			at = from + 2
			continue
		}
		to = from + z + len(closer)
		body := s[from:to]
		if t := strings.Index(body, `text="`); t > 0 && asciiSpace(body[t-1]) {
			words = from + t + len(`text="`)
			if q := strings.IndexByte(s[words:to], '"'); q >= 0 {
				return from, to, words, words + q
			}
		}
		return from, to, from, from
	}
	return -1, 0, 0, 0
}

// stripShortcodes removes the shortcodes of site generators, except for the
// words that they show.
func stripShortcodes(s string) string {
	if !strings.Contains(s, "{{") {
		return s
	}
	var sb strings.Builder
	at := 0
	for {
		from, to, words, end := shortcode(s, at)
		if from < 0 {
			break
		}
		sb.WriteString(s[at:from])
		sb.WriteString(s[words:end])
		at = to
	}
	sb.WriteString(s[at:])
	return sb.String()
}

// labelled reports that the line after the next line break says what a step
// should show, so that it must not be joined to the line before.
func labelled(rest []byte) bool {
	i := bytes.IndexByte(rest, '\n')
	if i < 0 {
		return false
	}
	l := bytes.TrimLeft(rest[i+1:min(len(rest), i+120)], " \t*_>")
	j := bytes.IndexAny(l, ":：\n")
	if j <= 0 || l[j] == '\n' {
		return false
	}
	return expectation(strings.TrimRight(string(l[:j]), "*_ ") + ": x")
}

// A folder joins wrapped lines: with a space between words, with nothing
// between wide characters.
type folder struct {
	sb         strings.Builder
	last       rune
	n          int
	soft, hard bool
}

func (f *folder) write(s string) {
	if s == "" {
		return
	}
	r, _ := utf8.DecodeRuneInString(s)
	switch {
	case f.sb.Len() == 0:
	case f.hard:
		f.sb.WriteByte('\n')
	case f.soft && !(isWide(f.last) && isWide(r)):
		f.sb.WriteByte(' ')
	}
	f.soft, f.hard = false, false
	f.sb.WriteString(s)
	f.last, _ = utf8.DecodeLastRuneInString(s)
	f.n += utf8.RuneCountInString(s)
}

func (f *folder) runes() int     { return f.n }
func (f *folder) String() string { return f.sb.String() }

// joinLines folds the wrapped lines of plain text.
func joinLines(s string) string {
	var f folder
	for line := range strings.Lines(s) {
		if t := strings.TrimSpace(line); t != "" {
			f.soft = true
			f.write(t)
		}
	}
	return f.String()
}

// unescape resolves backslash escapes and character entities.
func unescape(b []byte) string {
	if bytes.IndexByte(b, '\\') >= 0 {
		b = util.UnescapePunctuations(b)
	}
	return unescapeHTML(string(b))
}

// dedent removes the indentation that all lines share.
func dedent(s string) string {
	common := -1
	for line := range strings.Lines(s) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		n := len(line) - len(strings.TrimLeft(line, " \t"))
		if common < 0 || n < common {
			common = n
		}
	}
	if common <= 0 {
		return s
	}
	var sb strings.Builder
	for line := range strings.Lines(s) {
		sb.WriteString(line[min(common, len(line)-len(strings.TrimLeft(line, " \t"))):])
	}
	return sb.String()
}

// knownTag reports that s is a tag of HTML rather than a placeholder such as
// <namespace>.
func knownTag(s string) bool {
	if strings.HasPrefix(s, "<!") || strings.HasPrefix(s, "<?") {
		return true
	}
	name := strings.TrimLeft(s, "</")
	end := strings.IndexFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9')
	})
	if end <= 0 {
		return false
	}
	rest := name[end:]
	if rest[0] == '-' || rest[0] == '_' || rest[0] == '.' || rest[0] == ':' {
		return false
	}
	switch strings.ToLower(name[:end]) {
	case "a", "abbr", "address", "article", "aside", "audio", "b", "blockquote", "body", "br", "button", "canvas",
		"caption", "center", "cite", "code", "col", "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt", "em",
		"embed", "fieldset", "figcaption", "figure", "font", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
		"head", "header", "hr", "html", "i", "iframe", "img", "input", "ins", "kbd", "label", "legend", "li", "link",
		"main", "mark", "meta", "nav", "noscript", "object", "ol", "option", "p", "picture", "pre", "q", "s", "samp",
		"script", "section", "select", "small", "source", "span", "strike", "strong", "style", "sub", "summary", "sup",
		"svg", "table", "tbody", "td", "template", "textarea", "tfoot", "th", "thead", "time", "title", "tr", "tt",
		"u", "ul", "var", "video", "wbr":
		return true
	}
	return false
}

// removableTag reports markup: a tag of HTML, or one that is no placeholder
// because it closes an element or has attributes.
func removableTag(s string) bool {
	return knownTag(s) || strings.HasPrefix(s, "</") || strings.Contains(s, `="`)
}

// unescapeHTML resolves the character entities of s, each with its semicolon.
func unescapeHTML(s string) string {
	if strings.IndexByte(s, '&') < 0 {
		return s
	}
	var sb strings.Builder
	for {
		i := strings.IndexByte(s, '&')
		if i < 0 {
			break
		}
		sb.WriteString(s[:i])
		s = s[i:]
		k := strings.IndexByte(s[:min(len(s), 40)], ';')
		if k < 2 || strings.IndexByte(s[1:k], '&') >= 0 {
			sb.WriteByte('&')
			s = s[1:]
			continue
		}
		sb.WriteString(html.UnescapeString(s[:k+1]))
		s = s[k+1:]
	}
	sb.WriteString(s)
	return sb.String()
}

func isBreak(tag string) bool {
	t := strings.ToLower(strings.Trim(tag, "</ >"))
	return t == "br" || t == "p" || t == "li" || t == "div"
}

// stripTags removes the HTML tags of s and resolves entities.
func stripTags(s string) string {
	var sb strings.Builder
	for {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			sb.WriteString(s)
			break
		}
		sb.WriteString(s[:i])
		s = s[i:]
		if strings.HasPrefix(s, "<!--") {
			if j := strings.Index(s[4:], "-->"); j >= 0 {
				s = s[4+j+3:]
				continue
			}
		}
		j := strings.IndexByte(s, '>')
		if j < 0 || !removableTag(s[:j+1]) {
			sb.WriteByte('<')
			s = s[1:]
			continue
		}
		s = s[j+1:]
	}
	out := unescapeHTML(sb.String())
	var lines []string
	for line := range strings.Lines(out) {
		if t := strings.TrimSpace(line); t != "" {
			lines = append(lines, t)
		}
	}
	return strings.Join(lines, "\n")
}
