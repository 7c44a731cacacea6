package runbooks

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of what can be a heading in a text without markup.
const (
	headRunes = 42
	headWidth = 64
	// menuRun is how many short lines in a row are a menu or a list rather
	// than headings.
	menuRun = 8
)

// A plainText parses a range without markup: short lines are headings, numbers
// and signs are items, what looks typed is code. It copes with what Markdown is
// scattered in such texts.
type plainText struct {
	b    *builder
	lay  layout
	rows []row
	base int // level that headings are put below
	in   int // piece of the list item the whole range lies in; -1 for none
	flat bool
	// title is the heading that the range stands under, rest that it stands under
	// one; context counts the bytes of running text around the range.
	title   string
	rest    bool
	context int
}

// plain parses the range s as text without markup. Headings get levels below
// base. With flat set, no line becomes a heading: s is the body of something
// that has one.
func (b *builder) plain(s Span, base int, flat bool) {
	lines := linesOf(b.doc.Text, s)
	lay := layoutOf(lines)
	p := &plainText{b: b, lay: lay, base: base, in: -1, flat: flat, context: b.running}
	p.rows = rowsOf(b.doc.Text, lines, lay)
	p.run()
}

func (p *plainText) run() {
	p.code()
	p.commentHeads()
	if !p.flat {
		p.menus()
		p.parallel()
		p.headings()
		p.numberedHeads()
		p.batches()
		p.levels()
	}
	p.emitAll()
}

// code turns rows that are code only beside other code into code.
func (p *plainText) code() {
	rows := p.rows
	for i := 0; i < len(rows); i++ {
		if rows[i].kind == rowCode {
			i = p.enclosed(i)
		}
	}
	near := func(i int) bool {
		return i >= 0 && i < len(rows) && rows[i].kind == rowCode
	}
	codeGap := func(i int) bool { return rows[i].blanks <= 1 }
	for i := 0; i < len(rows); i++ {
		r := &rows[i]
		if r.kind != rowProse && r.kind != rowItem || r.lines > 1 {
			continue
		}
		before := near(i-1) && codeGap(i)
		after := near(i+1) && rows[i+1].blanks <= 1 && i+1 < len(rows)
		latin := hanCount(r.text) == 0
		switch {
		case r.kind == rowItem && r.mark.style == bullet:
			// A list inside a configuration file.
			body, _, _ := strings.Cut(r.text[r.mark.size:], " #")
			key := i > 0 && rows[i-1].score == 1 && strings.HasSuffix(rows[i-1].text, ":") && hanCount(rows[i-1].text) == 0
			if (before || key) && hanCount(body) == 0 && !strings.Contains(body, " ") {
				r.kind = rowCode
				if key {
					rows[i-1].kind = rowCode
				}
			}
		case r.kind == rowItem:
		case r.score == 1 && (before || after):
			r.kind = rowCode
		case before && latin && !endsSentence(r.text) && !sentenceLike(r.text) && (after && !plainName(r.text) || codeish(r.text)):
			r.kind = rowCode
		}
		if r.kind == rowCode {
			i = p.enclosed(i)
		}
	}
	// Lines above a code line that only make sense with it.
	for i := len(rows) - 2; i >= 0; i-- {
		r := &rows[i]
		if r.kind == rowProse && r.score == 1 && r.lines == 1 && rows[i+1].kind == rowCode && rows[i+1].blanks <= 1 {
			r.kind = rowCode
		}
	}
}

// enclosed extends the code row i over what it opens: a here document up to its
// mark, a bracket up to the line that closes it. It returns the last row.
func (p *plainText) enclosed(i int) int {
	rows := p.rows
	take := func(end int) int {
		for k := i; k <= end; k++ {
			if rows[k].kind != rowFence {
				rows[k].kind = rowCode
			}
		}
		return end
	}
	if at := strings.Index(rows[i].text, "<<"); at >= 0 {
		word := strings.Trim(strings.TrimLeft(rows[i].text[at:], "<-"), " '\"")
		word, _, _ = strings.Cut(word, " ")
		for k := i + 1; word != "" && k < len(rows) && k <= i+80; k++ {
			if rows[k].text == word {
				return take(k)
			}
		}
	}
	depth := brackets(rows[i].text)
	if depth <= 0 || !strings.ContainsAny(rows[i].text[len(rows[i].text)-1:], "({[,") {
		return i
	}
	for k := i + 1; k < len(rows) && k <= i+80; k++ {
		if rows[k].kind == rowFence || rows[k].kind == rowTable || hanCount(rows[k].text)*2 > utf8.RuneCountInString(rows[k].text) && rows[k].score == 0 {
			return i
		}
		if depth += brackets(rows[k].text); depth <= 0 {
			return take(k)
		}
	}
	return i
}

func brackets(s string) int {
	n := 0
	for i := range len(s) {
		switch s[i] {
		case '(', '{', '[':
			n++
		case ')', '}', ']':
			n--
		}
	}
	return n
}

// plainName reports a single lower-case word, which between two commands is
// more likely the name of the second.
func plainName(s string) bool {
	for i := range len(s) {
		if s[i] < 'a' || s[i] > 'z' {
			return false
		}
	}
	switch s {
	case "do", "done", "fi", "then", "else", "esac", "exit":
		return false
	}
	return true
}

// codeish reports signs that a Latin line beside code belongs to it.
func codeish(s string) bool {
	return strings.ContainsAny(s, "=/|{}()[]<>$;\"'\\:@*") || strings.ContainsAny(s, "0123456789")
}

// commentHeads recognises Markdown headings that stand in the text. A single #
// is more often a comment, so it counts only away from code.
func (p *plainText) commentHeads() {
	for i := range p.rows {
		r := &p.rows[i]
		if r.kind != rowProse && r.kind != rowCode || r.lines > 1 || !strings.HasPrefix(r.text, "#") {
			continue
		}
		n := len(r.text) - len(strings.TrimLeft(r.text, "#"))
		title := strings.TrimSpace(strings.Trim(r.text[n:], "# "))
		if n > 6 || title == "" || utf8.RuneCountInString(title) > 120 || r.text[n] != ' ' && n < 2 {
			continue
		}
		if n == 1 && (r.kind == rowCode || i > 0 && p.rows[i-1].kind == rowCode || i+1 < len(p.rows) && p.rows[i+1].kind == rowCode || p.lay.dense || p.lay.wrap > 0) {
			continue
		}
		if r.kind == rowCode && n < 3 {
			continue
		}
		r.kind, r.level, r.text = rowHead, n, title
	}
}

// headish reports that a row could be a heading by itself.
func (p *plainText) headish(i int) bool {
	r := &p.rows[i]
	if r.kind != rowProse || r.lines > 1 || r.mark.style == bullet || r.indent >= 8 && p.lay.wrap == 0 || strings.HasPrefix(r.text, "#") || strings.HasPrefix(r.text, "//") {
		return false
	}
	if p.lay.wrap > 0 {
		return headText(r.text) && r.width <= p.lay.wrap*3/4 && (r.trail >= 2 || calm(r.text))
	}
	// A name that the next line begins with may be as short as a character.
	if next := i + 1; r.width <= 2 && hanCount(r.text) == 1 && next < len(p.rows) && strings.HasPrefix(p.rows[next].text, r.text) && p.rows[next].width > 20 {
		return true
	}
	return headText(r.text) && calm(r.text)
}

// calm reports that a short line is a name and no sentence without its full
// stop: no comma outside brackets, no word that joins sentences before it.
func calm(s string) bool {
	depth := 0
	for _, r := range s {
		switch r {
		case '(', '（', '“', '《':
			depth++
		case ')', '）', '”', '》':
			depth--
		case ',', '，':
			if depth <= 0 && hanCount(s) > 0 {
				return false
			}
		}
	}
	for _, w := range [...]string{"首先", "为了", "又", "其中", "因此", "如果", "因为", "所以", "但是", "然后", "这", "那", "该", "我们", "它", "(", "（", "即", "而", "并", "且", "也", "请", "下面", "以上", "以下", "由于", "当", "在", "从", "用于", "用来", "通过", "例如", "比如", "可以"} {
		if strings.HasPrefix(s, w) {
			return strings.HasPrefix(s, "为什么") || strings.HasPrefix(s, "在") && hanCount(s) <= 8
		}
	}
	// "label: what it does" is an entry.
	for _, c := range [...]string{"：", ": ", ":"} {
		if i := strings.Index(s, c); i > 0 && hanCount(s[i:]) >= 6 {
			return false
		}
	}
	return true
}

func headText(s string) bool {
	runes := utf8.RuneCountInString(s)
	if runes > headRunes && (hanCount(s) > 0 || runes > 60) || runes < 2 || widthOf(s) > headWidth {
		return false
	}
	if endsSentence(s) || endsLeadIn(s) || endsOpen(s) || startsOpen(s) || strings.Contains(s, "。") || strings.Contains(s, "；") || strings.Count(s, "，")+strings.Count(s, ",") > 1 {
		return false
	}
	letters := 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	if letters == 0 || strings.ContainsAny(s, "={}\\$") || strings.Contains(s, " # ") || strings.HasPrefix(s, "|") {
		return false
	}
	if hanCount(s) == 0 && strings.Count(strings.TrimSpace(s), " ") >= 10 {
		return false
	}
	return true
}

// headings finds the short lines that stand above what they name.
func (p *plainText) headings() {
	rows := p.rows
	for i := range rows {
		if rows[i].kind == rowProse && i+1 < len(rows) && rows[i+1].kind == rowRule && rows[i+1].blanks == 0 && p.headish(i) && ruleUnder(p.b.doc.Slice(rows[i+1].span)) {
			rows[i].kind, rows[i].level = rowHead, ruleLevel(p.b.doc.Slice(rows[i+1].span))
		}
	}
	for i := 0; i < len(rows); i++ {
		if !p.headish(i) {
			continue
		}
		end := i
		for end+1 < len(rows) && p.headish(end+1) && (!p.lay.spaced || rows[end+1].blanks <= 8) {
			end++
		}
		n := end - i + 1
		if p.lay.wrap > 0 {
			p.headRun(i, end)
		} else if n < menuRun {
			for k := i; k <= end; k++ {
				if p.above(k) {
					rows[k].kind = rowHead
				}
			}
		}
		i = end
	}
}

// above reports that the row may head what follows it.
func (p *plainText) above(i int) bool {
	rows := p.rows
	r := &rows[i]
	if i+1 >= len(rows) || i == 0 && p.title != "" {
		return false
	}
	next := &rows[i+1]
	alone := i == 0 || r.blanks > 0 || p.lay.dense || rows[i-1].kind == rowHead || rows[i-1].kind == rowRule
	if !alone {
		return false
	}
	if i > 0 && endsLeadIn(rows[i-1].text) && rows[i-1].kind == rowProse && r.blanks == 0 {
		return false // an example or a list that the line before announced
	}
	if p.lay.dense && hanCount(r.text) == 0 && i > 0 && rows[i-1].kind == rowProse && endsOpen(rows[i-1].text) {
		return false
	}
	switch next.kind {
	case rowRule:
		return false
	case rowProse:
		if p.headish(i + 1) {
			return true
		}
		if !p.lay.dense && next.blanks == 0 && next.lines == 1 && next.width < r.width {
			return false
		}
		// What is named says more than its name.
		return next.width > r.width || endsSentence(next.text) || endsLeadIn(next.text) || next.lines > 1
	default:
		return true
	}
}

// headRun decides about a run of short lines in a text of forced line breaks.
// White space that the layout left behind a line tells a title; otherwise one
// short line above a long one does. More of them in a row are left to the
// batches.
func (p *plainText) headRun(i, end int) {
	rows := p.rows
	marked := 0
	for k := i; k <= end; k++ {
		if rows[k].trail >= 2 {
			marked++
		}
	}
	n := end - i + 1
	for k := i; k <= end; k++ {
		switch {
		case rows[k].trail >= 2 && marked < menuRun:
			rows[k].kind = rowHead
		case n <= 2 && k == end && end+1 < len(rows) && p.long(end+1):
			rows[k].kind = rowHead
		}
	}
}

// long reports a row of running text, an item or code.
func (p *plainText) long(i int) bool {
	r := &p.rows[i]
	return r.kind != rowProse || r.lines > 1 || endsSentence(r.text) || r.width*3 > p.lay.wrap*2
}

func ruleUnder(s string) bool {
	s = strings.TrimSpace(s)
	return s != "" && strings.Trim(s, s[:1]) == "" && strings.ContainsAny(s[:1], "=-~*")
}

func ruleLevel(s string) int {
	if strings.HasPrefix(strings.TrimSpace(s), "=") {
		return 1
	}
	return 2
}

// numberedHeads turns numbered rows into headings where the numbers name
// sections rather than steps: short titles above long texts.
func (p *plainText) numberedHeads() {
	rows := p.rows
	type member struct{ at, body int }
	runs := make(map[markStyle][]member)
	flush := func(style markStyle) {
		ms := runs[style]
		delete(runs, style)
		if len(ms) == 0 {
			return
		}
		titles, body, bodies := 0, 0, 0
		for k, m := range ms {
			t := rows[m.at].text[rows[m.at].mark.size:]
			if headText(t) || style == dotted && headText(strings.TrimRight(t, "？?")) {
				titles++
			}
			// Nothing tells where the last one's text ends.
			if k+1 < len(ms) {
				body += m.body
				if m.body > 2*rows[m.at].span.Len() {
					bodies++
				}
			}
		}
		sections := false
		switch style {
		case hanPause:
			sections = titles*3 >= len(ms)*2
		case dotted:
			sections = titles*4 >= len(ms)*3 && len(ms) >= 2 && bodies > 0
		case dot, pause, paren, hanParens, inParens:
			sections = titles == len(ms) && len(ms) >= 2 && bodies*3 >= (len(ms)-1)*2 && body/(len(ms)-1) > 600 || style == hanParens && titles == len(ms) && bodies > 0
		}
		if sections {
			for _, m := range ms {
				if t := rows[m.at].text[rows[m.at].mark.size:]; headText(t) || style == dotted {
					rows[m.at].kind = rowHead
				}
			}
		}
	}
	for i := range rows {
		r := &rows[i]
		if r.kind == rowItem && r.mark.style.ordered() && r.mark.style != stepWord {
			ms := runs[r.mark.style]
			if len(ms) > 0 && r.mark.style != dotted && r.mark.n <= rows[ms[len(ms)-1].at].mark.n {
				flush(r.mark.style)
				ms = nil
			}
			runs[r.mark.style] = append(ms, member{at: i})
			continue
		}
		if r.kind == rowHead {
			continue
		}
		for style, ms := range runs {
			if len(ms) > 0 {
				runs[style][len(ms)-1].body += r.span.Len()
			}
		}
	}
	for _, style := range [...]markStyle{hanPause, dotted, dot, pause, paren, hanParens, inParens} {
		flush(style)
	}
}

// levels gives every heading a level: markup says it, else the way the
// headings are numbered, in the order in which the ways appear.
func (p *plainText) levels() {
	var stack []markStyle
	seen := make(map[string]int)
	for i := range p.rows {
		if r := &p.rows[i]; r.kind == rowHead {
			seen[r.text]++
		}
	}
	for i := range p.rows {
		r := &p.rows[i]
		if r.kind != rowHead || r.level > 0 {
			continue
		}
		style := r.mark.style
		if r.twin {
			style = twinStyle
		}
		at := -1
		for k, s := range stack {
			if s == style {
				at = k
			}
		}
		if at < 0 {
			if len(stack) < 5 {
				stack = append(stack, style)
			}
			at = len(stack) - 1
		} else {
			stack = stack[:at+1]
		}
		r.level = at + 1
		if style == dotted && r.mark.depth > 2 {
			r.level = min(r.level+r.mark.depth-2, 6)
		}
		// A name that comes again and again is a part of what stands above.
		if style == noMark && (seen[r.text] > 1 || partName(r.text)) {
			r.level++
		}
	}
}

// partName reports names of parts that say nothing without their subject.
func partName(s string) bool {
	switch strings.ToLower(strings.Trim(s, "？?：: ")) {
	case "示例", "例子", "举例", "用法", "基本用法", "使用方法", "使用示例", "总结", "小结", "优点", "缺点", "特点", "优势", "劣势", "解释", "说明", "作用", "主要作用",
		"使用场景", "应用场景", "适用场景", "注意事项", "注意", "常见选项", "选项", "参数", "参数说明", "原理", "工作原理", "背景", "步骤", "安装", "配置", "基本结构", "输出", "结果",
		"usage", "example", "examples", "notes", "options", "summary", "advantages", "disadvantages", "pros", "cons", "install", "installation", "configuration", "syntax", "output", "description", "parameters", "see also", "background":
		return true
	}
	return false
}

// emitAll turns rows into pieces.
func (p *plainText) emitAll() {
	item := p.in         // open list item
	itemStyle := noMark  // its marker
	run := 0             // identity of the open list
	lastCode := -1       // last row of the block of code that was emitted
	more := p.itemsEnd() // for each row: does the list it stands in go on
	for i := range p.rows {
		r := &p.rows[i]
		if r.kind != rowMenu && r.kind != rowHead && r.kind != rowRule && p.afterMenu() {
			p.b.emit(piece{Block: Block{Span: Span{r.span.Start, r.span.Start}}, level: 1, parent: -1})
		}
		if r.label != "" || r.unlabel {
			item, itemStyle = p.in, noMark
			p.b.emit(piece{Block: Block{Text: r.label, Span: Span{r.span.Start, r.span.Start}}, level: p.base + 1, parent: -1})
		}
		if r.breaks {
			item, itemStyle = p.in, noMark
			p.b.emit(piece{Block: Block{Span: Span{r.span.Start, r.span.Start}}, level: max(p.base, 1), parent: -1})
		}
		switch r.kind {
		case rowHead:
			item, itemStyle = p.in, noMark
			text, _, _, _ := foldInline(p.b.doc.Text, r.span, r.text)
			p.b.emit(piece{Block: Block{Text: text, Span: r.span}, level: min(p.base+r.level, 12), parent: -1})
			if r.body > 0 {
				p.paragraph(Span{r.span.Start + r.body, r.full}, item)
			}
		case rowRule:
		case rowMenu:
			p.menu(r)
		case rowItem:
			if itemStyle != r.mark.style || r.mark.style.ordered() && r.mark.n <= 1 {
				p.b.lists++
				run = p.b.lists
			}
			body := Span{r.span.Start + r.mark.size, r.span.End}
			text, code, url, only := foldInline(p.b.doc.Text, body, r.text[r.mark.size:])
			q := piece{Block: Block{Kind: ListItem, Text: text, Span: r.span}, label: r.mark.label, ordered: r.mark.style.ordered(),
				list: run, parent: p.in, inline: code, bodySpan: body}
			if r.indent >= 2 && r.mark.style == bullet && item >= 0 && itemStyle.ordered() {
				q.parent, q.Depth = item, 1
				p.b.emit(q)
				continue
			}
			if only {
				q.Kind, q.URL = Link, url
			}
			item, itemStyle = p.b.emit(q), r.mark.style
		case rowCode:
			if i <= lastCode {
				continue
			}
			lastCode = i
			for lastCode+1 < len(p.rows) && p.rows[lastCode+1].kind == rowCode {
				lastCode++
			}
			sp := Span{r.span.Start, p.rows[lastCode].span.End}
			p.b.emit(piece{Block: Block{Kind: Code, Text: p.codeText(sp), Span: sp}, parent: item})
		case rowFence:
			p.fence(r, item)
		case rowTable:
			p.b.emit(piece{Block: Block{Kind: Table, Text: tableText(p.b.doc.Slice(r.span)), Span: r.span}, parent: item})
		default:
			if item != p.in && !more[i] {
				item, itemStyle = p.in, noMark
			}
			text, code, url, only := foldInline(p.b.doc.Text, r.span, r.text)
			if text == "" {
				continue
			}
			q := piece{Block: Block{Kind: Paragraph, Text: text, Span: r.span}, parent: item, inline: code}
			if r.field {
				q.Kind, q.step = ListItem, true
			}
			if only && item == p.in {
				q.Kind, q.URL = Link, url
			}
			p.b.emit(q)
		}
	}
}

// itemsEnd tells for every row whether the ordered list that it stands in goes
// on after it, so that it belongs to the item above.
func (p *plainText) itemsEnd() []bool {
	more := make([]bool, len(p.rows))
	next := make(map[markStyle]int) // style to number of the next item
	for i := len(p.rows) - 1; i >= 0; i-- {
		r := &p.rows[i]
		switch r.kind {
		case rowHead:
			clear(next)
		case rowItem:
			if r.mark.style.ordered() {
				next[r.mark.style] = r.mark.n
				if r.mark.n <= 1 {
					delete(next, r.mark.style)
				}
			}
		default:
			for _, n := range next {
				if n > 1 {
					more[i] = true
				}
			}
		}
	}
	// The row right below the last item is its own when it is set in.
	for i := 1; i < len(p.rows); i++ {
		if r, up := &p.rows[i], &p.rows[i-1]; r.kind == rowProse && r.indent >= 2 && r.blanks == 0 && (up.kind == rowItem || more[i-1] || up.kind == rowCode) && p.lay.wrap == 0 {
			more[i] = true
		}
	}
	return more
}

// fence emits a fence that stands in a text without other markup.
func (p *plainText) fence(r *row, item int) {
	code, lang := fenceText(p.b.doc.Slice(r.span))
	if strings.TrimSpace(code) == "" {
		return
	}
	p.b.emit(piece{Block: Block{Kind: Code, Text: code, Lang: lang, Span: r.span}, parent: item})
}

// fenceText returns the content and the language of a fence with its marks.
func fenceText(s string) (code, lang string) {
	first, rest, _ := strings.Cut(s, "\n")
	lang = strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(first), "`~"))
	lang, _, _ = strings.Cut(lang, " ")
	if i := strings.LastIndexByte(rest, '\n'); i >= 0 {
		rest = rest[:i]
	} else {
		rest = ""
	}
	return dedent(strings.TrimRight(rest, " \t\n")), lang
}

// codeText is the code that s covers: without common indentation, and without
// the empty lines of a text that has one after every line.
func (p *plainText) codeText(s Span) string {
	t := p.b.doc.Text
	start := s.Start
	for start > 0 && (t[start-1] == ' ' || t[start-1] == '\t') {
		start--
	}
	code := dedent(t[start:s.End])
	if !p.lay.spaced {
		return strings.TrimSpace(code)
	}
	var sb strings.Builder
	for l := range strings.Lines(code) {
		if strings.TrimSpace(l) != "" {
			sb.WriteString(l)
		}
	}
	return strings.TrimSpace(sb.String())
}

// tableText folds the rows of a table: bars and the separator go.
func tableText(s string) string {
	var out []string
	for l := range strings.Lines(s) {
		l = strings.TrimSpace(l)
		if l == "" || strings.Trim(l, "|-: ") == "" {
			continue
		}
		var cells []string
		for c := range strings.SplitSeq(l, "|") {
			if c = strings.TrimSpace(c); c != "" {
				cells = append(cells, c)
			}
		}
		out = append(out, strings.Join(cells, " "))
	}
	return strings.Join(out, "\n")
}
