package vector

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"cairn/retrieval/lexical"
)

// Concepts is an embedder that needs no model and no fitting: every term of a
// text, a concept of the glossary above all, adds to a few dimensions that its
// hash names. Texts in two languages that name the same concepts are alike.
type Concepts struct {
	analyzer *lexical.Analyzer
	dims     int
	pool     sync.Pool // of *adder
}

// NewConcepts returns an embedder of vectors of dims numbers, at least 32.
func NewConcepts(a *lexical.Analyzer, dims int) *Concepts {
	return &Concepts{analyzer: a, dims: max(32, dims)}
}

// Model names the embedder and its dimensions.
func (c *Concepts) Model() string {
	return fmt.Sprintf("cairn-concepts-%d-%d", lexical.Version, c.dims)
}

// spread is how many dimensions a term adds to.
const spread = 4

// Embed returns a vector of length 1 for each text, all zero for a text
// without words. Many texts are shared out among the processors.
func (c *Concepts) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	var next atomic.Int64
	work := func() {
		a, _ := c.pool.Get().(*adder)
		if a == nil {
			a = new(adder)
		}
		defer c.pool.Put(a)
		for ctx.Err() == nil {
			i := int(next.Add(1)) - 1
			if i >= len(texts) {
				return
			}
			out[i] = a.vector(c, texts[i])
		}
	}
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(texts)) - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("embed: %w", err)
	}
	return out, nil
}

// maxKnown bounds the terms whose dimensions an adder remembers.
const maxKnown = 1 << 14

// An adder makes vectors of one text after the other.
type adder struct {
	scratch lexical.Scratch
	vocab   *lexical.Vocab
	spots   [][spread]spot // by term
	counts  []lexical.Count
	sum     lexical.Sum
	v       []float64
}

// A spot is a dimension that a term adds to, or takes from.
type spot struct {
	dim  int32
	sign int32
}

func (a *adder) vector(c *Concepts, text string) []float32 {
	if a.vocab == nil || len(a.spots) >= maxKnown {
		a.vocab, a.spots = lexical.NewVocab(), a.spots[:0]
	}
	a.counts = a.counts[:0]
	c.analyzer.Each(&a.scratch, text, func(t *lexical.Token) {
		w := t.Weight
		switch t.Kind {
		case lexical.Concept:
			w *= 3
		case lexical.Unigram, lexical.Pair:
			return
		case lexical.Bigram:
			w *= 0.5
		}
		id := a.vocab.Token(t)
		if int(id) == len(a.spots) {
			a.spots = append(a.spots, spots(t.Term, c.dims))
		}
		a.counts = append(a.counts, lexical.Count{ID: id, N: w})
	})
	a.sum.Add(lexical.Field{Weight: 1}, a.counts, 0)
	a.v = append(a.v[:0], make([]float64, c.dims)...)
	for _, t := range a.sum.Take() {
		// Fixed point: the order of the terms must not show.
		x := math.Round((1 + math.Log1p(float64(t.N))) * 1024)
		for _, s := range a.spots[t.ID] {
			a.v[s.dim] += x * float64(s.sign)
		}
	}
	sum := 0.0
	for _, x := range a.v {
		sum += x * x
	}
	out := make([]float32, c.dims)
	if sum == 0 {
		return out
	}
	f := 1 / math.Sqrt(sum)
	for i, x := range a.v {
		out[i] = float32(x * f)
	}
	return out
}

// spots spreads a term over the dimensions by its hash.
func spots(term []byte, dims int) (out [spread]spot) {
	h := hash64(term)
	for i := range out {
		h ^= h >> 30
		h *= 0xbf58476d1ce4e5b9
		h ^= h >> 27
		out[i] = spot{dim: int32(h % uint64(dims)), sign: 1}
		if h>>63 != 0 {
			out[i].sign = -1
		}
	}
	return out
}

func hash64(s []byte) uint64 {
	h := uint64(14695981039346656037)
	for i := range s {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}
