package slack

import (
	"context"
	"strings"
	"unicode/utf8"

	slackapi "github.com/slack-go/slack"

	"cairn/adapters"
)

// Stream implements [adapters.Streamer]. In a thread of the agent's surface the
// answer grows in Slack's streaming message, which becomes the whole answer at
// the end. Elsewhere the message is edited: in a channel a streaming message
// grows for one recipient only. What only the asker sees is replaced through
// its response URL; without one nothing shows before the end.
func (a *Adapter) Stream(ctx context.Context, ev adapters.Event, first adapters.Message) (adapters.Stream, error) {
	direct := ev.Surface == adapters.SurfaceDirect || strings.HasPrefix(ev.Channel, "D")
	switch {
	case (ev.Private || first.Private) && (!direct || ev.Surface == adapters.SurfaceSlash):
		return a.streamPrivately(ctx, ev, first)
	case direct && ev.Thread != "" && ev.Channel != "":
		if s := a.startStream(ctx, ev, first); s != nil {
			return adapters.NewStream(s.ref(), first, adapters.StreamOptions{Every: a.opts.EditEvery, ShowWithin: a.showWithin, Show: s.show, Finish: s.finish}), nil
		}
	}
	ref, err := a.Reply(ctx, ev, first)
	if err != nil {
		return nil, err
	}
	return adapters.NewStream(ref, first, adapters.StreamOptions{
		Every: a.opts.EditEvery, ShowWithin: a.showWithin,
		Show:   func(ctx context.Context, m adapters.Message) error { return a.show(ctx, ref, m) },
		Finish: func(ctx context.Context, m adapters.Message) (adapters.Ref, error) { return a.replace(ctx, ev, ref, m) },
	}), nil
}

// show edits a message, unless Slack limits the rate of edits: those that end
// an answer come first.
func (a *Adapter) show(ctx context.Context, ref adapters.Ref, m adapters.Message) error {
	if d := a.gates.left("chat.update", ref.Channel, a.opts.Now); d > 0 {
		return &adapters.DeliveryError{Kind: adapters.KindRateLimited, RetryAfter: d, Op: "chat.update in " + ref.Channel, Err: errLimited}
	}
	return a.Edit(ctx, ref, m)
}

// replace puts m in place of a message; one that refuses gives way to another.
func (a *Adapter) replace(ctx context.Context, ev adapters.Event, ref adapters.Ref, m adapters.Message) (adapters.Ref, error) {
	now, err := adapters.ReplaceOrReply(ctx, a, ev, ref, m)
	if err == nil && now.Message != ref.Message {
		a.remove(ctx, ref)
	}
	return now, err
}

// remove takes a message of ours away.
func (a *Adapter) remove(ctx context.Context, ref adapters.Ref) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.signWithin)
	defer cancel()
	a.sign(ctx, "chat.delete", ref.Channel, func(ctx context.Context) error {
		_, _, err := a.api.DeleteMessageContext(ctx, ref.Channel, ref.Message)
		return err
	})
}

// streamPrivately shows the first message and lets the last one replace it.
func (a *Adapter) streamPrivately(ctx context.Context, ev adapters.Event, first adapters.Message) (adapters.Stream, error) {
	reply := func(ctx context.Context, m adapters.Message) (adapters.Ref, error) { return a.Reply(ctx, ev, m) }
	u := ev.ReplyToken
	if u.IsZero() || !a.mayRespondTo(u.Reveal()) || !a.opts.Now().Before(ev.ReplyUntil) || len(render(first, native)) > 1 || !a.responses.left(u.Reveal(), 2) {
		return adapters.NewStream(adapters.Ref{}, first, adapters.StreamOptions{Finish: reply}), nil
	}
	if _, err := reply(ctx, first); err != nil {
		return nil, err
	}
	a.responses.sign(u.Reveal())
	return adapters.NewStream(adapters.Ref{}, first, adapters.StreamOptions{Finish: reply}), nil
}

// A stream is a streaming message of Slack's. Its methods are called one after
// the other.
type stream struct {
	a       *Adapter
	ev      adapters.Event
	ts      string
	written string // of the prose
	over    bool   // Slack takes no more of it: it is edited
}

func (s *stream) ref() adapters.Ref {
	return adapters.Ref{Adapter: Name, Channel: s.ev.Channel, Thread: s.ev.Thread, Message: s.ts}
}

// startStream opens a stream with the first message in it, or returns nil:
// where the workspace has no agent surface, the plan is not paid, a scope is
// missing, or the rate is limited.
func (a *Adapter) startStream(ctx context.Context, ev adapters.Event, first adapters.Message) *stream {
	parts := render(first, int(a.level.Load()))
	if len(parts) > 1 {
		return nil
	}
	s := &stream{a: a, ev: ev, written: proseOf(first)}
	options := []slackapi.MsgOption{slackapi.MsgOptionTS(ev.Thread), slackapi.MsgOptionChunks(slackapi.NewBlocksChunk(parts[0].blocks...))}
	if !a.sign(ctx, "chat.startStream", ev.Channel, func(ctx context.Context) error {
		var err error
		_, s.ts, err = a.api.StartStreamContext(ctx, ev.Channel, options...)
		return err
	}) || s.ts == "" {
		return nil
	}
	return s
}

// proseOf is what a model has written so far, in order.
func proseOf(m adapters.Message) string {
	var out []string
	for _, st := range m.Steps {
		out = append(out, st.Before...)
	}
	return strings.Join(append(out, m.Notes...), "\n\n")
}

// show appends what is new in the prose. Prose that does not go on from what
// was written waits for the end, as does what is too long for a stream. Once
// Slack has closed the stream the message is edited like any other.
func (s *stream) show(ctx context.Context, m adapters.Message) error {
	if s.over {
		return s.a.show(ctx, s.ref(), m)
	}
	prose := proseOf(m)
	rest, ok := strings.CutPrefix(prose, s.written)
	if !ok || rest == "" || utf8.RuneCountInString(prose) > maxStreamChars {
		return nil
	}
	if d := s.a.gates.left("chat.appendStream", "", s.a.opts.Now); d > 0 {
		return &adapters.DeliveryError{Kind: adapters.KindRateLimited, RetryAfter: d, Op: "chat.appendStream in " + s.ev.Channel, Err: errLimited}
	}
	_, _, err := s.a.api.AppendStreamContext(ctx, s.ev.Channel, s.ts, slackapi.MsgOptionMarkdownText(inert(rest)))
	if err == nil {
		s.written = prose
		return nil
	}
	d := s.a.asDelivery("chat.appendStream in "+s.ev.Channel, err)
	switch d.Kind {
	case adapters.KindRateLimited:
		s.a.gates.close("chat.appendStream", "", d.RetryAfter, s.a.opts.Now)
	case adapters.KindServer:
	case adapters.KindTimeout:
		s.written = "\x00" // nobody knows what arrived: the rest comes at the end
	default:
		s.a.lg.Debug("stream given up, editing the message", "err", d)
		if s.stop(ctx) {
			return s.a.show(ctx, s.ref(), m)
		}
	}
	return d
}

// stop ends the stream; one that Slack ended by itself is stopped too.
func (s *stream) stop(ctx context.Context) bool {
	if s.over {
		return true
	}
	var failed error
	err := s.a.call(ctx, "chat.stopStream", s.ev.Channel, func(ctx context.Context) error {
		_, _, failed = s.a.api.StopStreamContext(ctx, s.ev.Channel, s.ts)
		return failed
	})
	s.over = err == nil || code(failed) == "message_not_in_streaming_state"
	return s.over
}

// finish makes the stream's message the whole answer.
func (s *stream) finish(ctx context.Context, m adapters.Message) (adapters.Ref, error) {
	s.stop(ctx)
	return s.a.replace(ctx, s.ev, s.ref(), m)
}

// inert makes prose harmless where Slack reads Markdown: no mention, no link,
// no image can come of it.
func inert(t string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "[", "\\[", "]", "\\]", "!", "\\!", "://", ":\u200b//").Replace(strings.ToValidUTF8(t, "\uFFFD"))
}
