package glossary

import (
	_ "embed"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:embed folding/pinyin.txt
var syllables string

// The bounds of what is tried as pinyin.
const (
	minPinyin = 5  // letters of a form; shorter ones collide with English
	maxPinyin = 40 // letters of a word or of words written apart
	maxApart  = 4  // words written apart: jie dian
)

// readings holds the pinyin table.
type readings struct {
	char map[rune]string
	// word are whole words whose characters read otherwise than alone.
	word map[string]string
	// longest is the length in bytes of the longest word.
	longest int
	// all are the syllables.
	all map[string]bool
}

// A line of the table is a syllable and its characters, or, for a word read
// otherwise, the word, an equals sign and its syllables.
var pinyins = sync.OnceValue(func() *readings {
	r := &readings{char: make(map[rune]string, 1800), word: make(map[string]string), all: make(map[string]bool, 450)}
	for line := range strings.Lines(syllables) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if word, reading, ok := strings.Cut(line, "="); ok {
			word = strings.TrimSpace(word)
			r.word[word] = strings.Join(strings.Fields(reading), " ")
			r.longest = max(r.longest, len(word))
			continue
		}
		syl, chars, _ := strings.Cut(line, " ")
		r.all[syl] = true
		for _, c := range chars {
			if _, ok := r.char[c]; !ok {
				r.char[c] = syl
			}
		}
	}
	return r
})

// Pinyin returns the syllables of a Chinese form without tones, joined by
// spaces, ü written v and üe ue: 节点 gives "jie dian". It reports false when the form
// holds anything but characters whose reading the table knows.
func Pinyin(form string) (string, bool) {
	r := pinyins()
	var b strings.Builder
	for form != "" {
		syl, n := "", 0
		for l := min(r.longest, len(form)); l > 0; l-- {
			if s, ok := r.word[form[:l]]; ok {
				syl, n = s, l
				break
			}
		}
		if n == 0 {
			c, size := utf8.DecodeRuneInString(form)
			s, ok := r.char[fold(c)]
			if !ok {
				return "", false
			}
			syl, n = s, size
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(syl)
		form = form[n:]
	}
	return b.String(), b.Len() > 0
}

// pinyinForms maps the joined pinyin of the Chinese forms of two characters or
// more to the forms. It is built at the first word that could be pinyin.
func (g *Glossary) pinyinForms() map[string][]entry {
	g.pinyinOnce.Do(func() {
		g.pinyin = make(map[string][]entry, 2*len(g.concepts))
		for i := range g.concepts {
			for j, f := range g.concepts[i].ZH {
				if utf8.RuneCountInString(f.Text) < 2 || f.Context != nil {
					continue
				}
				p, ok := Pinyin(f.Text)
				if p = strings.ReplaceAll(p, " ", ""); ok && len(p) >= minPinyin && len(p) <= maxPinyin {
					g.pinyin[p] = append(g.pinyin[p], entry{concept: int32(i), form: int16(j), zh: true})
				}
			}
		}
	})
	return g.pinyin
}

// matchPinyin appends to out the Chinese forms written in pinyin among the
// words that no English form has.
func (g *Glossary) matchPinyin(out []Match, text string, toks []token) []Match {
	limit := len(out) + maxMatches
	var buf [maxPinyin]byte
	for i := 0; i < len(toks); i++ {
		t := toks[i]
		if !t.latin || t.id != 0 || t.whole != 0 || len(out) >= limit {
			continue
		}
		n := lowerLetters(buf[:], text[t.start:t.end])
		if n < 2 || !isPinyin(buf[:n]) {
			continue
		}
		if n >= minPinyin {
			if ms := g.splitPinyin(buf[:n], t); ms != nil {
				out = append(out, ms...)
				continue
			}
		}
		// Syllables written apart: the longest that is a form.
		best, bestTok := 0, i
		for j := i + 1; j < len(toks) && j < i+maxApart; j++ {
			u := toks[j]
			if !u.latin || u.border {
				break
			}
			m := lowerLetters(buf[n:], text[u.start:u.end])
			if m == 0 || !isPinyin(buf[n:n+m]) {
				break
			}
			n += m
			if len(g.pinyinForms()[string(buf[:n])]) > 0 {
				best, bestTok = n, j
			}
		}
		if best > 0 {
			for _, e := range g.pinyinForms()[string(buf[:best])] {
				out = append(out, g.pinyinMatch(e, t.start, toks[bestTok].end))
			}
			i = bestTok
		}
	}
	return out
}

// splitPinyin reads a word as one or several forms without a rest, the fewest
// that will do.
func (g *Glossary) splitPinyin(w []byte, t token) []Match {
	forms := g.pinyinForms()
	if es := forms[string(w)]; len(es) > 0 {
		var out []Match
		for _, e := range es {
			out = append(out, g.pinyinMatch(e, t.start, t.end))
		}
		return out
	}
	var least, from [maxPinyin + 1]int
	for to := 1; to <= len(w); to++ {
		least[to] = -1
		for at := 0; at+minPinyin <= to; at++ {
			if least[at] >= 0 && (least[to] < 0 || least[at]+1 < least[to]) && len(forms[string(w[at:to])]) > 0 {
				least[to], from[to] = least[at]+1, at
			}
		}
	}
	if least[len(w)] < 0 {
		return nil
	}
	// A word in full-width letters has no byte offsets of its own parts.
	ascii := int(t.end-t.start) == len(w)
	var out []Match
	for to := len(w); to > 0; to = from[to] {
		start, end := t.start, t.end
		if ascii {
			start, end = t.start+int32(from[to]), t.start+int32(to)
		}
		for _, e := range forms[string(w[from[to]:to])] {
			out = append(out, g.pinyinMatch(e, start, end))
		}
	}
	return out
}

func (g *Glossary) pinyinMatch(e entry, start, end int32) Match {
	return Match{
		Concept: int(e.concept), ID: g.concepts[e.concept].ID, Lang: ZH, Form: int(e.form),
		Start: int(start), End: int(end), Pinyin: true,
	}
}

// lowerLetters writes the word's letters to dst in lower case; 0 when it holds
// anything else or is too long.
func lowerLetters(dst []byte, word string) int {
	n := 0
	for _, r := range word {
		if r >= 0x80 {
			r = fold(r)
		}
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		if r < 'a' || r > 'z' || n == len(dst) {
			return 0
		}
		dst[n] = byte(r)
		n++
	}
	return n
}

// isPinyin reports whether w is a sequence of syllables.
func isPinyin(w []byte) bool {
	all := pinyins().all
	var ok [maxPinyin + 1]bool
	ok[0] = true
	for i := 0; i < len(w); i++ {
		if !ok[i] {
			continue
		}
		for n := 1; n <= 6 && i+n <= len(w); n++ {
			if !ok[i+n] && all[string(w[i:i+n])] {
				ok[i+n] = true
			}
		}
	}
	return ok[len(w)]
}
