package discord

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"cairn/adapters"
)

var _ adapters.WaitTeller = (*Adapter)(nil)

// How a channel is told that answers take longer: one message names those who
// wait and is edited while more join, so that a rush of questions costs few
// requests. After noticeLasts the next ones get a message of their own, further
// down where they see it.
const (
	noticeLasts = time.Minute
	noticeNames = 1500 // characters of names in one message
)

// lateNotices are the notices by place.
type lateNotices struct {
	mu sync.Mutex
	m  map[string]*lateNotice
}

type lateNotice struct {
	waiting []adapters.Event // to be told
	running bool

	// What follows belongs to keepNotice.
	message string // the message that stands, "" while there is none
	at      time.Time
	names   []string
	seen    map[string]bool // users named in it
	lang    string
}

// placeOf names where the answer to a message goes: a thread of Discord's, else
// the channel.
func (a *Adapter) placeOf(ev adapters.Event) string {
	if c, ok := a.places.get(ev.Thread); ok && c.thread() {
		return ev.Thread
	}
	return ev.Channel
}

// counted reports whether an event is a question that is answered in any case
// by a message of its own.
func counted(ev adapters.Event) bool {
	return ev.Kind == adapters.EventAsk && ev.ReplyToken.IsZero() && ev.Message != "" &&
		(ev.Surface == adapters.SurfaceMention || ev.Surface == adapters.SurfaceDirect)
}

// noteAsked remembers a question. Where so many wait that Discord's limits make
// this one late, its asker is told at once.
func (a *Adapter) noteAsked(ctx context.Context, ev adapters.Event) {
	if !counted(ev) {
		return
	}
	place := a.placeOf(ev)
	a.asked.add(ev, place, time.Now())
	if a.expectedWait(place) > a.opts.TellAfter*3/4 {
		a.TellWait(ctx, ev)
	}
}

// expectedWait is how long the newest question of a place is going to wait for
// the limits.
func (a *Adapter) expectedWait(place string) time.Duration {
	all, here := a.asked.counts(place)
	return max(time.Duration(float64(all)*a.asked.perAnswer()*float64(a.limiter.interval)), time.Duration(here)*a.limiter.pace(bucketKey("POST", "/channels/"+place+"/messages")))
}

// watchLate tells those whose questions wait too long while Discord's limits
// hold answers back. Where something else is slow, the bot tells.
func (a *Adapter) watchLate(ctx context.Context) {
	tick := time.NewTicker(max(a.opts.TellAfter/10, 10*time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		late := a.asked.late(a.opts.TellAfter, time.Now())
		if a.limiter.late() == 0 && a.turns.waiting.Load() == 0 {
			continue
		}
		for _, q := range late {
			a.TellWait(ctx, q.ev)
		}
	}
}

// TellWait implements [adapters.WaitTeller]: the place's notice names the
// asker. Commands show by themselves that they are being worked on.
func (a *Adapter) TellWait(ctx context.Context, ev adapters.Event) {
	if !counted(ev) {
		return
	}
	place := a.placeOf(ev)
	if a.answered.get(ev.Message) != "" {
		return
	}
	if !a.asked.has(ev.Message) {
		a.asked.add(ev, place, later(ev.Time, time.Now().Add(-askedLasts/2)))
	}
	if !a.asked.tell(ev.Message) {
		return
	}
	l := &a.late
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.m == nil {
		l.m = map[string]*lateNotice{}
	}
	n := l.m[place]
	if n == nil {
		if len(l.m) >= 1000 {
			maps.DeleteFunc(l.m, func(_ string, n *lateNotice) bool { return !n.running })
		}
		n = &lateNotice{}
		l.m[place] = n
	}
	n.waiting = append(n.waiting, ev)
	if !n.running {
		n.running = true
		a.tasks.Go(func() { a.guarded("notice", func() { a.keepNotice(context.WithoutCancel(ctx), place, n) }) })
	}
}

// keepNotice writes a place's notice until nobody is left to be told. It goes
// before what waits for the global limit.
func (a *Adapter) keepNotice(ctx context.Context, place string, n *lateNotice) {
	for {
		a.late.mu.Lock()
		waiting := n.waiting
		n.waiting = nil
		select {
		case <-a.quit:
			waiting = nil
		default:
		}
		if len(waiting) == 0 {
			n.running = false
			a.late.mu.Unlock()
			return
		}
		a.late.mu.Unlock()
		sctx, cancel := context.WithTimeout(ctx, 20*time.Second)
		if err := a.writeNotice(sctx, place, n, waiting); err != nil {
			a.lg.Warn("askers not told of a wait", "channel", place, "askers", len(waiting), "err", err)
		}
		cancel()
		select {
		case <-a.quit:
		case <-time.After(a.opts.TellAfter / 15):
		}
	}
}

// writeNotice adds to the place's notice those of the askers who still wait.
func (a *Adapter) writeNotice(ctx context.Context, place string, n *lateNotice, waiting []adapters.Event) error {
	waiting = slices.DeleteFunc(waiting, func(ev adapters.Event) bool { return !a.asked.has(ev.Message) })
	if len(waiting) == 0 {
		return nil
	}
	if n.message == "" || time.Since(n.at) > noticeLasts || units(strings.Join(n.names, ", ")) > noticeNames {
		n.message, n.names, n.seen, n.lang = "", nil, map[string]bool{}, langOf(waiting[0].Text, waiting[0].User.Locale)
	}
	for _, ev := range waiting {
		if name := cut(oneLine(ev.User.Name), 40); !n.seen[ev.User.ID] {
			if name == "" {
				name = ev.User.ID
			}
			n.seen[ev.User.ID] = true
			n.names = append(n.names, name)
		}
	}
	seconds := int((a.expectedWait(place) + time.Second - 1) / time.Second)
	m := sentence(n.lang, textLate, max(seconds, 1))
	if waiting[0].Surface != adapters.SurfaceDirect {
		m.Notes = []string{say(n.lang, textWaiting, strings.Join(n.names, say(n.lang, textComma)))}
	}
	p := render(m).parts[0]
	r := request{op: "tell of a wait in channel " + place, method: "POST", path: "/channels/" + place + "/messages", body: p, first: true}
	var got wireIncoming
	if n.message != "" {
		r.method, r.path, r.repeatable = "PATCH", r.path+"/"+n.message, true
	} else {
		p.Reference = &wireReference{MessageID: waiting[0].Message}
		r.body, r.out = p, &got
	}
	if err := a.call(ctx, r); err != nil {
		n.message = ""
		return err
	}
	if n.message == "" {
		n.message, n.at = got.ID, time.Now()
	}
	return nil
}
