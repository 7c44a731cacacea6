package vector

import (
	"context"
	"fmt"
	"math"

	"cairn/retrieval/lexical"
)

// Concepts is an embedder that needs no model and no fitting: every term of a
// text, a concept of the glossary above all, adds to a few dimensions that its
// hash names. Texts in two languages that name the same concepts are alike.
type Concepts struct {
	analyzer *lexical.Analyzer
	dims     int
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
// without words.
func (c *Concepts) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	var s lexical.Scratch
	out := make([][]float32, len(texts))
	for i, t := range texts {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("embed: %w", err)
		}
		out[i] = c.one(&s, t)
	}
	return out, nil
}

func (c *Concepts) one(s *lexical.Scratch, text string) []float32 {
	counts := make(map[string]float32)
	c.analyzer.Each(s, text, func(t *lexical.Token) {
		w := t.Weight
		switch t.Kind {
		case lexical.Concept:
			w *= 3
		case lexical.Unigram, lexical.Pair:
			return
		case lexical.Bigram:
			w *= 0.5
		}
		counts[string(t.Term)] += w
	})
	v := make([]float64, c.dims)
	for term, n := range counts {
		h := hash64(term)
		w := 1 + math.Log1p(float64(n))
		for range spread {
			h ^= h >> 30
			h *= 0xbf58476d1ce4e5b9
			h ^= h >> 27
			// Fixed point: the order of the map must not show.
			x := math.Round(w * 1024)
			if h>>63 != 0 {
				x = -x
			}
			v[h%uint64(c.dims)] += x
		}
	}
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	out := make([]float32, c.dims)
	if sum == 0 {
		return out
	}
	f := 1 / math.Sqrt(sum)
	for i, x := range v {
		out[i] = float32(x * f)
	}
	return out
}

func hash64(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}
