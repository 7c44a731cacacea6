package retrieval

import (
	"strings"

	"cairn/retrieval/lexical"
)

// maxCorrected bounds the words of one question that are looked up.
const maxCorrected = 12

// A speller knows the words that a misspelt one may stand for: those of the
// glossary in full and the stems of the index.
type speller struct {
	glossary, stems *lexical.Fuzzy
}

func (ix *Index) spelling() *speller {
	ix.speller.Do(func() {
		words := ix.analyzer.GlossaryWords()
		s := &speller{glossary: lexical.NewFuzzy(words)}
		stems := make([]string, 0, ix.dict.Len())
		for id := range ix.dict.Len() {
			// A word of one document may be misspelt itself.
			if n := ix.passages.Offsets[id+1] - ix.passages.Offsets[id]; n > 1 {
				stems = append(stems, ix.dict.Term(uint32(id)))
			}
		}
		s.stems = lexical.NewFuzzy(stems)
		ix.spell = s
	})
	return ix.spell
}

// correct returns the question with misspelt names put right, "" when there is
// nothing to put right.
func (ix *Index) correct(sc *lexical.Scratch, q *question, s *scope) string {
	type fix struct {
		start, end int
		word       string
	}
	var fixes []fix
	looked, taken := 0, 0
	ix.analyzer.Words(sc, q.text, func(t *lexical.Token) {
		if t.Kind != lexical.Word || t.Noise || looked == maxCorrected {
			return
		}
		known := 0
		if id, ok := ix.dict.Find(string(t.Term)); ok {
			_, known = idf(ix.passages, id, &s.passages, &s.passageCount)
		}
		word := strings.ToLower(q.text[t.Start:t.End])
		if known > maxRare || len(word) < 4 {
			return
		}
		if taken < maxCorrected && len(word) >= 2*minHalf && len(word) <= maxCompound {
			taken++
			if apart := ix.compound(word, known, s); apart != "" {
				fixes = append(fixes, fix{t.Start, t.End, apart})
				return
			}
		}
		if known > 0 {
			return
		}
		if ix.analyzer.GlossaryHas(word) {
			return
		}
		sp := ix.spelling()
		looked++
		best, edits, often := "", 3, 0
		consider := func(stem, as string, d int) {
			id, ok := ix.dict.Find(stem)
			if !ok {
				return
			}
			_, df := idf(ix.passages, id, &s.passages, &s.passageCount)
			if df > 0 && (d < edits || d == edits && df > often) {
				best, edits, often = as, d, df
			}
		}
		sp.stems.Find(string(t.Term), func(w string, d int) { consider(w, w, d) })
		sp.glossary.Find(word, func(w string, d int) {
			// The word may be in the library by its concept only.
			if d < edits || d == edits && best != "" {
				if ix.mentions(w, s) {
					best, edits, often = w, d, 1<<30
				}
			}
		})
		if best != "" {
			fixes = append(fixes, fix{t.Start, t.End, best})
		}
	})
	if len(fixes) == 0 {
		return ""
	}
	q.fixed = make(map[string]string, len(fixes))
	var b strings.Builder
	at := 0
	for _, f := range fixes {
		if f.start < at {
			continue
		}
		b.WriteString(q.text[at:f.start])
		b.WriteString(f.word)
		q.fixed[q.text[f.start:f.end]] = f.word
		at = f.end
	}
	b.WriteString(q.text[at:])
	return b.String()
}

// The bounds of compounds: how many letters each half has at least, in how
// many passages a word may stand itself at most, how long it is at most.
const (
	minHalf     = 3
	maxRare     = 3
	maxCompound = 24
)

// compound returns a word that the library knows better as two, such as
// crashloop, with a space between them; "" where more passages, known ones,
// have the word itself than the two side by side.
func (ix *Index) compound(word string, known int, s *scope) string {
	var sc lexical.Scratch
	frequency := func(term string) int {
		id, ok := ix.dict.Find(term)
		if !ok {
			return 0
		}
		_, df := idf(ix.passages, id, &s.passages, &s.passageCount)
		return df
	}
	for at := minHalf; at <= len(word)-minHalf; at++ {
		first, second, pair := lexical.PairOf(&sc, word[:at], word[at:])
		// Pairs are known by a hash: the words themselves must be known too.
		if n := frequency(pair); n > known && frequency(first) >= n && frequency(second) >= n {
			return word[:at] + " " + word[at:]
		}
	}
	return ""
}

// mentions reports whether the library names the concept of a word.
func (ix *Index) mentions(word string, s *scope) bool {
	found := false
	ix.analyzer.Each(new(lexical.Scratch), word, func(t *lexical.Token) {
		if found {
			return
		}
		if id, ok := ix.dict.Find(string(t.Term)); ok {
			_, df := idf(ix.passages, id, &s.passages, &s.passageCount)
			found = df > 0
		}
	})
	return found
}
