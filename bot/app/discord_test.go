package app

import (
	"context"
	"strings"
	"syscall"
	"testing"
	"time"

	"cairn/adapters/discord/discordtest"
	"cairn/adapters/slack/slacktest"
)

// A mention and a slash command on Discord are answered by the whole program,
// over the real protocol, with the runbook's steps.
func TestDiscordEndToEnd(t *testing.T) {
	t.Parallel()
	fake := discordtest.Start(&discordtest.Options{AnswerWithin: patience})
	defer fake.Close()
	s := startServe(t, fake.Env())
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := fake.AwaitSession(ctx, 1); err != nil {
		t.Fatalf("no session: %v\n%s", err, s.logged())
	}
	fake.Mention(discordtest.General, "700000000000000001", "502 troubleshooting")
	m, err := fake.Await(ctx, discordtest.General, func(m discordtest.Message) bool {
		return strings.Contains(m.Visible(), "http-502.md")
	})
	if err != nil {
		t.Fatalf("mention not answered: %v\n%s", err, s.logged())
	}
	if !strings.Contains(m.Visible(), "tail -n 20") {
		t.Errorf("no command in the answer:\n%s", m.Visible())
	}
	id := fake.Slash(discordtest.General, "700000000000000002", "ask", map[string]any{"question": "redis 内存满了怎么办"})
	if _, err := fake.AwaitAnswer(ctx, id); err != nil {
		t.Fatalf("slash command not acknowledged: %v\n%s", err, s.logged())
	}
	answered := func() bool {
		o := fake.Interaction(id).Original
		return o != nil && strings.Contains(o.Visible(), "redis-memory.md")
	}
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for !answered() {
		select {
		case <-again.C:
			continue
		case <-ctx.Done():
		}
		t.Fatalf("slash command not answered\n%s", s.logged())
	}
	if problems := fake.Problems(); len(problems) > 0 {
		t.Errorf("Discord would have refused: %q", problems)
	}
	if strings.Contains(s.logged(), discordtest.Token) {
		t.Error("the token stands in the log")
	}
	if code := s.stop(syscall.SIGTERM); code != exitDone {
		t.Errorf("exit %d, want 0\n%s", code, s.logged())
	}
}

// Doctor asks both platforms and says what to do about what it finds.
func TestDoctorAsksThePlatforms(t *testing.T) {
	t.Parallel()
	onDiscord := discordtest.Start(nil)
	defer onDiscord.Close()
	onSlack := slacktest.Start(nil)
	defer onSlack.Close()
	r := cairnWith(t, append(onDiscord.Env(), onSlack.Env()...), "", "doctor", "--data", t.TempDir())
	for _, want := range []string{"library", "store", "slack", "discord", "clock"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("doctor says nothing of %s:\n%s%s", want, r.out, r.err)
		}
	}
	if strings.Contains(r.out+r.err, discordtest.Token) || strings.Contains(r.out+r.err, slacktest.BotToken) {
		t.Error("doctor shows a token")
	}
	bad := cairnWith(t, []string{"SLACK_BOT_TOKEN=xoxb-wrong", "SLACK_APP_TOKEN=xapp-wrong", "SLACK_API_URL=" + onSlack.URL()}, "", "doctor", "--data", t.TempDir())
	if bad.code != exitFailed || !strings.Contains(bad.out, "FAIL") {
		t.Errorf("a wrong token: exit %d\n%s%s", bad.code, bad.out, bad.err)
	}
}
