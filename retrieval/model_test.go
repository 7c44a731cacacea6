package retrieval

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"cairn/retrieval/glossary"
	"cairn/retrieval/lexical"
	"cairn/retrieval/vector"
)

// counting is an embedder that counts what it was asked for, keeps a cache and
// can break.
type counting struct {
	inner  Embedder
	mu     sync.Mutex
	texts  int
	cache  map[string][]float32
	breaks int // fails from this many texts on; 0 never
	wait   bool
}

func (c *counting) Model() string { return c.inner.Model() }

func (c *counting) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	c.mu.Lock()
	c.texts += len(texts)
	broken := c.breaks > 0 && c.texts > c.breaks
	wait := c.wait
	c.mu.Unlock()
	if wait {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if broken {
		return nil, errors.New("the server is gone")
	}
	return c.inner.Embed(ctx, texts)
}

func (c *counting) Get(key string) ([]float32, bool) {
	v, ok := c.cache[key]
	return v, ok
}

func (c *counting) Put(key string, v []float32) error {
	c.cache[key] = v
	return nil
}

func newCounting() *counting {
	return &counting{inner: vector.NewConcepts(lexical.NewAnalyzer(glossary.Default()), 64), cache: map[string][]float32{}}
}

// patience is for models whose answer a test needs: a busy machine can outlast
// the default.
const patience = time.Minute

func TestRebuildEmbedsOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	e := newCounting()
	opts := &Options{Embedder: e, EmbedBatch: 2}
	docs := corpus(t)
	ix := mustBuild(t, nil, opts, Library{Name: "a", Documents: docs})
	if e.texts != ix.Stats().Passages {
		t.Errorf("embedded %d texts, want one for each of %d passages", e.texts, ix.Stats().Passages)
	}
	e.texts = 0
	var keep []string
	for _, d := range docs[1:] {
		keep = append(keep, d.Path)
	}
	changed := parse(t, docs[0].Path, "# HTTP 502 Bad Gateway\n\nOne passage.\n")
	mustBuild(t, ix, opts, Library{Name: "a", Documents: docs[:0:0], Keep: append(keep, docs[0].Path)})
	if e.texts != 0 {
		t.Errorf("a build without changes embedded %d texts", e.texts)
	}
	mustBuild(t, ix, opts, Library{Name: "a", Documents: append(docs[:0:0], changed), Keep: keep})
	if e.texts != 1 {
		t.Errorf("a build with one new passage embedded %d texts", e.texts)
	}
}

func TestBrokenEmbeddingGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	e := newCounting()
	e.breaks = 3
	opts := &Options{Embedder: e, VectorCache: e, EmbedBatch: 1}
	lib := Library{Name: "a", Documents: corpus(t)}
	if _, _, err := Build(t.Context(), quiet, []Library{lib}, nil, opts); err == nil {
		t.Fatal("a broken embedder gave no error")
	}
	if len(e.cache) != 3 {
		t.Fatalf("%d vectors in the cache, want 3", len(e.cache))
	}
	e.breaks, e.texts = 0, 0
	ix := mustBuild(t, nil, opts, lib)
	if want := ix.Stats().Passages - 3; e.texts != want {
		t.Errorf("the second build embedded %d texts, want %d", e.texts, want)
	}
}

func TestVectorsSurviveSavingAndFindWhatWordsMiss(t *testing.T) {
	t.Parallel()
	opts := &Options{Embedder: synonyms{}, RerankTimeout: patience}
	docs := append(corpus(t), parse(t, "en/misc/quokka.md", "# Quokka\n\nMarsupial facts.\n"))
	ix := mustBuild(t, nil, opts, Library{Name: "a", Documents: docs}, Library{Name: "b"})
	loaded, err := Load(save(t, ix), opts)
	if err != nil {
		t.Fatal(err)
	}
	for _, ix := range []*Index{ix, loaded} {
		r := find(t, ix, "wallaby kubelet")
		if len(r.Fallbacks) > 0 {
			t.Fatal(r.Fallbacks)
		}
		found := false
		for _, h := range r.Hits {
			sum := 0.0
			for _, p := range h.Parts {
				sum += p.Value
			}
			if d := sum - h.Score; d > 1e-3 || d < -1e-3 {
				t.Errorf("%s: parts sum to %g, score is %g", h.Document.Path, sum, h.Score)
			}
			found = found || h.Document.Path == "en/misc/quokka.md"
		}
		if !found {
			t.Error("the vectors' neighbour is not among the hits")
		}
		if r, err := ix.Search(t.Context(), Query{Text: "wallaby kubelet", Libraries: []string{"b"}}); err != nil || len(r.Hits) > 0 {
			t.Errorf("another library's passages came up: %v, %v", r.Hits, err)
		}
	}
}

// What vectors add is measured by the whole question, also after its clauses
// were heard one by one: the last of them is only filler to the whole.
func TestVectorsAfterClauses(t *testing.T) {
	t.Parallel()
	docs := append(corpus(t), parse(t, "en/misc/quokka.md", "# Quokka\n\nIt was seen since yesterday.\n"))
	ix := mustBuild(t, nil, &Options{Embedder: synonyms{}, RerankTimeout: patience}, Library{Name: "a", Documents: docs})
	r, err := ix.Search(t.Context(), Query{Text: "a wallaby hops about kubelet zzyzx, since yesterday", K: 20, Explain: true})
	if err != nil || r.Verdict != Abstain {
		t.Fatalf("%v, %v; the clauses are not heard", r.Verdict, err)
	}
	found := false
	for _, h := range r.Hits {
		if h.Document.Path != "en/misc/quokka.md" {
			continue
		}
		found = true
		for _, p := range h.Parts {
			if p.Name != "vector" && p.Name != "language" && p.Value > 0 {
				t.Errorf("%s counts %g for what the question does not say", p.Name, p.Value)
			}
		}
	}
	if !found {
		t.Error("the vectors' neighbour is not among the hits")
	}
}

// synonyms takes a wallaby for a quokka.
type synonyms struct{}

func (synonyms) Model() string { return "synonyms" }

func (synonyms) Embed(_ context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i, t := range texts {
		v := []float32{0.1, 0.1, 0.1}
		for j, words := range [][]string{{"wallaby", "Quokka"}, {"kubelet"}, {"502", "redis"}} {
			for _, w := range words {
				if strings.Contains(t, w) {
					v[j]++
				}
			}
		}
		out[i] = unit(v)
	}
	return out, nil
}

func TestFallsBackToWords(t *testing.T) {
	t.Parallel()
	e := newCounting()
	opts := &Options{Embedder: e, RerankTimeout: 20 * time.Millisecond}
	ix := mustBuild(t, nil, opts, Library{Name: "a", Documents: corpus(t)})
	plain := mustBuild(t, nil, nil, Library{Name: "a", Documents: corpus(t)})
	want := find(t, plain, "redis evicts keys")
	check := func(what string, ix *Index) {
		t.Helper()
		got := find(t, ix, "redis evicts keys")
		if len(got.Fallbacks) != 1 {
			t.Errorf("%s: fallbacks %v, want one", what, got.Fallbacks)
		}
		if a, b := fmt.Sprint(refs(want)), fmt.Sprint(refs(got)); a != b {
			t.Errorf("%s: got %s, want %s", what, b, a)
		}
		if got.Verdict != want.Verdict || got.Coverage != want.Coverage {
			t.Errorf("%s: verdict %v %g, want %v %g", what, got.Verdict, got.Coverage, want.Verdict, want.Coverage)
		}
	}
	e.breaks = 1
	check("broken embedder", ix)
	e.breaks, e.wait = 0, true
	check("slow embedder", ix)
	for what, r := range map[string]Reranker{
		"broken reranker": ranker(func(context.Context, []string) ([]float64, error) { return nil, errors.New("gone") }),
		"short answer":    ranker(func(context.Context, []string) ([]float64, error) { return []float64{1}, nil }),
		"deaf reranker":   ranker(func(ctx context.Context, _ []string) ([]float64, error) { select {} }),
	} {
		ix := mustBuild(t, nil, &Options{Reranker: r, RerankTimeout: 20 * time.Millisecond}, Library{Name: "a", Documents: corpus(t)})
		check(what, ix)
	}
}

type ranker func(context.Context, []string) ([]float64, error)

func (r ranker) Rerank(ctx context.Context, _ string, docs []string) ([]float64, error) {
	return r(ctx, docs)
}

func TestRerankerDecidesTheOrder(t *testing.T) {
	t.Parallel()
	r := ranker(func(_ context.Context, docs []string) ([]float64, error) {
		out := make([]float64, len(docs))
		for i, d := range docs {
			if strings.Contains(d, "Redis reached maxmemory") {
				out[i] = 9
			}
		}
		return out, nil
	})
	ix := mustBuild(t, nil, &Options{Reranker: r, RerankTimeout: patience}, Library{Name: "a", Documents: corpus(t)})
	if got := first(t, ix, "error log memory"); got != "en/databases/redis-memory.md" {
		t.Errorf("got %s first", got)
	}
}
