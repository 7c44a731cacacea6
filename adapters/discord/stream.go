package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"sync"
	"time"

	"cairn/adapters"
)

var _ adapters.Streamer = (*Adapter)(nil)

var errLater = errors.New("a channel takes about one edit a second")

// Stream implements [adapters.Streamer]: the answer's messages are edited, those
// of an interaction through its webhook while Discord takes the token, so that
// one that only the asker sees grows too.
func (a *Adapter) Stream(ctx context.Context, ev adapters.Event, first adapters.Message) (adapters.Stream, error) {
	g := &growing{a: a, ev: ev}
	var err error
	if a.respondable(ev) {
		g.ref, g.sent, err = a.respond(ctx, ev, first)
		if err != nil && !fallsBack(err) {
			return nil, err
		}
	}
	if g.sent == nil {
		if g.ref, err = a.replyPlain(ctx, ev, first); err != nil {
			return nil, err
		}
	}
	g.remember(render(first).parts)
	return adapters.NewStream(g.ref, first, adapters.StreamOptions{Every: a.opts.EditEvery, ShowWithin: a.showWithin, Show: g.show, Finish: g.finish}), nil
}

// growing is an answer that a model still writes. Its methods are called one
// after the other.
type growing struct {
	a    *Adapter
	ev   adapters.Event
	ref  adapters.Ref
	sent []string // the messages as the webhook names them; nil for plain ones
	body [][]byte // what stands in each message
}

func (g *growing) remember(parts []wireMessage) {
	g.body = nil
	for _, p := range parts {
		raw, err := json.Marshal(p)
		if err != nil {
			raw = nil
		}
		g.body = append(g.body, raw)
	}
}

// show edits what has changed, without waiting for a limit. An answer that has
// outgrown its messages waits for the end.
func (g *growing) show(ctx context.Context, m adapters.Message) error {
	parts := render(m).parts
	names, path, exempt, err := g.where(ctx)
	if err != nil || len(parts) > len(names) {
		return err
	}
	for i, p := range parts {
		raw, err := json.Marshal(p)
		if err != nil {
			return err
		}
		if i < len(g.body) && bytes.Equal(raw, g.body[i]) {
			continue
		}
		if d := g.a.edits.wait(path, g.a.opts.EditEvery, time.Now()); d > 0 {
			return &adapters.DeliveryError{Kind: adapters.KindRateLimited, RetryAfter: d, Op: "edit a message", Err: errLater}
		}
		if err := g.a.call(ctx, request{
			op: "edit a growing answer", method: "PATCH", path: path + "/messages/" + names[i], body: p, exempt: exempt, impatient: true, once: true,
		}); err != nil {
			return err
		}
		for len(g.body) <= i {
			g.body = append(g.body, nil)
		}
		g.body[i] = raw
	}
	return nil
}

// where tells how the messages are named and where.
func (g *growing) where(ctx context.Context) (names []string, path string, exempt bool, err error) {
	if g.sent != nil {
		if !g.a.respondable(g.ev) {
			return nil, "", true, &adapters.DeliveryError{Kind: adapters.KindNotFound, Op: "edit a growing answer", Err: errors.New("the interaction's token has lapsed")}
		}
		path, err = hookOf(g.ev)
		return g.sent, path, true, err
	}
	t := g.a.targetOf(ctx, g.ref.Channel, g.ref.Thread, "")
	return append([]string{g.ref.Message}, strings.Fields(g.a.extras.get(g.ref.Message))...), "/channels/" + t.channel, false, nil
}

// finish puts the whole answer there: through the webhook, else by an edit of
// what everybody sees, else as a message of its own.
func (g *growing) finish(ctx context.Context, m adapters.Message) (adapters.Ref, error) {
	if g.sent != nil && g.a.respondable(g.ev) {
		err := g.replace(ctx, m)
		if err == nil || !fallsBack(err) && adapters.KindOf(err) != adapters.KindClient {
			return g.ref, err
		}
		g.a.lg.Info("interaction cannot be answered any more, completing the answer without it", "err", err)
	}
	plain := g.ev
	plain.ReplyToken = adapters.Secret{}
	if g.ref.Message == "" {
		return g.a.replyPlain(ctx, plain, m)
	}
	return adapters.ReplaceOrReply(ctx, g.a, plain, g.ref, m)
}

// replace edits the messages of an interaction; what the answer needs more
// follows, what it needs less goes.
func (g *growing) replace(ctx context.Context, m adapters.Message) error {
	const op = "complete an answer"
	hook, err := hookOf(g.ev)
	if err != nil {
		return err
	}
	parts := render(m).parts
	flags := 0
	if g.ref.Message == "" && g.ev.Workspace != "" {
		flags = flagEphemeral
	}
	for i, p := range parts {
		r := request{op: op, method: "PATCH", body: p, exempt: true, repeatable: true}
		var got wireIncoming
		if i < len(g.sent) {
			r.path = hook + "/messages/" + g.sent[i]
		} else {
			p.Flags = flags
			r.method, r.path, r.query, r.body, r.out, r.repeatable = "POST", hook, url.Values{"wait": {"true"}}, p, &got, false
		}
		if err := g.a.call(ctx, r); err != nil {
			if i == 0 {
				return err
			}
			g.a.lg.Error("answer cut short", "part", i+1, "of", len(parts), "err", err)
			return nil
		}
		if got.ID != "" && flags == 0 {
			g.a.extras.put(g.ref.Message, strings.TrimSpace(g.a.extras.get(g.ref.Message)+" "+got.ID))
		}
	}
	for _, name := range g.sent[min(len(parts), len(g.sent)):] {
		err := g.a.call(ctx, request{op: op, method: "DELETE", path: hook + "/messages/" + name, exempt: true, repeatable: true})
		if err != nil && adapters.KindOf(err) != adapters.KindNotFound {
			g.a.lg.Warn("part of an old answer not deleted", "err", err)
		}
	}
	return nil
}

// edits pace those that show growth: about one a second in a channel, however
// many answers grow there.
type edits struct {
	mu   sync.Mutex
	next map[string]time.Time
}

// wait takes the place's turn, or says how long it is away.
func (e *edits) wait(place string, every time.Duration, now time.Time) time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	if at, ok := e.next[place]; ok && now.Before(at) {
		return at.Sub(now)
	}
	if e.next == nil || len(e.next) > 10000 {
		e.next = map[string]time.Time{}
	}
	e.next[place] = now.Add(every)
	return 0
}
