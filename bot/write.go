package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cairn/adapters"
	"cairn/bot/answer"
	"cairn/bot/store"
	"cairn/retrieval"
)

// writeReserve is kept of an event's deadline for sending what was written.
const writeReserve = 3 * time.Second

// writes reports whether a model may add to an answer.
func (b *Bot) writes(a answer.Answer) bool {
	return b.opts.Writer != nil && !a.Abstained && len(a.Citations) > 0 && a.Mode == answer.ModeExtractive
}

// write lets the model add to what was found. The first stage is untouched
// when it fails; what was found gets the model's time added to its own.
func (b *Bot) write(ctx context.Context, v adapters.Viewer, f *found, grow func(answer.Answer)) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-min(writeReserve, time.Until(deadline)/4)))
		defer cancel()
	}
	start, before := time.Now(), f.Answer.TookMS
	timed := func(a answer.Answer) answer.Answer {
		a.TookMS = before + milliseconds(time.Since(start))
		return a
	}
	var growing func(answer.Answer)
	if grow != nil {
		growing = func(a answer.Answer) { grow(timed(a)) }
	}
	a, out := b.opts.Writer.Write(ctx, answer.WriteRequest{
		Answer: f.Answer, Question: f.Standalone, Hits: f.hits, Index: f.idx, Person: personOf(v), Cache: &b.checked,
	}, growing)
	outcome := "written"
	if out.Reason != "" {
		outcome = string(out.Reason)
	}
	b.opts.Observer.Model(outcome, out)
	f.Answer = timed(a)
	f.Warnings = b.warnings(a)
}

// personOf names whom a model's budget is charged to.
func personOf(v adapters.Viewer) string {
	if v.User == "" {
		return ""
	}
	return v.Adapter + ":" + v.User
}

// present sends an answer: its first stage at once, and again as it grows
// where the platform can show that; elsewhere when it is whole.
func (b *Bot) present(ctx context.Context, j *job, f *found) (adapters.Ref, error) {
	if !b.writes(f.Answer) {
		return b.deliver(ctx, j, b.chatMessage(j.ev, f, f.Answer))
	}
	v := viewerOf(j.ev)
	f.hits = b.openHits(j.ev, f)
	p, _ := b.platform(j.ev.Adapter)
	s, ok := p.(adapters.Streamer)
	if !ok {
		b.write(ctx, v, f, nil)
		f.Answer = f.Answer.WithLinks(b.index(), b.links())
		return b.deliver(ctx, j, b.chatMessage(j.ev, f, f.Answer))
	}
	prepared := func(a answer.Answer) adapters.Message {
		m := b.chatMessage(j.ev, f, a)
		m.Private = m.Private || j.ev.Private
		m.Marker = marker(j)
		return m
	}
	var stream adapters.Stream
	first := prepared(f.Answer)
	if _, err := retry(ctx, func() (ref adapters.Ref, err error) {
		stream, err = s.Stream(ctx, j.ev, first)
		return ref, err
	}); err != nil {
		return adapters.Ref{}, err
	}
	j.busy.stop() // the answer stands
	b.write(ctx, v, f, func(a answer.Answer) { stream.Update(prepared(a.WithLinks(b.index(), b.links()))) })
	f.Answer = f.Answer.WithLinks(b.index(), b.links())
	ref, err := stream.Close(ctx, prepared(f.Answer))
	if err != nil {
		// The steps stand; what a model added to them is not worth a second
		// answer.
		b.lg.Warn("answer not completed", "adapter", j.ev.Adapter, "error_kind", adapters.KindOf(err), "err", err)
		return stream.Ref(), nil
	}
	return ref, nil
}

// openHits are the hits that an answer may grow by in the place that an event
// came from: in a channel only those that everybody there may see.
func (b *Bot) openHits(ev adapters.Event, f *found) []retrieval.Hit {
	if f.Private || ev.Surface == adapters.SurfaceDirect {
		return f.hits
	}
	place := viewerOf(ev)
	place.User = ""
	return slices.DeleteFunc(slices.Clone(f.hits), func(h retrieval.Hit) bool { return !b.allows(h.Library, place) })
}

// Continue implements [adapters.GrowingAsker].
func (b *Bot) Continue(ctx context.Context, v adapters.Viewer, answerID string, each func(adapters.Reply)) (adapters.Reply, error) {
	// Begun before it is loaded: what another request adds is seen here.
	first := b.begin(answerID)
	if first {
		defer b.end(answerID)
	}
	q, r, err := b.load(ctx, answerID)
	if errors.Is(err, store.ErrNotFound) {
		return adapters.Reply{}, fmt.Errorf("go on with an answer: %w", adapters.ErrNotFound)
	}
	if err != nil {
		return adapters.Reply{}, fmt.Errorf("go on with an answer: %w", err)
	}
	if q.Adapter != v.Adapter || q.User != v.User {
		return adapters.Reply{}, fmt.Errorf("go on with an answer: %w", adapters.ErrNotFound)
	}
	f := &found{record: *r, outcome: q.Outcome}
	for _, name := range librariesOf(f.Answer) {
		if !b.allows(name, v) {
			return adapters.Reply{}, fmt.Errorf("go on with an answer: %w", adapters.ErrNotFound)
		}
	}
	if !b.writes(f.Answer) || !first {
		return b.pageReply(v, f, true), nil
	}
	if f.idx = b.index(); f.idx == nil {
		return b.pageReply(v, f, true), nil
	}
	found, err := b.search(ctx, f.idx, v, f.Standalone, 10)
	if err != nil {
		return b.pageReply(v, f, true), fmt.Errorf("go on with an answer: %w", err)
	}
	f.hits = found.Hits
	b.write(ctx, v, f, func(a answer.Answer) {
		if each != nil {
			grown := *f
			grown.Answer = a
			each(b.pageReply(v, &grown, true))
		}
	})
	if ctx.Err() != nil { // the reader has gone; whoever comes again finds the answer as it was
		return b.pageReply(v, f, true), nil
	}
	ev := adapters.Event{Adapter: q.Adapter, Workspace: q.Workspace, Channel: q.Channel, Thread: q.Thread, User: adapters.User{ID: q.User}}
	if err := b.save(ctx, ev, q.Text, q.Outcome, &f.record); err != nil {
		b.lg.Error("answer not stored", "adapter", ev.Adapter, "err", err)
	}
	return b.pageReply(v, f, true), nil
}

// begin marks an answer as growing; false when it is already.
func (b *Bot) begin(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.growing[id] {
		return false
	}
	b.growing[id] = true
	return true
}

func (b *Bot) end(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.growing, id)
}

// earlier returns the questions asked before in a conversation, oldest first.
func earlier(conv store.Conversation, prev followUp) []string {
	var out []string
	for _, t := range conv.Turns {
		if t.Role == "user" && t.Text != "" {
			out = append(out, t.Text)
		}
	}
	if len(out) > 3 {
		out = out[len(out)-3:]
	}
	return append(out, prev.question)
}
