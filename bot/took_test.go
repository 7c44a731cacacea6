package bot

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cairn/adapters"
	"cairn/bot/answer"
)

// took_ms is what the asker waited for, the model's time included, in every
// object that a growing answer sends.
func TestTookCountsTheModel(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]bool{"written": false, "fallback": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := setup(t, &Options{Writer: &fakeWriter{fails: fails, began: func() { time.Sleep(1500 * time.Millisecond) }}})
				var first, grown answer.Answer
				r, err := f.bot.AskGrowing(context.Background(), adapters.Question{Text: "nginx answers 502"}, func(r adapters.Reply) {
					first, grown = grown, r.Object.(answer.Answer)
				})
				if err != nil {
					t.Fatal(err)
				}
				last := r.Object.(answer.Answer)
				for stage, got := range map[string][3]float64{
					"first stage": {first.TookMS, first.ModelMS, 0}, "grown": {grown.TookMS, grown.ModelMS, 1500}, "last": {last.TookMS, last.ModelMS, 1500},
				} {
					if got[1] != got[2] || got[0] != got[2] { // the clock of the test stands while nothing waits
						t.Errorf("%s: took %v ms, of which the model %v, want %v for both", stage, got[0], got[1], got[2])
					}
				}
			})
		})
	}
}

func TestWithoutAModelNoTimeIsNamed(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	r, err := f.bot.Ask(context.Background(), adapters.Question{Text: "nginx answers 502"})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(r.Object)
	if err != nil || strings.Contains(string(raw), "model_ms") || !strings.Contains(string(raw), `"took_ms":`) {
		t.Errorf("%v: %s", err, raw)
	}
}
