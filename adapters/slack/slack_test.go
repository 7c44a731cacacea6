package slack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cairn/adapters"
	"cairn/adapters/slack/slacktest"
)

func TestMentionIsAnsweredOnceInItsThread(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	r.answers(answerMessage())
	ts := r.slack.Mention("C1", "U1", "502 troubleshooting &amp; more", "")
	m := r.await(t, "C1", nil)
	if m.ThreadTS != ts {
		t.Errorf("thread: got %q, want the question's %q", m.ThreadTS, ts)
	}
	ev := r.h.wait(t, 1)
	if ev.Text != "502 troubleshooting & more" || ev.Surface != adapters.SurfaceMention || ev.Kind != adapters.EventAsk || !ev.ChannelPublic || ev.Message != ts || ev.Workspace != slacktest.Team {
		t.Errorf("event: got %+v", ev)
	}
	r.settle(t)
	if n := r.h.count(); n != 1 || r.slack.Stats().Acked != 2 {
		t.Errorf("got %d events and %+v, want 1 for app_mention and message together, both acknowledged", n, r.slack.Stats())
	}
	if err := r.Ready(); err != nil {
		t.Errorf("Ready: %v", err)
	}
	for _, want := range []string{"502 from the gateway", "kubectl delete pod -l app=api", "echo '<@U1>'", "502.md:3-9"} {
		if !strings.Contains(m.Visible(), want) {
			t.Errorf("answer lacks %q:\n%s", want, m.Visible())
		}
	}
	if strings.Contains(string(m.Blocks), "127.0.0.1") {
		t.Error("a loopback address went out")
	}
}

func TestRefusedTokenEndsRun(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]Config{
		"bot token": {BotToken: adapters.NewSecret("xoxb-wrong-token-value")},
		"app token": {AppToken: adapters.NewSecret("xapp-wrong-token-value")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, rigOptions{config: cfg, asleep: true})
			err := <-r.ended
			r.ended <- err
			if adapters.KindOf(err) != adapters.KindAuth || !errors.Is(err, errRefused) {
				t.Errorf("got %v, want an error of kind auth that says what to check", err)
			}
			if strings.Contains(err.Error(), "wrong-token-value") {
				t.Errorf("the error holds the token: %v", err)
			}
			if r.Ready() == nil {
				t.Error("ready without a valid token")
			}
		})
	}
}

func TestTokenRevokedLaterEndsRun(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	r.slack.Fail("chat.postMessage", slacktest.Fault{Error: "token_revoked"})
	_, err := r.Send(r.ctx, adapters.Destination{Channel: "C1"}, answerMessage())
	if adapters.KindOf(err) != adapters.KindAuth {
		t.Errorf("Send: got %v, want kind auth", err)
	}
	err = <-r.ended
	r.ended <- err
	if adapters.KindOf(err) != adapters.KindAuth {
		t.Errorf("Run: got %v, want kind auth", err)
	}
}

func TestReconnects(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{server: slacktest.Options{Retries: retries(10*time.Millisecond, 50*time.Millisecond)}})
	r.answers(answerMessage())
	opened := r.slack.Opened()
	r.slack.Disconnect("refresh_requested")
	until(t, "two more sockets", func() bool { return r.slack.Opened() >= opened+2 && r.Ready() == nil })
	if err := r.slack.AwaitSockets(r.ctx, 2); err != nil {
		t.Fatal(err)
	}
	r.slack.Mention("C1", "U1", "first", "")
	r.await(t, "C1", nil)
	r.slack.DropSockets()
	r.slack.Mention("C2", "U1", "second", "") // arrives by a retry
	r.await(t, "C2", nil)
	r.settle(t)
	// A retry header alone drops nothing, and a repeat is one event.
	if n := r.h.count(); n != 2 {
		t.Errorf("events: got %d, want 2", n)
	}
}

func TestDeadSocketIsReplaced(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{server: slacktest.Options{Ping: time.Hour}, opts: Options{PingTimeout: 200 * time.Millisecond, Connections: 1}})
	until(t, "a socket replaced for want of pings", func() bool { return r.slack.Opened() >= 2 })
}

// While nothing can be recorded, sockets are held and replaced all the same,
// and whatever Slack sent meanwhile is taken afterwards.
func TestSocketsLiveWhileTheStoreHangs(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	release := sync.OnceFunc(func() { close(hang) })
	defer release()
	r := newRig(t, rigOptions{
		server: slacktest.Options{AckWithin: 500 * time.Millisecond, Retries: append([]time.Duration{100 * time.Millisecond, time.Second, 2 * time.Second}, slices.Repeat([]time.Duration{5 * time.Second}, 20)...)},
		fail:   func(adapters.Event) error { <-hang; return nil },
	})
	const messages = 400 // more than one lane holds
	for i := range messages {
		r.slack.Say("D1", "U1", fmt.Sprintf("question %d", i), "1700000000.000100")
	}
	for range 3 {
		r.slack.DropSockets()
		ctx, cancel := context.WithTimeout(r.ctx, patience)
		defer cancel()
		if err := r.slack.AwaitSockets(ctx, 2); err != nil {
			t.Fatalf("no new sockets: %v", err)
		}
		until(t, "ready", func() bool { return r.Ready() == nil })
	}
	release()
	until(t, "every message is taken", func() bool { return r.h.count() == messages })
}

func TestReadyFollowsTheSockets(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	until(t, "ready", func() bool { return r.Ready() == nil })
	// Both sockets' first attempts wait until that was seen.
	seen := make(chan struct{})
	r.slack.Fail("apps.connections.open", slices.Repeat([]slacktest.Fault{{Status: 500, Until: seen}}, 2)...)
	r.slack.Fail("apps.connections.open", slices.Repeat([]slacktest.Fault{{Status: 500}}, 4)...)
	r.slack.DropSockets()
	until(t, "not ready", func() bool { return r.Ready() != nil })
	close(seen)
	until(t, "ready again", func() bool { return r.Ready() == nil })
}

func TestNotRecordedIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	failures := 1
	r := newRig(t, rigOptions{
		server: slacktest.Options{AckWithin: 300 * time.Millisecond, Retries: []time.Duration{0, 0, 0}},
		fail: func(adapters.Event) error { // called under the handler's lock
			if failures--; failures >= 0 {
				return errors.New("disk full")
			}
			return nil
		},
	})
	r.slack.Say("D1", "U1", "502?", "")
	r.h.wait(t, 1)
	if s := r.slack.Stats(); s.Late == 0 {
		t.Error("the envelope that was not recorded was acknowledged")
	}
}

func TestFullQueueIsToldAndAcknowledged(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{fail: func(adapters.Event) error { return adapters.ErrQueueFull }})
	r.slack.Slash("C1", "U1", "ask 502 怎么排查")
	m := r.await(t, "C1", nil)
	if m.Ephemeral != "U1" || !strings.Contains(m.Visible(), "排队") {
		t.Errorf("got %+v, want a private Chinese sentence", m)
	}
	r.settle(t)
	if s := r.slack.Stats(); s.Acked != 1 {
		t.Errorf("got %+v, want the one envelope acknowledged", s)
	}
}

func TestMalformedFramesDoNoHarm(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{opts: Options{Connections: 1}})
	for _, frame := range []string{
		`{`, `[]`, `"x"`, `{"type":"hello"}`, `{"type":"events_api","envelope_id":"e1","payload":{"type":"event_callback","event":{"type":"message","blocks":[{"type":"from_the_future","elements":7}],"text":5}}}`,
		`{"type":"interactive","envelope_id":"e2","payload":{"type":"block_actions","actions":"none"}}`, `{"type":"slash_commands","envelope_id":"e3","payload":{"command":"/other"}}`, `{"type":"new_kind","envelope_id":"e4"}`,
		// The library cannot read this one; its text is a question all the same.
		`{"type":"events_api","envelope_id":"e5","payload":{"type":"event_callback","event_id":"EvX","event":{"type":"message","channel":"D9","channel_type":"im","user":"U1","ts":"1700000000.000100","text":"what is 502","blocks":{"type":"no list"}}}}`,
	} {
		r.slack.Raw([]byte(frame))
	}
	if ev := r.h.wait(t, 1); ev.Text != "what is 502" {
		t.Errorf("got %+v", ev)
	}
	if r.slack.Opened() != 1 {
		t.Errorf("sockets opened: got %d, want 1", r.slack.Opened())
	}
}

func TestBotsAreIgnored(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{config: Config{OnboardingChannels: []string{"C1"}}})
	mention := "<@" + slacktest.BotUser + "> 502?"
	for _, ev := range []map[string]any{
		{"type": "message", "channel": "C1", "channel_type": "channel", "user": slacktest.BotUser, "ts": "1700000000.000001", "text": mention},
		{"type": "app_mention", "channel": "C1", "user": "U2", "bot_id": "B2", "ts": "1700000000.000002", "text": mention},
		{"type": "message", "subtype": "bot_message", "channel": "C1", "channel_type": "channel", "bot_id": "B3", "ts": "1700000000.000003", "text": mention},
		{"type": "message", "channel": "C1", "channel_type": "channel", "user": "USLACKBOT", "ts": "1700000000.000004", "text": mention},
		{"type": "message", "subtype": "channel_join", "channel": "C1", "channel_type": "channel", "user": "U5", "ts": "1700000000.000005", "text": mention},
	} {
		r.slack.Event(ev)
	}
	r.settle(t)
	if n := r.h.count(); n != 0 || r.slack.Stats().Acked != 5 {
		t.Errorf("got %d events and %+v, want none and all acknowledged", n, r.slack.Stats())
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	good := Config{BotToken: adapters.NewSecret("xoxb-1"), AppToken: adapters.NewSecret("xapp-1"), SigningSecret: adapters.NewSecret("s")}
	for name, tc := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"no bot token":  {func(c *Config) { c.BotToken = adapters.Secret{} }, "SLACK_BOT_TOKEN"},
		"swapped":       {func(c *Config) { c.BotToken, c.AppToken = c.AppToken, c.BotToken }, "swapped"},
		"no app token":  {func(c *Config) { c.AppToken = adapters.Secret{} }, "SLACK_APP_TOKEN"},
		"no secret":     {func(c *Config) { c.Mode, c.SigningSecret = "http", adapters.Secret{} }, "SLACK_SIGNING_SECRET"},
		"mode":          {func(c *Config) { c.Mode = "rtm" }, "slack.mode"},
		"address":       {func(c *Config) { c.APIURL = "ftp://x" }, "slack.api_url"},
		"channel name":  {func(c *Config) { c.OnboardingChannels = []string{"#new"} }, "onboarding_channels[0]"},
		"group mention": {func(c *Config) { c.OwnerGroup = "<!channel>" }, "owner_group"},
	} {
		c := good
		tc.change(&c)
		if _, err := New(nil, c, nil); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want it to speak of %s", name, err, tc.want)
		}
	}
	a, err := New(nil, good, nil)
	if err != nil || a.cfg.APIURL != "https://slack.com/api/" || a.Ready() == nil {
		t.Errorf("got %+v, %v", a, err)
	}
	if _, err := New(nil, good, &Options{Connections: 11, HTTPClient: http.DefaultClient}); err == nil {
		t.Error("eleven connections: want an error")
	}
}
