package slack

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cairn/adapters"
	"cairn/adapters/slack/slacktest"
)

// 500 questions a second over 2,000 channels, while sockets break and events
// are repeated: whatever socket stays open sees its acknowledgement in time,
// and every question is answered once. 20 s with CAIRN_LOAD=1, 5 s with
// CAIRN_TEST_ALL=1, else one. Slack's three seconds are held against the adapter
// where the machine itself has kept time.
func TestLoad(t *testing.T) {
	seconds, measured := 1, os.Getenv("CAIRN_LOAD") == "1"
	if os.Getenv("CAIRN_TEST_ALL") == "1" {
		seconds = 5
	}
	if measured {
		seconds = 20
	}
	stalled := stalls(t)
	const perSecond, channels = 500, 2000
	// Slack's retries come minutes later; here as late as the test can wait.
	r := newRig(t, rigOptions{server: slacktest.Options{AckWithin: 3 * time.Second, Retries: retries(50 * time.Millisecond)}})
	m := answerMessage()
	m.Marker = ""
	// As the bot does: a few workers behind a queue.
	queue := make(chan adapters.Event, seconds*perSecond)
	r.h.mu.Lock()
	r.h.answer = func(ev adapters.Event) { queue <- ev }
	r.h.mu.Unlock()
	for range 8 {
		go func() {
			for {
				select {
				case <-r.ctx.Done():
					return
				case ev := <-queue:
					if _, err := r.Reply(r.ctx, ev, m); err != nil && r.ctx.Err() == nil {
						r.lg.Error("reply", "err", err)
					}
				}
			}
		}()
	}
	total := 0
	var mu sync.Mutex
	asked := map[string]bool{}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for batch := range seconds * 50 {
		<-tick.C
		for range perSecond / 50 {
			ch := fmt.Sprintf("C%04d", total%channels)
			ts := r.slack.Mention(ch, fmt.Sprintf("U%d", total%97), fmt.Sprintf("question %d: 502?", total), "")
			mu.Lock()
			asked[ch+"/"+ts] = true
			mu.Unlock()
			if total%10 == 0 { // once more under another event id
				r.slack.Event(map[string]any{"type": "app_mention", "user": "U1", "text": "<@" + slacktest.BotUser + "> again", "ts": ts, "channel": ch})
			}
			total++
		}
		if batch%25 == 24 {
			r.slack.DropOne()
		}
		if batch%60 == 59 {
			r.slack.Disconnect("refresh_requested")
		}
	}
	until(t, "every question is taken", func() bool { return r.h.count() >= total })
	until(t, "every question is answered", func() bool { return len(r.slack.Messages("")) >= total })
	r.settle(t)
	answers := map[string]int{}
	for _, a := range r.slack.Messages("") {
		answers[a.Channel+"/"+a.ThreadTS]++
	}
	for q := range asked {
		if answers[q] != 1 {
			t.Errorf("question %s: %d answers", q, answers[q])
		}
	}
	s := r.slack.Stats()
	if longest := stalled(); s.Late > 0 && (measured || longest < 500*time.Millisecond) {
		t.Errorf("late acknowledgements: got %d, want none; the machine stood still for at most %v", s.Late, longest)
	}
	t.Logf("%d questions, %+v", total, s)
	if n := r.h.count(); n != total {
		t.Errorf("events: got %d, want %d", n, total)
	}
}

// stalls watches how long nothing of this process runs at a time, and returns
// the longest of it.
func stalls(t *testing.T) (longest func() time.Duration) {
	var most atomic.Int64
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for last := time.Now(); t.Context().Err() == nil; {
			<-tick.C
			now := time.Now()
			most.Store(max(most.Load(), int64(now.Sub(last))))
			last = now
		}
	}()
	return func() time.Duration { return time.Duration(most.Load()) }
}
