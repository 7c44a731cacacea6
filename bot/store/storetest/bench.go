package storetest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"cairn/bot/store"
)

// size reads a benchmark's size from the environment.
func size(b *testing.B, name string, def int) int {
	b.Helper()
	v := os.Getenv(name)
	if v == "" {
		return def
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		b.Fatalf("%s: got %q, want a positive number", name, v)
	}
	return n
}

// BenchDue measures the query for due cards over CAIRN_BENCH_CARDS cards
// (20,000) of which each of CAIRN_BENCH_PEOPLE people (200) knows a hundred, a
// third of them due, and reports percentiles for one asker and for four at a
// time.
func BenchDue(b *testing.B, s store.Store) {
	cards, people := size(b, "CAIRN_BENCH_CARDS", 20_000), size(b, "CAIRN_BENCH_PEOPLE", 200)
	const each = 100
	ctx := b.Context()
	began := time.Now()
	var batch []store.Card
	for lib := range 10 {
		batch = batch[:0]
		for i := lib; i < cards; i += 10 {
			batch = append(batch, store.Card{ID: fmt.Sprintf("%016x", i), Library: fmt.Sprint("lib", lib), Document: "a.md", Kind: "step",
				Lang: []string{"en", "zh"}[i/10%2], Content: []byte(`{"front":"a question of the usual length","answer":"and an answer"}`), Hash: "h"})
		}
		if _, err := s.SyncCards(ctx, fmt.Sprint("lib", lib), batch, at(0)); err != nil {
			b.Fatal(err)
		}
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	var buf bytes.Buffer
	flush := func() {
		if _, err := s.Import(ctx, &buf); err != nil {
			b.Fatal(err)
		}
		buf.Reset()
	}
	for p := range people {
		if buf.Len() == 0 {
			buf.WriteString(`{"format":"cairn-data","version":1}` + "\n")
		}
		for range each {
			due := at(0).Add(time.Duration(rnd.IntN(90)-30) * 24 * time.Hour)
			fmt.Fprintf(&buf, `{"table":"card_states","adapter":"slack","user_id":"U%d","card_id":"%016x","due_at":%d,"stability":3.5,"difficulty":5,`+
				`"scheduled_days":4,"reps":3,"lapses":0,"state":2,"last_review_at":%d,"remaining_steps":0}`+"\n", p, rnd.IntN(cards), due.UnixMicro(), at(0).UnixMicro())
		}
		if p%500 == 499 || p == people-1 {
			flush()
		}
	}
	b.Logf("%d cards and %d people with %d states each written in %v", cards, people, each, time.Since(began).Round(time.Second))

	for _, askers := range []int{1, 4} {
		b.Run(fmt.Sprintf("askers=%d", askers), func(b *testing.B) { askDue(b, s, people, askers) })
	}
}

func askDue(b *testing.B, s store.Store, people, askers int) {
	var mu sync.Mutex
	var took []time.Duration
	found := 0
	var wg sync.WaitGroup
	for w := range askers {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 4))
			for range b.N / askers {
				start := time.Now()
				ids, err := s.DueCards(b.Context(), store.DueQuery{Adapter: "slack", User: fmt.Sprint("U", r.IntN(people)), Now: at(0), Lang: "en",
					Libraries: []string{"lib0", "lib1", "lib2", "lib3", "lib4", "lib5", "lib6", "lib7"}, Limit: 20})
				if err != nil {
					b.Error(err)
					return
				}
				mu.Lock()
				took, found = append(took, time.Since(start)), found+len(ids)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(took) == 0 {
		return // the first, tiny round
	}
	slices.Sort(took)
	ms := func(p float64) float64 {
		return float64(took[min(int(p*float64(len(took))), len(took)-1)]) / float64(time.Millisecond)
	}
	b.ReportMetric(ms(0.50), "p50-ms")
	b.ReportMetric(ms(0.99), "p99-ms")
	b.ReportMetric(ms(1), "max-ms")
	b.ReportMetric(float64(found)/float64(len(took)), "cards/query")
}

// BenchRecord measures how many events a second are recorded durably by 64
// recorders at a time.
func BenchRecord(b *testing.B, s store.Store) {
	ctx := b.Context()
	b.SetParallelism(32)
	var n struct {
		sync.Mutex
		next int
	}
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			n.Lock()
			n.next++
			id := n.next
			n.Unlock()
			_, err := s.RecordEvent(ctx, store.Event{Adapter: "slack", Keys: []string{fmt.Sprint("e", id), fmt.Sprint("m", id)}, Order: "C1", Payload: make([]byte, 600), At: at(id)})
			if err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
