package lexical

import (
	"cmp"
	"slices"
)

// A Field is how much one field of a unit counts.
type Field struct {
	// Weight multiplies the field's counts.
	Weight float32
	// Length is the reference length in words: a longer field counts less, a
	// shorter one more. Zero switches the normalisation off.
	Length float32
	// B says how strongly length counts, 0 to 1.
	B float32
}

// K1 is where a term's count saturates.
const K1 = 1.2

// A Vocab numbers terms.
type Vocab struct {
	ids   map[string]uint32
	terms []string
}

// NewVocab returns an empty vocabulary.
func NewVocab() *Vocab { return &Vocab{ids: make(map[string]uint32, 1<<12)} }

// ID returns the number of the term, a new one where it is unknown.
func (v *Vocab) ID(term []byte) uint32 {
	if id, ok := v.ids[string(term)]; ok {
		return id
	}
	s := string(term)
	id := uint32(len(v.terms))
	v.ids[s] = id
	v.terms = append(v.terms, s)
	return id
}

// Terms returns the terms by number.
func (v *Vocab) Terms() []string { return v.terms }

// A Count is how often a term stands in a field, weighted.
type Count struct {
	ID uint32
	N  float32
}

// A Posting is the weight of a term in a unit.
type Posting struct {
	ID     uint32 // the term
	Impact uint8
}

// Tally collects the counts of one text. It belongs to one goroutine.
type Tally struct {
	a     *Analyzer
	v     *Vocab
	s     Scratch
	count []Count
	words int
}

// NewTally returns a tally that numbers terms with v.
func NewTally(a *Analyzer, v *Vocab) *Tally { return &Tally{a: a, v: v} }

// Count analyses the text and returns its counts, unsorted and maybe with
// repetitions, and its length in words. The slice is valid until the next call.
func (t *Tally) Count(text string) ([]Count, int) {
	t.count, t.words = t.count[:0], 0
	t.a.Each(&t.s, text, func(tok *Token) {
		w := tok.Weight
		switch tok.Kind {
		case Word, Number, Bigram:
			if !tok.Part {
				t.words++
			}
		case Ident:
			if !tok.Part {
				t.words++
			}
		case Concept:
			if tok.Inner {
				w *= 0.7
			}
		}
		t.count = append(t.count, Count{ID: t.v.ID(tok.Term), N: w})
	})
	return t.count, t.words
}

// Terms appends the terms of a text but single characters and pairs, in the
// text's order.
func (t *Tally) Terms(dst []uint32, text string) []uint32 {
	t.a.Each(&t.s, text, func(tok *Token) {
		if tok.Kind != Unigram && tok.Kind != Pair {
			dst = append(dst, t.v.ID(tok.Term))
		}
	})
	return dst
}

// Scale appends the counts to dst, weighted for the field they stand in.
func (f Field) Scale(dst, counts []Count, words int) []Count {
	w := f.Weight
	if f.Length > 0 {
		w /= 1 - f.B + f.B*float32(words)/f.Length
	}
	for _, c := range counts {
		dst = append(dst, Count{ID: c.ID, N: c.N * w})
	}
	return dst
}

// Impacts sums the scaled counts of a unit's fields into one posting per term,
// sorted by term. It reorders counts.
func Impacts(dst []Posting, counts []Count) []Posting {
	slices.SortFunc(counts, func(a, b Count) int { return cmp.Compare(a.ID, b.ID) })
	for i := 0; i < len(counts); {
		id, n := counts[i].ID, float32(0)
		for ; i < len(counts) && counts[i].ID == id; i++ {
			n += counts[i].N
		}
		dst = append(dst, Posting{ID: id, Impact: uint8(max(1, min(255, 255*n/(n+K1)+0.5)))})
	}
	return dst
}

// Similarity returns 64 bits of which similar postings share most: for each
// bit, whether it is set in the hashes of most terms.
func (v *Vocab) Similarity(ps []Posting) uint64 {
	var lanes [8]uint64 // eight counters of eight bits each
	var counts [64]int
	flush := func() {
		for i, l := range lanes {
			for j := range 8 {
				counts[8*i+j] += int(l >> (8 * j) & 0xff)
			}
			lanes[i] = 0
		}
	}
	for n, p := range ps {
		t := v.terms[p.ID]
		h := uint64(hash(t)) | uint64(hash(t[len(t)/2:]))<<32
		h *= 0x9e3779b97f4a7c15
		h ^= h >> 29
		for i := range lanes {
			lanes[i] += spread(byte(h >> (8 * i)))
		}
		if n%255 == 254 {
			flush()
		}
	}
	flush()
	var out uint64
	for b, n := range counts {
		if 2*n > len(ps) {
			out |= 1 << b
		}
	}
	return out
}

// spread puts each bit of b into a byte of its own.
func spread(b byte) uint64 {
	x := uint64(b) * 0x0101010101010101 & 0x8040201008040201 // bit i is left in byte i
	return (x&0x7f7f7f7f7f7f7f7f + 0x7f7f7f7f7f7f7f7f | x) >> 7 & 0x0101010101010101
}
