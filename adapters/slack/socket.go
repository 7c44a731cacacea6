package slack

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"runtime/debug"
	"sync"
	"time"

	slackapi "github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"cairn/adapters"
)

// keepSocket holds one socket open until ctx ends or Slack refuses the token.
func (a *Adapter) keepSocket(ctx context.Context, in *inbox) error {
	b := a.newBackoff()
	for {
		alive, err := a.socket(ctx, in)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		d := a.asDelivery("apps.connections.open", err)
		if d.Kind == adapters.KindAuth {
			return refused(d)
		}
		if alive {
			b.reset()
		}
		a.lg.Warn("socket lost, reconnecting", "err", d.Err)
		if err := b.wait(ctx, d.RetryAfter); err != nil {
			return err
		}
	}
}

// helloWithin is how long an open socket may go without Slack's hello until it
// counts as usable all the same.
const helloWithin = 3 * time.Second

var errSocketLost = errors.New("the socket closes as soon as it opens")

// socket runs one client until its socket cannot be held. The client reconnects
// at once by itself when Slack asks for it or a socket that worked breaks; this
// function ends it when that goes on without an event in between, or fails, so
// that pauses and refusals are decided in one place. alive reports that
// the last socket brought something.
func (a *Adapter) socket(ctx context.Context, in *inbox) (alive bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	client := socketmode.New(a.api, socketmode.OptionPingInterval(a.opts.PingTimeout), socketmode.OptionReadLimit(8<<20))
	ended := make(chan error, 1)
	go func() { ended <- client.RunContext(ctx) }()
	running := true
	defer func() {
		cancel()
		if running {
			<-ended
		}
	}()
	up := false
	defer func() { a.counted(up, false) }()
	rise := func() {
		a.counted(up, true)
		up = true
	}
	var since time.Time
	silence := time.NewTimer(time.Hour)
	defer silence.Stop()
	// What a connection brought is acknowledged on that connection or not at
	// all: link ends with it, so that nobody waits to write to one that is gone.
	var link context.Context
	unlink := func() {}
	relink := func() {
		unlink()
		link, unlink = context.WithCancel(ctx)
	}
	relink()
	defer func() { unlink() }()
	for {
		select {
		case <-silence.C:
			rise() // open, and no hello: it will do without
		case err := <-ended:
			running = false
			return alive, err
		case ev := <-client.Events:
			switch ev.Type {
			case socketmode.EventTypeConnecting:
				silence.Stop()
				unlink()
				a.counted(up, false)
				up = false
				if !since.IsZero() {
					if !alive && time.Since(since) < 2*time.Second {
						return false, errSocketLost
					}
					a.lg.Info("socket closed, opening a new one")
				}
			case socketmode.EventTypeConnected:
				alive, since = false, time.Now()
				relink()
				silence.Reset(helloWithin)
			case socketmode.EventTypeHello:
				silence.Stop()
				rise()
			case socketmode.EventTypeConnectionError:
				if e, ok := ev.Data.(*slackapi.ConnectionErrorEvent); ok {
					return alive, e.ErrorObj
				}
			case socketmode.EventTypeEventsAPI, socketmode.EventTypeSlashCommand, socketmode.EventTypeInteractive:
				alive = true
				rise()
				in.put(link, client, *ev.Request)
			case socketmode.EventTypeErrorBadMessage:
				if bad, ok := ev.Data.(*socketmode.ErrorBadMessage); ok {
					rise()
					a.badMessage(link, client, in, bad)
				}
			case socketmode.EventTypeIncomingError, socketmode.EventTypeErrorWriteFailed:
				a.lg.Debug("socket error", "type", string(ev.Type))
			}
		}
	}
}

// counted keeps the number of sockets that said hello, which readiness is.
func (a *Adapter) counted(was, is bool) {
	if was == is {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if is {
		a.sockets++
	} else {
		a.sockets--
	}
	a.why = nil
	if a.sockets == 0 {
		a.why = errNotConnected
	}
}

// badMessage takes what the client library could not read: the envelope is
// often fine and only a block in it unknown.
func (a *Adapter) badMessage(link context.Context, client *socketmode.Client, in *inbox, bad *socketmode.ErrorBadMessage) {
	var req socketmode.Request
	if unmarshal(bad.Message, &req) != nil || req.EnvelopeID == "" {
		a.lg.Warn("frame without an envelope dropped", "bytes", len(bad.Message))
		return
	}
	in.put(link, client, req)
}

// An inbox decodes and records envelopes beside the socket's reader. Envelopes
// of one thread keep their order.
type inbox struct {
	a     *Adapter
	h     adapters.Handler
	seed  maphash.Seed
	lanes []chan envelope // owned by put's callers; never closed
}

type envelope struct {
	link   context.Context // ends with the connection that it came by
	client *socketmode.Client
	id     string
	d      decoded
}

// lanes is how many envelopes are recorded at a time at most: the store takes
// what waits in one go.
const lanes = 256

func newInbox(a *Adapter, h adapters.Handler) *inbox {
	in := &inbox{a: a, h: h, seed: maphash.MakeSeed(), lanes: make([]chan envelope, lanes)}
	for i := range in.lanes {
		in.lanes[i] = make(chan envelope, 256)
	}
	return in
}

func (in *inbox) run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, lane := range in.lanes {
		wg.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case e := <-lane:
					in.take(ctx, e)
				}
			}
		})
	}
	wg.Wait()
}

// put never waits: the caller reads the socket. What finds no place is not
// acknowledged, and Slack sends it again.
func (in *inbox) put(link context.Context, client *socketmode.Client, req socketmode.Request) {
	d, err := in.decode(req)
	if err != nil {
		// Sent again it would be no better.
		in.a.lg.Warn("envelope not understood", "type", req.Type, "err", err)
	}
	key := req.EnvelopeID
	if len(d.events) > 0 {
		key = d.events[0].Channel + "\x00" + d.events[0].Thread
	}
	in.a.pending.Add(1)
	select {
	case in.lanes[maphash.String(in.seed, key)%lanes] <- envelope{link, client, req.EnvelopeID, d}:
	default:
		in.a.pending.Add(-1)
		in.a.lg.Warn("envelope dropped, too much waits to be recorded")
	}
}

func (in *inbox) decode(req socketmode.Request) (d decoded, err error) {
	defer func() {
		if p := recover(); p != nil {
			d, err = decoded{}, fmt.Errorf("panic: %v", p)
			in.a.lg.Error("panic while decoding", "stack", string(debug.Stack()))
		}
	}()
	dec := in.a.decoder()
	switch req.Type {
	case socketmode.RequestTypeEventsAPI:
		return dec.callback(req.Payload)
	case socketmode.RequestTypeSlashCommands:
		return dec.command(req.Payload, req.EnvelopeID)
	case socketmode.RequestTypeInteractive:
		return dec.interaction(req.Payload, req.EnvelopeID)
	}
	return decoded{}, errMalformed
}

// take records an envelope's events and acknowledges it.
func (in *inbox) take(ctx context.Context, e envelope) {
	defer in.a.pending.Add(-1)
	defer func() {
		if p := recover(); p != nil {
			in.a.lg.Error("panic while accepting", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
	}()
	if !in.a.accept(ctx, in.h, e.d) || e.id == "" {
		return
	}
	actx, cancel := context.WithTimeout(e.link, 3*time.Second)
	defer cancel()
	if err := e.client.AckCtx(actx, e.id, nil); err != nil {
		in.a.lg.Debug("envelope not acknowledged", "err", err)
	}
}
