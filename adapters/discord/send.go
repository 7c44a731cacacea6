package discord

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bwmarrin/discordgo"

	"cairn/adapters"
)

// turns let the messages into one channel out one after the other, in the
// order of the calls.
type turns struct {
	mu      sync.Mutex
	last    map[string]chan struct{}
	waiting atomic.Int64
}

// take waits for the turn; done passes it on.
func (t *turns) take(ctx context.Context, key string) (done func(), err error) {
	return t.join(key)(ctx)
}

// join takes a place; the function that it returns waits for the turn and must
// be called.
func (t *turns) join(key string) (wait func(context.Context) (done func(), err error)) {
	mine := make(chan struct{})
	t.mu.Lock()
	if t.last == nil {
		t.last = map[string]chan struct{}{}
	}
	before := t.last[key]
	t.last[key] = mine
	t.mu.Unlock()
	t.waiting.Add(1)
	pass := func() {
		t.waiting.Add(-1)
		t.mu.Lock()
		if t.last[key] == mine {
			delete(t.last, key)
		}
		t.mu.Unlock()
		close(mine)
	}
	return func(ctx context.Context) (func(), error) {
		if before == nil {
			return pass, nil
		}
		select {
		case <-before:
			return pass, nil
		case <-ctx.Done():
			go func() { <-before; pass() }()
			return nil, context.Cause(ctx)
		}
	}
}

// A target is a channel, or a thread, to post in.
type target struct {
	channel string // what the address names: the channel or the thread
	parent  string // the channel, for the reference
	thread  string // the thread, or the question that names the conversation
	real    bool   // thread is one of Discord's
	reply   string // the message to reply to
}

func (t target) ref(message string) adapters.Ref {
	return adapters.Ref{Adapter: Name, Channel: t.parent, Thread: t.thread, Message: message}
}

// targetOf tells where to answer: in the thread, if it is one of Discord's,
// else in the channel as a reply.
func (a *Adapter) targetOf(ctx context.Context, channel, thread, message string) target {
	t := target{channel: channel, parent: channel, thread: thread, reply: message}
	if thread == "" || thread == channel {
		return t
	}
	c, known := a.places.get(thread)
	if !known && thread != message && a.roots.get(thread) == "" {
		c, known = a.lookUp(ctx, thread)
	}
	if known && c.thread() {
		t.channel, t.real = thread, true
	}
	return t
}

// Send implements [adapters.Sender].
func (a *Adapter) Send(ctx context.Context, to adapters.Destination, m adapters.Message) (adapters.Ref, error) {
	r := render(m)
	stamp(&r.parts[0], m.Marker)
	return a.sendTo(ctx, to, m, r)
}

func (a *Adapter) sendTo(ctx context.Context, to adapters.Destination, m adapters.Message, r rendered) (adapters.Ref, error) {
	t, err := a.destination(ctx, to)
	if err != nil {
		return adapters.Ref{}, err
	}
	return a.postIn(ctx, a.turns.join(t.channel), t, m, r)
}

func (a *Adapter) destination(ctx context.Context, to adapters.Destination) (target, error) {
	if to.User != "" {
		if !usable(to.User) {
			return target{}, &adapters.DeliveryError{Kind: adapters.KindNotFound, Op: "send to a user", Err: errors.New("no id of Discord's")}
		}
		id, err := a.directChannel(ctx, to.User)
		return target{channel: id, parent: id}, err
	}
	if !usable(to.Channel) || to.Thread != "" && !usable(to.Thread) {
		return target{}, &adapters.DeliveryError{Kind: adapters.KindNotFound, Op: "send to a channel", Err: errors.New("no id of Discord's")}
	}
	t := a.targetOf(ctx, to.Channel, to.Thread, "")
	if !t.real {
		t.reply = to.Thread
	}
	return t, nil
}

// Reply implements [adapters.Replier].
func (a *Adapter) Reply(ctx context.Context, ev adapters.Event, m adapters.Message) (adapters.Ref, error) {
	if a.respondable(ev) {
		ref, _, err := a.respond(ctx, ev, m)
		if err == nil || !fallsBack(err) {
			return ref, err
		}
		a.lg.Info("interaction cannot be answered any more, answering with a plain message", "err", err)
	}
	return a.replyPlain(ctx, ev, m)
}

// respondable reports whether an interaction's token may still be used.
func (a *Adapter) respondable(ev adapters.Event) bool {
	return !ev.ReplyToken.IsZero() && a.opts.Now().Before(ev.ReplyUntil)
}

// replyPlain answers with a message of the bot's own.
func (a *Adapter) replyPlain(ctx context.Context, ev adapters.Event, m adapters.Message) (adapters.Ref, error) {
	if m.Private && ev.Surface != adapters.SurfaceDirect || !usable(ev.Channel) {
		ref, err := a.sendTo(ctx, adapters.Destination{User: ev.User.ID}, m, render(m))
		if codeOf(err) == codeCannotDM {
			a.tellClosed(ctx, ev)
		}
		return ref, err
	}
	t := a.targetOf(ctx, ev.Channel, ev.Thread, ev.Message)
	if ev.Surface == adapters.SurfaceSlash || ev.Surface == adapters.SurfaceShortcut {
		t.reply = ""
	}
	r := render(m)
	if counted(ev) {
		a.asked.add(ev, a.placeOf(ev), later(ev.Time, time.Now().Add(-askedLasts/2)))
		requests := len(r.parts)
		if r.long() {
			requests += 2 // the thread, and the asker's being in it
		}
		defer a.asked.done(ev.Message, requests)
		a.asked.awaitEarlier(ctx, ev.Message)
	}
	if r.long() {
		a.asked.placedNow(ev.Message) // it goes into a thread of its own
	}
	t = a.openThread(ctx, ev, t, m, r)
	wait := a.turns.join(t.channel)
	a.asked.placedNow(ev.Message)
	ref, err := a.postIn(ctx, wait, t, m, r)
	if err != nil {
		a.tellPermission(ctx, ev, t, err)
	} else {
		a.answered.put(ev.Message, ref.Message)
	}
	return ref, err
}

// fallsBack reports whether an interaction is over, so that only a plain
// message reaches the asker.
func fallsBack(err error) bool {
	return adapters.KindOf(err) == adapters.KindNotFound || errors.Is(err, errNotAcknowledged) || adapters.KindOf(err) == adapters.KindPermission
}

var errNotAcknowledged = errors.New("the interaction was not acknowledged in time")

// respond answers an interaction: a command's deferred message is filled, what
// comes later follows it. It returns also how the webhook names the messages.
func (a *Adapter) respond(ctx context.Context, ev adapters.Event, m adapters.Message) (first adapters.Ref, sent []string, err error) {
	const op = "answer an interaction"
	token := ev.ReplyToken.Reveal()
	hook, err := hookOf(ev)
	if err != nil {
		return first, nil, err
	}
	done, err := a.turns.take(ctx, "interaction "+token)
	if err != nil {
		return first, nil, a.asDelivery(op, nil, err)
	}
	defer done()
	ack := a.pending.taken(token, a.opts.Now())
	select {
	case <-ack.done:
	case <-ctx.Done():
		return first, nil, a.asDelivery(op, nil, context.Cause(ctx))
	}
	if !ack.ok {
		return first, nil, &adapters.DeliveryError{Kind: adapters.KindNotFound, Op: op, Err: errNotAcknowledged}
	}
	flags := 0
	if m.Private && ev.Workspace != "" {
		flags = flagEphemeral
	}
	ack.mu.Lock()
	fill := ev.Kind != adapters.EventAction && !ack.used
	ack.mu.Unlock()
	if fill && m.Private && !ev.Private && ev.Workspace != "" {
		// The deferred message is one for all; this answer is not.
		if err := a.call(ctx, request{op: op, method: "DELETE", path: hook + "/messages/" + original, exempt: true, repeatable: true}); err != nil && adapters.KindOf(err) != adapters.KindNotFound {
			return first, nil, err
		}
		ack.fill()
		fill = false
	}
	public := flags == 0 && !(fill && ev.Private)
	for i, p := range render(m).parts {
		r := request{op: op, method: "POST", path: hook, query: url.Values{"wait": {"true"}}, exempt: true}
		if fill && i == 0 {
			r.method, r.path, r.query, r.repeatable = "PATCH", hook+"/messages/"+original, nil, true
		} else {
			p.Flags = flags
		}
		var got wireIncoming
		r.body, r.out = p, &got
		if err := a.call(ctx, r); err != nil {
			if i > 0 {
				a.lg.Error("answer cut short", "part", i+1, "err", err)
				break
			}
			return first, nil, err
		}
		name := got.ID
		if fill && i == 0 {
			ack.fill()
			name = original
		}
		sent = append(sent, name)
		switch {
		case !public:
			// Nobody can change it later but through the webhook.
			first = adapters.Ref{Adapter: Name, Channel: ev.Channel, Thread: ev.Thread}
		case i == 0:
			first = adapters.Ref{Adapter: Name, Channel: ev.Channel, Thread: ev.Thread, Message: got.ID}
			a.roots.put(got.ID, ev.Thread)
		default:
			a.extras.put(first.Message, strings.TrimSpace(a.extras.get(first.Message)+" "+got.ID))
		}
	}
	return first, sent, nil
}

// original is how a webhook names the message that a command's deferred answer
// became.
const original = "@original"

// hookOf is the path of an interaction's webhook.
func hookOf(ev adapters.Event) (string, error) {
	app, secret, ok := strings.Cut(ev.ReplyToken.Reveal(), "/")
	if !ok || !usable(app) || !usableToken(secret) {
		return "", &adapters.DeliveryError{Kind: adapters.KindNotFound, Op: "answer an interaction", Err: errors.New("no token")}
	}
	return "/webhooks/" + app + "/" + secret, nil
}

// postIn sends the parts of a message in the turn that was joined.
func (a *Adapter) postIn(ctx context.Context, wait func(context.Context) (func(), error), t target, m adapters.Message, r rendered) (adapters.Ref, error) {
	done, err := wait(ctx)
	if err != nil {
		return adapters.Ref{}, a.asDelivery("send to channel "+t.channel, nil, err)
	}
	defer done()
	var first adapters.Ref
	var rest []string
	for i, p := range r.parts {
		if t.reply != "" && i == 0 {
			p.Reference = &wireReference{MessageID: t.reply}
		}
		id, err := a.postPart(ctx, t, p, m.Marker)
		if err != nil {
			if i > 0 {
				// What stands there already must not be sent twice.
				a.lg.Error("answer cut short", "part", i+1, "of", len(r.parts), "err", err)
				break
			}
			return first, err
		}
		a.roots.put(id, t.thread)
		if i == 0 {
			first = t.ref(id)
		} else {
			rest = append(rest, id)
		}
	}
	if len(rest) > 0 {
		a.extras.put(first.Message, strings.Join(rest, " "))
	}
	return first, nil
}

// postPart sends one message. Its nonce makes a repetition harmless: Discord
// answers with the message that is there already.
func (a *Adapter) postPart(ctx context.Context, t target, p wireMessage, marker string) (id string, err error) {
	p.EnforceNonce, p.Nonce = true, nonce(t.channel, marker, p)
	var got wireIncoming
	err = a.call(ctx, request{op: "send to channel " + t.channel, method: "POST", path: "/channels/" + t.channel + "/messages", body: p, out: &got, repeatable: true})
	if err == nil {
		return got.ID, nil
	}
	var d *adapters.DeliveryError
	if errors.As(err, &d) {
		switch d.Kind {
		case adapters.KindPermission:
			if names := a.missing(t.channel, t.real, false); names != "" {
				d.Permission = names
			}
		case adapters.KindNotFound:
			if codeOf(err) == codeUnknownChannel {
				a.places.drop(t.channel)
			}
		}
	}
	return "", err
}

// nonce identifies a message for Discord: the same one for the same text under
// the same marker, so that sending again after a crash doubles nothing.
func nonce(channel, marker string, p wireMessage) string {
	if marker == "" {
		return rand.Text()[:24]
	}
	text, err := json.Marshal(p)
	if err != nil {
		return rand.Text()[:24]
	}
	sum := sha256.Sum256(append([]byte(channel+"\x00"+marker+"\x00"), text...))
	return hex.EncodeToString(sum[:12])
}

// threadWithin is how long an answer waits for its thread: Discord limits how
// many are opened.
const threadWithin = 4 * time.Second

// openThread opens a thread for a long answer to a question at a channel's top
// level; where that is not possible, the answer goes into the channel.
func (a *Adapter) openThread(ctx context.Context, ev adapters.Event, t target, m adapters.Message, r rendered) target {
	asked := ev.Kind == adapters.EventAsk && (ev.Surface == adapters.SurfaceMention || ev.Surface == adapters.SurfaceOnboarding)
	if !asked || t.real || ev.Message == "" || ev.Workspace == "" || ev.Thread != ev.Message || !r.long() {
		return t
	}
	if c, ok := a.places.get(ev.Channel); !ok || c.Type != typeText && c.Type != typeAnnouncement {
		return t
	}
	if a.expectedWait(ev.Channel) > a.opts.TellAfter/6 {
		return t // in a rush the requests are for the answers
	}
	const may = discordgo.PermissionCreatePublicThreads | discordgo.PermissionSendMessagesInThreads
	if have, known := a.places.permissions(ev.Channel); known && have&may != may {
		if a.notices.first("threads "+ev.Channel, time.Hour, time.Now()) {
			a.lg.Warn("no thread for a long answer, answering in the channel", "channel", ev.Channel, "permission", a.missing(ev.Channel, false, true))
		}
		return t
	}
	name := cut(inert(oneLine(m.Title)), 90)
	if name == "" {
		name = cut(inert(oneLine(ev.Text)), 90)
	}
	if name == "" {
		name = "Cairn"
	}
	var th wireChannel
	tctx, cancel := context.WithTimeout(ctx, a.threadWithin)
	defer cancel()
	err := a.call(tctx, request{
		op: "open a thread in channel " + ev.Channel, method: "POST", path: "/channels/" + ev.Channel + "/messages/" + ev.Message + "/threads",
		body: map[string]any{"name": name, "auto_archive_duration": 1440}, out: &th,
	})
	if err != nil && codeOf(err) != codeThreadExists {
		permission := ""
		if adapters.KindOf(err) == adapters.KindPermission {
			permission = a.missing(ev.Channel, false, true)
		}
		a.lg.Warn("no thread for a long answer, answering in the channel", "channel", ev.Channel, "permission", permission, "err", err)
		return t
	}
	// A thread opened from a message has the message's id.
	th.ID, th.ParentID, th.GuildID = ev.Message, ev.Channel, ev.Workspace
	if !th.thread() {
		th.Type = typeThread
	}
	a.places.set(th)
	if err := a.call(ctx, request{
		op: "add the asker to a thread", method: "PUT", path: "/channels/" + th.ID + "/thread-members/" + ev.User.ID, once: true, impatient: true,
	}); err != nil {
		a.lg.Debug("asker not added to the thread", "err", err)
	}
	return target{channel: th.ID, parent: ev.Channel, thread: th.ID, real: true}
}

// Edit implements [adapters.Editor]. An answer of several messages stays one:
// what it needs more is added below, what it needs less is deleted.
func (a *Adapter) Edit(ctx context.Context, ref adapters.Ref, m adapters.Message) error {
	const op = "edit a message"
	if !usable(ref.Channel) || !usable(ref.Message) {
		return &adapters.DeliveryError{Kind: adapters.KindNotFound, Op: op, Err: errors.New("a message that only one person saw cannot be edited")}
	}
	t := a.targetOf(ctx, ref.Channel, ref.Thread, "")
	done, err := a.turns.take(ctx, t.channel)
	if err != nil {
		return a.asDelivery(op, nil, err)
	}
	defer done()
	messages := append([]string{ref.Message}, strings.Fields(a.extras.get(ref.Message))...)
	parts := render(m).parts
	var kept []string
	for i, p := range parts {
		if i < len(messages) {
			err := a.call(ctx, request{op: op + " in channel " + t.channel, method: "PATCH", path: "/channels/" + t.channel + "/messages/" + messages[i], body: p, repeatable: true})
			if err == nil {
				kept = append(kept, messages[i])
				continue
			}
			if i == 0 || adapters.KindOf(err) != adapters.KindNotFound {
				return err
			}
		}
		id, err := a.postPart(ctx, t, p, "")
		if err != nil {
			return err
		}
		a.roots.put(id, ref.Thread)
		kept = append(kept, id)
	}
	for _, id := range messages[min(len(parts), len(messages)):] {
		err := a.call(ctx, request{op: "delete a part of an answer", method: "DELETE", path: "/channels/" + t.channel + "/messages/" + id, repeatable: true})
		if err != nil && adapters.KindOf(err) != adapters.KindNotFound {
			a.lg.Warn("part of an old answer not deleted", "err", err)
		}
	}
	if len(messages) > 1 || len(kept) > 1 {
		a.extras.put(ref.Message, strings.Join(kept[1:], " ")+" ")
	}
	return nil
}

// Find implements [adapters.Finder].
func (a *Adapter) Find(ctx context.Context, to adapters.Destination, marker string, since time.Time) (adapters.Ref, bool, error) {
	t, err := a.destination(ctx, to)
	if err != nil {
		return adapters.Ref{}, false, err
	}
	_, self := a.identity()
	after := snowflakeAt(since)
	for range 50 {
		var page []wireIncoming
		err := a.call(ctx, request{
			op: "read channel " + t.channel, method: "GET", path: "/channels/" + t.channel + "/messages", query: url.Values{"after": {after}, "limit": {"100"}}, out: &page, repeatable: true,
		})
		if err != nil {
			return adapters.Ref{}, false, err
		}
		for _, m := range page {
			if newer(m.ID, after) {
				after = m.ID
			}
			if m.Author != nil && (self == "" || m.Author.ID == self) && marked(&m, marker) {
				return t.ref(m.ID), true, nil
			}
		}
		if len(page) < 100 {
			return adapters.Ref{}, false, nil
		}
	}
	return adapters.Ref{}, false, &adapters.DeliveryError{Kind: adapters.KindClient, Op: "find in channel " + t.channel, Err: errors.New("too many messages since then to be certain")}
}
