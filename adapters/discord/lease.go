package discord

import (
	"context"
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
		if err := a.limiter.pause(ctx, jitter(a.opts.LeaseTTL/3), nil); err != nil {
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
