package discord

import (
	"context"
	"maps"
	"slices"
	"time"
)

// A Leaser gives one of several replicas at a time a name.
type Leaser interface {
	// Acquire takes or renews the named lease for ttl and reports whether this
	// process has it.
	Acquire(ctx context.Context, name string, ttl time.Duration) (bool, error)
	// Release gives it up.
	Release(ctx context.Context, name string) error
}

// awaitLease waits until this process has the lease.
func (a *Adapter) awaitLease(ctx context.Context, name string) error {
	for told := false; ; {
		ok, err := a.opts.Leaser.Acquire(ctx, name, a.opts.LeaseTTL)
		if ok && err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			a.lg.Warn("lease not taken", "lease", name, "err", err)
		} else if !told {
			a.lg.Info("another replica holds the session, standing by", "lease", name)
			told = true
		}
		if err := a.limiter.pause(ctx, jitter(min(a.opts.LeaseTTL/3, 2*time.Second)), nil); err != nil {
			return ctx.Err()
		}
	}
}

// keepLease renews the lease until ctx ends, and returns when it is lost. A
// store that does not answer costs the lease only when it would have lapsed.
func (a *Adapter) keepLease(ctx context.Context, name string) {
	last := time.Now()
	tick := time.NewTicker(a.opts.LeaseTTL / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		actx, cancel := context.WithTimeout(ctx, a.opts.LeaseTTL/3)
		ok, err := a.opts.Leaser.Acquire(actx, name, a.opts.LeaseTTL)
		cancel()
		switch {
		case ok && err == nil:
			last = time.Now()
		case ctx.Err() != nil:
			return
		case err == nil:
			a.lg.Warn("lease lost to another replica", "lease", name)
			return
		case time.Since(last) > a.opts.LeaseTTL*2/3:
			a.lg.Warn("lease not renewed, giving the session up", "lease", name, "err", err)
			return
		}
	}
}

// A History is what earlier processes left behind. It tells what is to be
// caught up after a restart.
type History interface {
	// Seen returns when the named session was last connected, zero if never.
	Seen(ctx context.Context, name string) (time.Time, error)
	// Note records that the named session was connected at a time.
	Note(ctx context.Context, name string, at time.Time) error
	// Directs returns the direct conversations known, newest first: Discord
	// does not list them.
	Directs(ctx context.Context) ([]Direct, error)
}

// A Direct is a direct conversation.
type Direct struct {
	User, Channel string
}

const (
	historyWithin = 5 * time.Second
	noteEvery     = 20 * time.Second
	maxDirects    = 200 // conversations caught up after a restart
)

// recall sets when the gateway was last heard of from what is stored.
func (s *shard) recall(ctx context.Context, name string) {
	h := s.a.opts.History
	if h == nil || !s.lastSeen.IsZero() {
		return
	}
	hctx, cancel := context.WithTimeout(ctx, historyWithin)
	defer cancel()
	at, err := h.Seen(hctx, name)
	if err != nil {
		s.a.lg.Warn("not known when Discord was last connected", "session", name, "err", err)
		return
	}
	if !at.After(s.a.opts.Now()) {
		s.lastSeen = at
	}
}

// heard notes that the gateway was heard of just now.
func (s *shard) heard() {
	s.lastSeen = s.a.opts.Now()
	h := s.a.opts.History
	if h == nil || s.lastSeen.Sub(s.noted) < noteEvery {
		return
	}
	at := s.lastSeen
	s.noted = at
	s.a.tasks.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), historyWithin)
		defer cancel()
		if err := h.Note(ctx, s.name(), at); err != nil {
			s.a.lg.Warn("not noted that Discord is connected", "session", s.name(), "err", err)
		}
	})
}

// directs are the direct conversations that this process knows.
func (a *Adapter) directs() []string {
	a.places.mu.Lock()
	defer a.places.mu.Unlock()
	return slices.Collect(maps.Values(a.places.direct))
}

// recallDirects returns those that earlier processes knew.
func (a *Adapter) recallDirects(ctx context.Context) (channels []string) {
	if a.opts.History == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, historyWithin)
	defer cancel()
	known, err := a.opts.History.Directs(ctx)
	if err != nil {
		a.lg.Warn("direct conversations not known", "err", err)
		return nil
	}
	for _, d := range known[:min(len(known), maxDirects)] {
		if usable(d.Channel) {
			a.rememberDirect(d.User, d.Channel)
			channels = append(channels, d.Channel)
		}
	}
	return channels
}
