package schedule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"cairn/adapters"
	"cairn/bot/store"
)

// errGone says that what a delivery belongs to is no longer configured.
var errGone = errors.New("its schedule or subscription is gone")

// skew is how far a platform's clock may be behind ours when we look for a
// message sent since a moment.
const skew = 10 * time.Minute

// recordWithin bounds recording what became of a delivery.
const recordWithin = 20 * time.Second

// recording outlives ctx: what was sent is known to be sent even when the
// process is stopping. Its time begins when there is something to record, since
// composing and sending may take longer.
func recording(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(context.WithoutCancel(ctx), recordWithin, fmt.Errorf("not recorded within %v", recordWithin))
}

// process takes one claimed delivery as far as it goes.
func (r *Runner) process(ctx context.Context, d store.Delivery) {
	if until, paused := r.pausedUntil(d.Adapter); paused && !d.MaybeSent {
		r.giveBack(ctx, d, until, "rate limited")
		return
	}
	r.mu.Lock()
	delete(r.waits, d.ID)
	r.mu.Unlock()
	sender := r.senders[d.Adapter]
	if sender != nil && !d.MaybeSent && !r.tooLate(d) {
		if at, free := r.take(d); !free {
			r.giveBack(ctx, d, at, d.Note)
			return
		}
	}
	switch {
	case sender == nil && r.tooLate(d):
		r.end(ctx, d, missedOrUnknown(d), fmt.Sprintf("the adapter %s is not configured", d.Adapter))
	case sender == nil:
		// Another replica may have it.
		r.retry(ctx, d, "the adapter is not configured here", 5*time.Minute)
	case d.MaybeSent:
		r.resolve(ctx, d, sender)
	default:
		r.send(ctx, d, sender)
	}
}

func (r *Runner) tooLate(d store.Delivery) bool { return r.opts.Now().Sub(d.Slot) > r.opts.CatchUp }

func missedOrUnknown(d store.Delivery) string {
	if d.MaybeSent {
		return store.DeliveryUnknown
	}
	return store.DeliveryMissed
}

// send sends what is certainly not sent.
func (r *Runner) send(ctx context.Context, d store.Delivery, sender adapters.Sender) {
	if r.tooLate(d) {
		r.end(ctx, d, store.DeliveryMissed, fmt.Sprintf("could not be sent within %v: %s", r.opts.CatchUp, d.Note))
		return
	}
	if r.overtaken(d) {
		// A platform that was away gets the latest, not all at once.
		d.State, d.Note, d.Done = store.DeliveryMissed, "could not be sent before the next slot, which makes up for it: "+d.Note, r.opts.Now()
		r.finish(ctx, d)
		return
	}
	m, d, ok := r.words(ctx, d)
	if !ok {
		return
	}
	m.Marker = d.ID
	sctx, cancel := context.WithTimeoutCause(ctx, r.opts.SendTimeout, fmt.Errorf("no answer within %v", r.opts.SendTimeout))
	ref, err := sender.Send(sctx, destination(d), m)
	cancel()
	r.mu.Lock()
	r.went[laneOf(d)] = r.opts.Now() // the pace counts from when it stood there
	r.mu.Unlock()
	if err == nil {
		r.sent(ctx, d, ref, "")
		return
	}
	var refused *adapters.DeliveryError
	errors.As(err, &refused)
	switch kind := adapters.KindOf(err); kind {
	case adapters.KindRateLimited:
		until := r.opts.Now().Add(max(refused.RetryAfter, time.Second))
		r.pause(d.Adapter, until)
		r.giveBack(ctx, d, until, "rate limited")
	case adapters.KindServer:
		// By its kind it is not there; where that can be looked up, it is.
		if _, ok := sender.(adapters.Finder); ok {
			d.MaybeSent = true
		}
		r.retry(ctx, d, err.Error(), max(refused.RetryAfter, backoff(d.Attempts)))
	case adapters.KindAuth, adapters.KindPermission, adapters.KindNotFound:
		// Somebody may invite the bot or renew the token within the window.
		if d.Note != err.Error() {
			r.opts.Alert(d, err.Error())
		}
		r.retryNotSent(ctx, d, err.Error(), 10*time.Minute)
	case adapters.KindClient:
		r.end(ctx, d, store.DeliveryMissed, err.Error())
	default:
		// Timeouts, stopping, anything unforeseen: it may have arrived.
		d.State, d.Ready, d.Note = store.DeliveryClaimed, r.opts.Now().Add(r.opts.LookAfter), err.Error()
		r.finish(ctx, d)
	}
}

// overtaken reports whether a later slot of the same schedule has come.
func (r *Runner) overtaken(d store.Delivery) bool {
	s := r.schedules[d.Schedule]
	if s == nil {
		return r.opts.Now().Sub(d.Slot) >= 25*time.Hour // subscriptions are daily
	}
	next := s.Next(d.Slot)
	return !next.IsZero() && !next.After(r.opts.Now())
}

// words composes the message, or takes what an earlier attempt composed, and
// records that sending begins.
func (r *Runner) words(ctx context.Context, d store.Delivery) (m adapters.Message, _ store.Delivery, ok bool) {
	var c Content
	if len(d.Payload) > 0 {
		if err := json.Unmarshal(d.Payload, &m); err != nil {
			r.end(ctx, d, store.DeliveryMissed, fmt.Sprintf("decode the stored message: %v", err))
			return m, d, false
		}
		c.Item = d.Item
	} else {
		var err error
		c, err = r.compose(ctx, d)
		switch {
		case errors.Is(err, ErrNothing), errors.Is(err, errGone):
			d.State, d.Note, d.Done = store.DeliveryMissed, err.Error(), r.opts.Now()
			r.finish(ctx, d)
			return m, d, false
		case err != nil:
			r.retryNotSent(ctx, d, fmt.Sprintf("compose: %v", err), backoff(d.Attempts))
			return m, d, false
		}
		m = c.Message
		if d.Payload, err = json.Marshal(m); err != nil {
			r.end(ctx, d, store.DeliveryMissed, fmt.Sprintf("encode the message: %v", err))
			return m, d, false
		}
		d.Item = c.Item
	}
	begun, err := r.store.BeginDelivery(ctx, d.ID, r.opts.Owner, c.Item, d.Payload, r.opts.Now().Add(r.opts.ClaimFor))
	if err != nil {
		r.lg.ErrorContext(ctx, "delivery could not begin", "delivery", d.ID, "err", err)
	}
	if err != nil || !begun { // another has it, or the claim lapses and another will
		return m, d, false
	}
	if c.Chosen != nil {
		rctx, cancel := recording(ctx)
		defer cancel()
		if err := c.Chosen(rctx); err != nil {
			r.lg.ErrorContext(ctx, "choice could not be remembered", "delivery", d.ID, "err", err)
		}
	}
	return m, d, true
}

func (r *Runner) compose(ctx context.Context, d store.Delivery) (Content, error) {
	composer := r.composers[d.Kind]
	if composer == nil {
		return Content{}, fmt.Errorf("no words for kind %q: %w", d.Kind, errGone)
	}
	j := Job{Delivery: d}
	if s := r.schedules[d.Schedule]; s != nil {
		j.Topics, j.Lang, j.Zone = s.Topics, s.Language, s.Zone
		return composer.Compose(ctx, j)
	}
	subs, err := r.store.ListSubscriptions(ctx, d.Adapter, d.User)
	if err != nil {
		return Content{}, err
	}
	for _, v := range subs {
		if SubscriptionName(v) == d.Schedule {
			j.Topics, j.Lang, j.Zone, j.Detail = v.Topics, v.Lang, v.Zone, v.Detail
			return composer.Compose(ctx, j)
		}
	}
	return Content{}, errGone
}

// resolve finds out what became of a delivery that may have been sent.
func (r *Runner) resolve(ctx context.Context, d store.Delivery, sender adapters.Sender) {
	finder, ok := sender.(adapters.Finder)
	if !ok {
		if r.tooLate(d) {
			r.end(ctx, d, store.DeliveryUnknown, "sending was cut off and the platform cannot be searched: "+d.Note)
			return
		}
		d.State, d.Ready = store.DeliveryClaimed, d.Slot.Add(r.opts.CatchUp+time.Second)
		r.finish(ctx, d)
		return
	}
	fctx, cancel := context.WithTimeoutCause(ctx, r.opts.SendTimeout, fmt.Errorf("no answer within %v", r.opts.SendTimeout))
	ref, found, err := finder.Find(fctx, destination(d), d.ID, d.Slot.Add(-skew))
	cancel()
	switch {
	case err == nil && found:
		r.sent(ctx, d, ref, "found in its channel after sending was cut off")
	case err == nil:
		d.MaybeSent = false
		r.send(ctx, d, sender)
	case r.tooLate(d):
		r.end(ctx, d, store.DeliveryUnknown, "sending was cut off and looking for the message did not work: "+err.Error())
	default:
		d.State, d.Ready, d.Note = store.DeliveryClaimed, r.opts.Now().Add(backoff(d.Attempts)), "looking for it: "+err.Error()
		r.finish(ctx, d)
	}
}

// retry puts a delivery off, keeping what is known of it.
func (r *Runner) retry(ctx context.Context, d store.Delivery, note string, after time.Duration) {
	if !d.MaybeSent {
		r.retryNotSent(ctx, d, note, after)
		return
	}
	d.State, d.Ready, d.Note = store.DeliveryClaimed, r.opts.Now().Add(after), note
	r.finish(ctx, d)
}

func (r *Runner) retryNotSent(ctx context.Context, d store.Delivery, note string, after time.Duration) {
	r.giveBack(ctx, d, r.opts.Now().Add(after), note)
}

func (r *Runner) giveBack(ctx context.Context, d store.Delivery, ready time.Time, note string) {
	d.State, d.Ready, d.Note = store.DeliveryPending, ready, note
	r.finish(ctx, d)
}

func (r *Runner) sent(ctx context.Context, d store.Delivery, ref adapters.Ref, note string) {
	b, err := json.Marshal(ref)
	if err != nil {
		b = nil // a Ref of strings always marshals
	}
	d.State, d.Ref, d.Note, d.Done = store.DeliverySent, string(b), note, r.opts.Now()
	r.finish(ctx, d)
}

// end ends a delivery badly and says so.
func (r *Runner) end(ctx context.Context, d store.Delivery, state, reason string) {
	d.State, d.Note, d.Done = state, reason, r.opts.Now()
	r.finish(ctx, d)
	r.opts.Alert(d, reason)
}

func (r *Runner) finish(ctx context.Context, d store.Delivery) {
	attrs := []any{"schedule", d.Schedule, "slot", d.Slot, "adapter", d.Adapter, "state", d.State, "attempts", d.Attempts}
	if d.State == store.DeliveryPending || d.State == store.DeliveryClaimed {
		r.wakeAt(d.ID, d.Ready)
	}
	rctx, cancel := recording(ctx)
	defer cancel()
	ok, err := r.store.FinishDelivery(rctx, r.opts.Owner, d)
	switch {
	case err != nil:
		// The claim lapses and the next claimer looks what happened.
		r.lg.ErrorContext(ctx, "delivery could not be recorded", append(attrs, "err", err)...)
		return
	case !ok:
		r.lg.WarnContext(ctx, "claim was lost before the delivery was recorded", attrs...)
		return
	case d.State == store.DeliveryUnknown || d.State == store.DeliveryMissed:
		r.lg.ErrorContext(ctx, "delivery ended without being sent for certain", append(attrs, "note", d.Note)...)
	case d.State == store.DeliverySent:
		r.lg.InfoContext(ctx, "delivery sent", attrs...)
	case d.Note == "":
		r.lg.DebugContext(ctx, "delivery waits for its turn", append(attrs, "until", d.Ready)...)
	default:
		r.lg.WarnContext(ctx, "delivery is put off", append(attrs, "note", d.Note, "until", d.Ready)...)
	}
	r.opts.Observe(d, d.State)
}

func (r *Runner) pause(adapter string, until time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if until.After(r.paused[adapter]) {
		r.paused[adapter] = until
	}
}

func (r *Runner) pausedUntil(adapter string) (time.Time, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	until := r.paused[adapter]
	return until, until.After(r.opts.Now())
}

// take reserves the destination's next free moment: either the delivery may go
// now, or it is told when.
func (r *Runner) take(d store.Delivery) (at time.Time, free bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.opts.Now()
	if len(r.lanes) > 10_000 {
		for k, t := range r.lanes {
			if t.Before(now) {
				delete(r.lanes, k)
				delete(r.went, k)
			}
		}
	}
	if len(r.turns) > 100_000 {
		clear(r.turns) // those still waiting take a new turn
	}
	key := laneOf(d)
	if reserved, mine := r.turns[d.ID]; mine {
		// The one before may have gone later than reserved.
		reserved = later(reserved, r.went[key].Add(r.opts.Pace))
		if reserved.After(now) {
			r.turns[d.ID] = reserved
			return reserved, false
		}
		delete(r.turns, d.ID)
		r.went[key] = now
		return now, true
	}
	at = later(r.lanes[key], r.went[key].Add(r.opts.Pace))
	if !at.After(now) {
		r.lanes[key], r.went[key] = now.Add(r.opts.Pace), now
		return now, true
	}
	r.lanes[key] = at.Add(r.opts.Pace)
	r.turns[d.ID] = at
	return at, false
}

func laneOf(d store.Delivery) string {
	if d.Channel != "" {
		return d.Adapter + "\x00" + d.Channel
	}
	return d.Adapter + "\x00user:" + d.User
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (r *Runner) wakeAt(id string, t time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.waits) < 100_000 {
		r.waits[id] = t
	}
}

func destination(d store.Delivery) adapters.Destination {
	if d.Channel != "" {
		return adapters.Destination{Channel: d.Channel, Thread: d.Thread}
	}
	return adapters.Destination{User: d.User}
}

// backoff grows from 15 s to 5 min with the attempts.
func backoff(attempts int) time.Duration {
	return min(15*time.Second<<min(max(attempts-1, 0), 5), 5*time.Minute)
}
