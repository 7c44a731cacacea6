package app

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"cairn/adapters/slack/slacktest"
)

// A load of questions on the whole program: `cairn serve` as a process, with
// the built-in library and its state in SQLite, behind Socket Mode. Channels
// take one message a second, sockets are dropped and refreshed, events come
// again under another id. Every question is answered once, none is given up.
// 500 a second for 20 s with CAIRN_LOAD=1, else 50 a second for two. With
// CAIRN_LOAD=1, which wants the machine to itself, every envelope whose socket
// stayed open is acknowledged within three seconds too, and none is refused.
func TestSlackLoad(t *testing.T) {
	perSecond, seconds := 50, 2
	measured := os.Getenv("CAIRN_LOAD") == "1"
	if measured {
		perSecond, seconds = 500, 20
	}
	const channels, people = 2000, 1900
	fake := slacktest.Start(&slacktest.Options{PostEvery: time.Second, Retries: []time.Duration{50 * time.Millisecond, time.Second, 3 * time.Second, 6 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute}})
	defer fake.Close()
	s := startServe(t, fake.Env())
	// What takes longer than this to drain is a failure in itself.
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(seconds)*time.Second+patience)
	defer cancel()
	if err := fake.AwaitSockets(ctx, 2); err != nil {
		t.Fatalf("no sockets: %v\n%s", err, s.logged())
	}
	questions := []string{
		"502 troubleshooting", "nginx 504 怎么排查", "kubernetes node NotReady", "磁盘满了怎么办", "postgres replication lag", "redis 内存不足",
		"kafka consumer lag grows", "Pod 一直 CrashLoopBackOff", "certificate expires soon", "MySQL 主从延迟", "what is a canary release", "who won the world cup", "etcd database space exceeded",
	}
	asked := map[string]string{}
	began := time.Now()
	for total := range perSecond * seconds {
		if d := time.Until(began.Add(time.Duration(total) * time.Second / time.Duration(perSecond))); d > 0 {
			time.Sleep(d)
		}
		ch, user := fmt.Sprintf("C%04d", total%channels), fmt.Sprintf("U%04d", total%people)
		ts := fake.Mention(ch, user, questions[total%len(questions)], "")
		asked[ch+"/"+ts] = questions[total%len(questions)]
		if total%10 == 0 {
			fake.Event(map[string]any{"type": "app_mention", "user": user, "text": "<@" + slacktest.BotUser + "> " + questions[total%len(questions)], "ts": ts, "channel": ch})
		}
		if total%perSecond == perSecond/2 {
			fake.DropOne()
		}
		if total%(perSecond*5/4) == perSecond {
			fake.Disconnect("refresh_requested")
		}
	}
	sent := time.Since(began)
	// Answers carry a marker; a long one goes on in messages without.
	count := func() (answered map[string]int, all int) {
		answered = map[string]int{}
		for _, m := range fake.Messages("") {
			if m.Ephemeral == "" && strings.Contains(string(m.Metadata), "cairn_delivery") {
				answered[m.Channel+"/"+m.ThreadTS]++
				all++
			}
		}
		return answered, all
	}
	for tick := time.NewTicker(100 * time.Millisecond); ; {
		if _, all := count(); all >= len(asked) {
			break
		}
		select {
		case <-tick.C:
			continue
		case <-ctx.Done():
		}
		break
	}
	drained := time.Since(began)
	metrics := scrape(t, s.base+"/metrics")
	// What is answered twice is so within the grace period at the latest.
	if code := s.stop(syscall.SIGTERM); code != exitDone {
		t.Errorf("exit %d, want 0", code)
	}
	answered, all := count()
	wrong := 0
	for q, text := range asked {
		if n := answered[q]; n != 1 {
			if wrong++; wrong <= 10 {
				t.Errorf("question %s (%s): answered %d times, want once", q, text, n)
			}
		}
	}
	stats := fake.Stats()
	if stats.Undelivered > 0 {
		t.Errorf("envelopes: got %+v, want none undelivered", stats)
	}
	if measured && (stats.Late > 0 || stats.Slowest > 3*time.Second) {
		t.Errorf("envelopes: got %+v, want none late", stats)
	}
	if all != len(asked) || wrong > 0 {
		t.Errorf("got %d answers to %d questions, %d of them not once\n%.3000s", all, len(asked), wrong, s.logged())
	}
	unwanted := []string{"full", "panic", "undelivered"}
	if measured {
		unwanted = append(unwanted, "failed") // else it comes again
	}
	for _, what := range unwanted {
		if m := regexp.MustCompile(`(?m)^cairn_events_total\{adapter="slack",result="` + what + `"\} [1-9].*$`).FindString(metrics); m != "" {
			t.Errorf("got %s, want none", m)
		}
	}
	if problems := fake.Problems(); len(problems) > 0 {
		t.Errorf("Slack would have refused: %.5q", problems)
	}
	usage := s.cmd.ProcessState
	t.Logf("%d questions in %.1f s, all answered after %.1f s with %v of CPU time, %d calls refused by rate, %+v",
		len(asked), sent.Seconds(), drained.Seconds(), usage.UserTime()+usage.SystemTime(), len(fake.Calls("chat.postMessage"))-len(fake.Messages("")), stats)
}

// scrape reads the metrics.
func scrape(t *testing.T, address string) string {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(b), `cairn_events_total{adapter="slack"`) {
		t.Fatalf("metrics: %v\n%.500s", err, b)
	}
	return string(b)
}
