package slack

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	slackapi "github.com/slack-go/slack"

	"cairn/adapters"
)

// places remember what was looked up about channels and people. A look-up is
// never needed for an answer: while Slack is slow or limits the rate there is
// none.
type places struct {
	mu      sync.Mutex
	public  map[string]known
	people  map[string]person
	resting time.Time // no look-ups until then
}

type known struct {
	public bool
	at     time.Time
}

type person struct {
	locale string
	guest  bool
	at     time.Time
}

const (
	placeLasts   = time.Hour
	lookupWithin = 700 * time.Millisecond
	lookupRest   = 30 * time.Second
	maxPlaces    = 20000
)

// complete adds to an event what Slack did not send with it: whether its
// channel is public, the language of whoever sends a command without words,
// and the messages that a question links to.
func (a *Adapter) complete(ctx context.Context, ev adapters.Event, publicKnown bool) adapters.Event {
	switch {
	case publicKnown:
		if ev.ChannelPublic {
			a.places.setPublic(ev.Channel, true, a.opts.Now())
		}
	case strings.HasPrefix(ev.Channel, "C") && ev.Surface != adapters.SurfaceDirect:
		ev.ChannelPublic = a.isPublic(ctx, ev.Channel)
	}
	wordless := ev.Kind == adapters.EventCommand || ev.Kind == adapters.EventHome || ev.Kind == adapters.EventAction
	if wordless && ev.User.Locale == "" {
		lctx, cancel := context.WithTimeout(ctx, a.lookupWithin)
		ev.User.Locale = a.locale(lctx, ev.User.ID)
		cancel()
	}
	addressed := ev.Surface == adapters.SurfaceMention || ev.Surface == adapters.SurfaceDirect || ev.Surface == adapters.SurfaceSlash
	if ev.Kind == adapters.EventAsk && addressed && strings.Contains(ev.Text, "/archives/") {
		lctx, cancel := context.WithTimeout(ctx, 2*a.lookupWithin)
		ev = a.follow(lctx, ev)
		cancel()
	}
	if under := ev.Thread != "" && ev.Thread != ev.Message; under && ev.Kind == adapters.EventAsk && ev.Surface == adapters.SurfaceMention && utf8.RuneCountInString(ev.Text) <= shortQuestion {
		lctx, cancel := context.WithTimeout(ctx, a.lookupWithin)
		ev.About = a.content(lctx, ev.Channel, ev.Thread, "")
		cancel()
	}
	return ev
}

// shortQuestion is how long a question may be to be one about the message that
// it stands under.
const shortQuestion = 80

func (p *places) setPublic(channel string, public bool, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.public == nil || len(p.public) > maxPlaces {
		p.public = map[string]known{}
	}
	p.public[channel] = known{public, now}
}

// isPublic returns what is remembered about a channel.
func (p *places) isPublic(channel string, now time.Time) (public, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	k, ok := p.public[channel]
	if !ok || now.Sub(k.at) >= placeLasts {
		return false, false
	}
	return k.public, true
}

func (p *places) rests(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return now.Before(p.resting)
}

func (p *places) rest(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.resting = now.Add(lookupRest)
}

// lookup makes a call that an event can do without.
func (a *Adapter) lookup(ctx context.Context, op string, f func(context.Context) error) error {
	if a.places.rests(a.opts.Now()) {
		return errResting
	}
	err := f(ctx)
	if err == nil {
		return nil
	}
	d := a.asDelivery(op, err)
	switch d.Kind {
	case adapters.KindTimeout, adapters.KindRateLimited, adapters.KindServer:
		a.places.rest(a.opts.Now())
	}
	a.lg.Debug("look-up without result", "err", d)
	return d
}

var errResting = &adapters.DeliveryError{Kind: adapters.KindRateLimited, Op: "look-up", Err: context.DeadlineExceeded}

// isPublic reports whether everybody in the workspace may read a channel;
// false where that is not known.
func (a *Adapter) isPublic(ctx context.Context, channel string) bool {
	if public, ok := a.places.isPublic(channel, a.opts.Now()); ok {
		return public
	}
	ctx, cancel := context.WithTimeout(ctx, a.lookupWithin)
	defer cancel()
	public := false
	err := a.lookup(ctx, "conversations.info", func(ctx context.Context) error {
		c, err := a.api.GetConversationInfoContext(ctx, &slackapi.GetConversationInfoInput{ChannelID: channel})
		if err == nil {
			public = c.IsChannel && !c.IsPrivate && !c.IsIM && !c.IsMpIM && !c.IsExtShared
		}
		return err
	})
	if err == nil {
		a.places.setPublic(channel, public, a.opts.Now())
	}
	return public
}

func (a *Adapter) locale(ctx context.Context, user string) string {
	p, _ := a.person(ctx, user)
	return p.locale
}

func (a *Adapter) person(ctx context.Context, user string) (person, bool) {
	a.places.mu.Lock()
	p, ok := a.places.people[user]
	a.places.mu.Unlock()
	if ok && a.opts.Now().Sub(p.at) < placeLasts {
		return p, true
	}
	err := a.lookup(ctx, "users.info", func(ctx context.Context) error {
		u, err := a.api.GetUserInfoContext(ctx, user)
		if err == nil {
			p = person{u.Locale, u.IsRestricted || u.IsUltraRestricted || u.IsStranger, a.opts.Now()}
		}
		return err
	})
	if err != nil {
		return person{}, false
	}
	a.places.mu.Lock()
	defer a.places.mu.Unlock()
	if a.places.people == nil || len(a.places.people) > maxPlaces {
		a.places.people = map[string]person{}
	}
	a.places.people[user] = p
	return p, true
}

var permalink = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`https://[a-z0-9.-]+\.slack(?:-gov)?\.com/archives/([A-Z0-9]{3,20})/p([0-9]{10})([0-9]{6})(\?[^\s<>|]*)?`)
})

// maxPermalinks is how many links of one question are followed.
const maxPermalinks = 2

// follow replaces permalinks by the messages that they lead to, as far as the
// asker may read those. A question with the text of a message that not
// everybody may read is no public one: it stands in no list for others.
func (a *Adapter) follow(ctx context.Context, ev adapters.Event) adapters.Event {
	text, n := ev.Text, 0
	for _, m := range permalink().FindAllStringSubmatch(ev.Text, maxPermalinks) {
		channel, ts := m[1], m[2]+"."+m[3]
		if !a.maySee(ctx, ev, channel) {
			continue
		}
		thread := ""
		if u, err := url.Parse(m[0]); err == nil {
			thread = u.Query().Get("thread_ts")
		}
		content := a.content(ctx, channel, ts, thread)
		if content == "" {
			continue
		}
		if channel != ev.Channel && !a.isPublic(ctx, channel) {
			ev.ChannelPublic = false
		}
		text = strings.Replace(text, m[0], " ", 1) + "\n" + content
		n++
	}
	if n > 0 {
		ev.Text = cut(strings.TrimSpace(text), maxShortcut)
	}
	return ev
}

// maySee reports whether the asker may read a channel: the one they ask in, a
// public one unless they are a guest, else one that they are a member of.
func (a *Adapter) maySee(ctx context.Context, ev adapters.Event, channel string) bool {
	if channel == ev.Channel {
		return true
	}
	if strings.HasPrefix(channel, "D") {
		return false
	}
	if a.isPublic(ctx, channel) {
		if p, ok := a.person(ctx, ev.User.ID); ok && !p.guest {
			return true
		}
	}
	cursor := ""
	for range 3 {
		var users []string
		err := a.lookup(ctx, "conversations.members", func(ctx context.Context) error {
			var err error
			users, cursor, err = a.api.GetUsersInConversationContext(ctx, &slackapi.GetUsersInConversationParameters{ChannelID: channel, Cursor: cursor, Limit: 1000})
			return err
		})
		if err != nil {
			return false
		}
		if slices.Contains(users, ev.User.ID) {
			return true
		}
		if cursor == "" {
			return false
		}
	}
	return false
}

// content returns the readable text of one message.
func (a *Adapter) content(ctx context.Context, channel, ts, thread string) string {
	method, args := "conversations.history", url.Values{"channel": {channel}, "oldest": {ts}, "latest": {ts}, "inclusive": {"true"}, "limit": {"1"}}
	if thread != "" && thread != ts {
		method = "conversations.replies"
		args.Set("ts", thread)
		args.Set("limit", "2") // the thread's first message always comes along
	}
	var found []wireMessage
	err := a.lookup(ctx, method, func(ctx context.Context) error {
		var err error
		found, _, err = a.history(ctx, method, args)
		return err
	})
	if err != nil {
		return ""
	}
	self, _ := a.identity()
	for _, m := range found {
		if m.TS == ts && (self == "" || m.User != self) {
			return gather(&m, self)
		}
	}
	return ""
}
