package runbooks

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A line is one line of a document for the line-based parsers.
type line struct {
	start, end int    // offsets into the document, without outer white space
	text       string // the document between them
	indent     int    // columns of white space before it, a tab counting four
	width      int    // columns of text, a wide character counting two
	trail      int    // bytes of white space after it
}

func (l line) blank() bool { return l.start == l.end }
func (l line) span() Span  { return Span{l.start, l.end} }

// linesOf splits the range s of text into lines.
func linesOf(text string, s Span) []line {
	out := make([]line, 0, s.Len()/40+1)
	for i := s.Start; i < s.End; {
		end := s.End
		if nl := strings.IndexByte(text[i:s.End], '\n'); nl >= 0 {
			end = i + nl
		}
		out = append(out, newLine(text, i, end))
		i = end + 1
	}
	return out
}

func newLine(text string, start, end int) line {
	l := line{start: start, end: end}
scan:
	for l.start < end {
		r, n := utf8.DecodeRuneInString(text[l.start:end])
		switch r {
		case ' ', '\u00a0':
			l.indent++
		case '\t':
			l.indent += 4
		case '\u3000':
			l.indent += 2
		case '\f', '\u200b', '\ufeff':
		default:
			break scan
		}
		l.start += n
	}
	trimmed := strings.TrimRightFunc(text[l.start:end], func(r rune) bool {
		return unicode.IsSpace(r) || r == '\u200b' || r == '\ufeff'
	})
	l.trail = end - l.start - len(trimmed)
	l.end = l.start + len(trimmed)
	l.text = trimmed
	l.width = widthOf(trimmed)
	return l
}

// widthOf counts columns as a terminal does.
func widthOf(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case r < 0x80:
			n++
		case isWide(r):
			n += 2
		default:
			n++
		}
	}
	return n
}

// closers are marks that may stand after the mark which ends a sentence.
const closers = "”’\"'）)】]》」』*_` "

// endsSentence reports that s ends with a mark that ends a sentence.
func endsSentence(s string) bool {
	s = strings.TrimRight(s, closers)
	r, _ := utf8.DecodeLastRuneInString(s)
	switch r {
	case '。', '！', '!', '.', '；', ';', '…':
		return true
	}
	return false
}

// endsOpen reports that the sentence goes on after s: it ends with a comma,
// an opening bracket or a word that wants another.
func endsOpen(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	switch r {
	case '，', ',', '、', '（', '(', '“', '《', '【', '/', '\\', '的', '和', '与', '或':
		return true
	}
	return false
}

// endsLeadIn reports that s announces what follows it.
func endsLeadIn(s string) bool {
	s = strings.TrimRight(s, closers)
	return strings.HasSuffix(s, ":") || strings.HasSuffix(s, "：")
}

// startsOpen reports that s cannot begin a sentence: it is the rest of the line
// before it.
func startsOpen(s string) bool {
	r, n := utf8.DecodeRuneInString(s)
	switch r {
	case '：', ':', '，', ',', '。', '；', ';', '、', '）', ')', '”', '》', '】', '！', '？', '%':
		return true
	case '.':
		return n < len(s) && s[n] == ' '
	}
	return false
}

func hanCount(s string) int {
	n := 0
	for _, r := range s {
		if isHan(r) {
			n++
		}
	}
	return n
}

// isURL reports that s is an address and nothing else.
func isURL(s string) bool {
	if !strings.HasPrefix(s, "http://") && !strings.HasPrefix(s, "https://") && !strings.HasPrefix(s, "www.") {
		return false
	}
	return !strings.ContainsAny(s, " \t，。")
}

// A mark is the list marker or section number at the head of a line.
type mark struct {
	style markStyle
	n     int    // its number; 0 for a bullet
	label string // as printed, without white space after it
	size  int    // bytes up to the item's own text
	depth int    // components of a dotted number
}

type markStyle uint8

const (
	noMark    markStyle = iota
	bullet              // - * • · ● ...
	dot                 // 1. 1．
	paren               // 1) 1）
	pause               // 1、
	inParens            // (1) （1）
	circled             // ①
	stepWord            // 第1步 步骤1 Step 1
	bare                // 1重启 or "1  text": a number and nothing else
	dotted              // 1.1 or 2.4.1.3
	hanPause            // 一、
	hanParens           // （一）
	letter              // a. a) A.
	twinStyle           // no marker: headings of one shape
)

// strong styles need no neighbour to be believed.
func (m markStyle) strong() bool {
	switch m {
	case bullet, pause, inParens, circled, stepWord, hanPause, hanParens:
		return true
	}
	return false
}

// ordered styles count.
func (m markStyle) ordered() bool { return m != noMark && m != bullet }

// parseMark reads the marker at the head of s.
func parseMark(s string) mark {
	none := mark{}
	if s == "" {
		return none
	}
	done := func(style markStyle, n, labelLen, depth int) mark {
		rest := s[labelLen:]
		size := labelLen + len(rest) - len(strings.TrimLeft(rest, " \t\u00a0\u3000"))
		if size == len(s) {
			return none
		}
		return mark{style: style, n: n, label: s[:labelLen], size: size, depth: depth}
	}
	r, rn := utf8.DecodeRuneInString(s)
	switch {
	case strings.ContainsRune("-*+–—", r):
		if len(s) > rn && (s[rn] == ' ' || s[rn] == '\t') {
			return done(bullet, 0, rn, 0)
		}
		return none
	case strings.ContainsRune("•·●○■□◆◇➢➤▶►▪▫◦‣✓✔√★☆※－", r):
		return done(bullet, 0, rn, 0)
	case r >= '①' && r <= '⑳':
		return done(circled, int(r-'①')+1, rn, 0)
	case r >= '⑴' && r <= '⒇':
		return done(circled, int(r-'⑴')+1, rn, 0)
	case r >= '❶' && r <= '❿':
		return done(circled, int(r-'❶')+1, rn, 0)
	case r == '(' || r == '（':
		if n, l := number(s[rn:]); l > 0 {
			if c, cl := utf8.DecodeRuneInString(s[rn+l:]); c == ')' || c == '）' {
				return done(inParens, n, rn+l+cl, 0)
			}
		}
		if n, l := hanNumber(s[rn:]); l > 0 {
			if c, cl := utf8.DecodeRuneInString(s[rn+l:]); c == ')' || c == '）' {
				return done(hanParens, n, rn+l+cl, 0)
			}
		}
		return none
	case r == '第':
		n, l := number(strings.TrimLeft(s[rn:], " "))
		if l == 0 {
			n, l = hanNumber(s[rn:])
		}
		if l > 0 {
			l += len(s[rn:]) - len(strings.TrimLeft(s[rn:], " "))
			if rest, ok := strings.CutPrefix(strings.TrimLeft(s[rn+l:], " "), "步"); ok {
				return done(stepWord, n, stepLabel(s, rest), 0)
			}
		}
		return none
	case r == '步' || r == 'S' || r == 's':
		rest, ok := strings.CutPrefix(s, "步骤")
		if !ok && len(s) > 5 && strings.EqualFold(s[:5], "step ") {
			rest, ok = s[4:], true
		}
		if !ok {
			return none
		}
		trimmed := strings.TrimLeft(rest, " ")
		n, l := number(trimmed)
		if l == 0 {
			n, l = hanNumber(trimmed)
		}
		if l == 0 {
			return none
		}
		after := trimmed[l:]
		if c, _ := utf8.DecodeRuneInString(after); unicode.IsLetter(c) && c < 0x80 {
			return none
		}
		return done(stepWord, n, stepLabel(s, after), 0)
	}
	if n, l := hanNumber(s); l > 0 {
		if rest, ok := strings.CutPrefix(s[l:], "、"); ok {
			return done(hanPause, n, len(s)-len(rest), 0)
		}
		return none
	}
	n, l := number(s)
	if l == 0 {
		return letterMark(s, done)
	}
	c, cl := utf8.DecodeRuneInString(s[l:])
	switch c {
	case '、':
		return done(pause, n, l+cl, 0)
	case ')', '）':
		return done(paren, n, l+cl, 0)
	case '.', '．':
		next, _ := utf8.DecodeRuneInString(s[l+cl:])
		if next >= '0' && next <= '9' {
			depth, size := 1, l
			last := n
			for size < len(s) && s[size] == '.' {
				m, k := number(s[size+1:])
				if k == 0 || k > 2 {
					break
				}
				depth, size, last = depth+1, size+1+k, m
			}
			after, _ := utf8.DecodeRuneInString(s[size:])
			if depth < 2 || depth > 5 || l > 2 || depth == 4 && (n > 9 || last == 0) || !(after == ' ' || after == '\t' || after == '、' || isHan(after)) {
				return none
			}
			if after == '、' {
				size += len("、")
			}
			return done(dotted, last, size, depth)
		}
		return done(dot, n, l+cl, 0)
	}
	if l <= 2 && n > 0 && n < 40 {
		if isHan(c) && !unitAfter(c) {
			return done(bare, n, l, 0)
		}
		if rest := s[l:]; strings.HasPrefix(rest, "  ") || strings.HasPrefix(rest, "\t") {
			return done(bare, n, l, 0)
		}
		if c >= 'a' && c <= 'z' && l+1 < len(s) && s[l+1] >= 'a' && s[l+1] <= 'z' && l == 1 {
			return done(bare, n, l, 0)
		}
		if c == ' ' {
			return done(bare, n, l, 0)
		}
	}
	return none
}

// stepLabel extends a step word's label over the colon after it.
func stepLabel(s, rest string) int {
	t := strings.TrimLeft(rest, " ")
	for _, c := range [...]string{"：", ":", "、", ".", "，", ",", "-"} {
		if strings.HasPrefix(t, c) {
			return len(s) - len(t) + len(c)
		}
	}
	return len(s) - len(rest)
}

// unitAfter reports characters which after a number make a quantity.
func unitAfter(r rune) bool {
	return strings.ContainsRune("个分秒小天年月日次台条种倍万千百亿号点位层级字元块核人兆版世期章节周项张份%％", r)
}

func letterMark(s string, done func(markStyle, int, int, int) mark) mark {
	if len(s) < 3 || s[1] != '.' && s[1] != ')' {
		return mark{}
	}
	c := s[0] | 0x20
	if c < 'a' || c > 'k' {
		return mark{}
	}
	if s[1] == '.' && s[2] != ' ' && s[2] < 0x80 {
		return mark{}
	}
	return done(letter, int(c-'a')+1, 2, 0)
}

func number(s string) (n, size int) {
	for size < len(s) && size < 3 && s[size] >= '0' && s[size] <= '9' {
		n = n*10 + int(s[size]-'0')
		size++
	}
	if size < len(s) && s[size] >= '0' && s[size] <= '9' {
		return 0, 0
	}
	return n, size
}

// hanNumber reads 一 to 九十九.
func hanNumber(s string) (n, size int) {
	const digits = "一二三四五六七八九"
	for size < len(s) {
		r, l := utf8.DecodeRuneInString(s[size:])
		if r == '十' {
			if n == 0 {
				n = 1
			}
			n *= 10
			size += l
			continue
		}
		i := strings.IndexRune(digits, r)
		if i < 0 {
			break
		}
		n += i/3 + 1
		size += l
	}
	if n > 99 {
		return 0, 0
	}
	return n, size
}
