package schedule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairn/adapters"
	"cairn/bot/store"
	"cairn/bot/store/sqlite"
)

// A channel is a platform with one bot in it.
type channel struct {
	mu   sync.Mutex
	sent []adapters.Message
	// next decides what the next send does; nil sends.
	next func(m adapters.Message) (arrives bool, err error)
	// blind makes Find fail.
	blind error
}

var errDies = errors.New("the process dies here")

func (c *channel) Send(_ context.Context, _ adapters.Destination, m adapters.Message) (adapters.Ref, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	arrives, err := true, error(nil)
	if c.next != nil {
		arrives, err = c.next(m)
	}
	if arrives {
		c.sent = append(c.sent, m)
	}
	if errors.Is(err, errDies) {
		runtime.Goexit() // nothing after the send is ever run, as after a kill
	}
	return adapters.Ref{Message: m.Marker}, err
}

func (c *channel) Find(_ context.Context, _ adapters.Destination, marker string, _ time.Time) (adapters.Ref, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.blind != nil {
		return adapters.Ref{}, false, c.blind
	}
	for _, m := range c.sent {
		if m.Marker == marker {
			return adapters.Ref{Message: marker}, true, nil
		}
	}
	return adapters.Ref{}, false, nil
}

func (c *channel) markers() (out []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.sent {
		out = append(out, m.Marker)
	}
	return out
}

// A deaf channel cannot be searched.
type deaf struct{ c *channel }

func (d deaf) Send(ctx context.Context, to adapters.Destination, m adapters.Message) (adapters.Ref, error) {
	return d.c.Send(ctx, to, m)
}

// A rig is a runner with a clock and a channel.
type rig struct {
	t      *testing.T
	store  *sqlite.Store
	now    time.Time
	ch     *channel
	sender adapters.Sender
	scheds []*Schedule
	alerts []string
	runner *Runner
}

func newRig(t *testing.T, start string, scheds ...*Schedule) *rig {
	t.Helper()
	s, err := sqlite.Open(t.Context(), slog.New(slog.DiscardHandler), filepath.Join(t.TempDir(), "s.db"), &sqlite.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	now, err := time.Parse("2006-01-02 15:04", start)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, store: s, now: now, ch: &channel{}, scheds: scheds}
	r.sender = r.ch
	r.restart()
	return r
}

// restart makes a new runner, as a new process would.
func (r *rig) restart() {
	r.t.Helper()
	say := ComposerFunc(func(_ context.Context, j Job) (Content, error) {
		return Content{Item: "item", Message: adapters.Message{Lang: j.Lang, Text: "slot " + j.Delivery.Slot.Format(time.RFC3339)}}, nil
	})
	runner, err := NewRunner(slog.New(slog.DiscardHandler), r.store, r.scheds, map[string]Composer{KindTip: say, "cards": say}, &Options{
		Now: func() time.Time { return r.now },
		Alert: func(_ store.Delivery, reason string) {
			r.ch.mu.Lock()
			defer r.ch.mu.Unlock()
			r.alerts = append(r.alerts, reason)
		},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	runner.Attach("slack", r.sender)
	r.runner = runner
	r.tick()
}

func (r *rig) tick() time.Time {
	r.t.Helper()
	next, err := r.runner.tick(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return next
}

func (r *rig) at(clock string) *rig {
	r.t.Helper()
	now, err := time.Parse("2006-01-02 15:04", clock)
	if err != nil {
		r.t.Fatal(err)
	}
	r.now = now
	r.tick()
	return r
}

// states returns the state of every delivery by its slot.
func (r *rig) states() map[string]string {
	r.t.Helper()
	list, err := r.store.ListDeliveries(r.t.Context(), store.DeliveryFilter{})
	if err != nil {
		r.t.Fatal(err)
	}
	out := map[string]string{}
	for _, d := range list {
		out[d.Slot.Format("01-02 15:04")] = d.State
	}
	return out
}

func (r *rig) want(sent int, states map[string]string) {
	r.t.Helper()
	if got := len(r.ch.sent); got != sent {
		r.t.Errorf("%d messages were sent, want %d", got, sent)
	}
	if diff := cmp.Diff(states, r.states()); diff != "" {
		r.t.Errorf("states (-want +got):\n%s", diff)
	}
}

func TestDeliversOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, "2026-11-20 08:00", newSchedule(t, "0 9 * * *", "UTC"))
	r.at("2026-11-20 08:59").want(0, map[string]string{})
	if next := r.tick(); next.Format("15:04") != "09:00" {
		t.Errorf("the next slot is %v, want 09:00", next)
	}
	r.at("2026-11-20 09:00").want(1, map[string]string{"11-20 09:00": "sent"})
	r.at("2026-11-20 09:01")
	r.restart()
	r.want(1, map[string]string{"11-20 09:00": "sent"})
	if m := r.ch.sent[0]; m.Marker != DeliveryID("s", r.now.Truncate(time.Hour)) {
		t.Errorf("the message has marker %q", m.Marker)
	}
	r.at("2026-11-21 09:00").want(2, map[string]string{"11-20 09:00": "sent", "11-21 09:00": "sent"})
}

func TestCatchesUpOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, "2026-11-20 08:00", newSchedule(t, "0 9 * * *", "UTC"))
	r.at("2026-11-24 10:00").want(1, map[string]string{
		"11-20 09:00": "missed", "11-21 09:00": "missed", "11-22 09:00": "missed", "11-23 09:00": "missed", "11-24 09:00": "sent"})
	if len(r.alerts) != 0 {
		t.Errorf("alerts %q although a later slot made up for the missed ones", r.alerts)
	}
	r = newRig(t, "2026-11-20 08:00", newSchedule(t, "0 9 * * *", "UTC"))
	r.at("2026-11-21 16:00").want(0, map[string]string{"11-20 09:00": "missed", "11-21 09:00": "missed"})
	if len(r.alerts) != 1 {
		t.Errorf("alerts %q, want one for the slot that came too late", r.alerts)
	}
}

// Killed after the message arrived: found and not sent again.
func TestKilledAfterArrival(t *testing.T) {
	t.Parallel()
	r := newRig(t, "2026-11-20 08:00", newSchedule(t, "0 9 * * *", "UTC"))
	r.ch.next = func(adapters.Message) (bool, error) { return true, errDies }
	r.at("2026-11-20 09:00").want(1, map[string]string{"11-20 09:00": "claimed"})
	r.ch.next = nil
	r.restart() // the dead process's claim still holds
	r.want(1, map[string]string{"11-20 09:00": "claimed"})
	r.at("2026-11-20 09:03").want(1, map[string]string{"11-20 09:00": "sent"})
}

// Killed before the message arrived: certainly not there, so sent once more,
// with the same words.
func TestKilledBeforeArrival(t *testing.T) {
	t.Parallel()
	r := newRig(t, "2026-11-20 08:00", newSchedule(t, "0 9 * * *", "UTC"))
	var text string
	r.ch.next = func(m adapters.Message) (bool, error) { text = m.Text; return false, errDies }
	r.at("2026-11-20 09:00").want(0, map[string]string{"11-20 09:00": "claimed"})
	r.ch.next = nil
	r.at("2026-11-20 09:03").want(1, map[string]string{"11-20 09:00": "sent"})
	if got := r.ch.sent[0].Text; got != text {
		t.Errorf("the second attempt says %q, the first said %q", got, text)
	}
}

func TestNobodyCanTell(t *testing.T) {
	t.Parallel()
	for _, search := range []string{"impossible", "failing"} {
		r := newRig(t, "2026-11-20 08:00", newSchedule(t, "0 9 * * *", "UTC"))
		if search == "impossible" {
			r.sender = deaf{r.ch}
		} else {
			r.ch.blind = errors.New("history is not available")
		}
		r.restart()
		r.ch.next = func(adapters.Message) (bool, error) { return false, errDies }
		r.at("2026-11-20 09:00")
		r.ch.next = nil
		for range 100 {
			r.now = r.now.Add(5 * time.Minute)
			r.tick()
		}
		r.want(0, map[string]string{"11-20 09:00": "unknown"})
		if len(r.alerts) != 1 {
			t.Errorf("search %s: alerts %q, want one", search, r.alerts)
		}
		// The next day goes on as ever.
		r.at("2026-11-21 09:00").want(1, map[string]string{"11-20 09:00": "unknown", "11-21 09:00": "sent"})
	}
}

// The search works again before the window ends.
func TestSearchRecovers(t *testing.T) {
	t.Parallel()
	r := newRig(t, "2026-11-20 08:00", newSchedule(t, "0 9 * * *", "UTC"))
	r.ch.next = func(adapters.Message) (bool, error) { return true, context.DeadlineExceeded }
	r.ch.blind = errors.New("history is not available")
	r.at("2026-11-20 09:00").at("2026-11-20 09:02").at("2026-11-20 10:00").want(1, map[string]string{"11-20 09:00": "claimed"})
	r.ch.blind = nil
	r.at("2026-11-20 11:00").want(1, map[string]string{"11-20 09:00": "sent"})
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	refuse := func(kind adapters.ErrorKind, after time.Duration) func(adapters.Message) (bool, error) {
		return func(adapters.Message) (bool, error) {
			return false, &adapters.DeliveryError{Kind: kind, RetryAfter: after, Op: "send", Err: errors.New("no")}
		}
	}
	for _, tc := range []struct {
		kind   adapters.ErrorKind
		state  string
		alerts int
	}{
		{adapters.KindRateLimited, "pending", 0}, {adapters.KindServer, "claimed", 0}, {adapters.KindPermission, "pending", 1},
		{adapters.KindAuth, "pending", 1}, {adapters.KindNotFound, "pending", 1}, {adapters.KindTimeout, "claimed", 0}, {adapters.KindClient, "missed", 1},
	} {
		r := newRig(t, "2026-11-20 08:00", newSchedule(t, "0 9 * * *", "UTC"))
		r.ch.next = refuse(tc.kind, 30*time.Second)
		r.at("2026-11-20 09:00").want(0, map[string]string{"11-20 09:00": tc.state})
		if len(r.alerts) != tc.alerts {
			t.Errorf("%s: alerts %q, want %d", tc.kind, r.alerts, tc.alerts)
		}
		r.ch.next = nil
		if tc.state != "missed" {
			r.at("2026-11-20 09:20").want(1, map[string]string{"11-20 09:00": "sent"})
		}
	}
	// What is refused until the window ends is missed, with an alert.
	r := newRig(t, "2026-11-20 08:00", newSchedule(t, "0 9 * * *", "UTC"))
	r.ch.next = refuse(adapters.KindServer, 0)
	for r.now = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC); r.now.Hour() < 16; r.now = r.now.Add(10 * time.Minute) {
		r.tick()
	}
	r.want(0, map[string]string{"11-20 09:00": "missed"})
	if len(r.alerts) != 1 {
		t.Errorf("alerts %q, want one", r.alerts)
	}
}

// A platform that was away for hours gets the latest tip when it comes back,
// not one for every hour.
func TestNoFloodAfterThePlatformsDowntime(t *testing.T) {
	t.Parallel()
	r := newRig(t, "2026-11-20 08:30", newSchedule(t, "0 * * * *", "UTC"))
	r.ch.next = func(adapters.Message) (bool, error) {
		return false, &adapters.DeliveryError{Kind: adapters.KindRateLimited, RetryAfter: time.Minute, Op: "send", Err: errors.New("no")}
	}
	for r.now.Format("15:04") != "12:10" {
		r.now = r.now.Add(5 * time.Minute)
		r.tick()
	}
	r.ch.next = nil
	r.at("2026-11-20 12:20").want(1, map[string]string{
		"11-20 09:00": "missed", "11-20 10:00": "missed", "11-20 11:00": "missed", "11-20 12:00": "sent"})
	if len(r.alerts) != 0 {
		t.Errorf("alerts %q although a later slot made up for the others", r.alerts)
	}
}

func TestSubscriptions(t *testing.T) {
	t.Parallel()
	r := newRig(t, "2026-03-27 00:00")
	sub := store.Subscription{Adapter: "slack", User: "U1", Kind: "cards", At: "02:30", Zone: "Europe/Berlin", Lang: "zh",
		Next: time.Date(2026, 3, 27, 1, 30, 0, 0, time.UTC)}
	if err := r.store.SaveSubscription(t.Context(), sub); err != nil {
		t.Fatal(err)
	}
	for range 4 * 24 {
		r.now = r.now.Add(time.Hour)
		r.tick()
	}
	// The 29th has no 02:30; the slot is 03:00 summer time.
	r.want(4, map[string]string{"03-27 01:30": "sent", "03-28 01:30": "sent", "03-29 01:00": "sent", "03-30 00:30": "sent"})
	if got := r.ch.sent[0].Lang; got != "zh" {
		t.Errorf("the message's language is %q, want the subscription's", got)
	}
	// What is queued for one who leaves is not sent.
	r.ch.next = func(adapters.Message) (bool, error) {
		return false, &adapters.DeliveryError{Kind: adapters.KindServer, Op: "send", Err: errors.New("no")}
	}
	r.at("2026-03-31 00:30")
	if _, err := r.store.DeleteSubscription(t.Context(), "slack", "U1", "cards"); err != nil {
		t.Fatal(err)
	}
	r.ch.next = nil
	// The words were chosen before; without them there would be none.
	r.at("2026-03-31 00:40")
	if n := len(r.ch.sent); n > 5 {
		t.Errorf("%d messages", n)
	}
}

// Over three years of five zones' rules, with crashes before and after arrival,
// refusals and restarts, every calendar day of every zone gets its message
// once.
func TestYearsWithCrashes(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("walks through three years")
	}
	var scheds []*Schedule
	for _, w := range walks {
		s := newSchedule(t, "30 2 * * *", w.zone)
		s.Name = w.zone
		scheds = append(scheds, s)
	}
	r := newRig(t, "2010-01-01 12:00", scheds...)
	end := time.Date(2012, 12, 31, 12, 0, 0, 0, time.UTC)
	rnd := rand.New(rand.NewPCG(1, 2))
	r.ch.next = func(adapters.Message) (bool, error) {
		switch rnd.IntN(12) {
		case 0:
			return true, errDies
		case 1:
			return false, errDies
		case 2:
			return false, &adapters.DeliveryError{Kind: adapters.KindServer, Op: "send", Err: errors.New("no")}
		case 3:
			return true, context.DeadlineExceeded
		}
		return true, nil
	}
	start := r.now
	for r.now.Before(end) {
		next := r.tick()
		if rnd.IntN(20) == 0 {
			r.restart()
		}
		// Whatever is open is taken up before the next slot.
		for range 4 {
			r.now = r.now.Add(11 * time.Minute)
			r.tick()
		}
		if next.After(r.now) {
			r.now = next
		}
	}
	want := map[string]int{}
	for _, s := range scheds {
		for slot := s.Next(start); !slot.After(r.now); slot = s.Next(slot) {
			if slot.Before(r.now.Add(-time.Hour)) {
				want[DeliveryID(s.Name, slot)]++
			}
		}
	}
	got := map[string]int{}
	for _, m := range r.ch.markers() {
		got[m]++
	}
	missing := 0
	for id := range want {
		if got[id] == 0 {
			missing++
		}
	}
	if missing > 0 {
		t.Errorf("%d of %d slots were never sent", missing, len(want))
	}
	for id, n := range got {
		if n != 1 {
			t.Errorf("%s was sent %d times", id, n)
		}
	}
	if len(want) < 5*365*3-10 {
		t.Errorf("only %d slots were walked", len(want))
	}
	if len(r.alerts) > 0 {
		t.Errorf("alerts: %q", r.alerts[:min(3, len(r.alerts))])
	}
}

// runDaily runs a schedule of 9:00 every day, within a bubble, for so long.
func runDaily(t *testing.T, st Store, ch *channel, compose ComposerFunc, long time.Duration) {
	t.Helper()
	r, err := NewRunner(slog.New(slog.DiscardHandler), st, []*Schedule{newSchedule(t, "0 9 * * *", "UTC")}, map[string]Composer{KindTip: compose}, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Attach("slack", ch)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	time.Sleep(long) // the bubble's clock
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Run returned %v", err)
	}
}

// Run fires at the slot, not at the next poll, and stops when told.
func TestRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ch := &channel{}
		runDaily(t, &memory{}, ch, func(context.Context, Job) (Content, error) {
			return Content{Message: adapters.Message{Text: fmt.Sprint(time.Now().UTC())}}, nil
		}, 48*time.Hour+time.Minute)
		var got []string
		for _, m := range ch.sent {
			got = append(got, m.Text)
		}
		want := []string{"2000-01-01 09:00:00 +0000 UTC", "2000-01-02 09:00:00 +0000 UTC"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("sent at (-want +got):\n%s", diff)
		}
	})
}

// However long composing and sending took, what was sent is recorded.
func TestSlowSendIsRecorded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		chosen := errors.New("nothing")
		fake := &memory{}
		ch := &channel{next: func(adapters.Message) (bool, error) { time.Sleep(29 * time.Second); return true, nil }}
		runDaily(t, fake, ch, func(context.Context, Job) (Content, error) {
			time.Sleep(time.Minute)
			return Content{Chosen: func(ctx context.Context) error { chosen = ctx.Err(); return nil }}, nil
		}, 9*time.Hour+2*time.Minute)
		if chosen != nil {
			t.Errorf("the choice was to be remembered with %v", chosen)
		}
		if len(ch.sent) != 1 || !slices.Equal(fake.ended, []string{store.DeliverySent}) {
			t.Errorf("sent %d, recorded as %q; want one, sent", len(ch.sent), fake.ended)
		}
	})
}

// memory is just enough of a store for one process that never crashes.
type memory struct {
	Store
	mu     sync.Mutex
	cursor time.Time
	open   []store.Delivery
	ended  []string // states
}

func (m *memory) Cursor(context.Context, string) (time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cursor.IsZero() {
		return time.Time{}, store.ErrNotFound
	}
	return m.cursor, nil
}

func (m *memory) PlanSlots(_ context.Context, _ string, _, to time.Time, slots []store.Delivery) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cursor, m.open = to, append(m.open, slots...)
	return true, nil
}

func (m *memory) ClaimDeliveries(_ context.Context, _ string, now, _ time.Time, _ int) (out []store.Delivery, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open = slices.DeleteFunc(m.open, func(d store.Delivery) bool {
		if d.Ready.After(now) {
			return false
		}
		out = append(out, d)
		return true
	})
	return out, nil
}

func (m *memory) BeginDelivery(context.Context, string, string, string, []byte, time.Time) (bool, error) {
	return true, nil
}

func (m *memory) FinishDelivery(ctx context.Context, _ string, d store.Delivery) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	m.ended = append(m.ended, d.State)
	return true, nil
}

func (m *memory) DueSubscriptions(context.Context, time.Time, int) ([]store.Subscription, error) {
	return nil, nil
}

func (m *memory) NextSubscription(context.Context) (time.Time, error) { return time.Time{}, nil }
