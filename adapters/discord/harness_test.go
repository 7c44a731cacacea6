package discord

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cairn/adapters"
	"cairn/adapters/discord/discordtest"
	"cairn/internal/leaktest"
)

func TestMain(m *testing.M) {
	code := leaktest.Run(m, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
	os.RemoveAll(built)
	os.Exit(code)
}

// patience ends a test that hangs; what only takes its time on a busy machine
// is far below.
const patience = time.Minute

// patient gives an adapter time for what it would do without: what a test
// defers, looks up, opens or shows must come, however busy the machine is.
func patient(a *Adapter) {
	a.deferWithin, a.lookupWithin, a.threadWithin, a.showWithin = patience, patience, patience, patience
}

// A handler records what it accepts, each event once, and may answer.
type handler struct {
	mu      sync.Mutex
	seen    map[string]bool
	events  []adapters.Event
	repeats int
	changed chan struct{}
	fail    func(adapters.Event) error
	answer  func(adapters.Event)
}

func newHandler() *handler {
	return &handler{seen: map[string]bool{}, changed: make(chan struct{})}
}

func (h *handler) Accept(_ context.Context, ev adapters.Event) error {
	h.mu.Lock()
	fail := h.fail
	h.mu.Unlock()
	if fail != nil {
		if err := fail(ev); err != nil {
			return err
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	repeated := false
	for _, k := range ev.Keys {
		repeated = repeated || h.seen[k]
		h.seen[k] = true
	}
	if repeated {
		h.repeats++
		return nil
	}
	h.events = append(h.events, ev)
	close(h.changed)
	h.changed = make(chan struct{})
	if h.answer != nil {
		go h.answer(ev)
	}
	return nil
}

// wait returns the n-th event.
func (h *handler) wait(t *testing.T, n int) adapters.Event {
	t.Helper()
	timeout := time.After(patience)
	for {
		h.mu.Lock()
		if len(h.events) >= n {
			defer h.mu.Unlock()
			return h.events[n-1]
		}
		changed := h.changed
		h.mu.Unlock()
		select {
		case <-changed:
		case <-timeout:
			t.Fatalf("event %d did not come; there are %d", n, len(h.events))
		}
	}
}

func (h *handler) all() []adapters.Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]adapters.Event(nil), h.events...)
}

func (h *handler) set(f func(*handler)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f(h)
}

// A rig is an adapter connected to a fake Discord.
type rig struct {
	*Adapter
	discord *discordtest.Server
	h       *handler
	ctx     context.Context
	log     *safeBuffer
	ended   chan error
	stop    context.CancelFunc
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

type rigOptions struct {
	server discordtest.Options
	config Config
	opts   Options
	setup  func(*discordtest.Server)
	h      *handler
	on     *discordtest.Server // a server that runs already
	asleep bool                // do not wait for a session
	// unchecked requests are not validated against Discord's description, for
	// the sake of speed.
	unchecked bool
	// tune changes the adapter before it runs.
	tune func(*Adapter)
}

func newRig(t *testing.T, o rigOptions) *rig {
	t.Helper()
	s := o.on
	if o.server.Schemas == nil && !o.unchecked {
		if sp, err := theSpec(); err == nil {
			o.server.Schemas = sp.check
		}
	}
	if o.server.AnswerWithin == 0 {
		o.server.AnswerWithin = patience // no answer is late unless a test wants it so
	}
	if s == nil {
		s = discordtest.Start(&o.server)
	}
	if o.setup != nil {
		o.setup(s)
	}
	o.config.APIURL = s.URL()
	if o.config.BotToken.IsZero() {
		o.config.BotToken = adapters.NewSecret(discordtest.Token)
	}
	if o.opts.Backoff == 0 {
		o.opts.Backoff = 10 * time.Millisecond
	}
	if o.opts.IdentifyEvery == 0 {
		o.opts.IdentifyEvery = time.Millisecond
	}
	if o.opts.InvalidSessionWait == 0 {
		o.opts.InvalidSessionWait = 5 * time.Millisecond
	}
	log := &safeBuffer{}
	a, err := New(slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})), o.config, &o.opts)
	if err != nil {
		t.Fatal(err)
	}
	patient(a)
	if o.tune != nil {
		o.tune(a)
	}
	h := o.h
	if h == nil {
		h = newHandler()
	}
	ctx, cancel := context.WithTimeoutCause(context.Background(), 3*patience, errors.New("the test took too long"))
	run, stop := context.WithCancel(ctx)
	r := &rig{Adapter: a, discord: s, h: h, ctx: ctx, log: log, ended: make(chan error, 1), stop: stop}
	go func() { r.ended <- a.Run(run, h) }()
	t.Cleanup(func() {
		stop()
		select {
		case <-r.ended:
		case <-time.After(patience):
			t.Error("Run did not end")
		}
		cancel()
		if o.on == nil {
			s.Close()
			for _, p := range s.Problems() {
				t.Errorf("Discord would refuse: %s", p)
			}
		}
		if t.Failed() && testing.Verbose() {
			t.Log(log.String())
		}
		for _, secret := range []string{discordtest.Token, "-secret"} {
			if bytes.Contains([]byte(log.String()), []byte(secret)) {
				t.Errorf("the log holds %q", secret)
			}
		}
	})
	if !o.asleep {
		r.awaitReady(t)
	}
	return r
}

func (r *rig) awaitReady(t *testing.T) {
	t.Helper()
	eventually(t, "the adapter is ready", func() bool { return r.Ready() == nil })
}

// eventually waits for what shows only by looking.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for start := time.Now(); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Since(start) > patience {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

func answer(text string) adapters.Message {
	return adapters.Message{Lang: "en", Text: text, Lead: text}
}
