package slack

import (
	"context"
	"sync"
	"time"

	slackapi "github.com/slack-go/slack"

	"cairn/adapters"
)

// busyReaction is the sign that an answer is on its way.
const busyReaction = "eyes"

const (
	signWithin = 3 * time.Second
	// maxSigns is how many signs are put up at a time; more are dropped.
	maxSigns = 8
)

// Busy implements [adapters.Busier]: a status in a thread of the agent's
// surface, a reaction elsewhere, a line that the answer replaces where only
// the asker sees the answer. It does not wait for a rate limit.
func (a *Adapter) Busy(ctx context.Context, ev adapters.Event) (done func()) {
	done = func() {}
	if a.pending.Load() > hurry {
		return done // acknowledgements come first
	}
	if a.signs.Add(1) > maxSigns {
		a.signs.Add(-1)
		return done
	}
	defer a.signs.Add(-1)
	ctx, cancel := context.WithTimeout(ctx, a.signWithin)
	defer cancel()
	if ev.Private {
		a.privateSign(ctx, ev)
		return done
	}
	if ev.Channel == "" || ev.Message == "" {
		return done
	}
	if ev.Surface == adapters.SurfaceDirect && ev.Thread != "" && a.status(ctx, ev, say(langOf(ev), textSearching)) {
		// The answer takes the status away by itself; an answer that never
		// comes does not.
		return a.once(ctx, func(ctx context.Context) { a.status(ctx, ev, "") })
	}
	item := slackapi.NewRefToMessage(ev.Channel, ev.Message)
	if !a.sign(ctx, "reactions.add", ev.Channel, func(ctx context.Context) error { return a.api.AddReactionContext(ctx, busyReaction, item) }) {
		return done
	}
	return a.once(ctx, func(ctx context.Context) {
		a.sign(ctx, "reactions.remove", ev.Channel, func(ctx context.Context) error { return a.api.RemoveReactionContext(ctx, busyReaction, item) })
	})
}

// once makes a done that works beside the caller.
func (a *Adapter) once(ctx context.Context, f func(context.Context)) func() {
	return sync.OnceFunc(func() {
		a.tasks.start(func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.signWithin)
			defer cancel()
			f(ctx)
		})
	})
}

func (a *Adapter) status(ctx context.Context, ev adapters.Event, text string) bool {
	return a.sign(ctx, "assistant.threads.setStatus", "", func(ctx context.Context) error {
		return a.api.SetAssistantThreadsStatusContext(ctx, slackapi.AssistantThreadsSetStatusParameters{ChannelID: ev.Channel, ThreadTS: ev.Thread, Status: text})
	})
}

// sign makes a call that may be dropped: it is, as long as Slack limits the
// rate. The limit holds for the method, in whatever channel.
func (a *Adapter) sign(ctx context.Context, method, channel string, f func(context.Context) error) bool {
	if a.gates.left(method, "", a.opts.Now) > 0 {
		return false
	}
	err := f(ctx)
	if err == nil {
		return true
	}
	d := a.asDelivery(method+" in "+channel, err)
	if d.Kind == adapters.KindRateLimited {
		a.gates.close(method, "", max(d.RetryAfter, time.Second), a.opts.Now)
	}
	a.lg.Debug("sign not shown", "err", d)
	return code(err) == "already_reacted"
}

func (a *Adapter) privateSign(ctx context.Context, ev adapters.Event) {
	u := ev.ReplyToken.Reveal()
	if u == "" || !a.mayRespondTo(u) || ev.Kind != adapters.EventAsk || a.gates.left("respond", "", a.opts.Now) > 0 {
		return
	}
	if _, ok := a.responses.use(u, a.opts.Now()); !ok {
		return
	}
	options := []slackapi.MsgOption{slackapi.MsgOptionText("Cairn "+say(langOf(ev), textSearching), false), slackapi.MsgOptionResponseURL(u, "ephemeral")}
	if ev.Surface != adapters.SurfaceSlash && ev.Thread != "" {
		options = append(options, slackapi.MsgOptionTS(ev.Thread))
	}
	if a.sign(ctx, "respond", ev.Channel, func(ctx context.Context) error {
		_, _, _, err := a.api.SendMessageContext(ctx, ev.Channel, options...)
		return err
	}) {
		a.responses.sign(u)
	}
}
