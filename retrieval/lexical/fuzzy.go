package lexical

import (
	"math/bits"
	"slices"
	"strings"
)

// The bounds of words that are compared.
const (
	minFuzzy = 4
	maxFuzzy = 24
)

// A Fuzzy finds the words that a misspelt one may stand for.
type Fuzzy struct {
	words [maxFuzzy + 1][]string // by length
	masks [maxFuzzy + 1][]uint32 // the letters of each word
}

// NewFuzzy returns a Fuzzy over the words of lower-case letters among words;
// the others are left out. No word may come twice.
func NewFuzzy(words []string) *Fuzzy {
	f := &Fuzzy{}
	for _, w := range words {
		if n := len(w); n >= minFuzzy-1 && n <= maxFuzzy && plain(w) {
			f.words[n] = append(f.words[n], w)
			f.masks[n] = append(f.masks[n], mask(w))
		}
	}
	return f
}

func plain(w string) bool {
	for i := range len(w) {
		if c := w[i]; c < 'a' || c > 'z' {
			return false
		}
	}
	return true
}

func mask(w string) uint32 {
	var m uint32
	for i := range len(w) {
		m |= 1 << (w[i] - 'a')
	}
	return m
}

// maxEdits is how many slips a word of n letters may hold. In a short word
// only two neighbours may have changed places, a letter may be doubled or
// single by mistake, or, of six, one may be missing: everything else makes
// another word.
func maxEdits(n int) int {
	switch {
	case n < 9:
		return 1
	default:
		return 2
	}
}

// Find calls found with every word that w may stand for and the number of
// slips between them.
func (f *Fuzzy) Find(w string, found func(word string, edits int)) {
	if len(w) < minFuzzy || len(w) > maxFuzzy || !plain(w) {
		return
	}
	limit := maxEdits(len(w))
	m := mask(w)
	from, to := max(0, len(w)-limit), min(maxFuzzy, len(w)+limit)
	for n := from; n <= to; n++ {
		for i, v := range f.words[n] {
			if bits.OnesCount32(m^f.masks[n][i]) > 2*limit {
				continue
			}
			d := distance(w, v, limit)
			if d == 0 || d > limit {
				continue
			}
			switch {
			case d == 1 && m == f.masks[n][i] && doubled(w, v):
			case len(w) <= 5 && !(n == len(w) && m == f.masks[n][i]) && !(len(w) == 5 && n == 6):
				continue
			case len(w) <= 7 && v[0] != w[0]:
				continue
			}
			found(v, d)
		}
	}
}

// doubled reports whether the words differ only in how often a letter is
// repeated.
func doubled(a, b string) bool {
	i, j := 0, 0
	for i < len(a) && j < len(b) && a[i] == b[j] {
		letter := a[i]
		for i < len(a) && a[i] == letter {
			i++
		}
		for j < len(b) && b[j] == letter {
			j++
		}
	}
	return i == len(a) && j == len(b)
}

// distance counts insertions, deletions, replacements and swaps of neighbours,
// up to limit; more than that is limit+1.
func distance(a, b string, limit int) int {
	var rows [3][maxFuzzy + 2]int
	prev2, prev, cur := &rows[0], &rows[1], &rows[2]
	for j := 0; j <= len(b); j++ {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		low := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, prev2[j-2]+1)
			}
			cur[j] = d
			low = min(low, d)
		}
		if low > limit {
			return limit + 1
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}

// GlossaryHas reports whether the glossary knows a lower-case English word by
// its stem.
func (a *Analyzer) GlossaryHas(word string) bool { return a.glossary.HasWord(word) }

// GlossaryWords returns the English words of the glossary's forms, in lower
// case and sorted, each once.
func (a *Analyzer) GlossaryWords() []string {
	var out []string
	seen := make(map[string]bool, len(a.glossary.Concepts()))
	for i := range a.glossary.Concepts() {
		for _, f := range a.glossary.Concepts()[i].EN {
			for w := range strings.FieldsFuncSeq(strings.ToLower(f.Text), func(r rune) bool { return r < 'a' || r > 'z' }) {
				if len(w) >= minFuzzy-1 && !seen[w] {
					seen[w] = true
					out = append(out, w)
				}
			}
		}
	}
	slices.Sort(out)
	return out
}
