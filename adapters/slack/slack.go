package slack

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	slackapi "github.com/slack-go/slack"

	"cairn/adapters"
)

var (
	_ adapters.Adapter  = (*Adapter)(nil)
	_ adapters.Editor   = (*Adapter)(nil)
	_ adapters.Busier   = (*Adapter)(nil)
	_ adapters.Streamer = (*Adapter)(nil)
	_ adapters.Finder   = (*Adapter)(nil)
	_ adapters.HomePage = (*Adapter)(nil)
)

// An Adapter is the connection to one workspace. Make it with [New].
type Adapter struct {
	lg    *slog.Logger
	cfg   Config
	opts  Options
	api   *slackapi.Client
	gates gates
	turns turns
	agent surface
	level atomic.Int32 // how plain messages must be rendered
	rests rests

	places       places
	lookupWithin time.Duration // of what an event can do without
	signWithin   time.Duration // of a sign, a prompt, a removal
	showWithin   time.Duration // of an edit that shows growth; 0 is the default
	responses    responses
	tasks        tasks
	fatal        chan error   // buffered; what ends Run
	signs        atomic.Int64 // signs being put up
	pending      atomic.Int64 // envelopes and requests not acknowledged yet

	mu      sync.Mutex
	handler adapters.Handler
	self    string // the bot's user id
	team    string
	sockets int
	why     error // why it is not ready; nil when it is
}

// New checks the configuration and makes an adapter. It does no I/O.
func New(lg *slog.Logger, cfg Config, opts *Options) (*Adapter, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	o, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	a := &Adapter{lg: component(lg), cfg: cfg, opts: o, fatal: make(chan error, 1), why: errNotStarted, lookupWithin: lookupWithin, signWithin: signWithin}
	a.api = slackapi.New(cfg.BotToken.Reveal(), slackapi.OptionAPIURL(cfg.APIURL), slackapi.OptionHTTPClient(leanClient{o.HTTPClient}), slackapi.OptionAppLevelToken(cfg.AppToken.Reveal()))
	return a, nil
}

// Name implements [adapters.Adapter].
func (a *Adapter) Name() string { return Name }

// Ready implements [adapters.Source].
func (a *Adapter) Ready() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.why
}

func (a *Adapter) setWhy(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.why = err
}

// Run implements [adapters.Source].
func (a *Adapter) Run(ctx context.Context, h adapters.Handler) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer a.tasks.wait()
	a.setWhy(errNotConnected)
	defer a.setWhy(errNotStarted)

	if err := a.signIn(ctx); err != nil {
		return err
	}
	a.mu.Lock()
	a.handler = h
	a.mu.Unlock()

	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	ended := make(chan error, a.opts.Connections)
	if a.cfg.Mode == "http" {
		a.setWhy(nil)
	} else {
		in := newInbox(a, h)
		wg.Go(func() { in.run(ctx) })
		for range a.opts.Connections {
			wg.Go(func() { ended <- a.keepSocket(ctx, in) })
		}
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-a.fatal:
		return err
	case err := <-ended:
		return err
	}
}

// signIn asks Slack who we are, as often as it takes.
func (a *Adapter) signIn(ctx context.Context) error {
	b := a.newBackoff()
	for {
		who, err := a.api.AuthTestContext(ctx)
		if err == nil {
			a.mu.Lock()
			a.self, a.team = who.UserID, who.TeamID
			a.mu.Unlock()
			a.lg.Info("signed in", "team", who.TeamID, "bot_user", who.UserID)
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		d := a.asDelivery("auth.test", err)
		if d.Kind == adapters.KindAuth {
			return refused(d)
		}
		a.setWhy(d)
		a.lg.Warn("sign-in not possible, trying again", "err", d)
		if err := b.wait(ctx, d.RetryAfter); err != nil {
			return err
		}
	}
}

func refused(d *adapters.DeliveryError) error {
	d.Err = errors.Join(d.Err, errRefused)
	return d
}

var errRefused = errors.New("Slack refuses the token for good: check SLACK_BOT_TOKEN and SLACK_APP_TOKEN, and that the app is still installed")

func (a *Adapter) identity() (self, team string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.self, a.team
}

func (a *Adapter) decoder() *decoder {
	self, _ := a.identity()
	return &decoder{self: self, onboarding: a.cfg.OnboardingChannels, now: a.opts.Now}
}

// accept hands an event to the handler and reports whether its envelope is to
// be acknowledged.
func (a *Adapter) accept(ctx context.Context, h adapters.Handler, d decoded) (ack bool) {
	if d.opened != "" {
		a.tasks.start(func() { a.suggest(context.WithoutCancel(ctx), d.opened, d.user) })
	}
	for _, ev := range d.events {
		if a.agent.known() && ev.Surface == adapters.SurfaceDirect && ev.Thread == "" && ev.Message != "" && ev.Kind != adapters.EventAction {
			ev.Thread = ev.Message // there every question begins a thread of its own
		}
		if a.pending.Load() <= hurry {
			ev = a.complete(ctx, ev, d.publicKnown)
		} else if !d.publicKnown {
			ev.ChannelPublic, _ = a.places.isPublic(ev.Channel, a.opts.Now())
		}
		actx, cancel := context.WithTimeout(ctx, acceptWithin)
		err := h.Accept(actx, ev)
		cancel()
		switch {
		case err == nil:
		case errors.Is(err, adapters.ErrQueueFull):
			a.lg.Warn("event refused, too much waits", "kind", ev.Kind)
			a.tellFull(ctx, ev)
		default:
			a.lg.Error("event not recorded, not acknowledged", "kind", ev.Kind, "err", err)
			return false
		}
	}
	return true
}

const (
	acceptWithin = 2 * time.Second
	// hurry is how much may wait before events go without look-ups: the
	// acknowledgement comes first.
	hurry = 64
)

// tellFull tells the asker that the question was not taken.
func (a *Adapter) tellFull(ctx context.Context, ev adapters.Event) {
	switch {
	case ev.Kind != adapters.EventAsk && ev.Kind != adapters.EventCommand && ev.Kind != adapters.EventAction:
		return
	case ev.Surface == adapters.SurfaceThread || ev.Surface == adapters.SurfaceOnboarding:
		return
	}
	lang := langOf(ev)
	m := adapters.Message{Lang: lang, Text: say(lang, textQueueFull), Private: true}
	m.Lead = m.Text
	a.tasks.start(func() {
		rctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if _, err := a.Reply(rctx, ev, m); err != nil {
			a.lg.Warn("asker not told that the queue is full", "err", err)
		}
	})
}

// langOf guesses the language for the adapter's own words.
func langOf(ev adapters.Event) string {
	for _, r := range ev.Text {
		if r >= 0x4e00 && r <= 0x9fff {
			return "zh"
		}
	}
	if ev.Text == "" && len(ev.User.Locale) >= 2 && ev.User.Locale[:2] == "zh" {
		return "zh"
	}
	return "en"
}
