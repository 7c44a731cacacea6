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

// asked holds the questions by message that are not answered yet.
type asked struct {
	mu sync.Mutex
	m  map[string]question
}

type question struct {
	ev adapters.Event
	at time.Time
}

const askedLasts = 10 * time.Minute

func (q *asked) add(ev adapters.Event, now time.Time) (waiting int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.m == nil {
		q.m = map[string]question{}
	}
	if len(q.m) < maxPlaces {
		q.m[ev.Message] = question{ev, now}
	}
	return len(q.m)
}

func (q *asked) done(message string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.m, message)
}

// late are the questions that wait longer than d, the oldest of each channel,
// and how many wait in all.
func (q *asked) late(d time.Duration, now time.Time) (oldest map[string]question, waiting int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	oldest = map[string]question{}
	for k, v := range q.m {
		switch age := now.Sub(v.at); {
		case age > askedLasts:
			delete(q.m, k)
		case age > d:
			if o, ok := oldest[v.ev.Channel]; !ok || v.at.Before(o.at) {
				oldest[v.ev.Channel] = v
			}
		}
	}
	return oldest, len(q.m)
}

// noteAsked remembers a question that is answered in any case. Where so many
// wait that Discord's limit makes this one late, its channel is told at once.
func (a *Adapter) noteAsked(ctx context.Context, ev adapters.Event) {
	if ev.Kind != adapters.EventAsk || ev.Surface != adapters.SurfaceMention && ev.Surface != adapters.SurfaceDirect {
		return
	}
	waiting := a.asked.add(ev, time.Now())
	if wait := time.Duration(waiting) * a.limiter.interval; wait > a.opts.TellAfter {
		a.tellLate(ctx, ev, wait)
	}
}

// watchLate tells channels in which a question waits too long while Discord's
// limit holds answers back.
func (a *Adapter) watchLate(ctx context.Context) {
	tick := time.NewTicker(max(a.opts.TellAfter/10, 10*time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		oldest, waiting := a.asked.late(a.opts.TellAfter, time.Now())
		if a.limiter.late() == 0 && a.turns.waiting.Load() == 0 {
			continue // something else is slow
		}
		for _, q := range oldest {
			a.tellLate(ctx, q.ev, max(time.Duration(waiting)*a.limiter.interval, time.Second))
		}
	}
}

// tellLate tells a channel, once a minute, that its answers wait for Discord's
// rate limit. The notice goes before what waits.
func (a *Adapter) tellLate(ctx context.Context, ev adapters.Event, wait time.Duration) {
	if !a.notices.first("late "+ev.Channel+" "+ev.Workspace, time.Minute, time.Now()) {
		return
	}
	a.tasks.Go(func() {
		nctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		defer cancel()
		t := a.targetOf(nctx, ev.Channel, ev.Thread, ev.Message)
		p := render(sentence(langOf(ev.Text, ev.User.Locale), textLate, int((wait + time.Second - 1).Seconds()))).parts[0]
		p.Reference = &wireReference{MessageID: ev.Message}
		err := a.call(nctx, request{op: "tell of a wait in channel " + t.channel, method: "POST", path: "/channels/" + t.channel + "/messages", body: p, first: true})
		if err != nil {
			a.lg.Warn("askers not told of a wait", "channel", t.channel, "err", err)
		}
	})
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

// typingLasts is how long Discord shows the sign.
const typingLasts = 8 * time.Second

// Busy implements [adapters.Busier]: an interaction shows that it is being
// worked on by itself, a message gets the typing sign.
func (a *Adapter) Busy(ctx context.Context, ev adapters.Event) (done func()) {
	if !ev.ReplyToken.IsZero() || !isID(ev.Channel) || ev.Private {
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
