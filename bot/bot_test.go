package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cairn/adapters"
	"cairn/bot/store"
	"cairn/internal/leaktest"
)

func TestMain(m *testing.M) { os.Exit(leaktest.Run(m)) }

func TestAnswersAMention(t *testing.T) {
	t.Parallel()
	f := setup(t, &Options{PublicURL: "https://cairn.example.com"}).run()
	m := f.say(f.ask("nginx answers 502"))
	if m.Title != "nginx answers 502" || len(m.Steps) != 2 || m.Steps[1].N != 2 {
		t.Fatalf("got title %q with %d steps, want the two steps of First look and Diagnose\n%s", m.Title, len(m.Steps), m.Text)
	}
	if got := m.Steps[0].Commands[0].Text; got != "curl -sI http://<host>/" {
		t.Errorf("command is %q", got)
	}
	if m.Feedback == nil || m.AnswerID == "" || m.Marker == "" {
		t.Errorf("feedback %v, id %q, marker %q: all are wanted", m.Feedback, m.AnswerID, m.Marker)
	}
	if !strings.HasPrefix(m.Citations[0].URL, "https://cairn.example.com/d/team/nginx.md?lines=") {
		t.Errorf("citation opens %q", m.Citations[0].URL)
	}
	if len(m.Related) < 2 || m.Related[0].Title != "Upstream is down" {
		t.Errorf("related is %+v, want the causes", m.Related)
	}
	f.settle()
	q := f.store.questions[m.AnswerID]
	if q.Outcome != store.OutcomeAnswered || q.Document != "nginx.md" || !q.Public {
		t.Errorf("stored %+v", q)
	}
	if e := f.store.event("chat", "q1"); e.finished != store.OutcomeAnswered {
		t.Errorf("event finished as %q", e.finished)
	}
}

func TestDuplicatesAreAnsweredOnce(t *testing.T) {
	t.Parallel()
	f := setup(t, nil).run()
	ev := f.ask("nginx answers 502")
	ev.Keys = []string{"event-1", "C:1"}
	twin := ev
	twin.Keys = []string{"event-2", "C:1"} // the same message with another event id
	var wg sync.WaitGroup
	for i := range 20 {
		e := ev
		if i%2 == 1 {
			e = twin
		}
		wg.Go(func() {
			if err := f.bot.Accept(context.Background(), e); err != nil {
				t.Errorf("Accept: %v", err)
			}
		})
	}
	wg.Wait()
	f.settle()
	if n := len(f.chat.all()); n != 1 {
		t.Errorf("answered %d times, want once", n)
	}
}

func TestQueueFullIsSaid(t *testing.T) {
	t.Parallel()
	f := setup(t, &Options{Queue: 2}) // not running: nothing leaves the queue
	f.accept(f.ask("one"))
	f.accept(f.ask("two"))
	err := f.bot.Accept(context.Background(), f.ask("three"))
	if !errors.Is(err, adapters.ErrQueueFull) {
		t.Errorf("Accept = %v, want ErrQueueFull", err)
	}
	if len(f.store.events) != 2 {
		t.Errorf("%d events recorded, want 2: a refused one must not be answered later", len(f.store.events))
	}
	// What was taken is a duplicate, not refused, when it comes again.
	again := f.ask("one")
	again.Keys = []string{"q1"}
	if err := f.bot.Accept(context.Background(), again); err != nil {
		t.Errorf("Accept of a waiting duplicate = %v, want nil", err)
	}
}

func TestUnrecordedIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	f := setup(t, nil).run()
	f.store.fail = errors.New("disk full")
	if err := f.bot.Accept(context.Background(), f.ask("nginx answers 502")); err == nil || errors.Is(err, adapters.ErrQueueFull) {
		t.Errorf("Accept = %v, want the store's error", err)
	}
	f.settle()
	if n := len(f.chat.all()); n != 0 {
		t.Errorf("answered %d times what was not recorded", n)
	}
}

func TestThreadKeepsItsOrder(t *testing.T) {
	t.Parallel()
	f := setup(t, &Options{Workers: 8})
	want := map[string][]string{}
	for i := range 200 {
		ev := f.ask("nginx answers 502")
		ev.Thread = fmt.Sprintf("t%d", i%7)
		want[ev.Thread] = append(want[ev.Thread], ev.Message)
		f.accept(ev)
	}
	f.run()
	f.settle()
	got := map[string][]string{}
	for i, m := range f.chat.all() {
		for thread, ids := range want {
			for _, id := range ids {
				if id == m.To {
					got[thread] = append(got[thread], m.To)
				}
			}
		}
		_ = i
	}
	for thread := range want {
		if strings.Join(got[thread], " ") != strings.Join(want[thread], " ") {
			t.Errorf("thread %s was answered in the order %v", thread, got[thread])
		}
	}
}

// A slow answer to one slash command keeps nobody else's in the channel
// waiting.
func TestSlashCommandsDoNotQueueUp(t *testing.T) {
	t.Parallel()
	f := setup(t, &Options{Workers: 16}) // of which one channel gets a quarter
	f.index.wait = make(chan struct{})
	f.run()
	for range 4 {
		ev := f.ask("nginx answers 502")
		ev.Surface, ev.Private, ev.Thread, ev.Message = adapters.SurfaceSlash, true, "", ""
		f.accept(ev)
	}
	for range 4 {
		select {
		case <-f.index.asked: // all four are searched for at a time
		case <-time.After(20 * time.Second): // before the first runs into its deadline
			t.Fatal("the commands wait for one another")
		}
	}
	close(f.index.wait)
	f.settle()
}

func TestPanicIsOneFailedAnswer(t *testing.T) {
	t.Parallel()
	f := setup(t, nil).run()
	f.index.panics = true
	m := f.say(f.ask("nginx answers 502"))
	if !strings.Contains(m.Text, "reference") {
		t.Errorf("the asker reads %q, want a reference", m.Text)
	}
	f.settle()
	f.index.panics = false
	if m := f.say(f.ask("nginx answers 502")); len(m.Steps) == 0 {
		t.Errorf("the next question got %q", m.Text)
	}
}

func TestCrashedQuestionIsAnswered(t *testing.T) {
	t.Parallel()
	f := setup(t, &Options{Hold: 30 * time.Millisecond})
	record := func(id string, age time.Duration) {
		ev := f.ask("nginx answers 502")
		ev.Keys, ev.Message = []string{id}, id
		raw, err := json.Marshal(ev)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.store.RecordEvent(context.Background(), store.Event{Adapter: "chat", Keys: ev.Keys, Payload: raw, At: time.Now().Add(-age)}); err != nil {
			t.Fatal(err)
		}
	}
	record("recent", 9*time.Minute)
	record("old", 11*time.Minute)
	record("held", time.Minute)
	f.store.event("chat", "held").owner, f.store.event("chat", "held").until = "other", time.Now().Add(time.Hour)
	f.run()
	if m := f.next(); m.To != "recent" {
		t.Errorf("answered %q, want the recent question", m.To)
	}
	f.settle()
	if n := len(f.chat.all()); n != 1 {
		t.Errorf("%d answers, want one", n)
	}
}

func TestRecoveryDoesNotAnswerTwice(t *testing.T) {
	t.Parallel()
	f := setup(t, &Options{Hold: 30 * time.Millisecond})
	f.chat.found = true // the answer went out before the crash
	ev := f.ask("nginx answers 502")
	raw, err := json.Marshal(ev)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.store.RecordEvent(context.Background(), store.Event{Adapter: "chat", Keys: ev.Keys, Payload: raw, At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	f.run()
	<-f.store.finished
	if n := len(f.chat.all()); n != 0 {
		t.Errorf("%d answers, want none: it was sent before the crash", n)
	}
}

func TestTwoReplicasAnswerOnce(t *testing.T) {
	t.Parallel()
	a := setup(t, &Options{Hold: time.Minute, Owner: "a"})
	b := setup(t, &Options{Hold: time.Minute, Owner: "b"})
	b.store, b.bot.store = a.store, a.store
	for range 100 {
		a.accept(a.ask("nginx answers 502"))
	}
	b.run()
	a.run()
	for range 100 { // what b has claimed need not wait in its queue yet
		<-a.store.finished
	}
	a.settle()
	b.settle()
	answered := map[string]int{}
	for _, m := range append(a.chat.all(), b.chat.all()...) {
		answered[m.To]++
	}
	if len(answered) != 100 {
		t.Errorf("%d questions answered, want 100", len(answered))
	}
	for id, n := range answered {
		if n != 1 {
			t.Errorf("%s answered %d times", id, n)
		}
	}
}

func TestStopAnswersWhatWaits(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	f.chat.block = make(chan struct{})
	f.run()
	for range 10 {
		f.accept(f.ask("nginx answers 502"))
	}
	stopped := make(chan struct{})
	go func() { f.stop(); close(stopped) }()
	close(f.chat.block)
	<-stopped
	if n := len(f.chat.all()); n != 10 {
		t.Errorf("%d of 10 questions answered before the end", n)
	}
	if err := f.bot.Accept(context.Background(), f.ask("late")); err == nil || errors.Is(err, adapters.ErrQueueFull) {
		t.Errorf("a stopped bot's Accept = %v, want an error that makes the platform send it again", err)
	}
}

func TestStopIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := setup(t, &Options{Workers: 1, Grace: 3 * time.Second})
		f.chat.block = make(chan struct{}) // never opened
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); _ = f.bot.Run(ctx) }()
		f.accept(f.ask("nginx answers 502"))
		f.accept(f.ask("redis memory is full"))
		synctest.Wait()
		cancel()
		start := time.Now()
		<-done
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("Run returned after %v, want the grace period", took)
		}
		for _, id := range []string{"q1", "q2"} {
			if e := f.store.event("chat", id); e.finished != "" {
				t.Errorf("event %s is finished as %q, want it left for the next process", id, e.finished)
			}
		}
	})
}

func TestBusySign(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := setup(t, nil)
		f.index.wait = make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); _ = f.bot.Run(ctx) }()
		f.accept(f.ask("nginx answers 502"))
		time.Sleep(499 * time.Millisecond)
		synctest.Wait()
		if n := len(f.chat.busy); n != 0 {
			t.Errorf("sign shown after 499 ms")
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if n := len(f.chat.busy); n != 1 {
			t.Fatalf("%d signs after 501 ms, want one", n)
		}
		close(f.index.wait)
		synctest.Wait()
		if on, off := <-f.chat.busy, <-f.chat.busy; on != "on" || off != "off" {
			t.Errorf("sign went %s, %s", on, off)
		}
		cancel()
		<-done
	})
}

func TestAskersWhoWaitAreTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := setup(t, &Options{Workers: 1, Deadline: time.Minute})
		f.index.wait = make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); _ = f.bot.Run(ctx) }()
		f.accept(f.ask("nginx answers 502")) // is being worked on
		f.accept(f.ask("redis memory is full"))
		time.Sleep(29 * time.Second)
		synctest.Wait()
		if n := len(f.chat.all()); n != 0 {
			t.Errorf("%d messages after 29 s", n)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if all := f.chat.all(); len(all) != 1 || all[0].To != "q2" || !all[0].Message.Private || !strings.Contains(all[0].Message.Text, "not lost") {
			t.Errorf("after 31 s: %+v", all)
		}
		close(f.index.wait)
		synctest.Wait()
		if all := f.chat.all(); len(all) != 3 || all[2].To != "q2" || len(all[2].Message.Steps) == 0 {
			t.Errorf("in the end: %d messages", len(all))
		}
		cancel()
		<-done
	})
}

// A teller is a platform that tells by itself.
type teller struct {
	*platform
	told chan string
}

func (p teller) TellWait(_ context.Context, ev adapters.Event) { p.told <- ev.Message }

// Where the platform tells askers that they wait, the bot sends nothing of its
// own.
func TestThePlatformTellsWhoWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := setup(t, &Options{Workers: 1, Deadline: time.Minute})
		p := teller{f.chat, make(chan string, 10)}
		f.bot.Attach("chat", p)
		f.index.wait = make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); _ = f.bot.Run(ctx) }()
		f.accept(f.ask("nginx answers 502"))
		f.accept(f.ask("redis memory is full"))
		time.Sleep(31 * time.Second)
		synctest.Wait()
		if n := len(f.chat.all()); n != 0 || len(p.told) != 1 || <-p.told != "q2" {
			t.Errorf("after 31 s: %d messages, %d told", n, len(p.told))
		}
		close(f.index.wait)
		synctest.Wait()
		if n := len(f.chat.all()); n != 2 || len(p.told) != 0 {
			t.Errorf("in the end: %d messages, %d told again", n, len(p.told))
		}
		cancel()
		<-done
	})
}

func TestSlowSearchEndsAtTheDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := setup(t, nil)
		f.index.wait = make(chan struct{}) // never answers
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); _ = f.bot.Run(ctx) }()
		f.accept(f.ask("nginx answers 502"))
		start := time.Now()
		m := <-f.chat.got
		if took := time.Since(start); took != 25*time.Second || !strings.Contains(m.Message.Text, "too long") {
			t.Errorf("after %v the asker read %q", took, m.Message.Text)
		}
		cancel()
		<-done
	})
}

func TestDeliveryIsTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := setup(t, nil)
		f.chat.fail = func(n int) error {
			switch n {
			case 1:
				return &adapters.DeliveryError{Kind: adapters.KindRateLimited, RetryAfter: 5 * time.Second, Op: "reply", Err: errors.New("429")}
			case 2:
				return &adapters.DeliveryError{Kind: adapters.KindServer, Op: "reply", Err: errors.New("503")}
			}
			return nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); _ = f.bot.Run(ctx) }()
		start := time.Now()
		f.accept(f.ask("nginx answers 502"))
		<-f.chat.got
		if took := time.Since(start); took < 5*time.Second {
			t.Errorf("tried again after %v, want the server's wish honoured", took)
		}
		cancel()
		<-done
	})
}

func TestServerFaultIsAnsweredLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := setup(t, nil)
		f.chat.fail = func(n int) error {
			if n <= 3 {
				return &adapters.DeliveryError{Kind: adapters.KindServer, Op: "reply", Err: errors.New("503")}
			}
			return nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); _ = f.bot.Run(ctx) }()
		f.accept(f.ask("nginx answers 502"))
		<-f.chat.got
		cancel()
		<-done
		if n := len(f.store.questions); n != 1 {
			t.Errorf("%d questions stored for one asked", n)
		}
	})
}

func TestTimeoutIsNotSentTwice(t *testing.T) {
	t.Parallel()
	f := setup(t, &Options{Hold: 30 * time.Millisecond}).run()
	f.chat.fail = func(int) error {
		return &adapters.DeliveryError{Kind: adapters.KindTimeout, Op: "reply", Err: context.DeadlineExceeded}
	}
	f.accept(f.ask("nginx answers 502"))
	f.settle()
	f.chat.mu.Lock()
	defer f.chat.mu.Unlock()
	if f.chat.tries != 1 {
		t.Errorf("sent %d times what may have arrived", f.chat.tries)
	}
}

func TestOptionsAreValidated(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]*Options{
		"Workers":    {Workers: -1},
		"Grace":      {Grace: -time.Second},
		"Confidence": {Onboarding: map[string]Onboarding{"chat": {Confidence: 2}}},
	} {
		_, err := New(slog.New(slog.DiscardHandler), func() Index { return nil }, newMemoryStore(), o)
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("New with a bad %s = %v, want an error that names it", name, err)
		}
	}
}
