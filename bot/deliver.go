package bot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"cairn/adapters"
)

// deliverTries is how often a message is tried; the adapters retry on their
// own too.
const deliverTries = 3

// deliver sends a message as the answer to the job's event.
func (b *Bot) deliver(ctx context.Context, j *job, m adapters.Message) (adapters.Ref, error) {
	p, ok := b.platform(j.ev.Adapter)
	if !ok {
		return adapters.Ref{}, fmt.Errorf("answer an event of %s: no such adapter is running", j.ev.Adapter)
	}
	m.Private = m.Private || j.ev.Private
	m.Marker = marker(j)
	return retry(ctx, func() (adapters.Ref, error) { return p.Reply(ctx, j.ev, m) })
}

// retry calls send until it succeeds, fails for good, or ctx ends.
func retry(ctx context.Context, send func() (adapters.Ref, error)) (adapters.Ref, error) {
	wait := 250 * time.Millisecond
	for try := 1; ; try++ {
		ref, err := send()
		var d *adapters.DeliveryError
		if err == nil || !errors.As(err, &d) || !d.Retryable() || try == deliverTries {
			return ref, err
		}
		pause := max(wait, d.RetryAfter)
		if until, ok := ctx.Deadline(); ok && time.Until(until) < pause {
			return ref, err
		}
		select {
		case <-ctx.Done():
			return ref, err
		case <-time.After(pause):
		}
		wait *= 2
	}
}

// marker names the answer to an event, so that it can be found again after a
// crash between sending it and finishing the event.
func marker(j *job) string {
	sum := sha256.Sum256([]byte(j.ev.Adapter + "\x00" + j.key))
	return "a-" + hex.EncodeToString(sum[:12])
}

// alreadyAnswered looks for the answer that a crashed process may have sent.
func (b *Bot) alreadyAnswered(ctx context.Context, j *job) bool {
	p, _ := b.platform(j.ev.Adapter)
	f, ok := p.(adapters.Finder)
	if !ok || j.ev.Private || j.ev.Channel == "" || j.ev.Kind != adapters.EventAsk {
		return false
	}
	_, found, err := f.Find(ctx, adapters.Destination{Channel: j.ev.Channel, Thread: j.ev.Thread}, marker(j), j.ev.Time.Add(-time.Minute))
	if err != nil {
		b.lg.Warn("could not look for an earlier answer", "adapter", j.ev.Adapter, "err", err)
	}
	return found
}

// A busySign shows that an answer is on its way, unless the answer is quicker.
type busySign struct {
	timer   *time.Timer
	running *sync.WaitGroup // of timers that may still show their sign

	mu    sync.Mutex
	ended bool
	done  func()
}

func (b *Bot) showsBusy(ev adapters.Event) bool {
	return ev.Kind == adapters.EventAsk && addressed(ev)
}

func (b *Bot) newBusySign(ev adapters.Event) *busySign {
	p, _ := b.platform(ev.Adapter)
	busier, ok := p.(adapters.Busier)
	if !ok {
		return nil
	}
	s := &busySign{running: &b.signs}
	s.mu.Lock()
	defer s.mu.Unlock()
	b.signs.Add(1)
	s.timer = time.AfterFunc(b.opts.BusyAfter, func() {
		defer b.signs.Done()
		s.mu.Lock()
		ended := s.ended
		s.mu.Unlock()
		if ended {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), b.opts.Deadline)
		defer cancel()
		done := busier.Busy(ctx, ev)
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.ended {
			done()
			return
		}
		s.done = done
	})
	return s
}

// stop takes the sign away; a nil sign is none.
func (s *busySign) stop() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	s.ended = true
	if s.timer.Stop() {
		s.running.Done()
	}
	if s.done != nil {
		s.done()
	}
}
