package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"cairn/retrieval"
	"cairn/retrieval/glossary"
	"cairn/retrieval/lexical"
	"cairn/retrieval/vector"
	"cairn/runbooks"
)

// fullBelow is the coverage below which a search goes through all vectors.
const fullBelow = 0.8

// runHybrid measures the search with vectors of the built-in embedder, and
// apart those questions for which all vectors were searched.
func runHybrid(docs []*runbooks.Document, questions []string) error {
	ctx := context.Background()
	before := heap()
	watch := now()
	opts := &retrieval.Options{Embedder: vector.NewConcepts(lexical.NewAnalyzer(glossary.Default()), 256)}
	path := filepath.Join(os.TempDir(), fmt.Sprintf("cairn-hybrid-%d", os.Getpid()))
	defer os.Remove(path)
	ix, _, err := build(docs, opts, path)
	if err != nil {
		return err
	}
	fmt.Printf("hybrid   build %s\n", watch.since())
	took := map[bool][]time.Duration{}
	err = measure("hybrid", questions, func(q string) (int, error) {
		start := time.Now()
		r, err := ix.Search(ctx, retrieval.Query{Text: q})
		if err != nil {
			return 0, err
		}
		for _, f := range r.Fallbacks {
			return 0, fmt.Errorf("no vectors: %w", f)
		}
		full := r.Coverage < fullBelow
		took[full] = append(took[full], time.Since(start))
		return len(r.Hits), nil
	})
	if err != nil {
		return err
	}
	for full, what := range map[bool]string{false: "candidates' vectors only", true: "all vectors"} {
		ts := took[full]
		if len(ts) == 0 {
			continue
		}
		ts = ts[len(ts)/2:] // the second round
		slices.Sort(ts)
		fmt.Printf("hybrid   %s: n=%d p50 %v p99 %v\n", what, len(ts), ts[len(ts)/2], ts[len(ts)*99/100])
	}
	fmt.Printf("hybrid   heap grew by %.0f MB\n", heap()-before)
	runtime.KeepAlive(ix)
	return nil
}
