package runbooks

import (
	"html"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxPaths bounds how many readings of a quote Folds follows at once.
const maxPaths = 96

// Folds reports whether derived follows from quote by removal alone, that is
// by the folds which a citation allows: list markers, markup, character
// entities, common indentation, shell prompts and line wrapping go, whole
// lines before and after what is kept go, and between kept lines blocks of
// code and the lines that say what to expect. Nothing may be added, changed or
// reordered, and no word may be missing inside what is kept. It errs towards
// false.
func Folds(quote, derived string) bool {
	derived = strings.TrimSpace(derived)
	if derived == "" {
		return true
	}
	if strings.Contains(quote, derived) && wholeWords(quote, derived) {
		return true
	}
	f := &fold{q: quote, d: derived}
	f.prepare()
	return f.run()
}

// wholeWords reports that derived stands in quote as whole lines, or as the
// whole content of code marks: the common case, decided without a search.
func wholeWords(quote, derived string) bool {
	i := strings.Index(quote, derived)
	before, after := quote[:i], quote[i+len(derived):]
	nl := strings.LastIndexByte(before, '\n')
	head := strings.TrimSpace(before[nl+1:])
	tail, _, _ := strings.Cut(after, "\n")
	tail = strings.TrimSpace(tail)
	return head == "" && tail == "" || strings.HasSuffix(head, "`") && strings.HasPrefix(tail, "`")
}

// A fold simulates all ways to read the quote at once: for every offset of the
// quote the offsets of derived that can have been reached there.
type fold struct {
	q, d    string
	skips   map[int][]int // removable ranges: offset to the offsets after them
	code    []bool        // for each line: it may be left out between kept lines
	starts  []int         // offsets of lines
	inside  map[int]bool  // offsets where inline code or an element begins
	ends    map[int]bool  // offsets where an element ends
	pending map[int][]int // offset of the quote to reachable offsets of derived
}

func (f *fold) skip(from, to int) {
	if to > from {
		f.skips[from] = append(f.skips[from], to)
	}
}

// prepare finds everything in the quote that may be removed.
func (f *fold) prepare() {
	f.skips = make(map[int][]int)
	f.inside = make(map[int]bool)
	f.ends = make(map[int]bool)
	fence, told := "", false
	for i := 0; i <= len(f.q); {
		end := len(f.q)
		if nl := strings.IndexByte(f.q[i:], '\n'); nl >= 0 {
			end = i + nl
		}
		f.starts = append(f.starts, i)
		l := f.q[i:end]
		bare := strings.TrimLeft(l, " \t\u00a0\u3000>")
		isCode := fence != "" || strings.TrimSpace(l) == ""
		if m := fenceMark(strings.TrimLeft(bare, "-*+0123456789.) ")); m != "" && (fence == "" || fence == m) {
			at := i + len(l) - len(strings.TrimLeft(bare, "-*+0123456789.) "))
			f.skip(at, end)
			isCode = true
			if fence == "" {
				fence = m
			} else {
				fence = ""
			}
		}
		f.lineHead(i, end)
		// An expectation may be wrapped over several lines.
		told = !isCode && (told || expectation(labelOf(bare)))
		isCode = isCode || told || codeScore(strings.TrimSpace(l)) > 0 || strings.HasPrefix(l, "    ") || strings.HasPrefix(l, "\t") ||
			expectation(labelOf(bare)) || strings.HasPrefix(strings.ToLower(bare), "<pre") || strings.HasPrefix(bare, "![") || strings.Trim(bare, "|-:=*_ \t") == ""
		f.code = append(f.code, isCode)
		i = end + 1
	}
	f.marks()
}

// labelOf is a line without marks of emphasis at its head.
func labelOf(l string) string {
	l = strings.TrimLeft(l, "*_ ")
	if i := strings.IndexAny(l, ":："); i > 0 && i < 40 {
		return strings.TrimRight(l[:i], "*_") + l[i:]
	}
	return l
}

// lineHead allows what opens the line q[i:end] to go: markers, numbers,
// prompts, labels, and lines of marks alone.
func (f *fold) lineHead(i, end int) {
	at := i
	for range 12 {
		for at < end {
			r, n := utf8.DecodeRuneInString(f.q[at:end])
			if !unicode.IsSpace(r) && r != '\u200b' && r != '\ufeff' {
				break
			}
			at += n
		}
		rest := f.q[at:end]
		if rest == "" {
			return
		}
		if strings.Trim(rest, "|-:=*_~—─━ \t") == "" {
			f.skip(at, end)
		}
		if n := prompt(rest); n > 0 {
			f.skip(at, at+n)
		}
		if r := strings.IndexAny(rest, ":："); r > 0 && r < 60 {
			label := strings.Trim(rest[:r], "*_ ") + ": x"
			_, marked := cutMark(label)
			if marked || expectation(label) {
				_, n := utf8.DecodeRuneInString(rest[r:])
				f.skip(at, at+r+n)
				if !marked { // the expectation itself may go, up to where its element ends
					stop := elementEnd(rest)
					if stop == 0 {
						stop = len(rest)
					}
					f.skip(at, at+stop)
				}
				at += r + n
				continue
			}
		}
		if n := alertMark(rest); n > 0 {
			f.skip(at, at+n)
		}
		next := 0
		switch {
		case rest[0] == '>':
			next = 1
		case rest[0] == '#':
			n := len(rest) - len(strings.TrimLeft(rest, "#"))
			if n <= 6 && n < len(rest) {
				next = n
				if t := strings.TrimRight(rest, "# \t"); len(t) < len(rest) && len(t) > n {
					f.skip(at+len(t), end)
				}
			}
		case rest[0] == '|':
			next = 1
		case rest[0] == '<':
			if k := strings.IndexByte(rest, '>'); k > 0 && removableTag(rest[:k+1]) {
				next = k + 1
			}
		default:
			next = max(parseMark(rest).size, len(marker(rest)))
		}
		if next == 0 {
			return
		}
		f.skip(at, at+next)
		at += next
	}
}

// marks allows inline markup to go: pairs of emphasis and code marks, link
// targets, pictures, tags, escapes.
func (f *fold) marks() {
	q := f.q
	type open struct{ at, size int }
	stack := make(map[byte][]open)
	heads := 0
	for i := 0; i < len(q); {
		c := q[i]
		switch c {
		case '\n':
			if i+1 < len(q) && q[i+1] == '\n' {
				clear(stack)
			}
			i++
		case '`', '*', '_', '~':
			n := 1
			for i+n < len(q) && q[i+n] == c {
				n++
			}
			ss := stack[c]
			paired := false
			for k := len(ss) - 1; k >= 0 && k >= len(ss)-16; k-- {
				size := min(n, ss[k].size)
				// What closes stands after a word, what opens before one.
				if c != '`' && (i > 0 && asciiSpace(q[i-1]) || c == '~' && size < 2) || c == '`' && ss[k].size != n {
					continue
				}
				if c == '`' {
					f.skip(ss[k].at, ss[k].at+n)
					f.skip(i, i+n)
				} else {
					// A run may close one emphasis and open the next.
					for x := range min(ss[k].size, 8) {
						f.skip(ss[k].at+x, ss[k].at+x+1)
					}
					for x := range min(n, 8) {
						f.skip(i+x, i+x+1)
					}
				}
				if c == '`' {
					f.inside[ss[k].at+size] = true
					if n >= 3 { // a fence on one line, maybe with its language
						f.skip(ss[k].at, i+n)
						word, _, _ := strings.Cut(q[ss[k].at+size:i], " ")
						f.inside[ss[k].at+size+len(word)] = true
						f.ends[ss[k].at] = true
					}
				}
				paired = true
				if c == '`' {
					stack[c] = append(ss[:k], open{i, n})
					break
				}
			}
			if (!paired || c != '`') && (c == '`' || i+n < len(q) && !asciiSpace(q[i+n])) {
				stack[c] = append(ss, open{i, n})
			}
			i += n
		case '\\':
			if i+1 < len(q) && (q[i+1] == '\n' || strings.IndexByte("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", q[i+1]) >= 0) {
				f.skip(i, i+1)
			}
			i++
		case '[', '!':
			at := i
			if c == '!' && i+1 < len(q) && q[i+1] == '[' {
				at++
			}
			if q[at] == '[' {
				if _, _, n := inlineLink(q[at:]); n > 0 {
					if at > i {
						f.skip(i, at+n)
					}
					f.skip(i, at+1)
					if k := linkTail(q[at : at+n]); k > 0 {
						f.skip(at+k, at+n)
					}
				} else if k := strings.IndexAny(q[at:min(len(q), at+400)], "]"); k > 0 && at == i {
					// A reference: [text], [text][name], [text]: address.
					f.skip(at, at+1)
					f.skip(at+k, at+k+1)
					if at+k+1 < len(q) && q[at+k+1] == '[' {
						if z := strings.IndexByte(q[at+k+1:min(len(q), at+k+200)], ']'); z > 0 {
							f.skip(at+k, at+k+1+z+1)
						}
					}
				}
			}
			i++
		case '<':
			if k := strings.IndexByte(q[i:min(len(q), i+4000)], '>'); k > 0 {
				if strings.HasPrefix(q[i:], "<!--") {
					if z := strings.Index(q[i:], "-->"); z > 0 {
						k = z + 2
					}
				}
				if removableTag(q[i : i+k+1]) {
					f.skip(i, i+k+1)
					if name := tagName(q[i : i+k+1]); muted(name) && q[i+1] != '/' {
						f.skip(i, i+closing(q[i:], name))
					}
					if breaks, opens := blockTag(q[i : i+k+1]); breaks {
						f.inside[i+k+1] = true
						f.ends[i] = true
						if heads++; heads <= 200 { // an element begins as a line does
							end := len(q)
							if nl := strings.IndexByte(q[i+k+1:], '\n'); nl >= 0 {
								end = i + k + 1 + nl
							}
							f.lineHead(i+k+1, end)
						}
						if opens {
							f.skip(i, i+closing(q[i:], "pre"))
						}
					}
				} else if strings.HasPrefix(q[i:], "<http") || strings.HasPrefix(q[i:], "<mailto") || strings.Contains(q[i:i+k], "@") {
					f.skip(i, i+1)
					f.skip(i+k, i+k+1)
				}
			}
			i++
		case '|':
			f.skip(i, i+1)
			i++
		case '{':
			if strings.HasPrefix(q[i:], "{{") {
				if from, to, words, end := shortcode(q[:min(len(q), i+2100)], i); from == i {
					if end > words {
						f.skip(i, words)
						f.skip(end, to)
					} else {
						f.skip(i, to)
					}
				}
			}
			i++
		default:
			i++
		}
	}
}

// elementEnd is the offset of the first tag that ends a line of s in a browser;
// 0 where there is none.
func elementEnd(s string) int {
	for i := 0; i < len(s) && i < 4000; {
		k := strings.IndexByte(s[i:], '<')
		if k < 0 {
			return 0
		}
		i += k
		z := strings.IndexByte(s[i:], '>')
		if z < 0 {
			return 0
		}
		if breaks, _ := blockTag(s[i : i+z+1]); breaks && tagName(s[i:i+z+1]) != "code" {
			return i
		}
		i++
	}
	return 0
}

// tagName is the name of a tag in lower case.
func tagName(tag string) string {
	name := strings.ToLower(strings.Trim(tag, "</>"))
	if i := strings.IndexAny(name, " \t\n/"); i >= 0 {
		name = name[:i]
	}
	return name
}

// muted reports elements whose content is no text of the page.
func muted(name string) bool {
	switch name {
	case "script", "style", "noscript", "template", "svg", "select", "button", "textarea", "iframe", "title":
		return true
	}
	return false
}

// closing is the offset behind the tag that closes the named element; the
// length of s where none does.
func closing(s, name string) int {
	for i := 0; ; {
		k := strings.Index(s[i:], "</")
		if k < 0 || i+k+2+len(name) > len(s) {
			return len(s)
		}
		i += k
		if strings.EqualFold(s[i+2:i+2+len(name)], name) {
			if z := strings.IndexByte(s[i:], '>'); z > 0 {
				return i + z + 1
			}
			return len(s)
		}
		i += 2
	}
}

// blockTag reports a tag at which a line ends in a browser, or inline code
// begins or ends; opens that it begins a block of code.
func blockTag(tag string) (breaks, opens bool) {
	switch tagName(tag) {
	case "pre":
		return true, !strings.HasPrefix(tag, "</")
	case "code", "p", "div", "li", "ul", "ol", "br", "hr", "tr", "td", "th", "table", "tbody", "thead", "dl", "dd", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article",
		"blockquote", "details", "summary", "header", "footer", "main", "nav", "aside", "figure", "figcaption", "body", "form", "address", "center", "fieldset":
		return true, false
	}
	return false, false
}

func asciiSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' }

// linkTail returns the offset of "](" of the link that s is.
func linkTail(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '[':
			depth++
		case ']':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return 0
}

func (f *fold) reach(at, d int) {
	ps := f.pending[at]
	if slices.Contains(ps, d) {
		return
	}
	if len(ps) >= maxPaths {
		// The reading that got furthest is the likeliest.
		k := slices.Index(ps, slices.Min(ps))
		if d > ps[k] {
			ps[k] = d
		}
		return
	}
	f.pending[at] = append(ps, d)
}

func (f *fold) run() bool {
	f.pending = make(map[int][]int, 64)
	lineNo := 0
	for i := 0; i <= len(f.q); i++ {
		if lineNo < len(f.starts) && f.starts[lineNo] == i {
			f.reach(i, 0) // reading may begin at any line
			if ps := f.pending[i]; f.code[lineNo] {
				next := len(f.q)
				if lineNo+1 < len(f.starts) {
					next = f.starts[lineNo+1]
				}
				if next > i {
					for _, d := range ps {
						if d > 0 {
							f.reach(next, d)
						}
					}
				}
			}
			lineNo++
		}
		if f.inside[i] {
			f.reach(i, 0)
		}
		// The list grows while it is read: removal of nothing reaches i itself.
		for k := 0; k < len(f.pending[i]); k++ {
			if f.step(i, f.pending[i][k]) {
				return true
			}
		}
		delete(f.pending, i)
	}
	return false
}

// step follows one path from offset i of the quote and d of derived. It reports
// that derived has been read to its end where it may end.
func (f *fold) step(i, d int) bool {
	if d == len(f.d) && f.mayEnd(i) {
		return true
	}
	if i >= len(f.q) {
		return false
	}
	r, n := utf8.DecodeRuneInString(f.q[i:])
	space := unicode.IsSpace(r) || r == '\u200b' || r == '\ufeff'
	want, wn := rune(-1), 0
	if d < len(f.d) {
		want, wn = utf8.DecodeRuneInString(f.d[d:])
	}
	if wn > 0 && want == r && f.q[i:i+n] == f.d[d:d+wn] {
		f.reach(i+n, d+wn)
	}
	if space {
		f.reach(i+n, d)
		if want == ' ' || want == '\n' {
			f.reach(i+n, d+wn)
		}
	}
	if r == '&' && d < len(f.d) {
		if k := strings.IndexByte(f.q[i:min(len(f.q), i+40)], ';'); k > 1 {
			if v := html.UnescapeString(f.q[i : i+k+1]); v != f.q[i:i+k+1] {
				if strings.HasPrefix(f.d[d:], v) {
					f.reach(i+k+1, d+len(v))
				} else if strings.TrimSpace(v) == "" {
					f.reach(i+k+1, d)
				}
			}
		}
	}
	for _, to := range f.skips[i] {
		f.reach(to, d)
		if want == ' ' || want == '\n' {
			f.reach(to, d+wn) // the border of a cell or an element
		}
	}
	return false
}

// mayEnd reports that what is kept may end at offset i: nothing but what can be
// removed stands between it and the end of its line, or a mark closes the
// inline code there.
func (f *fold) mayEnd(i int) bool {
	for i < len(f.q) {
		if f.q[i] == '\n' || f.q[i] == '`' || f.ends[i] {
			return true
		}
		r, n := utf8.DecodeRuneInString(f.q[i:])
		if unicode.IsSpace(r) || r == '\u200b' {
			i += n
			continue
		}
		to := i
		for _, t := range f.skips[i] {
			to = max(to, t)
		}
		if to == i {
			return false
		}
		i = to
	}
	return true
}
