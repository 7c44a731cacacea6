package adapters

import (
	"context"
	"reflect"
	"sync"
	"time"
)

// A Streamer can show an answer that grows, as a model writes it. Optional:
// without it the final message is sent by [Replier.Reply] alone.
type Streamer interface {
	// Stream answers ev with first at once, as Reply does, and returns what
	// the rest goes through. Every later message is the whole answer again:
	// what first shows (the steps) stays where it is, and text is only added
	// below it. ctx bounds the sending of first alone.
	//
	// An error is a [*DeliveryError] as of Reply and means that there is no
	// Stream to close and that Reply may be tried later; as with Reply, only
	// one of kind [KindTimeout] leaves it open whether first arrived. What a
	// platform lacks for streaming is no error: the adapter shows the growth
	// in a plainer way, or nothing before the final message.
	Stream(ctx context.Context, ev Event, first Message) (Stream, error)
}

// A Stream is an answer on its way. Its methods are called by one goroutine at
// a time. Close must be called, exactly once, whatever happens.
type Stream interface {
	// Ref names the message that stands; zero where nothing is shown yet or
	// the message cannot be named (one that only the asker sees).
	Ref() Ref
	// Update shows m in place of what stands, soon: it never waits for the
	// platform, and of the messages that come quicker than the platform's
	// limits allow only the last one is shown. What fails is made good by
	// Close. The caller changes nothing in m afterwards.
	Update(m Message)
	// Close puts final in place of everything shown, whatever happened before,
	// and returns once it stands. On an error, which is a [*DeliveryError],
	// what stands is the last message shown. When ctx has ended already it is
	// given a few seconds nevertheless.
	Close(ctx context.Context, final Message) (Ref, error)
}

// StreamOptions say how a stream of [NewStream] reaches its platform.
type StreamOptions struct {
	// Every is the least time between two calls of Show. Defaults to 1.2s.
	Every time.Duration
	// Show puts m in place of what stands, without waiting for a rate limit:
	// an error of kind [KindRateLimited] with RetryAfter postpones the next
	// call, one of kind [KindNotFound], [KindPermission], [KindAuth] or
	// [KindClient] ends them. Its context ends after ShowWithin. Nil shows
	// nothing before the end.
	Show func(ctx context.Context, m Message) error
	// ShowWithin is how long one call of Show may take. Defaults to 3s.
	ShowWithin time.Duration
	// Finish puts the final message in place of what stands. It is called
	// once, after the last Show has returned, unless the final message is what
	// stands already.
	Finish func(ctx context.Context, m Message) (Ref, error)
}

const (
	streamEvery  = 1200 * time.Millisecond
	showWithin   = 3 * time.Second
	finishWithin = 5 * time.Second // when the caller's time is over
)

// NewStream makes a Stream of which first, named by ref, stands already. The
// goroutine that it starts ends with Close.
func NewStream(ref Ref, first Message, o StreamOptions) Stream {
	if o.Every <= 0 {
		o.Every = streamEvery
	}
	if o.ShowWithin <= 0 {
		o.ShowWithin = showWithin
	}
	s := &stream{o: o, ref: ref, shown: &first, wake: make(chan struct{}, 1), closing: make(chan struct{}), ended: make(chan struct{})}
	if o.Show == nil {
		close(s.ended)
	} else {
		go s.pump()
	}
	return s
}

type stream struct {
	o   StreamOptions
	ref Ref

	mu     sync.Mutex
	latest *Message // not shown yet

	shown   *Message // owned by pump, then by Close; nil when unknown
	wake    chan struct{}
	closing chan struct{}
	ended   chan struct{} // pump has returned
}

func (s *stream) Ref() Ref { return s.ref }

func (s *stream) Update(m Message) {
	s.mu.Lock()
	s.latest = &m
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// pump shows the latest message, one at a time and no more often than allowed.
func (s *stream) pump() {
	defer close(s.ended)
	pause := time.NewTimer(s.o.Every) // the first message has just gone out
	defer pause.Stop()
	for {
		select {
		case <-s.closing:
			return
		case <-pause.C:
		}
		select {
		case <-s.closing:
			return
		case <-s.wake:
		}
		s.mu.Lock()
		m := s.latest
		s.mu.Unlock()
		if s.shown != nil && reflect.DeepEqual(s.shown, m) {
			pause.Reset(0)
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), s.o.ShowWithin)
		err := s.o.Show(ctx, *m)
		cancel()
		s.shown = m
		wait := s.o.Every
		if err != nil {
			s.shown = nil
			switch KindOf(err) {
			case KindNotFound, KindPermission, KindAuth, KindClient:
				return
			case KindRateLimited: // shown once that is over, though nothing new may come
				select {
				case s.wake <- struct{}{}:
				default:
				}
			}
			wait = max(wait, retryAfter(err))
		}
		pause.Reset(wait)
	}
}

func (s *stream) Close(ctx context.Context, final Message) (Ref, error) {
	close(s.closing)
	<-s.ended
	if s.shown != nil && s.ref.Message != "" && reflect.DeepEqual(*s.shown, final) {
		return s.ref, nil
	}
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), finishWithin)
		defer cancel()
	}
	return s.o.Finish(ctx, final)
}

// A ReplyEditor answers events and can replace its answers.
type ReplyEditor interface {
	Replier
	Editor
}

// EditStream is [Streamer.Stream] for a platform without streaming of its own:
// it replies with first and edits that message. An answer that cannot be
// edited (a private one on most platforms) is not shown before the end, since
// it would stand there twice: private says so.
func EditStream(ctx context.Context, p ReplyEditor, ev Event, first Message, private bool, every time.Duration) (Stream, error) {
	if private {
		return NewStream(Ref{}, first, StreamOptions{Finish: func(ctx context.Context, m Message) (Ref, error) { return p.Reply(ctx, ev, m) }}), nil
	}
	ref, err := p.Reply(ctx, ev, first)
	if err != nil {
		return nil, err
	}
	return NewStream(ref, first, StreamOptions{
		Every:  every,
		Show:   func(ctx context.Context, m Message) error { return p.Edit(ctx, ref, m) },
		Finish: func(ctx context.Context, m Message) (Ref, error) { return ReplaceOrReply(ctx, p, ev, ref, m) },
	}), nil
}

const replaceTries = 3

// ReplaceOrReply edits the message that ref names, and replies anew when that
// message is gone or refuses the edit. An edit is tried again when it may have
// been lost, since a second one changes nothing.
func ReplaceOrReply(ctx context.Context, p ReplyEditor, ev Event, ref Ref, m Message) (Ref, error) {
	pause := 250 * time.Millisecond
	for try := 1; ; try++ {
		err := p.Edit(ctx, ref, m)
		if err == nil {
			return ref, nil
		}
		switch KindOf(err) {
		case KindNotFound, KindPermission, KindClient:
			return p.Reply(ctx, ev, m)
		case KindServer, KindTimeout, KindRateLimited:
		default:
			return ref, err
		}
		wait := max(pause, retryAfter(err))
		if until, ok := ctx.Deadline(); try == replaceTries || ctx.Err() != nil || ok && time.Until(until) < wait {
			return ref, err
		}
		select {
		case <-ctx.Done():
			return ref, err
		case <-time.After(wait):
		}
		pause *= 2
	}
}
