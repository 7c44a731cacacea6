package adaptertest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"cairn/adapters"
)

// A Harness is an adapter and its platform.
type Harness struct {
	// Adapter is not running yet.
	Adapter adapters.Adapter
	// Channel is a public channel that the bot is in, Gone one that does not
	// exist, User somebody who asks.
	Channel, Gone, User string
	// Ask lets User ask the bot in Channel, by a mention, and returns the
	// message's id. Direct lets User send it a direct message.
	Ask    func(text string) string
	Direct func(text string)
	// Again delivers the last question once more, as the platform does when it
	// is in doubt.
	Again func()
	// Bot lets another bot mention the bot in Channel.
	Bot func(text string)
	// Drop cuts the connection to the platform.
	Drop func()
	// Limit makes the platform refuse the next n messages to Channel by rate.
	Limit func(n int)
	// Hold makes the platform sit on the next message to Channel, or on the next
	// edit of one, until release is called, and refuse it by rate then.
	Hold func() (release func())
	// Queued is how many messages have their place in the order of Channel's
	// threads and have not gone out.
	Queued func() int
	// Seen returns the bot's messages in Channel as people see them, in the
	// platform's order.
	Seen func() []Seen
	// Press lets User press the button of a message.
	Press func(s Seen, b adapters.ActionValue)
	// Secrets must stand in no error.
	Secrets []string
}

// Seen is a message as people see it.
type Seen struct {
	Ref adapters.Ref
	// Text is everything readable, Commands what the copy buttons give.
	Text     string
	Commands []string
	// Links are the addresses of its links, Pings whom it mentions.
	Links, Pings []string
	// Buttons are what can be pressed.
	Buttons []adapters.ActionValue
}

// A running harness collects what the adapter hands over.
type running struct {
	*Harness
	ctx  context.Context
	stop context.CancelFunc
	done chan error

	mu      sync.Mutex
	events  []adapters.Event
	changed chan struct{}
	answer  func(adapters.Event)
}

// Accept implements [adapters.Handler]: it takes everything and leaves
// duplicates to the tests.
func (r *running) Accept(_ context.Context, ev adapters.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, ev)
	close(r.changed)
	r.changed = make(chan struct{})
	if r.answer != nil {
		go r.answer(ev)
	}
	return nil
}

// patience ends a test that hangs; what only takes its time on a busy machine
// is far below.
const patience = time.Minute

func start(t *testing.T, h *Harness) *running {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(context.Background(), 2*patience, errors.New("the test took too long"))
	run, stop := context.WithCancel(ctx)
	r := &running{Harness: h, ctx: ctx, stop: stop, done: make(chan error, 1), changed: make(chan struct{})}
	go func() { r.done <- h.Adapter.Run(run, r) }()
	t.Cleanup(func() {
		stop()
		select {
		case <-r.done:
		case <-time.After(patience):
			t.Error("Run did not return after its context had ended")
		}
		cancel()
	})
	eventually(t, "the adapter is ready", func() bool { return h.Adapter.Ready() == nil })
	return r
}

// eventually waits for what the platform's side shows only by looking.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for start := time.Now(); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Since(start) > patience {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// distinct returns the events that are no duplicates of earlier ones, once
// there are n that satisfy ok.
func (r *running) distinct(t *testing.T, n int, ok func(adapters.Event) bool) []adapters.Event {
	t.Helper()
	timeout := time.After(patience)
	for {
		r.mu.Lock()
		var out []adapters.Event
		seen := map[string]bool{}
		for _, ev := range r.events {
			if slices.ContainsFunc(ev.Keys, func(k string) bool { return seen[k] }) {
				continue
			}
			for _, k := range ev.Keys {
				seen[k] = true
			}
			if ok(ev) {
				out = append(out, ev)
			}
		}
		changed := r.changed
		r.mu.Unlock()
		if len(out) >= n {
			return out
		}
		select {
		case <-changed:
		case <-timeout:
			t.Fatalf("got %d such events, want %d", len(out), n)
		}
	}
}

func asks(ev adapters.Event) bool { return ev.Kind == adapters.EventAsk }

// seen waits until n messages stand in the channel.
func (r *running) seen(t *testing.T, n int) []Seen {
	t.Helper()
	eventually(t, "the messages stand in the channel", func() bool { return len(r.Seen()) >= n })
	return r.Seen()
}
