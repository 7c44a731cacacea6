package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"cairn/adapters"
	"cairn/bot/store"
)

// acceptTimeout bounds the recording of an event.
const acceptTimeout = 1900 * time.Millisecond

var _ adapters.Handler = (*Bot)(nil)

// Accept implements [adapters.Handler].
func (b *Bot) Accept(ctx context.Context, ev adapters.Event) error {
	if len(ev.Keys) == 0 || ev.Adapter == "" {
		return errors.New("accept event: an adapter and a key are needed")
	}
	key := ev.Keys[0]
	if b.queue.holds(ev.Adapter, key) {
		b.opts.Observer.Event(ev.Adapter, "duplicate")
		return nil
	}
	defer b.pressure.accept()()
	if err := b.queue.reserve(); err != nil {
		b.opts.Observer.Event(ev.Adapter, "full")
		return fmt.Errorf("accept event: %w", err)
	}
	fresh, err := b.record(ctx, ev)
	if err != nil || !fresh {
		b.queue.release()
		if err != nil {
			b.opts.Observer.Event(ev.Adapter, "failed")
			return fmt.Errorf("record event: %w", err)
		}
		b.opts.Observer.Event(ev.Adapter, "duplicate")
		return nil
	}
	if ev.Kind == adapters.EventDelete {
		b.deleted.put(messageKey(ev), true)
	}
	b.opts.Observer.Event(ev.Adapter, "recorded")
	b.enqueue(ev, key, false)
	return nil
}

func (b *Bot) record(ctx context.Context, ev adapters.Event) (fresh bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, acceptTimeout)
	defer cancel()
	payload, err := json.Marshal(ev)
	if err != nil {
		return false, fmt.Errorf("encode event: %w", err)
	}
	return b.store.RecordEvent(ctx, store.Event{
		Adapter: ev.Adapter, Keys: ev.Keys, Order: laneOf(ev), Payload: payload, At: b.opts.Now(),
	})
}

// enqueue adds a recorded event under a reserved place.
func (b *Bot) enqueue(ev adapters.Event, key string, recovered bool) {
	j := &job{ev: ev, key: key, at: time.Now(), recovered: recovered}
	if b.showsBusy(ev) {
		j.busy = b.newBusySign(ev)
		j.notice = b.newNotice(ev)
	}
	if !b.queue.put(laneOf(ev), j) {
		j.busy.stop()
		j.notice.stop()
	}
}

// laneOf names the lane whose events are handled in order: a thread, a channel
// where there is none, a person for buttons. A slash command belongs to no
// conversation and waits for nobody.
func laneOf(ev adapters.Event) string {
	lane := ev.Adapter + "\x00" + ev.Channel + "\x00" + ev.Thread
	switch {
	case ev.Kind == adapters.EventAction || ev.Kind == adapters.EventHome:
		return lane + "\x00" + ev.User.ID
	case ev.Surface == adapters.SurfaceSlash:
		return lane + "\x00" + ev.Keys[0]
	}
	return lane
}

func messageKey(ev adapters.Event) string {
	return ev.Adapter + "\x00" + ev.Channel + "\x00" + ev.Message
}

// Run handles events until ctx ends, then answers what waits for at most
// Options.Grace and returns ctx.Err(). What is left stays recorded and is
// answered by the next process. To be called once.
func (b *Bot) Run(ctx context.Context) error {
	// Handling outlives ctx by the grace period.
	work, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(errStopping)

	var wg sync.WaitGroup
	for range b.opts.Workers {
		wg.Go(func() { b.work(work) })
	}
	var upkeep sync.WaitGroup
	upkeep.Go(func() { b.upkeep(ctx, work) })

	<-ctx.Done()
	b.queue.close()
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(b.opts.Grace):
		for _, j := range b.queue.drop() {
			j.busy.stop()
			j.notice.stop()
		}
		stop(errStopping)
		<-done
	}
	upkeep.Wait()
	b.signs.Wait()
	return ctx.Err()
}

func (b *Bot) work(ctx context.Context) {
	for {
		l, j := b.queue.next()
		if j == nil {
			return
		}
		done := b.pressure.work()
		b.process(ctx, j)
		done()
		b.queue.done(l, j)
	}
}

// process handles one event: it is the one place that logs what went wrong.
func (b *Bot) process(ctx context.Context, j *job) {
	defer j.busy.stop()
	j.notice.stop()
	ctx, cancel := context.WithTimeoutCause(ctx, b.opts.Deadline, context.DeadlineExceeded)
	defer cancel()
	lg := b.lg.With("adapter", j.ev.Adapter, "kind", j.ev.Kind)
	now := b.opts.Now()
	held, err := b.store.HoldEvent(ctx, j.ev.Adapter, j.key, b.opts.Owner, now, now.Add(b.opts.Hold))
	if err != nil {
		lg.Error("event not claimed, left for later", "err", err)
		return
	}
	if !held {
		return // another process has it, or has answered it
	}
	renew := b.renew(j)
	outcome, err := b.guarded(ctx, j)
	renew()
	if err != nil {
		if errors.Is(context.Cause(ctx), errStopping) {
			return // left for the next process
		}
		kind := adapters.KindOf(err)
		b.opts.Observer.Event(j.ev.Adapter, "undelivered")
		lg.Error("event not answered", "err", err, "error_kind", kind)
		if kind == adapters.KindServer || kind == adapters.KindRateLimited {
			return // unfinished: the next round of upkeep tries again
		}
		outcome = store.OutcomeError
	}
	fctx, fcancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer fcancel()
	if err := b.store.FinishEvent(fctx, j.ev.Adapter, j.key, outcome, b.opts.Now()); err != nil {
		lg.Error("event not finished in the store", "err", err)
	}
}

// guarded handles an event; a panic is one failed answer.
func (b *Bot) guarded(ctx context.Context, j *job) (outcome string, err error) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		b.opts.Observer.Event(j.ev.Adapter, "panic")
		ref := reference()
		b.lg.Error("panic while answering", "reference", ref, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		outcome, err = store.OutcomeError, nil
		if addressed(j.ev) {
			lang := uiLang(j.ev.Text, j.ev.User.Locale)
			_, err = b.deliver(ctx, j, plainMessage(lang, say(lang, textUnknown, ref)))
		}
	}()
	if j.recovered && b.alreadyAnswered(ctx, j) {
		return store.OutcomeAnswered, nil
	}
	return b.handle(ctx, j)
}

func (b *Bot) handle(ctx context.Context, j *job) (outcome string, err error) {
	switch j.ev.Kind {
	case adapters.EventAsk:
		return b.onAsk(ctx, j)
	case adapters.EventCommand:
		return b.onCommand(ctx, j)
	case adapters.EventAction:
		return b.onAction(ctx, j)
	case adapters.EventEdit:
		return b.onEdit(ctx, j)
	case adapters.EventHome:
		return b.onHome(ctx, j)
	case adapters.EventChatter:
		return "chatter", b.onChatter(ctx, j.ev)
	default: // a deletion is noted when it is accepted
		return string(j.ev.Kind), nil
	}
}

// renew keeps an event claimed until the returned function is called.
func (b *Bot) renew(j *job) (stop func()) {
	every := b.opts.Hold / 3
	done := make(chan struct{})
	var running sync.WaitGroup
	running.Add(1)
	timer := time.AfterFunc(every, func() {
		defer running.Done()
		for {
			ctx, cancel := context.WithTimeout(context.Background(), every)
			now := b.opts.Now()
			if _, err := b.store.HoldEvent(ctx, j.ev.Adapter, j.key, b.opts.Owner, now, now.Add(b.opts.Hold)); err != nil {
				b.lg.Warn("claim of an event not renewed", "adapter", j.ev.Adapter, "err", err)
			}
			cancel()
			select {
			case <-done:
				return
			case <-time.After(every):
			}
		}
	})
	return func() {
		close(done)
		if timer.Stop() {
			running.Done()
		}
		running.Wait()
	}
}

// upkeep claims what another process or a crash left unanswered.
func (b *Bot) upkeep(ctx, work context.Context) {
	tick := time.NewTicker(max(b.opts.Hold/3, 10*time.Millisecond))
	defer tick.Stop()
	for {
		if err := b.claim(work); err != nil && ctx.Err() == nil {
			b.lg.Error("unanswered events not claimed", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (b *Bot) claim(ctx context.Context) error {
	n := min(b.queue.free(), 100)
	if n <= 0 {
		return nil
	}
	now := b.opts.Now()
	events, err := b.store.ClaimEvents(ctx, b.opts.Owner, now.Add(-b.opts.Recover), now, now.Add(b.opts.Hold), n)
	if err != nil {
		return err
	}
	for _, e := range events {
		if len(e.Keys) == 0 || b.queue.holds(e.Adapter, e.Keys[0]) {
			continue // waiting here anyway
		}
		var ev adapters.Event
		if err := json.Unmarshal(e.Payload, &ev); err != nil {
			b.lg.Error("recorded event cannot be read", "adapter", e.Adapter, "err", err)
			if err := b.store.FinishEvent(ctx, e.Adapter, e.Keys[0], store.OutcomeError, now); err != nil {
				return err
			}
			continue
		}
		if b.queue.reserve() != nil {
			return nil // its claim lapses, and it is claimed again
		}
		b.opts.Observer.Event(e.Adapter, "recovered")
		b.enqueue(ev, e.Keys[0], true)
	}
	return nil
}

// addressed reports whether the event wants an answer in any case.
func addressed(ev adapters.Event) bool {
	switch ev.Kind {
	case adapters.EventAsk:
		return ev.Surface != adapters.SurfaceThread && ev.Surface != adapters.SurfaceOnboarding
	case adapters.EventCommand, adapters.EventAction:
		return true
	}
	return false
}
