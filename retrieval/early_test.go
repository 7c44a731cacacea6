package retrieval

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/runbooks"
)

// randomIndex holds documents of random words, some of them rare.
func randomIndex(tb testing.TB, docs int) (*Index, *rand.Rand) {
	tb.Helper()
	r := rand.New(rand.NewPCG(7, 11))
	word := func() string {
		// The square makes low numbers frequent.
		n := r.IntN(60)
		return fmt.Sprintf("w%c%c", 'a'+n*n/60%26, 'a'+n*n/60/26)
	}
	lib := Library{Name: "random"}
	for i := range docs {
		var b strings.Builder
		fmt.Fprintf(&b, "# %s %s\n", word(), word())
		for range 12 {
			fmt.Fprintf(&b, "\n## %s\n\n", word())
			for range 30 {
				b.WriteString(word() + " ")
			}
			b.WriteByte('\n')
		}
		d, err := runbooks.Parse(fmt.Sprintf("d%04d.md", i), []byte(b.String()), nil)
		if err != nil {
			tb.Fatal(err)
		}
		lib.Documents = append(lib.Documents, d)
	}
	ix, _, err := Build(context.Background(), slog.New(slog.DiscardHandler), []Library{lib}, nil, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return ix, r
}

// Ending early finds what scoring everything finds.
func TestEarlyEndFindsTheSame(t *testing.T) {
	t.Parallel()
	ix, r := randomIndex(t, 300)
	ended := 0
	for range 60 {
		var words []string
		for range 4 + r.IntN(12) {
			n := r.IntN(60)
			words = append(words, fmt.Sprintf("w%c%c", 'a'+n*n/60%26, 'a'+n*n/60/26))
		}
		found := func(early int) []string {
			ix.early = early
			s := ix.scratch.Get().(*search)
			defer ix.scratch.Put(s)
			sc := ix.scope(nil)
			q := ix.ask(&s.scratch, strings.Join(words, " "), sc)
			ix.score(s, q, sc)
			if len(s.kept) > 0 {
				ended++
			}
			var out []string
			for _, c := range ix.candidates(s, nil) {
				// Sums of float32 depend on their order in the last digits.
				out = append(out, fmt.Sprintf("%.2f", c.score))
			}
			slices.Sort(out)
			return out
		}
		if diff := cmp.Diff(found(1<<30), found(1)); diff != "" {
			t.Errorf("%q: candidates' scores without and with early end:\n%s", words, diff)
		}
	}
	if ended == 0 {
		t.Error("no search ended early")
	}
}

// BenchmarkFirstStage scores the questions of the file CAIRN_BENCH_QUESTIONS,
// one a line, in the index CAIRN_BENCH_INDEX, with and without early end.
func BenchmarkFirstStage(b *testing.B) {
	path, file := os.Getenv("CAIRN_BENCH_INDEX"), os.Getenv("CAIRN_BENCH_QUESTIONS")
	if path == "" || file == "" {
		b.Skip("CAIRN_BENCH_INDEX and CAIRN_BENCH_QUESTIONS are not set")
	}
	ix, err := OpenFile(path, nil)
	if err != nil {
		b.Fatal(err)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	s := ix.scratch.Get().(*search)
	sc := ix.scope(nil)
	var qs []*question
	for line := range strings.Lines(string(raw)) {
		qs = append(qs, ix.ask(&s.scratch, line, sc))
	}
	for _, v := range []struct {
		name  string
		early int
	}{{"all", 1 << 30}, {"early", 1}} {
		b.Run(v.name, func(b *testing.B) {
			ix.early = v.early
			ended, kept, i := 0, 0, 0
			for b.Loop() {
				ix.score(s, qs[i%len(qs)], sc)
				if len(s.kept) > 0 {
					ended++
					kept += len(s.kept)
				}
				s.cands = ix.candidates(s, s.cands[:0])
				i++
			}
			b.ReportMetric(float64(ended)/float64(b.N), "ended/op")
			b.ReportMetric(float64(kept)/float64(max(1, ended)), "kept")
		})
	}
}
