package slack

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"cairn/adapters"
)

const (
	callTries = 10 // of which only refusals by rate use more than one
	// longestWait is how long a call waits for a rate limit before it gives
	// the wait to the caller.
	longestWait = 65 * time.Second
)

// call runs a Web API call, waiting out the rate limit of its method in its
// channel. Only a refusal by rate is tried again here: nothing else is certain
// to have had no effect.
func (a *Adapter) call(ctx context.Context, method, channel string, f func(context.Context) error) error {
	op := method
	if channel != "" {
		op += " in " + channel
	}
	for try := 1; ; try++ {
		if err := a.gates.wait(ctx, method, channel, a.opts.Now); err != nil {
			return a.asDelivery(op, err)
		}
		err := f(ctx)
		if err == nil {
			return nil
		}
		d := a.asDelivery(op, err)
		if d.Kind == adapters.KindAuth && endsRun(err) {
			select {
			case a.fatal <- refused(d):
			default:
			}
		}
		if d.Kind != adapters.KindRateLimited {
			return d
		}
		a.gates.close(method, channel, max(d.RetryAfter, 100*time.Millisecond), a.opts.Now)
		if try == callTries {
			return d
		}
	}
}

// gates hold back one method in one channel after a 429. Those who wait go
// through one by one, so that a busy channel does not run into the limit
// again and again.
type gates struct {
	mu   sync.Mutex
	shut map[string]*gateState
}

type gateState struct {
	next  time.Time     // when the next one may go through
	space time.Duration // between two
}

// widestSpace is Slack's about one message a second in a channel, with some
// room for what arrives a little early.
const widestSpace = 1100 * time.Millisecond

func gate(method, channel string) string { return method + "\x00" + channel }

func (g *gates) close(method, channel string, d time.Duration, now func() time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut == nil || len(g.shut) > 10000 {
		g.shut = map[string]*gateState{}
	}
	s := g.shut[gate(method, channel)]
	if s == nil {
		s = &gateState{}
		g.shut[gate(method, channel)] = s
	}
	s.space = min(d+d/10, widestSpace)
	if t := now().Add(d); t.After(s.next) {
		s.next = t
	}
}

// left is how long the gate stays closed.
func (g *gates) left(method, channel string, now func() time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.leftLocked(gate(method, channel), now())
}

func (g *gates) leftLocked(key string, now time.Time) time.Duration {
	s := g.shut[key]
	if s == nil {
		return 0
	}
	if d := s.next.Sub(now); d > 0 {
		return d
	}
	delete(g.shut, key)
	return 0
}

// reserve takes the next place; more than most is not waited for.
func (g *gates) reserve(key string, now time.Time, most time.Duration) (d time.Duration, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	d = g.leftLocked(key, now)
	if d == 0 {
		return 0, true
	}
	if d > most {
		return d, false
	}
	s := g.shut[key]
	s.next = s.next.Add(s.space)
	return d, true
}

func (g *gates) wait(ctx context.Context, method, channel string, now func() time.Time) error {
	most := longestWait
	if until, ok := ctx.Deadline(); ok {
		most = min(most, time.Until(until))
	}
	d, ok := g.reserve(gate(method, channel), now(), most)
	if ok && d == 0 {
		return ctx.Err()
	}
	limited := &adapters.DeliveryError{Kind: adapters.KindRateLimited, RetryAfter: d, Op: method + " in " + channel, Err: errLimited}
	if !ok {
		return limited
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return limited
	case <-t.C:
		return nil
	}
}

var errLimited = errors.New("Slack limits the rate")

// turns keep the messages of one thread in the order of the calls.
type turns struct {
	mu     sync.Mutex
	last   map[string]chan struct{}
	queued int // calls that have their place and are not through
}

// take waits for the caller's turn; the returned function ends it.
func (t *turns) take(ctx context.Context, key string) (done func(), err error) {
	mine := make(chan struct{})
	t.mu.Lock()
	if t.last == nil {
		t.last = map[string]chan struct{}{}
	}
	before := t.last[key]
	t.last[key] = mine
	t.queued++
	t.mu.Unlock()
	end := func() {
		close(mine)
		t.mu.Lock()
		defer t.mu.Unlock()
		t.queued--
		if t.last[key] == mine {
			delete(t.last, key)
		}
	}
	if before == nil {
		return end, nil
	}
	select {
	case <-before:
		return end, nil
	case <-ctx.Done():
		go func() { <-before; end() }() // keep the order of those behind
		return nil, ctx.Err()
	}
}

// tasks are small errands beside the events: signs, hints. At most maxTasks at
// a time; what is more is dropped, or done at once after the end.
type tasks struct {
	mu     sync.Mutex
	wg     sync.WaitGroup
	n      int
	closed bool
}

const maxTasks = 64

func (t *tasks) start(f func()) {
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		f()
		return
	}
	defer t.mu.Unlock()
	if t.n >= maxTasks {
		return
	}
	t.n++
	t.wg.Go(func() {
		f()
		t.mu.Lock()
		t.n--
		t.mu.Unlock()
	})
}

func (t *tasks) wait() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.wg.Wait()
}

// A backoff doubles its pause with jitter.
type backoff struct {
	first, most, next time.Duration
}

func (a *Adapter) newBackoff() *backoff {
	return &backoff{first: a.opts.Backoff, most: a.opts.MaxBackoff}
}

func (b *backoff) reset() { b.next = 0 }

// wait pauses at least as long as asked.
func (b *backoff) wait(ctx context.Context, asked time.Duration) error {
	if b.next == 0 {
		b.next = b.first
	}
	d := max(b.next/2+rand.N(b.next/2+1), asked)
	b.next = min(2*b.next, b.most)
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
