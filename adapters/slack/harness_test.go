package slack

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cairn/adapters"
	"cairn/adapters/slack/slacktest"
	"cairn/internal/leaktest"
)

func TestMain(m *testing.M) {
	code := leaktest.Run(m, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
	os.Exit(code)
}

// patience ends a test that hangs; what only takes its time on a busy machine
// is far below.
const patience = time.Minute

// retries are Slack's, shortened, and more of them: what a busy machine is slow
// to take is not lost.
func retries(first ...time.Duration) []time.Duration {
	return append(first, slices.Repeat([]time.Duration{time.Second}, 60)...)
}

// patient gives an adapter time for what it would do without: what a test looks
// up, puts up or shows must come, however busy the machine is.
func patient(a *Adapter) {
	a.lookupWithin, a.signWithin, a.showWithin = patience, patience, patience
}

// A handler records what it accepts and may answer.
type handler struct {
	mu      sync.Mutex
	seen    map[string]bool
	events  []adapters.Event
	repeats int
	changed chan struct{}
	fail    func(adapters.Event) error
	answer  func(adapters.Event)
}

func (h *handler) Accept(_ context.Context, ev adapters.Event) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fail != nil {
		if err := h.fail(ev); err != nil {
			return err
		}
	}
	repeated := false
	for _, k := range ev.Keys {
		repeated = repeated || h.seen[k]
	}
	for _, k := range ev.Keys {
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

func (h *handler) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.events)
}

// A rig is an adapter connected to a fake Slack.
type rig struct {
	*Adapter
	slack *slacktest.Server
	h     *handler
	ctx   context.Context
	log   *safeBuffer
	ended chan error
	stop  context.CancelFunc
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
	server slacktest.Options
	config Config
	opts   Options
	setup  func(*slacktest.Server)
	fail   func(adapters.Event) error
	asleep bool // do not wait for the sockets
}

func newRig(t *testing.T, o rigOptions) *rig {
	t.Helper()
	if o.server.AckWithin == 0 {
		o.server.AckWithin = patience // nothing is late unless a test wants it so
	}
	if o.server.Retries == nil {
		o.server.Retries = retries(0)
	}
	s := slacktest.Start(&o.server)
	if o.setup != nil {
		o.setup(s)
	}
	o.config.APIURL = s.URL()
	if o.config.BotToken.IsZero() {
		o.config.BotToken = adapters.NewSecret(slacktest.BotToken)
	}
	if o.config.AppToken.IsZero() {
		o.config.AppToken = adapters.NewSecret(slacktest.AppToken)
	}
	if o.config.SigningSecret.IsZero() {
		o.config.SigningSecret = adapters.NewSecret(slacktest.SigningSecret)
	}
	if o.opts.Backoff == 0 {
		o.opts.Backoff = 10 * time.Millisecond
	}
	log := &safeBuffer{}
	a, err := New(slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})), o.config, &o.opts)
	if err != nil {
		t.Fatal(err)
	}
	patient(a)
	ctx, cancel := contextFor(t)
	run, stop := context.WithCancel(ctx)
	r := &rig{Adapter: a, slack: s, h: &handler{seen: map[string]bool{}, changed: make(chan struct{}), fail: o.fail}, ctx: ctx, log: log, ended: make(chan error, 1), stop: stop}
	go func() { r.ended <- a.Run(run, r.h) }()
	t.Cleanup(func() {
		stop()
		select {
		case <-r.ended:
		case <-time.After(patience):
			t.Error("Run did not end")
		}
		cancel()
		s.Close()
		a.opts.HTTPClient.CloseIdleConnections()
		for _, p := range s.Problems() {
			t.Errorf("Slack would refuse: %s", p)
		}
		for _, secret := range []string{slacktest.BotToken, slacktest.AppToken, slacktest.SigningSecret, "secret-ticket", "secret-response"} {
			if strings.Contains(log.String(), secret) {
				t.Errorf("the log holds the secret %s", secret)
			}
		}
	})
	if !o.asleep && o.config.Mode != "http" {
		want := o.opts.Connections
		if want == 0 {
			want = 2
		}
		if err := s.AwaitSockets(ctx, want); err != nil {
			t.Fatalf("no socket: %v\n%s", err, log)
		}
	}
	return r
}

// answers makes the handler answer every question with a message.
func (r *rig) answers(m adapters.Message) {
	r.h.mu.Lock()
	defer r.h.mu.Unlock()
	r.h.answer = func(ev adapters.Event) {
		if _, err := r.Reply(r.ctx, ev, m); err != nil && r.ctx.Err() == nil {
			r.lg.Error("reply", "err", err)
		}
	}
}

func (r *rig) await(t *testing.T, ch string, ok func(slacktest.Message) bool) slacktest.Message {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(r.ctx, patience, fmt.Errorf("waited %v", patience))
	defer cancel()
	m, err := r.slack.Await(ctx, ch, ok)
	if err != nil {
		t.Fatalf("%v\n%s", err, r.log)
	}
	return m
}

func (r *rig) awaitCall(t *testing.T, method string, n int) slacktest.Call {
	t.Helper()
	ctx, cancel := context.WithTimeout(r.ctx, patience)
	defer cancel()
	c, err := r.slack.AwaitCall(ctx, method, n)
	if err != nil {
		t.Fatalf("call %d of %s did not come: %v\n%s", n, method, err, r.log)
	}
	return c
}

// settle waits until all that was delivered so far is acknowledged, twins and
// repetitions too.
func (r *rig) settle(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(r.ctx, patience)
	defer cancel()
	if err := r.slack.Settle(ctx); err != nil {
		t.Fatalf("not everything is acknowledged: %v, %+v\n%s", err, r.slack.Stats(), r.log)
	}
}

// until waits for a condition outside the server.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for start := time.Now(); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > patience {
			t.Fatalf("did not happen: %s", what)
		}
	}
}

// answerMessage is an answer with everything in it.
func answerMessage() adapters.Message {
	return adapters.Message{
		Lang: "en", Text: "502 from the gateway: 2 steps", Title: "502 from the gateway", TitleURL: "https://docs.example.com/502.md#L3", Confidence: "likely",
		Steps: []adapters.Step{
			{N: 1, Section: "First look", Text: "Look at `nginx` and its <!channel> log.", Commands: []adapters.Command{{Text: "kubectl -n web logs deploy/nginx | grep \"502\" > /tmp/x && echo '<@U1>'", Lang: "sh"}}, Expect: "no line", Citation: 1},
			{N: 2, Section: "Fix", Text: "Restart the upstream.", Commands: []adapters.Command{{Text: "kubectl delete pod -l app=api"}}, Risk: adapters.Destructive, RiskLabel: "destructive", Citation: 2},
		},
		Citations: []adapters.Citation{{N: 1, Label: "502.md:3-9", Heading: []string{"502", "First look"}, URL: "https://docs.example.com/502.md#L3"}, {N: 2, Label: "502.md:12-14"}},
		Related:   []adapters.Link{{Title: "504 <from> the gateway", URL: "https://docs.example.com/504.md"}, {Title: "local", URL: "http://127.0.0.1:8080/x"}}, RelatedTitle: "Related",
		Buttons: []adapters.Button{{ID: "more", Value: "a1", Label: "More like this"}}, Feedback: &adapters.Feedback{UpLabel: "Helpful", DownLabel: "Not helpful"}, AnswerID: "a1", Marker: "a-0123",
	}
}

// shared returns the folder beside the module with specifications and sets.
func sharedDir(t *testing.T, path ...string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
	full := filepath.Join(append([]string{dir, "..", "shared"}, path...)...)
	if _, err := os.Stat(full); err != nil {
		if os.Getenv("CAIRN_TEST_ALL") == "1" {
			t.Fatalf("%s is missing", filepath.Join(path...))
		}
		t.Skipf("../shared/%s is not here", filepath.Join(path...))
	}
	return full
}

// contextFor is a context of the test that can be ended before its clean-ups.
func contextFor(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(context.Background(), 3*patience)
}
