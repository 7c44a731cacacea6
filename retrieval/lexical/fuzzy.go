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
	words []string
	masks []uint32 // the letters of each word
	// byLength[n] is where the words of n letters begin; sorted by length.
	byLength [maxFuzzy + 2]int
}

// NewFuzzy returns a Fuzzy over the words of lower-case letters and digits
// among words; the others are left out.
func NewFuzzy(words []string) *Fuzzy {
	f := &Fuzzy{}
	for _, w := range words {
		if len(w) >= minFuzzy-1 && len(w) <= maxFuzzy && plain(w) {
			f.words = append(f.words, w)
		}
	}
	slices.SortFunc(f.words, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	f.words = slices.Compact(f.words)
	f.masks = make([]uint32, len(f.words))
	for i, w := range f.words {
		f.masks[i] = mask(w)
	}
	for n := range f.byLength {
		f.byLength[n], _ = slices.BinarySearchFunc(f.words, n, func(w string, n int) int { return len(w) - n })
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
// only two neighbours may have changed places: everything else makes another
// word.
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
	for i := f.byLength[from]; i < f.byLength[to+1]; i++ {
		if bits.OnesCount32(m^f.masks[i]) > 2*limit {
			continue
		}
		v := f.words[i]
		d := distance(w, v, limit)
		if d == 0 || d > limit {
			continue
		}
		if len(w) <= 5 && !(len(v) == len(w) && m == f.masks[i]) || len(w) <= 7 && v[0] != w[0] {
			continue
		}
		found(v, d)
	}
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

// GlossaryWords returns the English words of the glossary's forms, in lower
// case.
func (a *Analyzer) GlossaryWords() []string {
	var out []string
	for i := range a.glossary.Concepts() {
		for _, f := range a.glossary.Concepts()[i].EN {
			for w := range strings.FieldsFuncSeq(strings.ToLower(f.Text), func(r rune) bool { return r < 'a' || r > 'z' }) {
				if len(w) >= minFuzzy-1 {
					out = append(out, w)
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
