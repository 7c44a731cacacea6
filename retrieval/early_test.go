package retrieval

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"cairn/retrieval/lexical"
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
	s := &early{search: ix.scratch.Get().(*search)}
	sc := ix.scope(nil)
	for range 60 {
		var words []string
		for range 4 + r.IntN(12) {
			n := r.IntN(60)
			words = append(words, fmt.Sprintf("w%c%c", 'a'+n*n/60%26, 'a'+n*n/60/26))
		}
		q := ix.ask(&s.scratch, strings.Join(words, " "), sc)
		scores := func(cs []candidate) []string {
			var out []string
			for _, c := range cs {
				// Sums of float32 depend on their order in the last digits.
				out = append(out, fmt.Sprintf("%.2f", c.score))
			}
			slices.Sort(out)
			return out
		}
		ix.score(s.search, q, sc)
		want := scores(ix.candidates(s.search, nil))
		got := scores(s.candidates(ix, q))
		if len(s.kept) > 0 {
			ended++
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("%q: candidates' scores without and with early end:\n%s", words, diff)
		}
	}
	if ended == 0 {
		t.Error("no search ended early")
	}
}

// BenchmarkFirstStage scores the questions of the file CAIRN_BENCH_QUESTIONS,
// one a line, in the index CAIRN_BENCH_INDEX, with and without early end:
// retrieval/eval/peers leaves both with -keep.
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
	s := &early{search: ix.scratch.Get().(*search)}
	sc := ix.scope(nil)
	var qs []*question
	for line := range strings.Lines(string(raw)) {
		qs = append(qs, ix.ask(&s.scratch, line, sc))
	}
	// In turn, so that other work on the machine slows both alike.
	var all, early []time.Duration
	ended, kept := 0, 0
	for i := 0; b.Loop(); i++ {
		q := qs[i%len(qs)]
		start := time.Now()
		ix.score(s.search, q, sc)
		s.cands = ix.candidates(s.search, s.cands[:0])
		mid := time.Now()
		s.cands = s.candidates(ix, q)
		all, early = append(all, mid.Sub(start)), append(early, time.Since(mid))
		if len(s.kept) > 0 {
			ended++
			kept += len(s.kept)
		}
	}
	report := func(name string, ts []time.Duration) {
		slices.Sort(ts)
		b.ReportMetric(float64(ts[len(ts)/2].Microseconds()), name+"-p50-us")
		b.ReportMetric(float64(ts[len(ts)*99/100].Microseconds()), name+"-p99-us")
	}
	report("all", all)
	report("early", early)
	b.ReportMetric(float64(ended)/float64(len(all)), "ended")
	b.ReportMetric(float64(kept)/float64(max(1, ended)), "kept")
}

// Where adding up every posting is given up for the passages that can still
// become candidates.
const (
	// earlyPostings is how many postings per passage must be left for a look at
	// all passages to pay.
	earlyPostings = 1.5
	// earlyShare is the share of the question's weight that may be open at the
	// first look; each further one wants it halved.
	earlyShare = 0.4
	// earlyLooks is how many looks are taken at most.
	earlyLooks = 3
	// earlyKept is how many passages may be left.
	earlyKept = 6000
)

// An early search ends scoring early, as MaxScore does term by term: the
// heaviest terms first, and once the rest could not lift a passage among the
// candidates, only for those that are still in question. On 100,000 passages
// it is slower than adding everything up (docs/benchmarks-retrieval.md), so
// that it is kept for measuring only.
type early struct {
	*search
	kept  []uint32 // where it is empty all passages were scored
	order []qterm
}

// candidates scores the question and returns the candidates.
func (s *early) candidates(ix *Index, q *question) []candidate {
	s.score(ix, q)
	if len(s.kept) == 0 {
		return ix.candidates(s.search, s.cands[:0])
	}
	s.heap = s.heap[:0]
	for _, p := range s.kept {
		s.offer(p, s.passages[p]+s.texts[ix.passageDoc[p]]*weights.document)
	}
	out := s.cands[:0]
	for _, r := range s.heap {
		out = append(out, candidate{passage: int(r.passage), score: r.score})
	}
	return out
}

func (s *early) score(ix *Index, q *question) {
	n := ix.passageCount()
	s.kept = s.kept[:0]
	clear(s.passages)
	clear(s.texts)
	for _, t := range q.terms {
		add(s.texts, ix.texts, t.id, t.text*(lexical.K1+1)/255, true, nil)
	}
	s.order = append(s.order[:0], q.terms...)
	slices.SortFunc(s.order, func(a, b qterm) int {
		return cmp.Or(cmp.Compare(b.passage, a.passage), cmp.Compare(a.id, b.id))
	})
	var open, all float32
	left := 0
	for _, t := range s.order {
		all += t.passage * (lexical.K1 + 1)
		units, _ := ix.passages.List(t.id)
		left += len(units)
	}
	open = all
	look, looks := all*earlyShare, 0
	for i, t := range s.order {
		if open <= look && looks < earlyLooks && float64(left) > earlyPostings*float64(n) {
			looks++
			look = open / 2
			if s.keep(ix, open) {
				for _, t := range s.order[i:] {
					addKept(s.passages, ix.passages, t.id, t.passage*(lexical.K1+1)/255, s.kept)
				}
				return
			}
		}
		add(s.passages, ix.passages, t.id, t.passage*(lexical.K1+1)/255, true, nil)
		open -= t.passage * (lexical.K1 + 1)
		units, _ := ix.passages.List(t.id)
		left -= len(units)
	}
}

// keep collects the passages that terms of the given weight can still lift
// among the candidates; false where they are too many.
func (s *early) keep(ix *Index, open float32) bool {
	ix.best(s.search)
	if len(s.heap) < maxCandidates {
		return false
	}
	// A hair more than the open weight: sums of float32 depend on their order.
	limit := s.heap[0].score - open*1.001 - 1e-3
	if limit <= 0 {
		return false
	}
	s.kept = s.kept[:0]
	for d, text := range s.texts {
		need := limit - text*weights.document
		for p := ix.docPassages[d]; p < ix.docPassages[d+1]; p++ {
			if s.passages[p] >= need {
				if len(s.kept) == earlyKept {
					s.kept = s.kept[:0]
					return false
				}
				s.kept = append(s.kept, p)
			}
		}
	}
	return true
}

// addKept adds a term's impacts to the passages kept: it goes along both lists
// or, where the term's is much longer, searches it.
func addKept(acc []float32, p *lexical.Postings, id uint32, w float32, kept []uint32) {
	units, impacts := p.List(id)
	if len(units) > 16*len(kept) {
		from := 0
		for _, u := range kept {
			i, ok := slices.BinarySearch(units[from:], u)
			from += i
			if ok {
				acc[u] += w * float32(impacts[from])
			}
			if from == len(units) {
				return
			}
		}
		return
	}
	k := 0
	for i, u := range units {
		for kept[k] < u {
			if k++; k == len(kept) {
				return
			}
		}
		if kept[k] == u {
			acc[u] += w * float32(impacts[i])
		}
	}
}
