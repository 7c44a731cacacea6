package ground

import (
	"strings"
	"unicode/utf8"
)

// words of the lexicon cut a run of Chinese where fewest pieces remain; of two
// such cuts the one whose first words are longer.
const (
	costWord = 10 // of a word that the lexicon knows
	costChar = 12 // of a character that no word has
	maxCut   = 64 // characters cut at a time
)

// cutHan cuts the run of Chinese at i and keeps how long the word is that
// begins at each byte.
func (s *scanner) cutHan(i int) {
	end, n := i, 0
	for end < len(s.text) && n < maxCut {
		r, k := utf8.DecodeRuneInString(s.text[end:])
		if !isHan(r) {
			break
		}
		end += k
		n++
	}
	s.cutFrom, s.cutLen = i, make([]int, end-i+1)
	if n*3 != end-i { // rare characters of four bytes: one by one
		for k := range s.text[i:end] {
			_, s.cutLen[k] = utf8.DecodeRuneInString(s.text[i+k:])
		}
		return
	}
	best, last := make([]int, n+1), make([]int, n+1)
	for e := 1; e <= n; e++ {
		best[e] = best[e-1] + costChar
		last[e] = 1
		for k := min(maxHanWord, e); k >= 1; k-- {
			if s.lex.han[s.text[i+3*(e-k):i+3*e]] == nil {
				continue
			}
			if c := best[e-k] + costWord; c < best[e] || c == best[e] && k < last[e] {
				best[e], last[e] = c, k
			}
		}
	}
	for e := n; e > 0; e -= last[e] {
		if n < maxCut || e-last[e] < maxCut-maxHanWord { // what is near the end is cut again with what follows
			s.cutLen[3*(e-last[e])] = 3 * last[e]
		}
	}
}

func (s *scanner) han(i int) int {
	if i < s.cutFrom || i >= s.cutFrom+len(s.cutLen) || s.cutLen[i-s.cutFrom] == 0 {
		s.cutHan(i)
	}
	best := s.cutLen[i-s.cutFrom]
	f := s.lex.han[s.text[i:i+best]]
	if f == nil {
		best = 0
	}
	_, first := utf8.DecodeRuneInString(s.text[i:])
	measured := 0
	if _, n := hanNumber(s.text[i:]); n > 0 {
		if name, k := unitAt(s.lower[i+n:]); k > 0 && units[name][0].dim != dimNone {
			measured = n + k
		}
	}
	if n := s.everyHan(i); n >= best && n > 0 {
		return n
	}
	if best <= first || measured >= best {
		if n := s.hanNumeral(i); n >= best && n > 0 {
			return n
		}
	}
	if f == nil {
		s.add(token{kind: kindHan, text: s.text[i : i+first], start: i, end: i + first, weight: 0.6})
		return first
	}
	t := token{kind: kindHan, text: s.text[i : i+best], form: f, start: i, end: i + best, weight: 0.5 * float32(utf8.RuneCountInString(s.text[i:i+best]))}
	if t.weight > 1.5 {
		t.weight = 1.5
	}
	t.weight = weigh(t.weight, f)
	s.add(t)
	return best
}

// everyHan reads 每天 and 每分钟 as the figure they are.
func (s *scanner) everyHan(i int) int {
	rest, ok := strings.CutPrefix(s.lower[i:], "每")
	if !ok {
		return 0
	}
	name, k := unitAt(rest)
	if u := units[name]; k == 0 || isLatin(rune(name[0])) || u[0].dim != dimTime {
		return 0
	}
	n := len("每") + k
	s.add(token{kind: kindNumber, text: s.text[i : i+n], start: i, end: i + n, weight: 1.5, read: readings(1, name)})
	return n
}

// weigh lowers the weight of words that need little support.
func weigh(w float32, f *form) float32 {
	switch {
	case f == nil || f.marks == 0:
		return w
	case f.marks&markNone != 0:
		return 0
	case len(f.classes) > 0 || f.marks&markLight != 0 && len(f.senses) > 0:
		return 0.4 * w
	}
	return 0
}

func (s *scanner) hanNumeral(i int) int {
	if strings.HasPrefix(s.text[i:], "百分之") {
		n := len("百分之")
		v, k := hanNumber(s.text[i+n:])
		if k == 0 {
			v, k = digits(s.text[i+n:])
		}
		if k > 0 {
			s.add(token{kind: kindNumber, text: s.text[i : i+n+k], start: i, end: i + n + k, weight: 1.5, read: []reading{{dimPercent, v}}})
			return n + k
		}
		return 0
	}
	v, n := hanNumber(s.text[i:])
	if n == 0 {
		return 0
	}
	if rest, ok := strings.CutPrefix(s.text[i+n:], "分之"); ok {
		if w, k := hanNumber(rest); k > 0 && v > 0 {
			n += len("分之") + k
			s.add(token{kind: kindNumber, text: s.text[i : i+n], start: i, end: i + n, weight: 1.5, read: []reading{{dimNone, w / v}}})
			return n
		}
	}
	k := s.number(i, v, n)
	if t := &s.toks[len(s.toks)-1]; t.read[0].dim == dimNone {
		t.weight = 1
		if v <= 1 {
			t.weight = 0
		}
	}
	return k
}

// number adds a number of n bytes at i with the unit that follows.
func (s *scanner) number(i int, v float64, n int) int {
	name, k := unitAt(s.lower[i+n:])
	if k > 0 {
		if m := units[name]; m[0].dim == dimNone && len(m) == 1 { // 5000 万
			v *= m[0].size
			n += k
			name, k = unitAt(s.lower[i+n:])
		}
	}
	if k == 0 && strings.HasPrefix(s.text[i+n:], "多") {
		n += len("多")
		name, k = unitAt(s.lower[i+n:])
	}
	t := token{kind: kindNumber, start: i, end: i + n + k, weight: 1.5, read: readings(v, name)}
	t.text = s.lower[i:t.end]
	if h, ok := strings.CutPrefix(s.text[i+n:], ":"); k == 0 && ok && len(h) >= 2 && isDigit(rune(h[0])) && isDigit(rune(h[1])) && v < 24 && (len(h) == 2 || !isDigit(rune(h[2])) && h[2] != ':') {
		m, _ := digits(h[:2])
		t.end += 3
		t.read = []reading{{dimClock, v + m/60}}
	}
	s.add(t)
	return t.end - i
}
