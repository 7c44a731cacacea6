package adapters

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A fakePlatform keeps its messages as people see them.
type fakePlatform struct {
	mu       sync.Mutex
	messages []string
	edits    []time.Time
	editErrs []error // of the next edits
	replyErr error
	slow     time.Duration
}

func (p *fakePlatform) Reply(_ context.Context, _ Event, m Message) (Ref, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.replyErr != nil {
		return Ref{}, p.replyErr
	}
	p.messages = append(p.messages, m.Text)
	return Ref{Message: strconv.Itoa(len(p.messages))}, nil
}

func (p *fakePlatform) Edit(ctx context.Context, ref Ref, m Message) error {
	select {
	case <-time.After(p.slow):
	case <-ctx.Done():
		return &DeliveryError{Kind: KindTimeout, Op: "edit", Err: ctx.Err()}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.edits = append(p.edits, time.Now())
	if len(p.editErrs) > 0 {
		err := p.editErrs[0]
		p.editErrs = p.editErrs[1:]
		if err != nil {
			return err
		}
	}
	n, _ := strconv.Atoi(ref.Message)
	p.messages[n-1] = m.Text
	return nil
}

func grown(n int) Message {
	return Message{Lang: "en", Text: "steps" + string(slices.Repeat([]byte("+"), n))}
}

func TestEditStream(t *testing.T) {
	t.Parallel()
	kind := func(k ErrorKind) error { return &DeliveryError{Kind: k, Op: "edit", Err: errors.New("no")} }
	limited := &DeliveryError{Kind: KindRateLimited, RetryAfter: 10 * time.Second, Op: "edit", Err: errors.New("slow down")}
	for name, test := range map[string]struct {
		errs  []error
		slow  time.Duration
		want  []string // the messages at the end
		edits int      // with the final one
	}{
		"good day":            {want: []string{"final"}, edits: 5},
		"slow platform":       {slow: 2 * time.Second, want: []string{"final"}, edits: 3},
		"hanging platform":    {slow: time.Minute, want: []string{"steps"}},
		"one edit lost":       {errs: []error{kind(KindTimeout)}, want: []string{"final"}, edits: 5},
		"rate limit":          {errs: []error{limited}, want: []string{"final"}, edits: 2},
		"deleted by somebody": {errs: []error{kind(KindNotFound), kind(KindNotFound)}, want: []string{"steps", "final"}, edits: 2},
		"refused":             {errs: []error{kind(KindClient), kind(KindClient)}, want: []string{"steps", "final"}, edits: 2},
		"end fails twice":     {errs: []error{nil, nil, nil, nil, kind(KindServer), kind(KindTimeout)}, want: []string{"final"}, edits: 7},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := &fakePlatform{editErrs: test.errs, slow: test.slow}
				s, err := EditStream(t.Context(), p, Event{}, grown(0), false, 0)
				if err != nil {
					t.Fatal(err)
				}
				if p.messages[0] != "steps" || s.Ref().Message != "1" {
					t.Errorf("the first message must stand at once: got %q, %+v", p.messages, s.Ref())
				}
				began := time.Now()
				for i := range 55 {
					s.Update(grown(i + 1))
					time.Sleep(100 * time.Millisecond)
				}
				if d := time.Since(began); d != 5500*time.Millisecond {
					t.Errorf("updates took %v: they wait for the platform", d)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				_, err = s.Close(ctx, Message{Lang: "en", Text: "final"})
				if (err != nil) != (test.slow > showWithin) {
					t.Errorf("close: got %v", err)
				}
				if !slices.Equal(p.messages, test.want) || len(p.edits) != test.edits {
					t.Errorf("got %q after %d edits, want %q after %d", p.messages, len(p.edits), test.want, test.edits)
				}
				for i := 1; i < len(p.edits)-1; i++ {
					if d := p.edits[i].Sub(p.edits[i-1]); d < time.Second && test.errs == nil {
						t.Errorf("edits %v apart", d)
					}
				}
			})
		})
	}
}

func TestStreamEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// Nothing to replace: the final message stands already.
		p := &fakePlatform{}
		s, err := EditStream(t.Context(), p, Event{}, grown(0), false, 0)
		if err != nil {
			t.Fatal(err)
		}
		if ref, err := s.Close(t.Context(), grown(0)); err != nil || ref.Message != "1" || len(p.edits) != 0 {
			t.Errorf("got %+v, %v after %d edits", ref, err, len(p.edits))
		}

		// The caller's time is over: the final message goes out nevertheless.
		s, _ = EditStream(t.Context(), p, Event{}, grown(0), false, 0)
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.Close(over, Message{Text: "late"}); err != nil || p.messages[1] != "late" {
			t.Errorf("got %q, %v", p.messages, err)
		}

		// A private answer cannot be edited: it stands once, at the end.
		p = &fakePlatform{}
		s, err = EditStream(t.Context(), p, Event{}, grown(0), true, 0)
		if err != nil || len(p.messages) != 0 || s.Ref() != (Ref{}) {
			t.Fatalf("got %q, %v", p.messages, err)
		}
		s.Update(grown(1))
		if _, err := s.Close(t.Context(), grown(0)); err != nil || !slices.Equal(p.messages, []string{"steps"}) {
			t.Errorf("got %q, %v, want the final message though it equals the first", p.messages, err)
		}

		// The first message fails: there is no stream.
		p = &fakePlatform{replyErr: errors.New("no")}
		if s, err := EditStream(t.Context(), p, Event{}, grown(0), false, 0); err == nil || s != nil {
			t.Errorf("got %v, %v", s, err)
		}
	})
}

// A message that a rate limit held back is shown when the limit is over, also
// when no other follows.
func TestStreamShowsWhatALimitHeldBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &fakePlatform{editErrs: []error{&DeliveryError{Kind: KindRateLimited, RetryAfter: 5 * time.Second}}}
		s, err := EditStream(t.Context(), p, Event{}, grown(0), false, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		s.Update(grown(1))
		time.Sleep(time.Minute) // of the test's own clock
		synctest.Wait()
		if len(p.edits) != 2 || p.messages[0] != grown(1).Text || p.edits[1].Sub(p.edits[0]) < 5*time.Second {
			t.Errorf("%q after edits at %v", p.messages, p.edits)
		}
		if _, err := s.Close(t.Context(), grown(1)); err != nil || len(p.edits) != 2 {
			t.Errorf("%v after %d edits, want no more", err, len(p.edits))
		}
	})
}
