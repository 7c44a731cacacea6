package schedule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"cairn/adapters"
	"cairn/adapters/slack"
	"cairn/adapters/slack/slacktest"
	"cairn/bot/store"
	"cairn/bot/store/postgres"
	"cairn/bot/store/sqlite"
	"cairn/bot/store/storetest/pgtest"
)

// Many tips due in the same minute reach a Slack that takes one message a
// second per channel, none lost and none doubled. CAIRN_LOAD_TIPS sets how many
// (120); a twentieth as many channels share them.
func TestManyDueAtOnce(t *testing.T) {
	t.Parallel()
	n := 120
	if v := os.Getenv("CAIRN_LOAD_TIPS"); v != "" {
		var err error
		if n, err = strconv.Atoi(v); err != nil || n < 1 {
			t.Fatalf("CAIRN_LOAD_TIPS: got %q, want a positive number", v)
		}
	}
	perChannel := 20
	if n < 1000 {
		perChannel = 3
	}
	lg := slog.New(slog.DiscardHandler)
	for _, backend := range []string{"sqlite", "postgres"} {
		t.Run(backend, func(t *testing.T) {
			var st interface {
				Store
				Close() error
			}
			var err error
			if backend == "sqlite" {
				st, err = sqlite.Open(t.Context(), lg, filepath.Join(t.TempDir(), "s.db"), nil)
			} else {
				st, err = postgres.Open(t.Context(), lg, pgtest.URL(t), nil)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer st.Close()
			server := slacktest.Start(&slacktest.Options{PostEvery: time.Second})
			defer server.Close()
			platform, err := slack.New(lg, slack.Config{BotToken: adapters.NewSecret(slacktest.BotToken), AppToken: adapters.NewSecret(slacktest.AppToken), APIURL: server.URL()}, nil)
			if err != nil {
				t.Fatal(err)
			}
			slot := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
			for i := range n {
				if err := st.SaveSubscription(t.Context(), store.Subscription{Adapter: "slack", User: fmt.Sprint("U", i), Channel: fmt.Sprintf("C%d", i/perChannel),
					Kind: "tip", At: "09:00", Zone: "UTC", Next: slot}); err != nil {
					t.Fatal(err)
				}
			}
			began := time.Now()
			clock := func() time.Time { return slot.Add(time.Since(began)) }
			r, err := NewRunner(lg, st, nil, map[string]Composer{"tip": ComposerFunc(func(_ context.Context, j Job) (Content, error) {
				return Content{Message: adapters.Message{Lang: "en", Text: "tip for " + j.Delivery.User, Lead: "tip for " + j.Delivery.User}}, nil
			})}, &Options{Now: clock, Pace: 1100 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			r.Attach("slack", platform)
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- r.Run(ctx) }()
			for {
				sent, err := st.ListDeliveries(t.Context(), store.DeliveryFilter{States: []string{store.DeliverySent}, Limit: n + 1})
				if err != nil {
					t.Fatal(err)
				}
				if len(sent) >= n {
					break
				}
				if time.Since(began) > 5*time.Minute {
					open, _ := st.ListDeliveries(t.Context(), store.DeliveryFilter{States: []string{store.DeliveryPending, store.DeliveryClaimed, store.DeliveryMissed}, Limit: 3})
					t.Errorf("after five minutes %d are sent; open are %+v", len(sent), open)
					break
				}
				time.Sleep(200 * time.Millisecond) // real time is what is measured
			}
			took := time.Since(began)
			cancel()
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Errorf("Run returned %v", err)
			}
			got, total := map[string]int{}, 0
			for i := range (n + perChannel - 1) / perChannel {
				for _, m := range server.Messages(fmt.Sprint("C", i)) {
					got[m.Text]++
					total++
				}
			}
			for i := range n {
				if c := got[fmt.Sprint("tip for U", i)]; c != 1 {
					t.Errorf("tip for U%d stands there %d times", i, c)
				}
			}
			t.Logf("%d tips in %d channels: %d messages in %v, %d requests; one message a second and channel allows %v at best",
				n, (n+perChannel-1)/perChannel, total, took.Round(100*time.Millisecond), len(server.Calls("chat.postMessage")), time.Duration(perChannel-1)*time.Second)
		})
	}
}
