package bot

import (
	"context"
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
				// The clock of the test stands while nothing waits.
				if got, want := [...]float64{first.TookMS, grown.TookMS, last.TookMS}, [...]float64{0, 1500, 1500}; got != want {
					t.Errorf("the first stage, what grew and the end took %v ms, want %v", got, want)
				}
			})
		})
	}
}
