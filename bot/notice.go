package bot

import (
	"context"
	"sync"
	"time"

	"cairn/adapters"
)

// A notice tells somebody whose question waits for long that it is not lost.
type notice struct {
	running *sync.WaitGroup

	mu    sync.Mutex // held while the notice is sent, so that the answer comes after it
	ended bool
	timer *time.Timer
}

// newNotice starts the waiting time of a question; nil where nobody is told: a
// slash command shows by itself that it is being worked on.
func (b *Bot) newNotice(ev adapters.Event) *notice {
	p, ok := b.platform(ev.Adapter)
	if !ok || ev.Surface == adapters.SurfaceSlash {
		return nil
	}
	n := &notice{running: &b.signs}
	n.mu.Lock()
	defer n.mu.Unlock()
	b.signs.Add(1)
	n.timer = time.AfterFunc(b.opts.TellAfter, func() { b.tell(p, ev, n) })
	return n
}

func (b *Bot) tell(p Platform, ev adapters.Event, n *notice) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ended {
		n.running.Done()
		return
	}
	if w, ok := p.(adapters.WaitTeller); ok {
		n.ended = true
		n.running.Done()
		w.TellWait(context.Background(), ev)
		return
	}
	select {
	case b.telling <- struct{}{}:
		defer func() { <-b.telling }()
	default: // notices must not take the place of answers
		n.timer.Reset(time.Second)
		return
	}
	n.ended = true
	defer n.running.Done()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	lang := uiLang(ev.Text, ev.User.Locale)
	m := plainMessage(lang, say(lang, textWaiting))
	m.Private = true
	if _, err := p.Reply(ctx, ev, m); err != nil {
		b.lg.Warn("asker not told that the question waits", "adapter", ev.Adapter, "err", err)
	}
}

// stop ends the waiting; a nil notice is none.
func (n *notice) stop() {
	if n == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ended {
		return
	}
	n.ended = true
	if n.timer.Stop() {
		n.running.Done()
	}
}
