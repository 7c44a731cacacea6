package schedule

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cairn/bot/store"
)

// recordedMisses bounds how many passed slots of one schedule are recorded one
// by one after a long downtime; the log says how many there were.
const recordedMisses = 100

// plan turns slots that have come into deliveries and returns when the next
// slot is. One schedule's failure does not hold the others up.
func (r *Runner) plan(ctx context.Context) (next time.Time, err error) {
	earlier := func(t time.Time) {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	var errs []error
	now := r.opts.Now().UTC().Truncate(time.Microsecond)
	for _, s := range r.schedules {
		if err := r.planSchedule(ctx, s, now); err != nil {
			errs = append(errs, err)
		}
		earlier(s.Next(now))
	}
	if err := r.planSubscriptions(ctx, now); err != nil {
		errs = append(errs, err)
	}
	t, err := r.store.NextSubscription(ctx)
	if err != nil {
		errs = append(errs, err)
	}
	earlier(t)
	return next, errors.Join(errs...)
}

func (r *Runner) planSchedule(ctx context.Context, s *Schedule, now time.Time) error {
	cursor, err := r.store.Cursor(ctx, s.Name)
	if errors.Is(err, store.ErrNotFound) {
		// A new schedule begins now; nothing was missed.
		_, err = r.store.PlanSlots(ctx, s.Name, time.Time{}, now, nil)
		return err
	}
	if err != nil {
		return err
	}
	if first := s.Next(cursor); first.IsZero() || first.After(now) {
		return nil // the cursor moves with slots only, which spares a write a minute
	}
	slots := r.slots(ctx, s, cursor, now, s.delivery)
	ok, err := r.store.PlanSlots(ctx, s.Name, cursor, now, slots)
	if err == nil && ok {
		r.reportMissed(slots)
	}
	return err
}

// slots returns the deliveries of the slots in (from, now]: the latest is
// pending if it is not too late, the others are missed.
func (r *Runner) slots(ctx context.Context, s *Schedule, from, now time.Time, make func(time.Time) store.Delivery) []store.Delivery {
	var passed []time.Time
	n := 0
	for t := s.Next(from); !t.IsZero() && !t.After(now); t = s.Next(t) {
		n++
		if passed = append(passed, t); len(passed) > recordedMisses {
			passed = passed[1:]
		}
		if ctx.Err() != nil {
			return nil
		}
	}
	if n > len(passed) {
		r.lg.WarnContext(ctx, "more slots passed than are recorded", "schedule", s.Name, "slots", n, "recorded", len(passed))
	}
	out := []store.Delivery{}
	for i, t := range passed {
		d := make(t)
		switch {
		case i < len(passed)-1:
			d.State, d.Note, d.Done = store.DeliveryMissed, "passed while nothing ran; a later slot is sent", now
		case now.Sub(t) > r.opts.CatchUp:
			d.State, d.Note, d.Done = store.DeliveryMissed, fmt.Sprintf("passed more than %v ago while nothing ran", r.opts.CatchUp), now
		}
		out = append(out, d)
	}
	return out
}

// reportMissed alerts once for the slots that nobody will send, unless a later
// one makes up for them.
func (r *Runner) reportMissed(slots []store.Delivery) {
	for i, d := range slots {
		r.opts.Observe(d, d.State)
		if d.State == store.DeliveryMissed && i == len(slots)-1 {
			r.opts.Alert(d, d.Note)
		}
	}
}

// subscriptionBatch is how many subscriptions are read at a time.
const subscriptionBatch = 200

// SubscriptionName names a subscription's deliveries.
func SubscriptionName(v store.Subscription) string {
	return "sub:" + v.Adapter + ":" + v.User + ":" + v.Kind
}

func (r *Runner) planSubscriptions(ctx context.Context, now time.Time) error {
	var errs []error
	for ctx.Err() == nil {
		due, err := r.store.DueSubscriptions(ctx, now, subscriptionBatch)
		if err != nil {
			return err
		}
		moved := 0
		for _, v := range due {
			ok, err := r.planSubscription(ctx, v, now)
			if err != nil {
				errs = append(errs, err)
			}
			if ok {
				moved++
			}
		}
		if len(due) < subscriptionBatch || moved == 0 {
			break
		}
	}
	return errors.Join(errs...)
}

func (r *Runner) planSubscription(ctx context.Context, v store.Subscription, now time.Time) (bool, error) {
	s, err := NewDaily(SubscriptionName(v), v.At, v.Zone)
	if err != nil {
		// A zone that this machine does not know: asked again tomorrow.
		ok, aerr := r.store.AdvanceSubscription(ctx, v, now.Add(24*time.Hour), nil)
		return ok, errors.Join(fmt.Errorf("subscription of %s: %w", v.Adapter, err), aerr)
	}
	slots := r.slots(ctx, s, v.Next.Add(-time.Microsecond), now, func(t time.Time) store.Delivery {
		d := s.delivery(t)
		d.Kind, d.Adapter, d.Channel, d.User = v.Kind, v.Adapter, v.Channel, v.User
		return d
	})
	ok, err := r.store.AdvanceSubscription(ctx, v, s.Next(now).UTC(), slots)
	if err == nil && ok {
		r.reportMissed(slots)
	}
	return ok, err
}
