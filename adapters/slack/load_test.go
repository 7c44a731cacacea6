package slack

import (
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"cairn/adapters"
	"cairn/adapters/slack/slacktest"
)

// 500 questions a second over 2,000 channels, while sockets break and events
// are repeated: whatever socket stays open sees its acknowledgement in time,
// and every question is answered once. 20 s with CAIRN_LOAD=1, which holds the
// adapter to Slack's three seconds; 5 s with CAIRN_TEST_ALL=1, else one, on a
// machine that may be busy with something else.
func TestLoad(t *testing.T) {
	seconds, ackWithin := 1, patience
	if os.Getenv("CAIRN_TEST_ALL") == "1" {
		seconds = 5
	}
	if os.Getenv("CAIRN_LOAD") == "1" {
		seconds, ackWithin = 20, 3*time.Second
	}
	const perSecond, channels = 500, 2000
	// Slack's retries come minutes later; here as late as the test can wait.
	r := newRig(t, rigOptions{server: slacktest.Options{AckWithin: ackWithin, Retries: retries(50 * time.Millisecond)}})
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
	if s.Late > 0 {
		t.Errorf("late acknowledgements: got %d, want none", s.Late)
	}
	t.Logf("%d questions, %+v", total, s)
	if n := r.h.count(); n != total {
		t.Errorf("events: got %d, want %d", n, total)
	}
}
