package runbooks

import (
	"strings"
	"unicode/utf8"

	xhtml "golang.org/x/net/html"
)

// htmlDocument reports that a text is an HTML page rather than a text with
// tags in it.
func htmlDocument(text string) bool {
	head := strings.ToLower(strings.TrimSpace(text[:min(len(text), 2048)]))
	for strings.HasPrefix(head, "<!--") || strings.HasPrefix(head, "<?xml") {
		_, rest, ok := strings.Cut(head, ">")
		if !ok {
			return false
		}
		head = strings.TrimSpace(rest)
	}
	if strings.HasPrefix(head, "<!doctype html") || strings.HasPrefix(head, "<html") || strings.HasPrefix(head, "<head") || strings.HasPrefix(head, "<body") {
		return true
	}
	if first, _, ok := strings.Cut(head, ">"); !ok || !strings.HasPrefix(first, "<") || !knownTag(first+">") {
		return false
	}
	// A fragment: elements of blocks begin most of its lines.
	lines, tags := 0, 0
	for l := range strings.Lines(text[:min(len(text), 64<<10)]) {
		if l = strings.TrimSpace(l); l == "" {
			continue
		}
		lines++
		if l[0] == '<' {
			tags++
		}
		if strings.HasPrefix(l, "#") || strings.HasPrefix(l, "```") || strings.HasPrefix(l, "- ") {
			return false
		}
	}
	return tags*2 > lines && strings.Contains(strings.ToLower(text), "</")
}

// A htmlWalk turns the tokens of a page into pieces. Spans reach from the first
// to the last word of an element, without its own tags.
type htmlWalk struct {
	b    *builder
	off  int // offset of the current token in the document
	sb   strings.Builder
	from int // of the words gathered; -1 for none
	to   int

	kind    BlockKind
	level   int // of the open heading
	pre     int // depth of pre elements
	mute    int // depth of elements that hold no text
	nav     int // depth of navigation
	navAt   []string
	lists   []htmlList
	item    []int // open items, innermost last; -1 before their first words
	inline  []inlineCode
	code    int // offset of open inline code; -1 for none
	codeBuf strings.Builder
	links   int
	linkLen int
	url     string
	inLink  bool
	table   bool
	lang    string
	quote   int
	space   bool
}

type htmlList struct {
	ordered bool
	id      int
}

// html parses the range s as HTML.
func (b *builder) html(s Span) {
	w := &htmlWalk{b: b, off: s.Start, from: -1, code: -1}
	z := xhtml.NewTokenizer(strings.NewReader(b.doc.Text[s.Start:s.End]))
	z.SetMaxBuf(1 << 22)
	for {
		tt := z.Next()
		if tt == xhtml.ErrorToken {
			break
		}
		raw := len(z.Raw())
		if tag := b.doc.Text[w.off : w.off+raw]; tt != xhtml.TextToken && tt != xhtml.CommentToken && tt != xhtml.DoctypeToken && !removableTag(tag) {
			tt = xhtml.TextToken // a placeholder such as <namespace>
		}
		switch tt {
		case xhtml.TextToken:
			w.text(b.doc.Text[w.off : w.off+raw])
		case xhtml.StartTagToken, xhtml.SelfClosingTagToken:
			name, more := z.TagName()
			attr := map[string]string{}
			for more {
				var k, v []byte
				k, v, more = z.TagAttr()
				attr[string(k)] = string(v)
			}
			w.start(string(name), attr, tt == xhtml.SelfClosingTagToken)
		case xhtml.EndTagToken:
			name, _ := z.TagName()
			w.end(string(name))
		}
		w.off += raw
	}
	w.flush()
	if w.off < s.End { // what the tokenizer gave up on
		rest := trimSpan(b.doc.Text, Span{w.off, s.End})
		if t := stripTags(b.doc.Slice(rest)); t != "" {
			b.emit(piece{Block: Block{Kind: Raw, Text: t, Span: rest}, parent: -1})
		}
	}
}

func (w *htmlWalk) text(raw string) {
	if w.mute > 0 {
		return
	}
	t := unescapeHTML(raw)
	if w.code >= 0 {
		w.codeBuf.WriteString(t)
	}
	if w.pre > 0 {
		if w.from < 0 && strings.TrimSpace(t) != "" {
			w.from = w.off + len(raw) - len(strings.TrimLeft(raw, " \t\n\f"))
			t = strings.TrimLeft(t, "\n")
		}
		if w.from >= 0 {
			w.sb.WriteString(t)
			if strings.TrimSpace(raw) != "" {
				w.to = w.off + len(strings.TrimRight(raw, " \t\n"))
			}
		}
		return
	}
	if strings.TrimSpace(t) == "" {
		w.space = w.space || t != ""
		return
	}
	lead := len(raw) - len(strings.TrimLeft(raw, " \t\n\f"))
	if w.from < 0 {
		w.from = w.off + lead
	} else if w.space || lead > 0 {
		if !strings.HasSuffix(w.sb.String(), "\n") {
			w.sb.WriteByte(' ')
		}
	}
	words := joinLines(t)
	w.sb.WriteString(words)
	if w.inLink {
		w.linkLen += utf8.RuneCountInString(words)
	}
	trimmed := strings.TrimRight(raw, " \t\n\f")
	w.to = w.off + len(trimmed)
	w.space = len(trimmed) < len(raw)
}

// flush emits the words gathered as a block.
func (w *htmlWalk) flush() {
	defer func() {
		w.sb.Reset()
		w.from, w.to, w.space = -1, 0, false
		w.inline, w.links, w.linkLen, w.url = nil, 0, 0, ""
	}()
	if w.from < 0 || w.to <= w.from {
		return
	}
	txt := w.sb.String()
	sp := Span{w.from, w.to}
	p := piece{Block: Block{Kind: w.kind, Text: strings.TrimSpace(txt), Span: sp}, parent: w.parent(), inline: w.inline, boiler: w.nav > 0, bodySpan: sp}
	if p.Text == "" {
		return
	}
	switch {
	case w.pre > 0 || w.kind == Code:
		p.Kind, p.Lang = Code, w.lang
		p.Text = dedent(strings.TrimRight(txt, " \t\n"))
		p.inline = nil
	case w.level > 0 && w.nav == 0 && len(w.lists) == 0 && !w.table:
		w.b.marked = true
		w.b.emit(piece{Block: Block{Text: p.Text, Span: sp}, level: w.level, parent: -1})
		return
	case len(w.item) > 0 && w.item[len(w.item)-1] < 0 && len(w.lists) > 0:
		l := &w.lists[len(w.lists)-1]
		p.Kind, p.ordered, p.list, p.Depth = ListItem, l.ordered, l.id, len(w.lists)-1
		if w.only(p.Text) {
			p.Kind, p.URL = Link, w.url
		}
		w.emit(p)
		w.item[len(w.item)-1] = len(w.b.pieces) - 1
		return
	case w.quote > 0:
		p.Kind = Quote
	case w.table:
		p.Kind = Table
	default:
		p.Kind = Paragraph
		if w.only(p.Text) && p.parent < 0 {
			p.Kind, p.URL = Link, w.url
		}
	}
	w.emit(p)
}

// emit appends a block, in a section of its own where navigation begins or
// ends.
func (w *htmlWalk) emit(p piece) {
	if n := len(w.b.pieces); p.boiler && (n == 0 || !w.b.pieces[n-1].boiler) || !p.boiler && n > 0 && w.b.pieces[n-1].boiler {
		w.b.emit(piece{Block: Block{Span: Span{p.Span.Start, p.Span.Start}}, level: 1, parent: -1, boiler: p.boiler})
	}
	if p.boiler || p.parent >= 0 && w.b.pieces[p.parent].boiler {
		p.parent = -1
	}
	w.b.emit(p)
}

func (w *htmlWalk) only(text string) bool {
	return w.links == 1 && w.url != "" && w.linkLen > 0 && utf8.RuneCountInString(text)-w.linkLen <= 4
}

// parent is the innermost open item that has words.
func (w *htmlWalk) parent() int {
	for i := len(w.item) - 1; i >= 0; i-- {
		if w.item[i] >= 0 {
			return w.item[i]
		}
	}
	return -1
}

// navigation reports an element that holds links around the text.
func navigation(name string, attr map[string]string) bool {
	switch name {
	case "nav", "footer", "aside", "menu":
		return true
	}
	switch attr["role"] {
	case "navigation", "banner", "contentinfo", "search", "complementary", "menu", "menubar":
		return true
	}
	for _, c := range strings.FieldsFunc(strings.ToLower(attr["class"]+" "+attr["id"]), func(r rune) bool { return r == ' ' || r == '-' || r == '_' }) {
		switch c {
		case "nav", "navbar", "navigation", "sidebar", "breadcrumb", "breadcrumbs", "menu", "footer", "toc", "pagination", "related", "share", "cookie", "advert", "ads":
			return name == "div" || name == "ul" || name == "section" || name == "header" || name == "ol"
		}
	}
	return false
}

func (w *htmlWalk) start(name string, attr map[string]string, closed bool) {
	if w.mute == 0 && navigation(name, attr) && len(w.navAt) < 64 {
		w.flush()
		w.nav++
		w.navAt = append(w.navAt, name)
	} else if w.nav > 0 && w.navAt[len(w.navAt)-1] == name {
		w.nav++
		w.navAt = append(w.navAt, name) // count elements of the same name
	}
	if muted(name) && !closed {
		w.mute++
	}
	switch name {
	case "h1", "h2", "h3", "h4", "h5", "h6":
		w.flush()
		w.level = int(name[1] - '0')
	case "br":
		if w.from >= 0 {
			w.sb.WriteByte('\n')
			w.space = false
		}
	case "hr", "div", "section", "article", "main", "header", "body", "form", "dl", "dd", "dt", "figure", "figcaption", "details", "summary", "p", "address", "center", "fieldset":
		w.flush()
		w.kind = Paragraph
	case "ul", "ol":
		w.flush()
		if len(w.lists) < w.b.opts.MaxDepth {
			w.b.lists++
			w.lists = append(w.lists, htmlList{ordered: name == "ol", id: w.b.lists})
		}
	case "li":
		w.flush()
		if len(w.item) >= len(w.lists) && len(w.item) > 0 {
			w.item = w.item[:len(w.item)-1]
		}
		if len(w.lists) > 0 {
			w.item = append(w.item, -1)
		}
	case "blockquote":
		w.flush()
		w.quote++
	case "pre":
		w.flush()
		w.pre++
		w.lang = langOf(attr["class"])
	case "code", "kbd", "samp", "tt":
		if w.pre > 0 {
			if w.lang == "" {
				w.lang = langOf(attr["class"])
			}
		} else if name == "code" {
			w.code = w.off
			w.codeBuf.Reset()
		}
	case "a":
		if attr["href"] != "" {
			w.inLink = true
			w.links++
			if w.url == "" {
				w.url = attr["href"]
			}
		}
	case "table":
		w.flush()
		w.table = true
	case "tr":
		if w.table && w.from >= 0 {
			w.sb.WriteByte('\n')
			w.space = false
		}
	case "td", "th":
		if w.table {
			w.space = true
		}
	}
}

// langOf finds the language in a class such as "language-bash".
func langOf(class string) string {
	for c := range strings.FieldsSeq(class) {
		for _, p := range [...]string{"language-", "lang-", "highlight-", "brush:"} {
			if v, ok := strings.CutPrefix(c, p); ok {
				return v
			}
		}
	}
	return ""
}

func (w *htmlWalk) end(name string) {
	if muted(name) {
		w.mute = max(0, w.mute-1)
	}
	switch name {
	case "h1", "h2", "h3", "h4", "h5", "h6":
		w.flush()
		w.level = 0
	case "p", "div", "section", "article", "main", "header", "body", "form", "dl", "dd", "dt", "figure", "figcaption", "details", "summary", "address", "center", "fieldset":
		w.flush()
		w.kind = Paragraph
	case "ul", "ol":
		w.flush()
		if n := len(w.lists); n > 0 {
			if len(w.item) >= n {
				w.item = w.item[:n-1]
			}
			w.lists = w.lists[:n-1]
		}
	case "li":
		w.flush()
		if n := len(w.item); n > 0 && n >= len(w.lists) {
			w.item = w.item[:n-1]
		}
	case "blockquote":
		w.flush()
		w.quote = max(0, w.quote-1)
	case "pre":
		w.flush()
		w.pre = max(0, w.pre-1)
		w.lang = ""
	case "code":
		if w.code >= 0 {
			if c := strings.TrimSpace(w.codeBuf.String()); c != "" {
				if i := strings.Index(w.b.doc.Text[w.code:w.off], ">"); i >= 0 {
					sp := trimSpan(w.b.doc.Text, Span{w.code + i + 1, w.off})
					if sp.Len() > 0 {
						w.inline = append(w.inline, inlineCode{Command{Text: joinLines(c), Span: sp}, -1})
					}
				}
			}
			w.code = -1
		}
	case "a":
		w.inLink = false
	case "table":
		w.flush()
		w.table = false
	}
	if w.nav > 0 && w.navAt[len(w.navAt)-1] == name {
		w.flush()
		w.nav--
		w.navAt = w.navAt[:len(w.navAt)-1]
	}
}
