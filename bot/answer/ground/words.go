package ground

import (
	"cmp"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

//go:embed data/words.txt
var wordsData string

//go:embed data/pairs.txt
var pairsData string

// roles are the sections of data/words.txt with small words, which
// data/lexicon.txt knows: they get their senses here and nothing else.
var roles = wordsOf("cause", "result", "condition", "exception", "concession", "contrast", "negation", "none", "must", "may", "should",
	"all", "some", "only", "before", "after", "while", "or", "purpose", "addition", "example", "reference", "degree")

// parseWords reads data/words.txt: concepts of words that may stand for each
// other, and opposites.
func (l *lexicon) parseWords(data string) error {
	n, small := 0, false
	for line := range strings.Lines(data) {
		n++
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
			continue
		case line[0] == '[':
			small = roles[strings.Trim(line, "[]")]
			continue
		}
		if both, ok := strings.CutPrefix(line, "opposite:"); ok {
			a, b, ok := strings.Cut(both, "<>")
			if !ok {
				return fmt.Errorf("line %d: got %q, want one side <> the other", n, line)
			}
			for _, side := range []string{a, b} {
				for f := range strings.SplitSeq(side, ",") {
					l.addForm(f, false, -1, l.sides)
				}
				l.sides++
			}
			continue
		}
		for part := range strings.SplitSeq(line, "|") {
			_, forms, ok := strings.Cut(part, ":")
			if !ok {
				return fmt.Errorf("line %d: got %q, want en: forms | zh: forms", n, line)
			}
			for f := range strings.SplitSeq(forms, ",") {
				l.addForm(f, small, l.senses, -1)
			}
		}
		l.senses++
	}
	return nil
}

// hollow are words that a phrase may begin with and that say nothing in it.
var hollow = map[string]bool{"be": true, "is": true, "be to": true, "the": true, "a": true, "an": true, "to": true}

// inherit gives phrases the classes of the words in them that say how much, how
// or for how long: far above is above.
func (l *lexicon) inherit() {
	stressed := func(f *form, of *form) {
		for _, c := range of.classes {
			if l.stress[c] && len(l.opposed[c]) > 0 && !slices.Contains(f.classes, c) {
				f.classes = append(f.classes, c)
			}
		}
	}
	for text, f := range l.latin {
		if len(f.classes) > 0 || f.marks != 0 {
			continue
		}
		if words := strings.Fields(text); len(words) > 1 {
			for _, w := range words {
				if of := l.latin[w]; of != nil && of != f {
					stressed(f, of)
				}
			}
		}
	}
	l.particles()
	for _, text := range slices.SortedFunc(maps.Keys(l.han), shorter) {
		f := l.han[text]
		if len(f.classes) > 0 || f.marks != 0 {
			continue
		}
		for from := 3; from+6 <= len(text); from += 3 {
			if of := l.han[text[from:]]; of != nil {
				stressed(f, of)
			}
		}
	}
}

// particles gives a Chinese word with a particle what the word without it has:
// 最小的 is 最小, 会丢 is 丢.
func (l *lexicon) particles() {
	for _, text := range slices.SortedFunc(maps.Keys(l.han), shorter) {
		f, bare := l.han[text], text
		for _, tail := range []string{"的", "了", "着", "掉", "到", "成", "为", "在", "给"} {
			bare = strings.TrimSuffix(bare, tail)
		}
		for _, head := range []string{"会", "已", "在", "被", "正在", "已经"} {
			bare = strings.TrimPrefix(bare, head)
		}
		of := l.han[bare]
		if bare == text || bare == "" || of == nil || of.marks&markNone != 0 || f.marks != 0 {
			continue
		}
		f.classes = appendNew(f.classes, of.classes)
		f.senses = appendNew(f.senses, of.senses)
		f.sides = appendNew(f.sides, of.sides)
	}
}

func shorter(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) }

func appendNew(to, from []int32) []int32 {
	for _, x := range from {
		if !slices.Contains(to, x) {
			to = append(to[:len(to):len(to)], x)
		}
	}
	return to
}

// addForm adds a form of a sense or of a side of two opposites.
func (l *lexicon) addForm(text string, small bool, sense, side int32) {
	text = strings.TrimSpace(text)
	if text == "" {
		return
	}
	forms, key := l.latin, ""
	if r, _ := utf8.DecodeRuneInString(text); isHan(r) {
		if utf8.RuneCountInString(text) > maxHanWord || strings.ContainsFunc(text, func(r rune) bool { return !isHan(r) }) {
			return
		}
		if l.han[text] == nil && l.hidesHan(text) {
			return
		}
		forms, key = l.han, text
	} else {
		words := latinWords(strings.ToLower(text))
		if len(words) == 0 || len(words) > maxPhrase {
			return
		}
		for len(words) > 1 && hollow[words[0]] {
			words = words[1:]
		}
		if l.latin[strings.Join(words, " ")] == nil && hides(words) {
			return
		}
		if timePhrase(text) {
			return // figures are read as such
		}
		key = strings.Join(words, " ")
	}
	f := forms[key]
	if f == nil && small {
		return
	}
	if f == nil {
		f = &form{}
		forms[key] = f
	}
	if sense >= 0 {
		f.senses = append(f.senses, sense)
	}
	if side >= 0 && !slices.Contains(f.sides, side) {
		f.sides = append(f.sides, side)
	}
}

// A pair is a word of the other language and how surely it is a translation.
type pair struct {
	text string
	sure float32
}

// parsePairs reads data/pairs.txt, both ways.
func (l *lexicon) parsePairs(data string) error {
	n := 0
	for line := range strings.Lines(data) {
		n++
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		word, list, ok := strings.Cut(line, " = ")
		if !ok {
			return fmt.Errorf("line %d: got %q, want word = translations", n, line)
		}
		for p := range strings.SplitSeq(list, ", ") {
			at := strings.LastIndexByte(p, ' ')
			text, v := p[:max(at, 0)], p[at+1:]
			sure, err := strconv.ParseFloat(v, 32)
			if err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
			l.pairs[word] = append(l.pairs[word], pair{text, float32(sure)})
			l.pairs[text] = append(l.pairs[text], pair{word, float32(sure)})
		}
	}
	return nil
}

// wordTokens are the words of a phrase, each a token.
func (l *lexicon) wordTokens(phrase string) []token {
	var out []token
	for w := range strings.FieldsSeq(phrase) {
		f := l.latin[w]
		out = append(out, token{kind: kindWord, text: w, form: f, weight: weigh(1, f)})
	}
	return out
}

// hanToken is a Chinese word or character as a token.
func (l *lexicon) hanToken(text string) token {
	f := l.han[text]
	return token{kind: kindHan, text: text, form: f, weight: weigh(0.5*float32(len(text)/3), f)}
}

// timePhrase reports a phrase of several words that holds a figure or a unit of
// time.
func timePhrase(text string) bool {
	words := strings.Fields(strings.ToLower(text))
	for _, w := range words {
		_, number := smallNumbers[w]
		u := units[strings.TrimSuffix(w, "s")]
		if len(words) > 1 && (number || len(u) > 0 && len(w) > 2 && u[0].dim == dimTime) {
			return true
		}
	}
	return false
}

// telling are small words that say what comes first, to what it is limited, or
// that it is not so. A phrase that is not known for it must not hide them.
var telling = map[string]bool{"only": true, "first": true, "then": true, "befor": true, "before": true, "after": true, "until": true, "both": true, "either": true, "all": true, "every": true, "not": true, "never": true, "no": true, "without": true, "unles": true, "last": true}

func hides(words []string) bool {
	if len(words) < 2 {
		return false
	}
	if words[0] == "no" && (words[1] == "mor" || words[1] == "less" || words[1] == "few" || words[1] == "fewer" || words[1] == "longer" || words[1] == "later" || words[1] == "earlier") {
		return false
	}
	for _, w := range words {
		if telling[w] {
			return true
		}
	}
	return false
}

// hidesHan does the same for Chinese: what is left without the small word must
// be a word of its own for a denial.
func (l *lexicon) hidesHan(text string) bool {
	if utf8.RuneCountInString(text) < 2 {
		return false
	}
	if strings.ContainsAny(text, "先再才就都只") {
		return true
	}
	for _, order := range []string{"之前", "以前", "之后", "以后", "前", "后"} {
		if rest, ok := strings.CutSuffix(text, order); ok && utf8.RuneCountInString(rest) > 1 && l.han[rest] != nil {
			return true
		}
	}
	if strings.HasPrefix(text, "不") && utf8.RuneCountInString(text) == 2 && strings.ContainsAny(text[3:], "动变改删写读停走通丢") {
		return true
	}
	if strings.HasPrefix(text, "没") && utf8.RuneCountInString(text) == 2 {
		return true
	}
	for _, neg := range []string{"不", "没有", "没", "未", "无"} {
		if rest, ok := strings.CutPrefix(text, neg); ok && utf8.RuneCountInString(rest) > 1 && l.han[rest] != nil {
			return true
		}
	}
	return false
}
