package discord

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"cairn/adapters"
)

// A limiter keeps Discord's rate limits before Discord has to: the global one
// by handing out evenly spaced slots in the order of asking, the buckets by
// what the headers of earlier answers said, and the limit of refused requests
// by counting them.
type limiter struct {
	now      func() time.Time
	interval time.Duration // between two slots
	early    time.Duration // between two slots of requests that go first
	burst    int

	mu      sync.Mutex
	next    time.Time // the last slot given
	ahead   time.Time // the last slot given to a request that goes first
	global  time.Time // no request before this: a global 429
	buckets map[string]*bucket
	shared  map[string]*bucket // by Discord's name for it and major parameter
	invalid []time.Time        // refused requests within the window
}

// A bucket is one route with its major parameter, or several that Discord
// counts together.
type bucket struct {
	remaining int
	known     bool
	reset     time.Time
	inFlight  int
	pace      time.Duration // between two requests, as far as the headers told
	turn      chan struct{} // closed when a request of the bucket has ended
}

func newLimiter(perSecond int, now func() time.Time) *limiter {
	// Within any second at most the burst, the evenly spaced rest, and a tenth
	// for what goes first.
	burst := min(globalBurst, max(1, perSecond/5))
	return &limiter{
		now: now, interval: time.Second / time.Duration(max(perSecond-burst-perSecond/10, 1)), early: time.Second / time.Duration(max(perSecond/10, 1)), burst: burst,
		buckets: map[string]*bucket{}, shared: map[string]*bucket{},
	}
}

// A way is how a request passes the limits.
type way struct {
	exempt    bool // from the global limit
	impatient bool // drop it rather than wait
	first     bool // before those that wait
}

// reserve takes the next global slot and returns how long it is away.
func (l *limiter) reserve(first bool) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if first {
		l.ahead = later(l.ahead.Add(l.early), now)
		return later(l.ahead, l.global).Sub(now)
	}
	if earliest := now.Add(-time.Duration(l.burst) * l.interval); l.next.Before(earliest) {
		l.next = earliest
	}
	l.next = l.next.Add(l.interval)
	return later(l.next, l.global).Sub(now)
}

// late is how long a request asked for now would wait for its global slot.
func (l *limiter) late() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	d := l.next.Sub(now)
	if g := l.global.Sub(now); g > d {
		d = g
	}
	return max(d, 0)
}

// pace is the time between two requests that a bucket allows; 0 where it is not
// known.
func (l *limiter) pace(key string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b := l.buckets[key]; b != nil {
		return b.pace
	}
	return 0
}

// acquire waits for the bucket, then for a global slot unless the route is
// exempt. An impatient request gets an error instead. What it returns is to be
// given to done.
func (l *limiter) acquire(ctx context.Context, key string, w way) (*bucket, error) {
	var b *bucket
	for {
		var wait time.Duration
		var turn <-chan struct{}
		if b, wait, turn = l.tryBucket(key); b != nil {
			break
		}
		if w.impatient {
			return nil, errBusy
		}
		if err := l.pause(ctx, wait, turn); err != nil {
			return nil, err
		}
	}
	if w.exempt {
		return b, nil
	}
	if w.impatient && l.late() > 0 {
		l.done(key, b, 0, nil)
		return nil, errBusy
	}
	err := l.pause(ctx, l.reserve(w.first), nil)
	for err == nil {
		l.mu.Lock()
		wait := l.global.Sub(l.now())
		l.mu.Unlock()
		if wait <= 0 {
			return b, nil
		}
		err = l.pause(ctx, wait, nil)
	}
	l.done(key, b, 0, nil)
	return nil, err
}

func (l *limiter) pause(ctx context.Context, d time.Duration, turn <-chan struct{}) error {
	if d <= 0 && turn == nil {
		return ctx.Err()
	}
	var after <-chan time.Time
	if d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		after = t.C
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-after:
		return nil
	case <-turn:
		return nil
	}
}

// tryBucket takes a place in the bucket, or says what to wait for.
func (l *limiter) tryBucket(key string) (taken *bucket, wait time.Duration, turn <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, ok := l.buckets[key]
	if !ok {
		l.sweepLocked()
		b = &bucket{turn: make(chan struct{})}
		l.buckets[key] = b
	}
	now := l.now()
	if b.known && !now.Before(b.reset) {
		b.known = false
	}
	switch {
	case !b.known && b.inFlight > 0:
		return nil, 0, b.turn // its answer tells the limit
	case b.known && b.remaining-b.inFlight <= 0 && b.inFlight > 0:
		return nil, b.reset.Sub(now), b.turn
	case b.known && b.remaining <= 0:
		return nil, b.reset.Sub(now), nil
	}
	b.inFlight++
	return b, 0, nil
}

// sweepLocked forgets buckets that have nothing to say any more.
func (l *limiter) sweepLocked() {
	if len(l.buckets) < 4096 {
		return
	}
	now := l.now()
	idle := func(_ string, b *bucket) bool { return b.inFlight == 0 && (!b.known || now.After(b.reset)) }
	maps.DeleteFunc(l.buckets, idle)
	maps.DeleteFunc(l.shared, idle)
}

// done records what an answer said; without headers the request was not made.
func (l *limiter) done(key string, b *bucket, status int, h http.Header) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	b.inFlight--
	close(b.turn)
	b.turn = make(chan struct{})
	if h == nil {
		return
	}
	if name := h.Get("X-RateLimit-Bucket"); name != "" {
		name += " " + majorOf(key)
		if one := l.shared[name]; one == nil {
			l.shared[name] = b
		} else if one != b {
			l.buckets[key], b = one, one // from now on they count together
		}
	}
	if status == http.StatusTooManyRequests {
		after := retryAfter(h)
		if h.Get("X-RateLimit-Global") != "" || h.Get("X-RateLimit-Scope") == "global" {
			l.global = later(l.global, now.Add(after))
		} else {
			b.known, b.remaining, b.reset = true, 0, later(b.reset, now.Add(after))
		}
	} else if n, err := strconv.Atoi(h.Get("X-RateLimit-Remaining")); err == nil {
		if after, ok := resetAfter(h, now); ok {
			b.known, b.remaining, b.reset = true, n, now.Add(after)
			if all, err := strconv.Atoi(h.Get("X-RateLimit-Limit")); err == nil && all > 0 {
				b.pace = max(b.pace, after/time.Duration(all))
			}
		}
	}
	shared := h.Get("X-RateLimit-Scope") == "shared"
	if status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusTooManyRequests && !shared {
		l.invalid = append(l.invalid, now)
	}
}

// resetAfter is when a bucket is full again.
func resetAfter(h http.Header, now time.Time) (time.Duration, bool) {
	if s, err := strconv.ParseFloat(h.Get("X-RateLimit-Reset-After"), 64); err == nil && s >= 0 && s < 86400 {
		return time.Duration(s * float64(time.Second)), true
	}
	if s, err := strconv.ParseFloat(h.Get("X-RateLimit-Reset"), 64); err == nil {
		after := time.UnixMilli(int64(s * 1000)).Sub(now)
		return max(after, 0), after < 24*time.Hour
	}
	return 0, false
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func retryAfter(h http.Header) time.Duration {
	for _, name := range []string{"Retry-After", "X-RateLimit-Reset-After"} {
		if s, err := strconv.ParseFloat(h.Get(name), 64); err == nil && s >= 0 {
			return min(time.Duration(s*float64(time.Second)), time.Hour)
		}
	}
	return time.Second
}

// guard refuses requests when too many were refused by Discord: beyond 10,000
// in ten minutes it blocks the address for an hour.
func (l *limiter) guard(op string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	from := now.Add(-invalidWindow * time.Second)
	i := 0
	for i < len(l.invalid) && !l.invalid[i].After(from) {
		i++
	}
	l.invalid = l.invalid[i:]
	if len(l.invalid) < invalidStop {
		return nil
	}
	return &adapters.DeliveryError{
		Kind: adapters.KindRateLimited, RetryAfter: l.invalid[len(l.invalid)-invalidStop].Sub(from), Op: op, Err: errTooManyInvalid,
	}
}

// majorOf is the major parameter in a key: the channel, the server, or the
// webhook with its token.
func majorOf(key string) string {
	_, path, _ := strings.Cut(key, " ")
	segments := strings.Split(path, "/")
	switch {
	case len(segments) > 1 && (segments[0] == "channels" || segments[0] == "guilds"):
		return segments[1]
	case len(segments) > 2 && (segments[0] == "webhooks" || segments[0] == "interactions"):
		return segments[1] + "/" + segments[2]
	}
	return ""
}

// bucketKey names a request's bucket: method, route and major parameter. In
// every path names and ids take turns.
func bucketKey(method, path string) string {
	segments := strings.Split(strings.Trim(path, "/"), "/")
	major := slices.Contains([]string{"channels", "guilds", "webhooks", "interactions"}, segments[0])
	for i, s := range segments {
		switch {
		case i%2 == 0 || i == 1 && major || strings.HasPrefix(s, "@"):
		case i >= 2 && segments[0] == "webhooks":
		default:
			segments[i] = "id"
		}
	}
	if segments[0] == "interactions" {
		segments = segments[:min(3, len(segments))] // each has a bucket of its own
	}
	return method + " " + strings.Join(segments, "/")
}
