package vector

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/retrieval/glossary"
	"cairn/retrieval/lexical"
)

func rows(n, dims int) []float32 {
	r := rand.New(rand.NewPCG(1, 2))
	out := make([]float32, 0, n*dims)
	for range n {
		v := make([]float32, dims)
		for i := range v {
			v[i] = float32(r.NormFloat64())
		}
		var s float32
		for _, x := range v {
			s += x * x
		}
		for i := range v {
			v[i] /= sqrt(s)
		}
		out = append(out, v...)
	}
	return out
}

func sqrt(x float32) float32 {
	y := x
	for range 40 {
		y = (y + x/y) / 2
	}
	return y
}

func TestNearestAgreesWithComparingAll(t *testing.T) {
	t.Parallel()
	const n, dims = 300, 16
	s := New(rows(n, dims), dims, []Part{{"a", 0, 100}, {"b", 100, 100}, {"c", 100, n}})
	for _, libs := range [][]string{nil, {"a"}, {"c"}, {"a", "c"}, {"b"}, {}} {
		q := s.Row(7)
		got, err := s.Nearest(t.Context(), q, 20, libs)
		if err != nil {
			t.Fatal(err)
		}
		var want []Hit
		for _, p := range s.parts {
			if libs == nil || slices.Contains(libs, p.Library) {
				for r := p.First; r < p.Last; r++ {
					want = append(want, Hit{r, s.Similarity(q, r)})
				}
			}
		}
		slices.SortFunc(want, func(a, b Hit) int {
			if a.Similarity > b.Similarity {
				return -1
			}
			return 1
		})
		want = want[:min(20, len(want))]
		rowsOf := func(hs []Hit) (out []int) {
			for _, h := range hs {
				out = append(out, h.Row)
			}
			return out
		}
		if diff := cmp.Diff(rowsOf(want), rowsOf(got)); diff != "" {
			t.Errorf("libraries %v: -all +nearest\n%s", libs, diff)
		}
	}
}

func TestNearestOfNothing(t *testing.T) {
	t.Parallel()
	s := New(make([]float32, 4*8), 8, []Part{{"a", 0, 4}})
	q := make([]float32, 8)
	q[0] = 1
	for what, question := range map[string][]float32{"zero rows": q, "other length": q[:4], "zero question": make([]float32, 8)} {
		if got, err := s.Nearest(t.Context(), question, 5, nil); err != nil || len(got) != 0 {
			t.Errorf("%s: got %v, %v, want nothing", what, got, err)
		}
	}
}

func TestConceptsCrossLanguages(t *testing.T) {
	t.Parallel()
	c := NewConcepts(lexical.NewAnalyzer(glossary.Default()), 256)
	vs, err := c.Embed(t.Context(), []string{"节点驱逐 Pod", "the node evicts pods", "certificate renewal on the load balancer", ""})
	if err != nil {
		t.Fatal(err)
	}
	if same, other := dot(vs[0], vs[1]), dot(vs[0], vs[2]); same < other+0.2 {
		t.Errorf("same meaning %.2f, other %.2f", same, other)
	}
	if dot(vs[3], vs[3]) != 0 {
		t.Error("an empty text has a vector")
	}
	again, err := c.Embed(t.Context(), []string{"节点驱逐 Pod"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(vs[0], again[0]); diff != "" {
		t.Errorf("not deterministic:\n%s", diff)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Embed(ctx, []string{"x"}); err == nil {
		t.Error("an ended context gave no error")
	}
}

func BenchmarkNearest(b *testing.B) {
	const n, dims = 14000, 256
	s := New(rows(n, dims), dims, []Part{{"a", 0, n}})
	for b.Loop() {
		if _, err := s.Nearest(b.Context(), s.Row(3), 40, nil); err != nil {
			b.Fatal(err)
		}
	}
}
