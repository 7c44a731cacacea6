package retrieval

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"cairn/retrieval/vector"
)

// What a model adds to a score. No model can be run where these were chosen:
// they let its most alike candidate outweigh a title, not an exact name.
const (
	vectorWeight = 4
	rerankWeight = 8
	// vectorBelow is the coverage below which all vectors are searched.
	vectorBelow = 0.8
	// vectorDepth is how many passages such a search adds.
	vectorDepth = 40
	// rerankText is how much of a passage a reranker reads, in bytes.
	rerankText = 2400
)

// parts lists the ranges of the libraries' passages.
func (t *tables) parts() []vector.Part {
	out := make([]vector.Part, len(t.libraries))
	for i, l := range t.libraries {
		out[i] = vector.Part{Library: l.name, First: int(t.docPassages[l.docs[0]]), Last: int(t.docPassages[l.docs[3]])}
	}
	return out
}

// An embedded question, or why there is none.
type embedded struct {
	vector []float32
	err    error
}

// embedQuestion asks the embedder in the background; the channel gets one
// value. It is nil without an embedder.
func (ix *Index) embedQuestion(ctx context.Context, text string) <-chan embedded {
	if ix.opts.Embedder == nil || ix.dimensions == 0 {
		return nil
	}
	out := make(chan embedded, 1)
	go func() {
		ctx, cancel := context.WithTimeout(ctx, ix.opts.RerankTimeout)
		defer cancel()
		vs, err := ix.opts.Embedder.Embed(ctx, []string{text})
		switch {
		case err != nil:
			out <- embedded{err: fmt.Errorf("embed the question: %w", err)}
		case len(vs) != 1 || len(vs[0]) != ix.dimensions:
			out <- embedded{err: fmt.Errorf("embed the question: %w", errShape)}
		default:
			out <- embedded{vector: unit(vs[0])}
		}
	}()
	return out
}

var errShape = errors.New("a vector of another length")

// addVectors adds likeness of meaning to the candidates' scores, and passages
// that words did not find where words found little.
func (ix *Index) addVectors(ctx context.Context, s *search, q *question, sc *scope, query Query, cands []candidate, covered float64, from <-chan embedded) ([]candidate, error) {
	var e embedded
	select {
	case e = <-from:
	case <-ctx.Done():
		return cands, fmt.Errorf("embed the question: %w", ctx.Err())
	}
	if e.err != nil {
		return cands, e.err
	}
	if covered < vectorBelow || len(cands) < vectorDepth {
		near, err := ix.store.Nearest(ctx, e.vector, vectorDepth, query.Libraries)
		if err != nil {
			return cands, err
		}
		have := make(map[int]bool, len(cands))
		for _, c := range cands {
			have[c.passage] = true
		}
		for _, h := range near {
			if !have[h.Row] {
				d := ix.passageDoc[h.Row]
				c := candidate{passage: h.Row, doc: int(d), twin: -1, words: s.passages[h.Row], text: s.texts[d] * weights.document}
				one := []candidate{c}
				ix.look(s, q, one)
				cands = append(cands, one[0])
			}
		}
	}
	low, high := float32(math.Inf(1)), float32(math.Inf(-1))
	like := make([]float32, len(cands))
	for i := range cands {
		at := cands[i].passage
		if cands[i].twin >= 0 {
			at = cands[i].twin
		}
		like[i] = ix.store.Similarity(e.vector, at)
		low, high = min(low, like[i]), max(high, like[i])
	}
	if high > low {
		for i := range cands {
			cands[i].vector = vectorWeight * (like[i] - low) / (high - low)
			cands[i].score += cands[i].vector
		}
	}
	slices.SortFunc(cands, byScore)
	return cands, nil
}

// rerank lets the reranker order the best candidates anew.
func (ix *Index) rerank(ctx context.Context, q *question, cands []candidate) ([]candidate, error) {
	n := min(len(cands), ix.opts.RerankDepth)
	if n < 2 {
		return cands, nil
	}
	texts := make([]string, n)
	for i := range texts {
		c := &cands[i]
		p, err := ix.parsed(c.doc)
		if err != nil {
			return cands, err
		}
		pas := p.passages[c.passage-int(ix.docPassages[c.doc])]
		text := p.doc.Title + "\n" + strings.Join(pas.Heading, " > ")
		if !ix.opts.RerankHeadings {
			text += "\n" + p.doc.Slice(pas.Span)
		}
		if len(text) > rerankText {
			text = strings.ToValidUTF8(text[:rerankText], "")
		}
		texts[i] = text
	}
	ctx, cancel := context.WithTimeout(ctx, ix.opts.RerankTimeout)
	defer cancel()
	type answer struct {
		scores []float64
		err    error
	}
	got := make(chan answer, 1)
	go func() {
		scores, err := ix.opts.Reranker.Rerank(ctx, q.text, texts)
		got <- answer{scores, err}
	}()
	var a answer
	select {
	case a = <-got:
	case <-ctx.Done():
		a.err = ctx.Err()
	}
	if a.err == nil && len(a.scores) != n {
		a.err = fmt.Errorf("%d scores for %d passages", len(a.scores), n)
	}
	if a.err != nil {
		return cands, fmt.Errorf("rerank %d passages: %w", n, a.err)
	}
	low, high := slices.Min(a.scores), slices.Max(a.scores)
	if !(high > low) || math.IsInf(high-low, 0) {
		return cands, nil
	}
	for i, s := range a.scores {
		cands[i].rerank = rerankWeight * float32((s-low)/(high-low))
		cands[i].score += cands[i].rerank
	}
	slices.SortFunc(cands, byScore)
	return cands, nil
}
