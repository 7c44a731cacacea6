package schedule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"cairn/adapters"
	"cairn/adapters/discord"
	"cairn/adapters/discord/discordtest"
	"cairn/adapters/slack"
	"cairn/adapters/slack/slacktest"
	"cairn/bot/store"
	"cairn/bot/store/postgres"
	"cairn/bot/store/sqlite"
	"cairn/bot/store/storetest/pgtest"
)

// A stage is a platform's stand-in with its own limits, and the real adapter.
type stage struct {
	name    string
	sender  adapters.Sender
	channel func(i int) string
	// texts returns what stands in a channel; refused counts requests that
	// were refused for the rate.
	texts   func(channel string) []string
	refused func() int
	// best is how long the platform's own limits make it take.
	best  func(n, perChannel int) time.Duration
	close func()
}

func slackStage(t *testing.T, lg *slog.Logger, _ int) *stage {
	t.Helper()
	server := slacktest.Start(&slacktest.Options{PostEvery: time.Second})
	a, err := slack.New(lg, slack.Config{BotToken: adapters.NewSecret(slacktest.BotToken), AppToken: adapters.NewSecret(slacktest.AppToken), APIURL: server.URL()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	return &stage{
		name: "slack", sender: a, close: server.Close,
		channel: func(i int) string { return fmt.Sprint("C", i) },
		texts: func(channel string) (out []string) {
			for _, m := range server.Messages(channel) {
				out = append(out, m.Text)
			}
			sent += len(out)
			return out
		},
		refused: func() int { return len(server.Calls("chat.postMessage")) - sent },
		// One message a second and channel.
		best: func(_, perChannel int) time.Duration { return time.Duration(perChannel-1) * time.Second },
	}
}

func discordStage(t *testing.T, lg *slog.Logger, channels int) *stage {
	t.Helper()
	server := discordtest.Start(&discordtest.Options{Bucket: 5, BucketWindow: 5 * time.Second, Global: 50})
	name := func(i int) string { return fmt.Sprint(uint64(200000000000000000) + uint64(i)) } //nolint:gosec // never negative
	for i := range channels {
		server.AddChannel(name(i), "load", 0, true)
	}
	a, err := discord.New(lg, discord.Config{BotToken: adapters.NewSecret(discordtest.Token), APIURL: server.URL()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &stage{
		name: "discord", sender: a, close: server.Close, channel: name,
		texts: func(channel string) (out []string) {
			for _, m := range server.Messages(channel) {
				for line := range strings.Lines(m.Visible()) {
					if i := strings.Index(line, "tip for "); i >= 0 {
						out = append(out, strings.TrimSpace(line[i:]))
						break
					}
				}
			}
			return out
		},
		refused: func() int { return server.Stats().LimitedCalls },
		// Fifty requests a second in all, five messages in five seconds a channel.
		best: func(n, perChannel int) time.Duration {
			return max(time.Duration(n)*time.Second/50, time.Duration((perChannel-1)/5*5)*time.Second)
		},
	}
}

// Many tips due in the same minute reach each platform as fast as its limits
// allow, none lost and none doubled. CAIRN_LOAD_TIPS sets how many (120); a
// twentieth as many channels share them.
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
	for _, platform := range []func(*testing.T, *slog.Logger, int) *stage{slackStage, discordStage} {
		for _, backend := range []string{"sqlite", "postgres"} {
			channels := (n + perChannel - 1) / perChannel
			p := platform(t, lg, channels)
			t.Run(p.name+"/"+backend, func(t *testing.T) {
				defer p.close()
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
				rush(t, lg, st, p, n, perChannel)
			})
		}
	}
}

func rush(t *testing.T, lg *slog.Logger, st Store, p *stage, n, perChannel int) {
	t.Helper()
	slot := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	for i := range n {
		if err := st.SaveSubscription(t.Context(), store.Subscription{Adapter: p.name, User: fmt.Sprint("U", i), Channel: p.channel(i / perChannel),
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
	r.Attach(p.name, p.sender)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
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
		if time.Since(began) > 6*time.Minute {
			open, _ := st.ListDeliveries(t.Context(), store.DeliveryFilter{States: []string{store.DeliveryPending, store.DeliveryClaimed, store.DeliveryMissed}, Limit: 3})
			t.Errorf("after six minutes %d are sent; open are %+v", len(sent), open)
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
	channels := (n + perChannel - 1) / perChannel
	for i := range channels {
		for _, text := range p.texts(p.channel(i)) {
			got[text]++
			total++
		}
	}
	for i := range n {
		if c := got[fmt.Sprint("tip for U", i)]; c != 1 {
			t.Errorf("tip for U%d stands there %d times", i, c)
		}
	}
	if total != n {
		t.Errorf("%d messages stand in the channels, want %d", total, n)
	}
	t.Logf("%d tips in %d channels: %d messages in %v, %d requests refused for the rate; the platform's limits allow %v at best",
		n, channels, total, took.Round(100*time.Millisecond), p.refused(), p.best(n, perChannel))
}
