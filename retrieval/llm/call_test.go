package llm_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cairn/retrieval/llm"
	"cairn/retrieval/llm/llmtest"
)

// recorder keeps what [llm.Config.Observe] is told.
type recorder struct {
	mu    sync.Mutex
	calls []llm.Call
}

func (r *recorder) observe(c llm.Call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, c)
}

func (r *recorder) all() []llm.Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]llm.Call(nil), r.calls...)
}

// Every call is told of once, whatever becomes of it, with what was charged.
func TestCallsAreObserved(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t)
	var seen recorder
	c := client(t, s, func(c *llm.Config) {
		c.Observe, c.InputPrice, c.OutputPrice, c.EmbedPrice, c.Retries, c.RerankModel = seen.observe, 10, 20, 1, -1, "order"
	})
	ctx := context.Background()
	if _, err := ask(c); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Embedder().Embed(ctx, []string{"a b", "c"}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Reranker().Rerank(ctx, "a", []string{"a b", "c"}); err != nil {
		t.Fatal(err)
	}
	s.Fail(llmtest.Reply{Status: 500})
	if _, err := ask(c); llm.ReasonOf(err) != llm.ReasonServer {
		t.Fatal(err)
	}
	host := strings.TrimSuffix(strings.TrimPrefix(s.URL(), "http://"), "/v1")
	want := []llm.Call{
		{Kind: "chat", Model: "scripted", Host: host, Person: "u1", Sent: []byte(`[{"Role":"user","Content":"why"}]`), Received: []byte("ok"), Usage: llm.Usage{Input: 11, Output: 7}, Cost: 0.00025},
		{Kind: "embed", Model: "vectors", Host: host, Sent: []byte(`["a b","c"]`), Usage: llm.Usage{Input: 2}, Cost: 0.000002},
		{Kind: "rerank", Model: "order", Host: host, Received: []byte(`[1,0]`), Usage: llm.Usage{Input: 4, Estimated: true}, Cost: 0.000004},
		{Kind: "chat", Model: "scripted", Host: host, Person: "u1", Sent: []byte(`[{"Role":"user","Content":"why"}]`), Received: []byte{}, Reason: llm.ReasonServer},
	}
	got := seen.all()
	if len(got) == 4 {
		if n := len(got[1].Received); n != 2*4*llmtest.Dimensions {
			t.Errorf("vectors of %d bytes", n)
		}
		if !json.Valid(got[2].Sent) || !strings.Contains(string(got[2].Sent), `"documents":["a b","c"]`) {
			t.Errorf("reranking sent %s", got[2].Sent)
		}
		got[1].Received, got[2].Sent = nil, nil
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(llm.Call{}, "Start", "Took"), cmpopts.EquateApprox(0, 1e-12)); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// A server that sends the key back does not get it into the record.
func TestObservedCallsHoldNoKey(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t)
	s.Script(func(_ int, r llmtest.Request) llmtest.Reply {
		return llmtest.Reply{Pieces: []string{"you sent ", r.Authorization}}
	})
	var seen recorder
	if _, err := ask(client(t, s, func(c *llm.Config) { c.Observe = seen.observe })); err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%+v %s", seen.all(), seen.all()[0].Received); strings.Contains(text, secret) || len(seen.all()) != 1 {
		t.Errorf("recorded: %s", text)
	}
}

// Many calls at once pass a budget by one call at most: those that run count
// with what they may use.
func TestBudgetsHoldUnderConcurrency(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*llm.Config){
		"tokens of all": func(c *llm.Config) { c.TokensPerHour = 100 },
		"tokens of one": func(c *llm.Config) { c.TokensPerPersonHour = 100 },
		"money of all":  func(c *llm.Config) { c.CostPerHour, c.InputPrice, c.OutputPrice = 0.0013, 10, 20 },
		"money of one":  func(c *llm.Config) { c.CostPerPersonHour, c.InputPrice, c.OutputPrice = 0.0013, 10, 20 },
		"after the restart": func(c *llm.Config) {
			c.TokensPerHour = 118
			c.Spent = func(time.Time, string) (int, float64) { return 18, 0 }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := llmtest.New(t)
			now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
			var seen recorder
			c := client(t, s, set, func(c *llm.Config) {
				c.MaxConcurrent, c.MaxTokens, c.Observe, c.Now = 16, 20, seen.observe, func() time.Time { return now }
			})
			var wg sync.WaitGroup
			for range 40 {
				wg.Go(func() {
					if _, err := ask(c); err != nil && llm.ReasonOf(err) != llm.ReasonBudget {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			for range 10 { // what calls did not use is free again
				ask(c)
			}
			used, answered := 0, 0
			for _, call := range seen.all() {
				used += call.Usage.Input + call.Usage.Output
				if !call.Refused {
					answered++
				}
			}
			if used > 100+18 || answered < 5 {
				t.Errorf("%d tokens in %d calls; want 100 and at most one call of 18 more", used, answered)
			}
			if got := len(s.Requests()); got != answered {
				t.Errorf("%d requests for %d calls", got, answered)
			}
		})
	}
}

// What was used before a restart counts, for all and for a person, within its
// hour alone.
func TestBudgetsSurviveARestart(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t)
	now := time.Date(2026, 3, 1, 10, 59, 0, 0, time.UTC)
	c := client(t, s, func(c *llm.Config) {
		c.TokensPerPersonHour, c.Now = 50, func() time.Time { return now }
		c.Spent = func(hour time.Time, person string) (int, float64) {
			if want := now.Truncate(time.Hour); !hour.Equal(want) {
				t.Errorf("asked for the hour %v, want %v", hour, want)
			}
			return map[string]int{"": 60, "u1": 50}[person], 0
		}
	})
	if _, err := ask(c); llm.ReasonOf(err) != llm.ReasonBudget {
		t.Errorf("with the budget spent before the restart: %v", err)
	}
	now = now.Add(2 * time.Minute)
	if _, err := ask(c); err != nil {
		t.Errorf("in the next hour: %v", err)
	}
}
