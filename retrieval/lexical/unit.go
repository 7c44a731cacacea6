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
	ids   termMap[uint32]
	terms []string
	// concepts are the numbers of the concepts' terms plus one, by concept.
	concepts []uint32
}

// NewVocab returns an empty vocabulary.
func NewVocab() *Vocab { return new(Vocab) }

// ID returns the number of the term, a new one where it is unknown.
func (v *Vocab) ID(term []byte) uint32 {
	if id, ok := v.ids.get(term); ok {
		return id
	}
	id := uint32(len(v.terms))
	v.ids.put(term, id)
	v.terms = append(v.terms, string(term))
	return id
}

// Token returns the number of a token's term, as ID does. All tokens must come
// from one analyzer.
func (v *Vocab) Token(t *Token) uint32 {
	if t.Kind != Concept {
		return v.ID(t.Term)
	}
	if t.Concept >= len(v.concepts) {
		v.concepts = append(v.concepts, make([]uint32, t.Concept+1-len(v.concepts))...)
	}
	if v.concepts[t.Concept] == 0 {
		v.concepts[t.Concept] = v.ID(t.Term) + 1
	}
	return v.concepts[t.Concept] - 1
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
	aside Scratch // for Terms, which leaves the counted text alone
	count []Count
	words int
	// The terms of the text but concepts, single characters and pairs, and where
	// each begins, rising.
	places []place
}

type place struct {
	id    uint32
	start int32
}

// NewTally returns a tally that numbers terms with v.
func NewTally(a *Analyzer, v *Vocab) *Tally { return &Tally{a: a, v: v} }

// Count analyses the text and returns its counts, unsorted and maybe with
// repetitions, and its length in words. The slice is valid until the next call.
func (t *Tally) Count(text string) ([]Count, int) {
	t.count, t.places, t.words = t.count[:0], t.places[:0], 0
	t.a.Each(&t.s, text, t.add)
	return t.count, t.words
}

func (t *Tally) add(tok *Token) {
	id, w := t.v.Token(tok), tok.Weight
	switch tok.Kind {
	case Word, Number, Bigram, Ident:
		if !tok.Part {
			t.words++
		}
		t.places = append(t.places, place{id, int32(tok.Start)})
	case Concept:
		if tok.Inner {
			w *= 0.7
		}
	}
	t.count = append(t.count, Count{ID: id, N: w})
}

// Part appends the terms but single characters and pairs of a part of the text
// that was counted last, as though it were a text of its own, in no order and
// maybe with repetitions. The part must not cut a word or a pair of Han
// characters.
func (t *Tally) Part(dst []uint32, from, to int) []uint32 {
	i, _ := slices.BinarySearchFunc(t.places, from, func(p place, at int) int { return cmp.Compare(int(p.start), at) })
	for ; i < len(t.places) && int(t.places[i].start) < to; i++ {
		dst = append(dst, t.places[i].id)
	}
	t.a.emit(&t.s, t.s.glossaryOf(t.a).Part(from, to), func(tok *Token) {
		dst = append(dst, t.v.Token(tok))
	})
	return dst
}

// Terms appends the terms of a text but single characters and pairs, in the
// text's order.
func (t *Tally) Terms(dst []uint32, text string) []uint32 {
	t.a.Each(&t.aside, text, func(tok *Token) {
		if tok.Kind != Unigram && tok.Kind != Pair {
			dst = append(dst, t.v.Token(tok))
		}
	})
	return dst
}

// factor is what the counts of a field of so many words are multiplied by.
func (f Field) factor(words int) float32 {
	w := f.Weight
	if f.Length > 0 {
		w /= 1 - f.B + f.B*float32(words)/f.Length
	}
	return w
}

// A Sum adds up the counts of a unit's fields by term. The zero value is
// empty. It belongs to one goroutine.
type Sum struct {
	n    []float32 // by term, 0 where it does not stand in the unit
	ids  []uint32  // the terms of the unit
	took []Count
}

// Add adds the counts of a field of so many words.
func (s *Sum) Add(f Field, counts []Count, words int) {
	w := f.factor(words)
	for _, c := range counts {
		if int(c.ID) >= len(s.n) {
			s.n = append(s.n, make([]float32, int(c.ID)+1-len(s.n))...)
		}
		if s.n[c.ID] == 0 {
			s.ids = append(s.ids, c.ID)
		}
		s.n[c.ID] += c.N * w
	}
}

// Take returns the sums, one per term in the order of their first counts, and
// empties s. They are valid until the next Take.
func (s *Sum) Take() []Count {
	s.took = s.took[:0]
	for _, id := range s.ids {
		s.took = append(s.took, Count{ID: id, N: s.n[id]})
		s.n[id] = 0
	}
	s.ids = s.ids[:0]
	return s.took
}

// Impacts makes postings of a unit's sums.
func Impacts(sums []Count) []Posting {
	out := make([]Posting, len(sums))
	for i, c := range sums {
		out[i] = Posting{ID: c.ID, Impact: uint8(max(1, min(255, 255*c.N/(c.N+K1)+0.5)))}
	}
	return out
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
