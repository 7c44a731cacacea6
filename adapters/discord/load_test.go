package discord

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"cairn/adapters"
	"cairn/adapters/discord/discordtest"
)

// TestLoadSlash asks 500 questions a second by slash command: each is deferred
// within three seconds and answered once. The short load says nothing of the
// seconds, since the machine may be busy with something else.
func TestLoadSlash(t *testing.T) {
	seconds, perSecond, within := 1, 100, patience // as much as a busy machine can do
	if os.Getenv("CAIRN_LOAD") == "1" {
		seconds, perSecond, within = 20, 500, deferWithin
	}
	n := perSecond * seconds
	h := newHandler()
	r := newRig(t, rigOptions{
		h: h, unchecked: true, server: discordtest.Options{AnswerWithin: within}, opts: Options{KeepCommands: true},
		tune: func(a *Adapter) { a.deferWithin = within },
	})
	var wg sync.WaitGroup
	slots := make(chan struct{}, 64)
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(seconds)*time.Second+2*patience)
	defer cancel()
	wg.Add(n)
	h.set(func(h *handler) {
		h.answer = func(ev adapters.Event) {
			defer wg.Done()
			slots <- struct{}{}
			defer func() { <-slots }()
			m := answer("answer to " + ev.Text)
			m.Private = true
			if _, err := r.Reply(ctx, ev, m); err != nil {
				t.Errorf("reply: %v", err)
			}
		}
	})
	ids := make([]string, 0, n)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for len(ids) < n {
		<-tick.C
		for range perSecond / 100 {
			ids = append(ids, r.discord.Slash(discordtest.General, discordtest.Ada, "ask", map[string]any{"question": fmt.Sprintf("q%d.", len(ids))}))
		}
	}
	wg.Wait()
	worst := time.Duration(0)
	for i, id := range ids {
		x := r.discord.Interaction(id)
		if x.Answer != answerDeferred || x.Original == nil || !strings.Contains(x.Original.Visible(), fmt.Sprintf("answer to q%d.", i)) {
			t.Fatalf("question %d: %+v", i, x)
		}
		worst = max(worst, x.After)
	}
	if worst > within {
		t.Errorf("the slowest was deferred after %v", worst)
	}
	if got := len(r.discord.Messages("")); got != n {
		t.Errorf("%d answers to %d questions", got, n)
	}
	t.Logf("%d commands in %d s, the slowest deferred after %v", n, seconds, worst)
}

// TestLoadMentions asks many questions by mention in several channels at once,
// each by somebody else, under the global limit: none is lost or doubled, each
// channel's order is kept, nobody runs into the limit, and everybody who waits
// for long is told. The full load is 2,000 in ten seconds under 50 requests a
// second. The short one leaves room for a machine that is busy with something
// else: to be told before the answer comes, and in the server's limit, which
// requests that the machine holds up reach in a heap. TestGlobalSlots looks at
// the limit itself.
func TestLoadMentions(t *testing.T) {
	n, channels, perSecond, global, tell, sure, order := 200, 3, 50, 200, 500*time.Millisecond, 3*time.Second, patience
	pause := time.Millisecond
	if os.Getenv("CAIRN_LOAD") == "1" {
		n, channels, perSecond, global, tell, sure, order = 2000, 50, 50, 50, 30*time.Second, 30*time.Second, orderPatience
		pause = 5 * time.Millisecond
	}
	h := newHandler()
	// Discord's window is one of its own; ours never has more in any second.
	r := newRig(t, rigOptions{
		h: h, unchecked: true, server: discordtest.Options{Global: global}, opts: Options{PerSecond: perSecond, TellAfter: tell, KeepCommands: true},
		tune: func(a *Adapter) { a.asked.patience = order },
	})
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	defer cancel()
	var wg sync.WaitGroup
	wg.Add(n)
	all := make(chan struct{})
	if n >= 2000 {
		close(all)
	}
	for i := range channels {
		r.discord.AddChannel(rush(i), "load", 0, true)
	}
	// The bot answers several at a time, so that a later question's answer may
	// be ready earlier.
	h.set(func(h *handler) {
		h.answer = func(ev adapters.Event) {
			defer wg.Done()
			// The bot tells of the wait in its own queue.
			queued := time.AfterFunc(tell, func() { r.TellWait(ctx, ev) })
			<-all // the short load is all there before its first answer
			queued.Stop()
			time.Sleep(rand.N(5 * time.Millisecond))
			if _, err := r.Reply(ctx, ev, answer("answer to "+ev.Text)); err != nil {
				t.Errorf("reply: %v", err)
			}
		}
	})
	rushed := make([]string, n)
	for i := range n {
		rushed[i] = r.discord.Mention(rush(i%channels), rusher(i), fmt.Sprintf("q%d.", i))
		time.Sleep(pause)
	}
	if n < 2000 {
		close(all)
	}
	wg.Wait()
	late, slowest := checkRush(t, r.discord, rushed, channels, sure)
	if late == 0 {
		t.Error("nobody had to wait: the load is too small")
	}
	if st := r.discord.Stats(); st.GlobalLimited > 0 {
		t.Errorf("ran into the global limit %d times", st.GlobalLimited)
	}
	t.Logf("%d mentions answered, the slowest after %v; %d waited longer than %v, all told", n, slowest, late, sure)
}

// rush names a channel of the load, rusher an asker of it.
func rush(i int) string   { return fmt.Sprint(200000000000000000 + i) }
func rusher(i int) string { return fmt.Sprint(300000000000000000 + i) }

// checkRush looks whether each of the questions q0 to qn, put to the channels
// in turn, was answered once, in its channel's order, and whether everybody who
// waited longer than tell was named in a notice before. It returns how many
// those were.
func checkRush(t *testing.T, d *discordtest.Server, questions []string, channels int, tell time.Duration) (late int, slowest time.Duration) {
	t.Helper()
	for ch := range channels {
		next := ch
		named := ""
		var waited []int
		for _, m := range d.Messages(rush(ch)) {
			text := m.Visible()
			if strings.Contains(text, "Many questions are waiting") {
				named += text
				if len(m.Read().Pings) > 0 {
					t.Errorf("a notice pings: %q", text)
				}
				continue
			}
			if m.ReplyTo == "" || next >= len(questions) || m.ReplyTo != questions[next] {
				t.Fatalf("channel %d: want the answer to q%d, got %q", ch, next, text)
			}
			asked, ok := d.Message(rush(ch), questions[next])
			if !ok {
				t.Fatalf("question %d is gone", next)
			}
			wait := m.At.Sub(asked.At)
			slowest = max(slowest, wait)
			if wait > tell {
				waited = append(waited, next)
			}
			next += channels
		}
		if next < len(questions) {
			t.Errorf("channel %d: the answer to q%d is missing", ch, next)
		}
		for _, i := range waited {
			if !strings.Contains(named, "User"+rusher(i)) && !strings.Contains(named, "user"+rusher(i)) {
				t.Errorf("channel %d: the asker of q%d waited for long and was not told", ch, i)
			}
		}
		late += len(waited)
	}
	return late, slowest
}

func TestBucketsAreKept(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{server: discordtest.Options{Bucket: 5, BucketWindow: 150 * time.Millisecond}})
	for i := range 14 {
		if _, err := r.Send(r.ctx, adapters.Destination{Channel: discordtest.General}, answer(fmt.Sprint("m", i))); err != nil {
			t.Fatal(err)
		}
	}
	if st := r.discord.Stats(); st.LimitedCalls > 1 {
		t.Errorf("ran into the bucket's limit %d times", st.LimitedCalls)
	}
	if n := len(r.discord.Messages(discordtest.General)); n != 14 {
		t.Errorf("%d messages", n)
	}
}

func TestGlobalLimitStopsEverything(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	r.discord.Fail(1, discordtest.Fault{Method: "POST", Path: "/channels/" + discordtest.General, Status: 429, RetryAfter: 200 * time.Millisecond, Global: true})
	if _, err := r.Send(r.ctx, adapters.Destination{Channel: discordtest.General}, answer("x")); err != nil {
		t.Fatal(err)
	}
	calls := r.discord.Calls("POST", "/channels/"+discordtest.General)
	if len(calls) != 2 || calls[1].At.Sub(calls[0].At) < 190*time.Millisecond {
		t.Errorf("%d calls, the second too early", len(calls))
	}
}

func TestTooManyRefusalsRest(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	l := newLimiter(50, func() time.Time { return now })
	for i := range invalidStop {
		if err := l.guard("send"); err != nil {
			t.Fatalf("refused after %d: %v", i, err)
		}
		l.invalid = append(l.invalid, now)
	}
	err := l.guard("send")
	d, ok := err.(*adapters.DeliveryError)
	if !ok || d.Kind != adapters.KindRateLimited || d.RetryAfter != invalidWindow*time.Second {
		t.Fatalf("got %v", err)
	}
	now = now.Add(invalidWindow*time.Second + time.Second)
	if err := l.guard("send"); err != nil {
		t.Errorf("after the window: %v", err)
	}
}
