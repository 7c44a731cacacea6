package runbooks

import (
	"strings"
	"unicode/utf8"
)

// A mashed line is a page whose Markdown was put on one line: what began a line
// once now stands after a space.

// A cut is where a part of a mashed line begins.
type cut struct {
	at, body int // offsets in the line: the mark, and the words after it
	kind     cutKind
	level    int
	label    string
}

type cutKind uint8

const (
	cutText cutKind = iota
	cutHead
	cutBold // bold words that stand where a heading would
	cutBullet
	cutNumber
	cutCode
)

// isMashed reports that a long line holds the structure of many.
func isMashed(s string) bool {
	heads := strings.Count(s, " ## ") + strings.Count(s, " ### ") + strings.Count(s, " #### ") + strings.Count(s, " ##### ")
	items := strings.Count(s, " - **") + strings.Count(s, " * **") + strings.Count(s, " - `")
	if strings.Contains(s, "。 - ") || strings.Contains(s, "； - ") || strings.Contains(s, "： - ") || strings.Contains(s, ": - ") || strings.Contains(s, ". - ") {
		items += strings.Count(s, " - ")
	}
	numbers := 0
	if i := strings.Index(s, " 1. "); i >= 0 && strings.Contains(s[i:], " 2. ") {
		numbers = 1
		if strings.Contains(s[i:], " 3. ") {
			numbers = 3
		}
	}
	fences := strings.Count(s, "```") / 2
	return heads >= 2 || heads >= 1 && items+numbers+fences >= 2 || items >= 4 || numbers >= 3 || fences >= 2 && items+numbers > 0
}

// mashed takes one long line apart.
func (b *builder) mashed(sp Span) {
	s := b.doc.Text[sp.Start:sp.End]
	cuts := mashedCuts(s)
	item, lists, inList := -1, 0, noMark
	top := 0 // the level of the last heading by markup
	for k, c := range cuts {
		end := len(s)
		if k+1 < len(cuts) {
			end = cuts[k+1].at
		}
		part := trimSpan(b.doc.Text, Span{sp.Start + c.at, sp.Start + end})
		body := trimSpan(b.doc.Text, Span{sp.Start + min(c.body, end), sp.Start + end})
		if part.Len() == 0 || body.Len() == 0 && c.kind != cutCode && c.kind != cutBullet && c.kind != cutNumber {
			continue
		}
		switch c.kind {
		case cutHead, cutBold:
			item, inList = -1, noMark
			text, _, _, _ := foldInline(b.doc.Text, body, b.doc.Slice(body))
			if c.kind == cutHead {
				b.marked = true
				top = c.level
			} else {
				c.level = top + 1
			}
			if text == "" {
				continue
			}
			b.emit(piece{Block: Block{Text: text, Span: part}, level: c.level, parent: -1})
		case cutBullet, cutNumber:
			style := bullet
			if c.kind == cutNumber {
				style = dot
			}
			if inList != style {
				b.lists++
				lists = b.lists
			}
			inList = style
			text, code, url, only := foldInline(b.doc.Text, body, b.doc.Slice(body))
			p := piece{Block: Block{Kind: ListItem, Text: text, Span: part}, label: c.label, ordered: style == dot, list: lists, parent: -1, inline: code, bodySpan: body}
			if only {
				p.Kind, p.URL = Link, url
			}
			item = b.emit(p)
		case cutCode:
			code, lang := mashedFence(b.doc.Slice(part))
			if code == "" {
				continue
			}
			b.emit(piece{Block: Block{Kind: Code, Text: code, Lang: lang, Span: part}, parent: item})
		default:
			item, inList = -1, noMark
			text, code, url, only := foldInline(b.doc.Text, part, b.doc.Slice(part))
			if text == "" {
				continue
			}
			p := piece{Block: Block{Kind: Paragraph, Text: text, Span: part}, parent: -1, inline: code}
			if only {
				p.Kind, p.URL = Link, url
			}
			b.emit(p)
		}
	}
}

// mashedCuts finds where the parts of a mashed line begin, in order.
func mashedCuts(s string) []cut {
	cuts := []cut{{}}
	add := func(c cut) {
		if last := &cuts[len(cuts)-1]; last.at == c.at {
			*last = c
			return
		}
		cuts = append(cuts, c)
	}
	numbers := numberCuts(s)
	dashes := strings.Contains(s, " - **") || strings.Count(s, " - ") >= 3
	afterHead := false
	for i := 0; i < len(s); {
		if i > 0 && s[i-1] != ' ' {
			j := strings.IndexByte(s[i:], ' ')
			if f := strings.Index(s[i:], "```"); f >= 0 && (j < 0 || f < j) {
				i += f
			} else if j < 0 {
				break
			} else {
				i += j + 1
				continue
			}
		}
		if i >= len(s) {
			break
		}
		rest := s[i:]
		switch {
		case rest[0] == '#':
			n := len(rest) - len(strings.TrimLeft(rest, "#"))
			if n > 6 || n >= len(rest) || rest[n] != ' ' {
				break
			}
			body := i + n + 1
			add(cut{at: i, body: body, kind: cutHead, level: n})
			end := headEnd(s, body)
			if end < len(s) {
				add(cut{at: end, body: end, kind: cutText})
			}
			i = end
			afterHead = true
			continue
		case strings.HasPrefix(rest, "```"):
			end := strings.Index(rest[3:], "```")
			if end < 0 {
				break
			}
			add(cut{at: i, body: i, kind: cutCode})
			i += 3 + end + 3
			if i < len(s) {
				add(cut{at: i, body: i, kind: cutText})
			}
			continue
		case strings.HasPrefix(rest, "- ") && dashes, strings.HasPrefix(rest, "* ") && strings.HasPrefix(rest[2:], "**"), strings.HasPrefix(rest, "• "):
			_, n := utf8.DecodeRuneInString(rest)
			add(cut{at: i, body: i + n + 1, kind: cutBullet, label: rest[:n]})
			i += n + 1
			afterHead = false
			continue
		case strings.HasPrefix(rest, "**"):
			end := strings.Index(rest[2:], "**")
			if end <= 0 || end > 200 {
				break
			}
			inner := rest[2 : 2+end]
			m := parseMark(inner)
			after := rest[2+end+2:]
			numbered := m.style == dotted || m.style == dot || m.style == hanPause || m.style == pause || m.style == stepWord || m.style == hanParens || m.style == inParens
			if (numbered || afterHead) && headText(inner) && (after == "" || after[0] == ' ') {
				add(cut{at: i, body: i, kind: cutBold})
				i += 2 + end + 2
				if i < len(s) {
					add(cut{at: i, body: i, kind: cutText})
				}
				continue
			}
		}
		if n, ok := numbers[i]; ok {
			add(cut{at: i, body: i + n, kind: cutNumber, label: strings.TrimSpace(s[i : i+n])})
			i += n
			continue
		}
		if i > 0 && len(cuts) > 0 && cuts[len(cuts)-1].kind != cutText && paragraphAfter(s[:i-1], rest) {
			// Chinese has no space after a full stop: here a line ended.
			add(cut{at: i, body: i, kind: cutText})
		}
		j := strings.IndexByte(rest, ' ')
		if f := strings.Index(rest, "```"); f > 0 && (j < 0 || f < j) {
			i += f
			continue
		}
		if j < 0 {
			break
		}
		i += j + 1
	}
	return cuts
}

func paragraphAfter(before, rest string) bool {
	r, _ := utf8.DecodeLastRuneInString(strings.TrimRight(before, " "))
	x, _ := utf8.DecodeRuneInString(rest)
	return (r == '。' || r == '！' || r == '？') && isHan(x)
}

// numberCuts maps the offsets of numbers "1. " that run on from 1 to the
// length of their mark.
func numberCuts(s string) map[int]int {
	out := make(map[int]int)
	for from := 0; ; {
		at, size := nextNumber(s, from, 1)
		if at < 0 {
			return out
		}
		run := []int{at}
		sizes := []int{size}
		pos := at + size
		for n := 2; n < 100; n++ {
			a, z := nextNumber(s, pos, n)
			if a < 0 {
				break
			}
			if b, _ := nextNumber(s[:a], pos, 1); b >= 0 {
				break // another list begins before
			}
			run, sizes = append(run, a), append(sizes, z)
			pos = a + z
		}
		if len(run) >= 2 {
			for i := range run {
				out[run[i]] = sizes[i]
			}
		}
		from = pos
	}
}

// nextNumber finds the mark of item n, at the head of the line or after a
// space, from the offset on.
func nextNumber(s string, from, n int) (at, size int) {
	for i := from; i < len(s); {
		if i == 0 || s[i-1] == ' ' {
			if v, l := number(s[i:]); l > 0 && v == n && i+l < len(s) {
				switch {
				case s[i+l] == '.' && i+l+1 < len(s) && s[i+l+1] == ' ', s[i+l] == ')' && i+l+1 < len(s) && s[i+l+1] == ' ':
					return i, l + 2
				case strings.HasPrefix(s[i+l:], "、"):
					return i, l + len("、")
				}
			}
		}
		j := strings.IndexByte(s[i:], ' ')
		if j < 0 {
			return -1, 0
		}
		i += j + 1
	}
	return -1, 0
}

// headEnd finds where a heading that begins at from gives way to running text:
// at the next mark, or at a space after which a sentence stands.
func headEnd(s string, from int) int {
	limit := min(len(s), from+360)
	words := 0
	for i := from; i < limit; {
		j := strings.IndexByte(s[i:limit], ' ')
		if j < 0 {
			if limit == len(s) {
				return len(s)
			}
			break
		}
		i += j + 1
		words++
		rest := s[i:]
		if strings.HasPrefix(rest, "**") || strings.HasPrefix(rest, "- ") || strings.HasPrefix(rest, "#") || strings.HasPrefix(rest, "```") || strings.HasPrefix(rest, "1. ") || strings.HasPrefix(rest, "> ") {
			return i
		}
		if sentenceBegins(s[from:i-1], rest, words) {
			return i
		}
	}
	// No border: the heading ends where a heading would be too long.
	if i := strings.IndexByte(s[from:limit], ' '); i >= 0 {
		return from + i + 1
	}
	return limit
}

// sentenceBegins reports that rest, after a space, is running text rather than
// more of the heading.
func sentenceBegins(head, rest string, words int) bool {
	x, _ := utf8.DecodeRuneInString(rest)
	token := rest
	if j := strings.IndexByte(rest, ' '); j >= 0 {
		token = rest[:j]
	}
	if isHan(x) || x == '“' || x == '《' {
		last, _ := utf8.DecodeLastRuneInString(head)
		if !isHan(last) && words < 2 && hanCount(head) == 0 {
			return false // "29 集群" or "K8s 部署"
		}
		return utf8.RuneCountInString(token) >= 12 || strings.ContainsAny(token, "，。；：,;")
	}
	if x >= 'A' && x <= 'Z' && words >= 1 && hanCount(head) == 0 {
		// A capital after a lower-case word, with a sentence behind it.
		lastWord := head[strings.LastIndexByte(head, ' ')+1:]
		stop := strings.IndexAny(rest[:min(len(rest), 240)], ".:!?")
		return stop > 20 && lastWord != "" && strings.Count(rest[:stop], " ") >= 4 && sentenceLike(rest[:stop])
	}
	if hanCount(head) > 0 && x < utf8.RuneSelf {
		// Chinese heading, then a sentence that begins with a Latin name.
		stop := strings.IndexAny(rest[:min(len(rest), 240)], "，。")
		return stop > 12 && hanCount(rest[:stop]) >= 4
	}
	return false
}

// mashedFence returns the content and language of a fence on one line.
func mashedFence(s string) (code, lang string) {
	s = strings.TrimSuffix(strings.TrimPrefix(s, "```"), "```")
	s = strings.TrimSpace(s)
	name, rest, ok := strings.Cut(s, " ")
	if ok && fenceLanguage(name) && !strings.HasPrefix(rest, "-") && (programKind(name) == 0 || !strings.Contains(firstField(rest), ".")) {
		return strings.TrimSpace(rest), name
	}
	return s, ""
}

func firstField(s string) string {
	f, _, _ := strings.Cut(strings.TrimSpace(s), " ")
	return f
}

// fenceLanguage reports names that stand behind the marks of fences.
func fenceLanguage(name string) bool {
	switch strings.ToLower(name) {
	case "bash", "sh", "shell", "console", "zsh", "yaml", "yml", "json", "sql", "text", "ini", "toml", "xml", "html", "css", "nginx", "conf", "config", "dockerfile", "powershell", "go", "golang", "python", "java", "js", "javascript", "ts", "typescript", "ruby", "rust", "php", "c", "cpp", "promql", "hcl", "lua", "perl", "properties", "makefile", "diff", "plaintext", "plain", "txt", "mysql", "redis", "vim":
		return true
	}
	return false
}
