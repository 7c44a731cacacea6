package slack

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	slackapi "github.com/slack-go/slack"

	"cairn/adapters"
)

// streamEvery spaces the appends of one stream.
const streamEvery = 700 * time.Millisecond

// Stream implements [adapters.Streamer]. While a model writes, its prose grows
// in Slack's streaming message; at the end that message becomes the whole
// answer. On any error of streaming the answer is sent as a plain message, and
// what was streamed so far is taken away.
func (a *Adapter) Stream(ctx context.Context, ev adapters.Event, messages <-chan adapters.Message) (adapters.Ref, error) {
	var last adapters.Message
	var s *stream
	defer func() {
		for range messages { // the sender must not hang
		}
	}()
	thread := ev.Thread
	possible := thread != "" && ev.Channel != "" && !ev.Private
	for m := range messages {
		last = m
		prose := proseOf(m)
		if !possible || m.Private || prose == "" {
			continue
		}
		if s == nil {
			if s = a.startStream(ctx, ev, m); s == nil {
				possible = false
				continue
			}
		}
		if !s.grow(ctx, prose, false) {
			possible = false
		}
	}
	if last.Text == "" {
		s.drop(ctx)
		return adapters.Ref{}, ctx.Err()
	}
	if s == nil {
		return a.Reply(ctx, ev, last)
	}
	ref := adapters.Ref{Adapter: Name, Channel: ev.Channel, Thread: thread, Message: s.ts}
	if s.stop(ctx) {
		if err := a.Edit(ctx, ref, last); err == nil {
			return ref, nil
		}
	}
	s.drop(ctx)
	return a.Reply(ctx, ev, last)
}

// proseOf is what a model has written so far, in order.
func proseOf(m adapters.Message) string {
	var out []string
	for _, st := range m.Steps {
		out = append(out, st.Before...)
	}
	return strings.Join(append(out, m.Notes...), "\n\n")
}

type stream struct {
	a       *Adapter
	channel string
	ts      string
	written string
	at      time.Time
}

func (a *Adapter) startStream(ctx context.Context, ev adapters.Event, m adapters.Message) *stream {
	_, team := a.identity()
	if ev.Workspace != "" {
		team = ev.Workspace
	}
	options := []slackapi.MsgOption{slackapi.MsgOptionTS(ev.Thread)}
	if !strings.HasPrefix(ev.Channel, "D") {
		options = append(options, slackapi.MsgOptionRecipientUserID(ev.User.ID), slackapi.MsgOptionRecipientTeamID(team))
	}
	if m.Title != "" {
		options = append(options, slackapi.MsgOptionMarkdownText("**"+inert(cut(oneLine(m.Title), 150))+"**\n\n"))
	}
	s := &stream{a: a, channel: ev.Channel}
	if !a.sign(ctx, "chat.startStream", ev.Channel, func(ctx context.Context) error {
		var err error
		_, s.ts, err = a.api.StartStreamContext(ctx, ev.Channel, options...)
		return err
	}) || s.ts == "" {
		return nil
	}
	return s
}

// grow appends what is new. Prose that does not go on from what was written
// waits for the end.
func (s *stream) grow(ctx context.Context, prose string, now bool) bool {
	rest, ok := strings.CutPrefix(prose, s.written)
	if !ok || rest == "" || !now && s.a.opts.Now().Sub(s.at) < streamEvery || utf8.RuneCountInString(prose) > maxStreamChars {
		return true
	}
	if !s.a.sign(ctx, "chat.appendStream", s.channel, func(ctx context.Context) error {
		_, _, err := s.a.api.AppendStreamContext(ctx, s.channel, s.ts, slackapi.MsgOptionMarkdownText(inert(rest)))
		return err
	}) {
		return false
	}
	s.written, s.at = prose, s.a.opts.Now()
	return true
}

// stop ends the stream; one that Slack ended by itself is stopped too.
func (s *stream) stop(ctx context.Context) bool {
	var failed error
	s.a.sign(ctx, "chat.stopStream", s.channel, func(ctx context.Context) error {
		_, _, failed = s.a.api.StopStreamContext(ctx, s.channel, s.ts)
		return failed
	})
	return failed == nil || code(failed) == "message_not_in_streaming_state"
}

// drop takes a stream's message away; a nil stream is none.
func (s *stream) drop(ctx context.Context) {
	if s == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), signWithin)
	defer cancel()
	s.a.sign(ctx, "chat.delete", s.channel, func(ctx context.Context) error {
		_, _, err := s.a.api.DeleteMessageContext(ctx, s.channel, s.ts)
		return err
	})
}

// inert makes prose harmless where Slack reads Markdown: no mention, no link,
// no image can come of it.
func inert(t string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "[", "\\[", "]", "\\]", "!", "\\!", "://", ":\u200b//").Replace(strings.ToValidUTF8(t, "\uFFFD"))
}
