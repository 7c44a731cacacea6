package retrieval

import (
	"context"
	"fmt"
)

// A Candidate is a passage with its features, for fitting weights.
type Candidate struct {
	Library, Path      string
	StartLine, EndLine int
	Text               string
	Features           []float32
}

// FeatureNames names the features of a [Candidate].
func FeatureNames() []string { return featureNames[:] }

// RankWeights returns the weights that Search uses.
func RankWeights() []float32 { return rankWeights[:] }

// Candidates returns what Search would choose from, best first, at most n.
func (ix *Index) Candidates(ctx context.Context, query Query, n int) ([]Candidate, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	s := ix.scratch.Get().(*search)
	defer ix.scratch.Put(s)
	sc := ix.scope(query.Libraries)
	q := ix.ask(&s.scratch, query.Text, sc)
	if len(q.terms) == 0 {
		return nil, nil
	}
	ix.score(s, q, sc)
	var out []Candidate
	for _, c := range ix.rank(s, q, sc) {
		if len(out) == n {
			break
		}
		h, err := ix.hit(picked{candidate: c}, false)
		if err != nil {
			return nil, err
		}
		out = append(out, Candidate{
			Library: h.Library, Path: h.Document.Path, StartLine: h.Passage.StartLine, EndLine: h.Passage.EndLine,
			Text: h.Text(), Features: append([]float32(nil), c.features[:]...),
		})
	}
	return out, nil
}

// EvidenceNames names what [Index.Evidence] returns.
func EvidenceNames() []string { return evidenceNames[:] }

// Evidence returns what the verdict about a query rests on, for fitting it.
func (ix *Index) Evidence(ctx context.Context, query Query) ([]float64, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	s := ix.scratch.Get().(*search)
	defer ix.scratch.Put(s)
	sc := ix.scope(query.Libraries)
	q := ix.ask(&s.scratch, query.Text, sc)
	if len(q.terms) == 0 {
		return make([]float64, evidences), nil
	}
	ix.score(s, q, sc)
	e := ix.evidence(q, sc, ix.preferOwn(ix.rank(s, q, sc), q))
	return e[:], nil
}

// A Cost is what the first stage of a search would read without ending early.
type Cost struct {
	// Terms is how many terms are searched for.
	Terms int
	// Passages and Documents are how many postings their lists hold.
	Passages, Documents int
}

// Cost counts what the first stage of a search reads, for comparing its time
// with that of reading memory. It covers all libraries.
func (ix *Index) Cost(text string) Cost {
	s := ix.scratch.Get().(*search)
	defer ix.scratch.Put(s)
	q := ix.ask(&s.scratch, text, ix.scope(nil))
	c := Cost{Terms: len(q.terms)}
	for _, t := range q.terms {
		units, _ := ix.passages.List(t.id)
		c.Passages += len(units)
		units, _ = ix.texts.List(t.id)
		c.Documents += len(units)
	}
	return c
}
