package discord

import (
	"context"
	"sync"
	"time"

	"cairn/adapters"
)

// notices keep the adapter from saying the same thing twice.
type notices struct {
	mu   sync.Mutex
	said map[string]time.Time
}

// first reports whether key was not noted within d, and notes it.
func (n *notices) first(key string, d time.Duration, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.said == nil {
		n.said = map[string]time.Time{}
	}
	if at, ok := n.said[key]; ok && now.Sub(at) < d {
		return false
	}
	if len(n.said) > 10000 {
		clear(n.said)
	}
	n.said[key] = now
	return true
}

// tellPermission tells the admin, by a log line with the permission's name,
// and the asker, privately, that the bot may not answer in a channel.
func (a *Adapter) tellPermission(ctx context.Context, ev adapters.Event, t target, err error) {
	d, ok := err.(*adapters.DeliveryError)
	if !ok || d.Kind != adapters.KindPermission {
		return
	}
	a.lg.Warn("permission missing", "channel", t.channel, "guild", ev.Workspace, "permission", d.Permission, "err", d.Err)
	if ev.Surface == adapters.SurfaceDirect || ev.Surface == adapters.SurfaceOnboarding || ev.Surface == adapters.SurfaceThread ||
		!a.notices.first("permission "+t.channel+" "+ev.User.ID, time.Hour, time.Now()) {
		return
	}
	m := sentence(langOf(ev.Text, ev.User.Locale), textMayNotWrite, d.Permission)
	m.Private = true
	a.tasks.Go(func() {
		sctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		defer cancel()
		if _, err := a.Send(sctx, adapters.Destination{User: ev.User.ID}, m); err != nil {
			a.lg.Warn("asker not told of the missing permission", "err", err)
		}
	})
}

// tellClosed tells somebody who takes no direct messages that a private answer
// is there, without a word of it.
func (a *Adapter) tellClosed(ctx context.Context, ev adapters.Event) {
	if ev.Surface != adapters.SurfaceMention || !usable(ev.Channel) || !a.notices.first("closed "+ev.Channel+" "+ev.User.ID, 10*time.Minute, time.Now()) {
		return
	}
	m := sentence(langOf(ev.Text, ev.User.Locale), textClosed)
	a.tasks.Go(func() {
		sctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		defer cancel()
		if _, err := a.replyPlain(sctx, ev, m); err != nil {
			a.lg.Warn("asker not told that direct messages are closed", "err", err)
		}
	})
}

// typingLasts is how long Discord shows the sign.
const typingLasts = 8 * time.Second

// Busy implements [adapters.Busier]: an interaction shows that it is being
// worked on by itself, a message gets the typing sign.
func (a *Adapter) Busy(ctx context.Context, ev adapters.Event) (done func()) {
	if !ev.ReplyToken.IsZero() || !usable(ev.Channel) || ev.Private {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	a.tasks.Go(func() {
		defer cancel()
		t := a.targetOf(ctx, ev.Channel, ev.Thread, ev.Message)
		for {
			err := a.call(ctx, request{op: "show typing in channel " + t.channel, method: "POST", path: "/channels/" + t.channel + "/typing", once: true, impatient: true})
			if err != nil && adapters.KindOf(err) != adapters.KindRateLimited {
				return
			}
			if a.limiter.pause(ctx, typingLasts, nil) != nil {
				return
			}
		}
	})
	return cancel
}
