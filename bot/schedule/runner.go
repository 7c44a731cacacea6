package schedule

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"cairn/adapters"
	"cairn/bot/store"
)

// ErrNothing is returned by a [Composer] that has nothing to say: the delivery
// is recorded as missed, without an alert.
var ErrNothing = errors.New("nothing to say")

// A Job is a delivery that needs words.
type Job struct {
	Delivery store.Delivery
	// Topics and Lang are the schedule's or the subscription's; Zone its time
	// zone.
	Topics []string
	Lang   string
	Zone   string
	// Detail is the subscription's.
	Detail string
}

// Content is what a delivery says.
type Content struct {
	// Item names it, such as a tip's id.
	Item    string
	Message adapters.Message
	// Chosen is called once the choice is recorded, before sending; may be
	// nil.
	Chosen func(ctx context.Context) error
}

// A Composer finds words for one kind of delivery.
type Composer interface {
	Compose(ctx context.Context, j Job) (Content, error)
}

// ComposerFunc is a function as a Composer.
type ComposerFunc func(ctx context.Context, j Job) (Content, error)

// Compose calls f.
func (f ComposerFunc) Compose(ctx context.Context, j Job) (Content, error) { return f(ctx, j) }

// Store is what a Runner needs of the state.
type Store interface {
	store.Schedules
	store.Subscriptions
}

// Options tune a Runner; zero fields mean the defaults.
type Options struct {
	// CatchUp is how late a delivery may still be sent. Defaults to 6 h.
	CatchUp time.Duration
	// ClaimFor is how long a claim lasts. Defaults to 2 min; at least three
	// times SendTimeout, so that replicas' clocks may differ by the rest.
	ClaimFor time.Duration
	// SendTimeout bounds one send. Defaults to 30 s.
	SendTimeout time.Duration
	// LookAfter is how long after a silent send the channel is looked at.
	// Defaults to 1 min.
	LookAfter time.Duration
	// Workers is how many deliveries are sent at a time. Defaults to 16.
	Workers int
	// Pace is the least time between two deliveries to one destination, so
	// that a platform's limit per channel holds no worker up. Defaults to 1 s.
	Pace time.Duration
	// Poll is how often the store is asked for what other processes left.
	// Defaults to 15 s.
	Poll time.Duration
	// Owner names this process in claims. Defaults to a random name.
	Owner string
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
	// Alert is called for what was lost or may be: deliveries that end as
	// unknown or missed, and sends that are refused. Defaults to the log
	// alone. It must not block.
	Alert func(d store.Delivery, reason string)
	// Observe is called with each state a delivery reaches, for metrics.
	// Defaults to nothing. It must not block.
	Observe func(d store.Delivery, state string)
}

func (o *Options) withDefaults() (Options, error) {
	var v Options
	if o != nil {
		v = *o
	}
	for _, f := range []struct {
		name  string
		field *time.Duration
		def   time.Duration
	}{
		{"CatchUp", &v.CatchUp, 6 * time.Hour}, {"ClaimFor", &v.ClaimFor, 2 * time.Minute},
		{"SendTimeout", &v.SendTimeout, 30 * time.Second}, {"LookAfter", &v.LookAfter, time.Minute}, {"Poll", &v.Poll, 15 * time.Second},
		{"Pace", &v.Pace, time.Second},
	} {
		if *f.field == 0 {
			*f.field = f.def
		}
		if *f.field < 0 {
			return v, fmt.Errorf("schedule option %s: got %v, want a positive duration", f.name, *f.field)
		}
	}
	if v.Workers == 0 {
		v.Workers = 16
	}
	if v.Workers < 0 {
		return v, fmt.Errorf("schedule option Workers: got %d, want a positive number", v.Workers)
	}
	if v.ClaimFor < 3*v.SendTimeout {
		return v, fmt.Errorf("schedule option ClaimFor: got %v, want at least three times SendTimeout, %v", v.ClaimFor, 3*v.SendTimeout)
	}
	if v.Owner == "" {
		var b [8]byte
		rand.Read(b[:]) // never fails
		v.Owner = hex.EncodeToString(b[:])
	}
	if v.Now == nil {
		v.Now = time.Now
	}
	if v.Alert == nil {
		v.Alert = func(store.Delivery, string) {}
	}
	if v.Observe == nil {
		v.Observe = func(store.Delivery, string) {}
	}
	return v, nil
}

// A Runner delivers what schedules and subscriptions ask for.
type Runner struct {
	lg        *slog.Logger
	store     Store
	schedules map[string]*Schedule
	composers map[string]Composer
	senders   map[string]adapters.Sender
	opts      Options

	mu     sync.Mutex
	paused map[string]time.Time // adapter -> rate limited until
	lanes  map[string]time.Time // destination -> when the next delivery may go
	went   map[string]time.Time // destination -> when the last delivery went
	turns  map[string]time.Time // delivery -> its reserved moment
	waits  map[string]time.Time // delivery put off -> when it is ready
}

// NewRunner returns a runner of the schedules. Composers are by kind of
// delivery.
func NewRunner(lg *slog.Logger, st Store, schedules []*Schedule, composers map[string]Composer, o *Options) (*Runner, error) {
	opts, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	r := &Runner{
		lg: lg.With("component", "schedule"), store: st, composers: composers, opts: opts,
		schedules: map[string]*Schedule{}, senders: map[string]adapters.Sender{}, paused: map[string]time.Time{}, lanes: map[string]time.Time{}, turns: map[string]time.Time{}, went: map[string]time.Time{}, waits: map[string]time.Time{},
	}
	for _, s := range schedules {
		if r.schedules[s.Name] != nil {
			return nil, fmt.Errorf("two schedules are named %q", s.Name)
		}
		r.schedules[s.Name] = s
	}
	return r, nil
}

// Attach makes the adapter with the name reachable. A sender that is also an
// [adapters.Finder] can resolve what a crash left open. To be called before
// Run.
func (r *Runner) Attach(name string, s adapters.Sender) { r.senders[name] = s }

// Run delivers until ctx ends, and returns ctx.Err() once nothing is being
// sent. To be called once.
func (r *Runner) Run(ctx context.Context) error {
	for {
		next, err := r.tick(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			r.lg.ErrorContext(ctx, "schedules could not be worked on", "err", err)
		}
		wait := r.opts.Poll
		if !next.IsZero() {
			wait = min(wait, max(next.Sub(r.opts.Now()), 0))
		}
		timer := time.NewTimer(max(wait, 5*time.Millisecond))
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}

// tick plans and delivers what is due and returns when there is more to do.
func (r *Runner) tick(ctx context.Context) (next time.Time, err error) {
	next, err = r.plan(ctx)
	if derr := r.deliver(ctx); derr != nil {
		err = errors.Join(err, derr)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.opts.Now()
	for id, ready := range r.waits {
		switch {
		case ready.Before(now.Add(-time.Second)):
			delete(r.waits, id) // claimed by now, here or elsewhere
		case next.IsZero() || ready.Before(next):
			next = ready
		}
	}
	return next, err
}

// deliver sends everything that is ready.
func (r *Runner) deliver(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	free := make(chan struct{}, r.opts.Workers)
	for ctx.Err() == nil {
		now := r.opts.Now()
		batch, err := r.store.ClaimDeliveries(ctx, r.opts.Owner, now, now.Add(r.opts.ClaimFor), 4*r.opts.Workers)
		if err != nil {
			return err
		}
		if len(batch) == 0 {
			return nil
		}
		for _, d := range batch {
			free <- struct{}{}
			wg.Go(func() {
				defer func() { <-free }()
				r.process(ctx, d)
			})
		}
	}
	return nil
}
