package schedule

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"cairn/adapters"
	"cairn/bot/store"
	"cairn/bot/store/sqlite"
)

// A dying sender is a process that ends at the send, after or before the
// platform has the message.
type dying struct {
	adapters.Sender
	arrives bool
}

func (d dying) Send(ctx context.Context, to adapters.Destination, m adapters.Message) (adapters.Ref, error) {
	if d.arrives {
		if _, err := d.Sender.Send(ctx, to, m); err != nil {
			return adapters.Ref{}, err
		}
	}
	runtime.Goexit() // nothing after the send is ever run, as after a kill
	return adapters.Ref{}, nil
}

// A blind sender cannot look into its channel.
type blind struct{ adapters.Sender }

func (b blind) Find(context.Context, adapters.Destination, string, time.Time) (adapters.Ref, bool, error) {
	return adapters.Ref{}, false, errors.New("missing scope: history")
}

// On Slack and on Discord a process ends between sending and recording. The
// next one looks for the delivery's marker in the channel: a message that
// stands there is not sent again, one that does not is; and where nobody can
// look, the slot ends as unknown with an alert rather than twice.
func TestCrashOnEachPlatform(t *testing.T) {
	t.Parallel()
	lg := slog.New(slog.DiscardHandler)
	for _, tc := range []struct {
		name    string
		arrives bool
		blind   bool
		state   string
		there   int
		alerts  int
	}{
		{"the message arrived", true, false, store.DeliverySent, 1, 0},
		{"the message did not arrive", false, false, store.DeliverySent, 1, 0},
		{"nobody can look", true, true, store.DeliveryUnknown, 1, 1},
		{"nobody can look and it did not arrive", false, true, store.DeliveryUnknown, 0, 1},
	} {
		for _, platform := range []func(*testing.T, *slog.Logger, int) *stage{slackStage, discordStage} {
			p := platform(t, lg, 1)
			t.Run(p.name+"/"+tc.name, func(t *testing.T) {
				defer p.close()
				st, err := sqlite.Open(t.Context(), lg, filepath.Join(t.TempDir(), "s.db"), &sqlite.Options{NoSync: true})
				if err != nil {
					t.Fatal(err)
				}
				defer st.Close()
				// The stand-ins stamp messages with the time of day.
				slotTime := time.Now().UTC().Truncate(time.Minute)
				now := slotTime.Add(-time.Second)
				var alerts []string
				process := func(s adapters.Sender) *Runner {
					sch, err := New(Config{Name: "daily", Cron: slotTime.Format("4 15 * * *"), Adapter: p.name, To: adapters.Destination{Channel: p.channel(0)}})
					if err != nil {
						t.Fatal(err)
					}
					r, err := NewRunner(lg, st, []*Schedule{sch}, map[string]Composer{KindTip: ComposerFunc(func(_ context.Context, j Job) (Content, error) {
						text := "tip for " + j.Delivery.ID
						return Content{Message: adapters.Message{Lang: "en", Text: text, Lead: text}}, nil
					})}, &Options{Now: func() time.Time { return now }, Alert: func(_ store.Delivery, why string) { alerts = append(alerts, why) }})
					if err != nil {
						t.Fatal(err)
					}
					r.Attach(p.name, s)
					return r
				}
				tick := func(r *Runner) {
					t.Helper()
					if _, err := r.tick(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				tick(process(p.sender)) // the schedule begins
				now = now.Add(time.Second)
				slot := now
				tick(process(dying{p.sender, tc.arrives}))
				first, err := st.ListDeliveries(t.Context(), store.DeliveryFilter{})
				if err != nil || len(first) != 1 || first[0].State != store.DeliveryClaimed {
					t.Fatalf("after the crash the deliveries are %+v, %v, want one claimed", first, err)
				}
				next := p.sender
				if tc.blind {
					next = blind{p.sender}
				}
				r := process(next)
				now = now.Add(3 * time.Minute) // the dead process's claim has lapsed
				tick(r)
				if tc.blind {
					// It waits within the window.
					if d := one(t, st, slot); d.State != store.DeliveryClaimed || len(alerts) > 0 {
						t.Errorf("within the window the delivery is %s, alerts %q", d.State, alerts)
					}
					now = now.Add(7 * time.Hour)
					tick(r)
				}
				if d := one(t, st, slot); d.State != tc.state {
					t.Errorf("the delivery is %s (%s), want %s", d.State, d.Note, tc.state)
				}
				there := 0
				for _, text := range p.texts(p.channel(0)) {
					if strings.Contains(text, DeliveryID("daily", slot)) {
						there++
					}
				}
				if there != tc.there {
					t.Errorf("the slot's message stands in the channel %d times, want %d", there, tc.there)
				}
				unknown := 0
				for _, why := range alerts {
					if strings.Contains(why, "cut off") {
						unknown++
					}
				}
				if unknown != tc.alerts {
					t.Errorf("alerts %q, want %d about the slot", alerts, tc.alerts)
				}
			})
		}
	}
}

// one returns the delivery of a slot.
func one(t *testing.T, st *sqlite.Store, slot time.Time) store.Delivery {
	t.Helper()
	list, err := st.ListDeliveries(t.Context(), store.DeliveryFilter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range list {
		if d.Slot.Equal(slot) {
			return d
		}
	}
	t.Fatalf("no delivery of %v in %+v", slot, list)
	return store.Delivery{}
}
