package runbooks

import (
	"strings"
	"unicode/utf8"
)

// parallel finds lines of one shape that differ in a number which is no count,
// such as an error code: each heads what stands below it up to the next.
// Labelled lines that come again below each of them are its instructions.
func (p *plainText) parallel() {
	rows := p.rows
	shapes := make(map[string][]int)
	for i := range rows {
		if r := &rows[i]; r.kind == rowProse || r.kind == rowItem && r.mark.style == bullet {
			if s := shapeOf(r.text); s != "" {
				shapes[s] = append(shapes[s], i)
			}
		}
	}
	var heads []int
	for i := range rows {
		s := ""
		if rows[i].kind == rowProse || rows[i].kind == rowItem {
			s = shapeOf(rows[i].text)
		}
		if at := shapes[s]; s != "" && len(at) >= 2 && p.followed(at) {
			heads = append(heads, i)
		}
	}
	if len(heads) < 2 {
		return
	}
	for _, i := range heads {
		p.twin(i)
	}
	// The last twin ends where the next empty line is, for nothing of its shape
	// says where its own text ends.
	end := heads[len(heads)-1] + 1
	for end < len(rows) && rows[end].blanks == 0 && rows[end].kind != rowHead {
		end++
	}
	p.fields(heads, end)
	if p.rest && end < len(rows) {
		rows[end].breaks = true
	}
}

// shapeOf is the head of a line with its number left out; "" when it has no
// number of three digits and more.
func shapeOf(s string) string {
	head := s
	if i := strings.IndexAny(s, ":：。，"); i >= 0 {
		head = s[:i]
	}
	if utf8.RuneCountInString(head) > 30 {
		return ""
	}
	from, n := -1, 0
	for i := range len(head) {
		if c := head[i]; c >= '0' && c <= '9' {
			if n == 0 {
				from = i
			}
			n++
			continue
		}
		if n >= 3 {
			break
		}
		n = 0
	}
	if n < 3 || n > 6 {
		return ""
	}
	before, after := head[:from], head[from+n:]
	if before != "" && strings.ContainsAny(before[len(before)-1:], ".:") || after != "" && strings.ContainsAny(after[:1], ".:/%") {
		return "" // an address, a version, a share
	}
	// What follows the code names it and differs; a word directly after it,
	// or before it, is the shape.
	word := strings.TrimSpace(before)
	if word == "" {
		word = strings.TrimSpace(after)
		if f := strings.Fields(word); len(f) > 0 {
			word = f[0]
		}
		if word == "" && len(s) == len(head) {
			return ""
		}
		return "N " + word
	}
	return word + " N"
}

// followed reports that every line has something of its own below it.
func (p *plainText) followed(at []int) bool {
	for k, i := range at {
		next := len(p.rows)
		if k+1 < len(at) {
			next = at[k+1]
		}
		if next-i < 2 {
			return false
		}
		if next-i > 30 && k+1 < len(at) {
			return false
		}
	}
	return true
}

// twin makes row i a heading; a long line only up to its first full stop.
func (p *plainText) twin(i int) {
	r := &p.rows[i]
	r.kind, r.twin = rowHead, true
	if r.mark.style == bullet {
		r.text = r.text[r.mark.size:]
	}
	if r.lines > 1 || utf8.RuneCountInString(r.text) > 80 {
		cutAt := strings.IndexAny(r.text, "：:。，")
		if cutAt <= 0 || cutAt > 120 {
			return
		}
		_, n := utf8.DecodeRuneInString(r.text[cutAt:])
		at := strings.Index(p.b.doc.Text[r.span.Start:r.span.End], r.text[:cutAt])
		if at < 0 {
			return
		}
		r.full = r.span.End
		r.body = at + cutAt + n
		r.span.End = r.span.Start + at + cutAt
		r.text = r.text[:cutAt]
	}
}

// fields marks the labelled lines that come again below several heads.
func (p *plainText) fields(heads []int, end int) {
	rows := p.rows
	count := make(map[string]int)
	each := func(f func(i int, label string)) {
		for k, h := range heads {
			to := end
			if k+1 < len(heads) {
				to = heads[k+1]
			}
			for i := h + 1; i < to; i++ {
				if rows[i].kind != rowProse {
					continue
				}
				if j := strings.IndexAny(rows[i].text, ":："); j > 0 && utf8.RuneCountInString(rows[i].text[:j]) <= 12 {
					f(i, rows[i].text[:j])
				}
			}
		}
	}
	each(func(_ int, label string) { count[label]++ })
	each(func(i int, label string) {
		if count[label] >= 2 {
			rows[i].field = true
		}
	})
}

// paragraph emits a range as a paragraph.
func (p *plainText) paragraph(s Span, item int) {
	s = trimSpan(p.b.doc.Text, s)
	text, code, _, _ := foldInline(p.b.doc.Text, s, joinLines(p.b.doc.Slice(s)))
	if text == "" {
		return
	}
	p.b.emit(piece{Block: Block{Kind: Paragraph, Text: text, Span: s}, parent: item, inline: code})
}

// menus marks the navigation of a page whose text was scraped with it: many
// short lines in a row before the text begins or after it has ended.
func (p *plainText) menus() {
	if p.lay.wrap > 0 {
		return
	}
	rows := p.rows
	short := func(r *row) bool {
		switch r.kind {
		case rowProse, rowItem:
			return r.lines == 1 && r.width <= 80 && (!endsSentence(r.text) || strings.HasSuffix(r.text, "!") || strings.HasSuffix(r.text, "！")) && r.score < 2
		}
		return r.kind == rowRule
	}
	steps := func(from, to int) int {
		n := 0
		for i := from; i < to; i++ {
			if m := rows[i].mark.style; rows[i].kind == rowItem && m != bare && m != dotted && m != bullet || endsLeadIn(rows[i].text) && i+1 < to && rows[i+1].kind == rowItem {
				n++
			}
		}
		return n
	}
	text := p.context
	for i := range rows {
		if !short(&rows[i]) {
			text += rows[i].span.Len()
		}
	}
	mark := func(from, to int) {
		size := 0
		for i := from; i < to; i++ {
			size += rows[i].span.Len()
		}
		if to-from < menuRun || text < 400 || text < size/3 || steps(from, to)*2 > to-from {
			return
		}
		for i := from; i < to; i++ {
			rows[i].kind = rowMenu
		}
	}
	head := 0
	for head < len(rows) && short(&rows[head]) {
		head++
	}
	if head < len(rows) || p.context > 0 {
		// The last short lines may be the title and headings of the text.
		to := head
		if head < len(rows) && p.context == 0 {
			for k := 0; k < 3 && to > 0 && rows[to-1].kind == rowProse && headText(rows[to-1].text); k++ {
				to--
			}
		}
		mark(0, to)
	}
	tail := len(rows)
	for tail > 0 && short(&rows[tail-1]) {
		tail--
	}
	if tail > 0 && tail > head {
		mark(tail, len(rows))
	}
}

// afterMenu reports that the last piece is navigation, so that text needs a
// section of its own.
func (p *plainText) afterMenu() bool {
	n := len(p.b.pieces)
	return n > 0 && p.b.pieces[n-1].boiler
}

// menu emits a line of navigation: kept for citing, never an answer.
func (p *plainText) menu(r *row) {
	if n := len(p.b.pieces); n == 0 || !p.b.pieces[n-1].boiler {
		p.b.emit(piece{Block: Block{Span: Span{r.span.Start, r.span.Start}}, level: 1, parent: -1, boiler: true})
	}
	text, _, url, only := foldInline(p.b.doc.Text, r.span, r.text)
	q := piece{Block: Block{Kind: Paragraph, Text: text, Span: r.span}, parent: -1, boiler: true}
	if only {
		q.Kind, q.URL = Link, url
	}
	p.b.emit(q)
}
