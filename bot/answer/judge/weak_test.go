package judge

import (
	"context"
	"flag"
	"log/slog"
	"math/rand/v2"
	"testing"

	"cairn/bot/answer/ground"
	"cairn/bot/answer/ground/groundtest"
	"cairn/retrieval/glossary"
	"cairn/retrieval/llm"
	"cairn/retrieval/llm/llmtest"
)

// A weak model knows what is true and errs at random.
type weak struct {
	r     *rand.Rand
	errs  float64
	knows map[string]bool
}

func (w *weak) Model() string { return "weak" }

func (w *weak) Chat(_ context.Context, req llm.ChatRequest, _ func(string) error) (llm.ChatResponse, error) {
	reply, _ := llmtest.JudgeReply(llmtest.Request{Messages: []string{req.Messages[0].Content, req.Messages[1].Content}}, func(passages, s string) bool {
		truth, ok := w.knows[s]
		return (ok && truth || !ok && llmtest.Verbatim(passages, s)) != (w.r.Float64() < w.errs)
	})
	return llm.ChatResponse{Text: reply.Pieces[0]}, nil
}

var thorough = flag.Bool("thorough", false, "try weak models often enough for figures")

// TestWeakJudges says what exam and controls make of models that err: how many
// pass the exam, and what is let through and kept by one that does. With
// -v -args -thorough it prints the table of docs/benchmarks.md.
func TestWeakJudges(t *testing.T) {
	exams, rounds := 20, 1
	if *thorough {
		exams, rounds = 100, 10
	}
	knows := map[string]bool{}
	for _, q := range exam() {
		knows[q.Text] = q.Follows
	}
	list := sentencesOf(t, "dev")
	for i := range list {
		knows[list[i].Text] = list[i].Label
	}
	for _, tc := range []struct{ errs, mostExams, mostFalse float64 }{{0, 1, 0}, {0.01, 1, 0.02}, {0.02, 0.95, 0.03}, {0.05, 0.4, 0.06}, {0.1, 0.1, 0.1}, {0.2, 0, 1}} {
		w := &weak{r: rand.New(rand.NewPCG(1, uint64(1000*tc.errs))), errs: tc.errs, knows: knows}
		j := New(slog.New(slog.DiscardHandler), w, ground.New(glossary.Default()))
		j.random = rand.New(rand.NewPCG(2, 3))
		passed := 0
		for range exams {
			if r, err := j.Examine(t.Context(), nil); err != nil {
				t.Fatal(err)
			} else if r.Passed() {
				passed++
			}
		}
		rates, void, calls := groundtest.Rates{}, 0, 0
		for range rounds {
			if passed == 0 {
				break
			}
			for _, group := range grouped(list) {
				var req Request
				for _, i := range group {
					req.Statements = append(req.Statements, Statement{Text: list[i].Text, Evidence: evidenceOf(&list[i])})
				}
				verdicts, err := j.Check(t.Context(), req)
				if calls++; err != nil {
					void++
				}
				for k, i := range group {
					rates.Add(&list[i], verdicts[k].Grounded, string(verdicts[k].Reason))
				}
			}
		}
		t.Logf("errs %4.1f%%: passes %3d of %d exams; false that pass %4.1f%%; true that pass %4.1f%%; not believed %4.1f%% of calls",
			100*tc.errs, passed, exams, rates["false"].Percent(), rates["true"].Percent(), 100*float64(void)/max(1, float64(calls)))
		if float64(passed) > tc.mostExams*float64(exams) {
			t.Errorf("a model that errs in %.1f%% passes %d of %d exams", 100*tc.errs, passed, exams)
		}
		if f := rates["false"]; float64(f.Passed) > tc.mostFalse*float64(f.Of) {
			t.Errorf("a model that errs in %.1f%%: false sentences that pass: %s", 100*tc.errs, f)
		}
	}
}
