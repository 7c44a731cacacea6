package runbooks

import (
	"bytes"
	"strings"
	"sync"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// mdParser is goldmark's block and inline parser with tables; links are not
// made of bare addresses, for that costs a regular expression per word.
var mdParser = sync.OnceValue(func() parser.Parser {
	return parser.NewParser(
		parser.WithBlockParsers(parser.DefaultBlockParsers()...),
		parser.WithInlineParsers(parser.DefaultInlineParsers()...),
		parser.WithParagraphTransformers(append(parser.DefaultParagraphTransformers(),
			util.Prioritized(extension.NewTableParagraphTransformer(), 200))...),
		parser.WithASTTransformers(util.Prioritized(extension.NewTableASTTransformer(), 0)),
	)
})

// A mdWalk emits the pieces of one Markdown range. Goldmark's offsets are
// relative to src; base makes them offsets into the document.
type mdWalk struct {
	b    *builder
	src  []byte
	base int
	last int // end of the last emitted line, relative to src
	// level is the last heading's; noDump ends a run of paragraphs that was
	// found to be no dump.
	level  int
	noDump ast.Node
}

// markdown parses the range s as GitHub-flavoured Markdown.
func (b *builder) markdown(s Span) {
	if s.Len() == 0 {
		return
	}
	w := &mdWalk{b: b, src: []byte(b.doc.Text[s.Start:s.End]), base: s.Start}
	root := mdParser().Parse(text.NewReader(w.src))
	for n := root.FirstChild(); n != nil; n = n.NextSibling() {
		if last := w.dump(n); last != nil {
			n = last
			continue
		}
		w.block(n, -1, 0, 0)
	}
}

// dumpRun is how many one-line paragraphs in a row may be a pasted dump.
const dumpRun = 12

// dump parses a run of paragraphs that are the lines of a dump with an empty
// line after each, pasted into Markdown. It returns the last of them, nil where
// n begins no such run.
func (w *mdWalk) dump(n ast.Node) (last ast.Node) {
	if w.noDump != nil {
		if n == w.noDump {
			w.noDump = nil
		}
		return nil
	}
	if n.Kind() != ast.KindParagraph {
		return nil
	}
	count := 0
	for c := n; c != nil && c.Kind() == ast.KindParagraph; c = c.NextSibling() {
		last = c
		count++
	}
	if count < dumpRun {
		return nil
	}
	lines := last.Lines()
	sp := w.wholeLines(n.Lines().At(0).Start, lines.At(lines.Len()-1).Stop)
	if !layoutOf(linesOf(w.b.doc.Text, sp)).spaced || strings.Count(w.b.doc.Slice(sp), "](")*4 > count {
		w.noDump = last // not to be looked at again inside the run
		return nil
	}
	w.b.plainBody(sp, w.level, "", -1, false)
	w.last = max(w.last, sp.End-w.base)
	return last
}

// block emits one block node. parent is the list item the node lies in, depth
// the nesting of lists, nest that of all containers.
func (w *mdWalk) block(n ast.Node, parent, depth, nest int) {
	if nest > w.b.opts.MaxDepth {
		w.flat(n, parent)
		return
	}
	switch n := n.(type) {
	case *ast.Heading:
		in := w.inlines(n)
		sp := w.lineSpan(n)
		if sp.Len() == 0 || strings.TrimSpace(in.text) == "" {
			return
		}
		if parent >= 0 || nest > 0 {
			w.emit(piece{Block: Block{Kind: Paragraph, Text: in.text, Span: sp}, parent: parent, inline: in.code})
			return
		}
		w.level = n.Level
		w.b.marked = true
		w.emit(piece{Block: Block{Text: in.text, Span: sp}, level: n.Level, parent: -1})
	case *ast.Paragraph, *ast.TextBlock:
		w.paragraph(n, parent, depth)
	case *ast.List:
		w.list(n, parent, depth, nest)
	case *ast.FencedCodeBlock:
		lang := string(n.Language(w.src))
		w.code(n, parent, lang, true)
	case *ast.CodeBlock:
		w.code(n, parent, "", false)
	case *ast.Blockquote:
		w.quote(n, parent, depth, nest)
	case *extast.Table:
		w.table(n, parent)
	case *ast.HTMLBlock:
		w.html(n, parent)
	case *ast.ThematicBreak, *ast.LinkReferenceDefinition:
	default:
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			w.block(c, parent, depth, nest+1)
		}
	}
}

func (w *mdWalk) emit(p piece) int {
	if p.bodySpan == (Span{}) {
		p.bodySpan = p.Span
	}
	w.last = max(w.last, p.Span.End-w.base)
	return w.b.emit(p)
}

// flat emits everything below n as one paragraph.
func (w *mdWalk) flat(n ast.Node, parent int) {
	sp := w.subtreeSpan(n)
	if sp.Len() == 0 {
		return
	}
	w.emit(piece{Block: Block{Kind: Paragraph, Text: joinLines(w.b.doc.Slice(sp)), Span: sp}, parent: parent})
}

// subtreeSpan covers the lines of n and of everything below it.
func (w *mdWalk) subtreeSpan(n ast.Node) Span {
	lo, hi := -1, -1
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering || n.Type() == ast.TypeInline {
			return ast.WalkSkipChildren, nil
		}
		if l := n.Lines(); l != nil && l.Len() > 0 {
			if s := l.At(0).Start; lo < 0 || s < lo {
				lo = s
			}
			hi = max(hi, l.At(l.Len()-1).Stop)
		}
		return ast.WalkContinue, nil
	})
	if lo < 0 {
		return Span{}
	}
	return w.wholeLines(lo, hi)
}

// wholeLines widens offsets of src to whole lines, without indentation,
// relative to the document; it never reaches before what was emitted.
func (w *mdWalk) wholeLines(lo, hi int) Span {
	start := bytes.LastIndexByte(w.src[:lo], '\n') + 1
	start = max(start, w.last)
	if hi > 0 && hi <= len(w.src) && w.src[hi-1] != '\n' {
		if i := bytes.IndexByte(w.src[hi:], '\n'); i >= 0 {
			hi += i
		} else {
			hi = len(w.src)
		}
	}
	return trimSpan(w.b.doc.Text, Span{w.base + start, w.base + max(hi, start)})
}

// lineSpan covers the lines of a block node.
func (w *mdWalk) lineSpan(n ast.Node) Span {
	l := n.Lines()
	if l == nil || l.Len() == 0 {
		return Span{}
	}
	sp := w.wholeLines(l.At(0).Start, l.At(l.Len()-1).Stop)
	if h, ok := n.(*ast.Heading); ok && h.Level <= 2 {
		// The line below a setext heading belongs to it.
		if rest := w.src[sp.End-w.base:]; len(rest) > 0 && rest[0] == '\n' {
			line, _, _ := bytes.Cut(rest[1:], []byte{'\n'})
			if t := bytes.TrimSpace(line); len(t) > 0 && (len(bytes.Trim(t, "=")) == 0 || len(bytes.Trim(t, "-")) == 0) &&
				!bytes.HasPrefix(bytes.TrimSpace(w.src[sp.Start-w.base:]), []byte{'#'}) {
				sp.End += 1 + len(bytes.TrimRight(line, " \t"))
			}
		}
	}
	return sp
}

func (w *mdWalk) paragraph(n ast.Node, parent, depth int) {
	in := w.inlines(n)
	sp := w.lineSpan(n)
	if sp.Len() == 0 || strings.TrimSpace(in.text) == "" {
		return
	}
	if parent < 0 {
		w.links(n, sp, in)
		return
	}
	w.emit(piece{Block: Block{Kind: Paragraph, Text: in.text, Span: sp, Depth: depth}, parent: parent, inline: in.code})
}

// cutAlert cuts the mark of an admonition from the head of a text: [!NOTE] of
// GitHub, !!! note of MkDocs, :::note of Docusaurus.
func cutAlert(s string) string {
	if n := alertMark(s); n > 0 {
		return strings.TrimSpace(s[n:])
	}
	return s
}

// alertMark is the length of an admonition's mark at the head of s.
func alertMark(s string) int {
	word := func(from int) int {
		n := from
		for n < len(s) && (s[n]|0x20 >= 'a' && s[n]|0x20 <= 'z') {
			n++
		}
		if n == from {
			return 0
		}
		return n
	}
	switch {
	case strings.HasPrefix(s, "[!"):
		if n := word(2); n > 0 && n < len(s) && s[n] == ']' {
			return n + 1
		}
	case strings.HasPrefix(s, "!!! "), strings.HasPrefix(s, "??? "):
		return word(4)
	case strings.HasPrefix(s, ":::"):
		if n := word(3); n > 0 {
			return n
		}
		if n := strings.TrimRight(s, " "); n == ":::" {
			return 3
		}
	}
	return 0
}

// links emits a paragraph; one that consists of titled links, a line each,
// becomes a Link block per line.
func (w *mdWalk) links(n ast.Node, sp Span, in inlineText) {
	if in.only && in.url != "" {
		w.emit(piece{Block: Block{Kind: Link, Text: in.text, URL: in.url, Span: sp}, parent: -1})
		return
	}
	if in.url != "" && w.linkLines(sp) || w.looseLines(sp) {
		return
	}
	if n := alertMark(in.text); n > 0 && alertMark(w.b.doc.Slice(sp)) == n {
		if in.text = cutAlert(in.text); in.text != "" {
			w.emit(piece{Block: Block{Kind: Quote, Text: in.text, Span: sp}, parent: -1, inline: in.code})
		}
		return
	}
	w.emit(piece{Block: Block{Kind: Paragraph, Text: in.text, Span: sp}, parent: -1, inline: in.code})
}

// looseLines emits a paragraph whose lines are more than a wrapped paragraph:
// items with markers that Markdown does not know, or a pasted text without
// markup. It reports false for any other paragraph.
func (w *mdWalk) looseLines(sp Span) bool {
	if strings.IndexByte(w.b.doc.Slice(sp), '\n') < 0 {
		return false
	}
	lines := linesOf(w.b.doc.Text, sp)
	items := 0
	for i := range lines {
		if m := parseMark(lines[i].text).style; m.strong() || m == paren || m == dot {
			items++
		}
	}
	dense := false
	if len(lines) >= dumpRun {
		lay := layoutOf(lines)
		dense = lay.dense && lay.wrap == 0
	}
	if items < 2 && !dense {
		return false
	}
	w.b.plainBody(sp, w.level, "", -1, !dense)
	w.last = max(w.last, sp.End-w.base)
	return true
}

// linkLines emits a paragraph that has lines of one titled link each; it
// reports false where there is none.
func (w *mdWalk) linkLines(sp Span) bool {
	text := w.b.doc.Text
	lines := linesOf(text, sp)
	if len(lines) < 2 {
		return false
	}
	type part struct {
		span      Span
		text, url string
		code      []inlineCode
	}
	var parts []part
	links := 0
	for i := range lines {
		l := &lines[i]
		t, code, url, only := foldInline(text, l.span(), l.text)
		if t == "" {
			continue
		}
		if only && url != "" {
			links++
			parts = append(parts, part{l.span(), t, url, nil})
			continue
		}
		if n := len(parts); n > 0 && parts[n-1].url == "" {
			p := &parts[n-1]
			p.span.End = l.end
			p.text = joinTwo(p.text, t)
			for _, c := range code {
				c.at = -1
				p.code = append(p.code, c)
			}
			continue
		}
		parts = append(parts, part{l.span(), t, "", code})
	}
	if links == 0 {
		return false
	}
	for _, p := range parts {
		kind := Paragraph
		if p.url != "" {
			kind = Link
		}
		w.emit(piece{Block: Block{Kind: kind, Text: p.text, URL: p.url, Span: p.span}, parent: -1, inline: p.code})
	}
	return true
}

func (w *mdWalk) list(l *ast.List, parent, depth, nest int) {
	w.b.lists++
	id := w.b.lists
	for c := l.FirstChild(); c != nil; c = c.NextSibling() {
		item := -1
		first := c.FirstChild()
		if first != nil && (first.Kind() == ast.KindTextBlock || first.Kind() == ast.KindParagraph) {
			in := w.inlines(first)
			sp := w.lineSpan(first)
			if sp.Len() > 0 {
				label := marker(w.b.doc.Slice(sp))
				p := piece{
					Block:   Block{Kind: ListItem, Text: in.text, Depth: depth, Span: sp},
					label:   label,
					ordered: l.IsOrdered(), list: id, parent: parent, inline: in.code,
				}
				p.bodySpan = trimSpan(w.b.doc.Text, Span{sp.Start + len(label), sp.End})
				if in.only && in.url != "" {
					p.Kind, p.URL = Link, in.url
				}
				item = w.emit(p)
			}
			first = first.NextSibling()
		} else if first != nil && first.Kind() != ast.KindList {
			// An item that begins with its block: the words are missing, the
			// step is not.
			sp := w.subtreeSpan(c)
			if at := first.Pos(); sp.Len() > 0 && at >= 0 && w.base+at < sp.Start {
				sp = w.wholeLines(at, sp.End-w.base)
			}
			if sp.Len() > 0 {
				item = w.emit(piece{Block: Block{Kind: ListItem, Depth: depth, Span: Span{sp.Start, sp.Start}}, label: marker(w.b.doc.Slice(sp)),
					ordered: l.IsOrdered(), list: id, parent: parent})
			}
		}
		for ; first != nil; first = first.NextSibling() {
			if sub, ok := first.(*ast.List); ok {
				w.list(sub, item, depth+1, nest+1)
				continue
			}
			p := item
			if p < 0 {
				p = parent
			}
			w.block(first, p, depth, nest+1)
		}
	}
}

// marker returns the list marker at the head of a line.
func marker(line string) string {
	i := 0
	for i < len(line) && line[i] >= '0' && line[i] <= '9' {
		i++
	}
	if i > 0 && i < len(line) && (line[i] == '.' || line[i] == ')') {
		return line[:i+1]
	}
	if i == 0 && line != "" && strings.IndexByte("-*+", line[0]) >= 0 {
		return line[:1]
	}
	return ""
}

func (w *mdWalk) code(n ast.Node, parent int, lang string, fenced bool) {
	l := n.Lines()
	var sb strings.Builder
	for i := range l.Len() {
		seg := l.At(i)
		sb.Write(seg.Value(w.src))
	}
	code := strings.TrimRight(sb.String(), " \t\n")
	if strings.TrimSpace(code) == "" {
		return
	}
	lo, hi := l.At(0).Start, l.At(l.Len()-1).Stop
	if fenced {
		if p := n.Pos(); p >= 0 && p < lo {
			lo = p
		}
		hi = w.closingFence(hi)
	}
	sp := w.wholeLines(lo, hi)
	w.emit(piece{Block: Block{Kind: Code, Text: dedent(code), Lang: lang, Span: sp}, parent: parent})
}

// closingFence moves the end of a fence's content over the line that closes it.
func (w *mdWalk) closingFence(hi int) int {
	line := w.src[hi:]
	if i := bytes.IndexByte(line, '\n'); i >= 0 {
		line = line[:i]
	}
	t := bytes.TrimLeft(line, " \t>")
	if bytes.HasPrefix(t, []byte("```")) || bytes.HasPrefix(t, []byte("~~~")) {
		return hi + len(line)
	}
	return hi
}

func (w *mdWalk) quote(n ast.Node, parent, depth, nest int) {
	// A quotation of paragraphs is one block; with lists or code in it, the
	// pieces stand for themselves.
	plain := true
	var parts []string
	var code []inlineCode
	size := 0
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if c.Kind() != ast.KindParagraph {
			plain = false
			break
		}
		in := w.inlines(c)
		parts = append(parts, in.text)
		for _, c := range in.code {
			c.move(size)
			code = append(code, c)
		}
		size += len(in.text) + 1
	}
	if !plain {
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			w.block(c, parent, depth, nest+1)
		}
		return
	}
	sp := w.subtreeSpan(n)
	if sp.Len() == 0 {
		return
	}
	text := strings.Join(parts, "\n")
	cut := cutAlert(text)
	for k := range code {
		code[k].move(len(cut) - len(text))
	}
	w.emit(piece{Block: Block{Kind: Quote, Text: cut, Span: sp}, parent: parent, inline: code})
}

func (w *mdWalk) table(n *extast.Table, parent int) {
	var sb strings.Builder
	lo, hi := -1, -1
	for row := n.FirstChild(); row != nil; row = row.NextSibling() {
		if sb.Len() > 0 {
			sb.WriteByte('\n')
		}
		first := true
		for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
			if t := w.inlines(cell).text; t != "" {
				if !first {
					sb.WriteByte(' ')
				}
				first = false
				sb.WriteString(t)
			}
			if l := cell.Lines(); l != nil && l.Len() > 0 {
				if lo < 0 || l.At(0).Start < lo {
					lo = l.At(0).Start
				}
				hi = max(hi, l.At(l.Len()-1).Stop)
			}
		}
	}
	if lo < 0 {
		return
	}
	sp := w.wholeLines(lo, hi)
	txt := sb.String()
	if raw := w.b.doc.Slice(sp); surplusCells(raw, len(n.Alignments)) {
		// Markdown drops what has no column; a reader must not miss it.
		txt, _, _, _ = foldInline(w.b.doc.Text, sp, tableText(raw))
	}
	w.emit(piece{Block: Block{Kind: Table, Text: txt, Span: sp}, parent: parent})
}

// structured reports HTML with headings, lists, tables or code in it.
func structured(raw string) bool {
	raw = strings.ToLower(raw)
	for _, tag := range [...]string{"<h1", "<h2", "<h3", "<h4", "<li", "<pre", "<table", "<tr"} {
		if strings.Contains(raw, tag) {
			return true
		}
	}
	return false
}

// surplusCells reports a row of a table with more cells than columns.
func surplusCells(raw string, columns int) bool {
	for l := range strings.Lines(raw) {
		l = strings.TrimSpace(l)
		bars := strings.Count(l, "|") - strings.Count(l, `\|`)
		if strings.HasPrefix(l, "|") {
			bars--
		}
		if strings.HasSuffix(l, "|") {
			bars--
		}
		if bars >= columns {
			return true
		}
	}
	return false
}

func (w *mdWalk) html(n *ast.HTMLBlock, parent int) {
	l := n.Lines()
	if l.Len() == 0 {
		return
	}
	hi := l.At(l.Len() - 1).Stop
	if n.HasClosure() {
		hi = max(hi, n.ClosureLine.Stop)
	}
	sp := w.wholeLines(l.At(0).Start, hi)
	if sp.Len() == 0 {
		return
	}
	if raw := w.b.doc.Slice(sp); parent < 0 && structured(raw) {
		w.b.html(sp)
		w.last = max(w.last, sp.End-w.base)
		return
	}
	txt := stripTags(w.b.doc.Slice(sp))
	if strings.TrimSpace(txt) == "" {
		return
	}
	w.emit(piece{Block: Block{Kind: Raw, Text: txt, Span: sp}, parent: parent})
}
