package app

import (
	"context"
	"os"
	"strings"
	"syscall"
	"testing"

	"cairn/adapters/slack/slacktest"
)

// A mention on Slack is answered in its thread by the whole program, over the
// real protocol, with the runbook's steps, and once, although Slack tells of
// it twice.
func TestSlackEndToEnd(t *testing.T) {
	t.Parallel()
	fake := slacktest.Start(nil)
	defer fake.Close()
	fake.AddChannel("C1", "public", "U1")
	fake.AddUser(slacktest.User{ID: "U1"})
	s := startServe(t, fake.Env())
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := fake.AwaitSockets(ctx, 1); err != nil {
		t.Fatalf("no socket: %v\n%s", err, s.logged())
	}
	ts := fake.Mention("C1", "U1", "502 troubleshooting", "")
	m, err := fake.Await(ctx, "C1", func(m slacktest.Message) bool { return strings.Contains(m.Visible(), "http-502.md") })
	if err != nil {
		t.Fatalf("no answer: %v\n%s", err, s.logged())
	}
	if m.ThreadTS != ts {
		t.Errorf("answered in thread %q, want %q", m.ThreadTS, ts)
	}
	if !strings.Contains(m.Visible(), "tail -n 20") {
		t.Errorf("no command in the answer:\n%s", m.Visible())
	}
	if problems := fake.Problems(); len(problems) > 0 {
		t.Errorf("Slack would have refused: %q", problems)
	}
	if log := s.logged(); strings.Contains(log, "xoxb-") || strings.Contains(log, "xapp-") {
		t.Errorf("a token stands in the log:\n%s", log)
	}
	if code := s.stop(syscall.SIGTERM); code != exitDone {
		t.Errorf("exit %d, want 0\n%s", code, s.logged())
	}
	n := 0
	for _, m := range fake.Messages("C1") {
		if strings.Contains(m.Visible(), "http-502.md") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("answered %d times, want once", n)
	}
}

// What was recorded before a crash is answered after it.
func TestSlackAnswersAfterACrash(t *testing.T) {
	t.Parallel()
	fake := slacktest.Start(nil)
	defer fake.Close()
	fake.AddChannel("C1", "public", "U1")
	fake.AddUser(slacktest.User{ID: "U1"})
	data := t.TempDir()
	first := startServe(t, fake.Env(), "--data", data)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := fake.AwaitSockets(ctx, 1); err != nil {
		t.Fatal(err)
	}
	// The first posting hangs until the process is gone, and takes no effect.
	fake.Fail("chat.postMessage", slacktest.Fault{Until: t.Context().Done(), Status: 503})
	fake.Mention("C1", "U1", "disk full", "")
	if _, err := fake.AwaitCall(ctx, "chat.postMessage", 1); err != nil {
		t.Fatalf("nothing was posted: %v\n%s", err, first.logged())
	}
	first.stop(os.Kill)
	second := startServe(t, fake.Env(), "--data", data)
	if _, err := fake.Await(ctx, "C1", func(m slacktest.Message) bool { return strings.Contains(m.Visible(), "disk-full.md") }); err != nil {
		t.Errorf("not answered after the crash: %v\n%s", err, second.logged())
	}
}
