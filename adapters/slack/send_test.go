package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cairn/adapters"
	"cairn/adapters/slack/slacktest"
)

func TestSlashIsPrivateAndShared(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	m := answerMessage()
	m.Buttons = []adapters.Button{{ID: "share", Value: "a1", Label: "Share in channel"}}
	r.answers(m)
	r.slack.Slash("C1", "U1", "ask 502 troubleshooting")
	got := r.await(t, "C1", nil)
	if got.Ephemeral != "U1" || !got.Response {
		t.Errorf("got %+v, want a private message through the response URL", got)
	}
	ev := r.h.wait(t, 1)
	if ev.Kind != adapters.EventAsk || ev.Surface != adapters.SurfaceSlash || ev.Text != "502 troubleshooting" || !ev.Private || ev.Thread != "" {
		t.Errorf("event: got %+v", ev)
	}
	if strings.Contains(fmt.Sprintf("%+v %#v", ev, ev), "secret-response") {
		t.Error("the response URL is printed")
	}
	r.slack.Press(got, "U1", slacktest.Buttons(got.Blocks)[0])
	act := r.h.wait(t, 2)
	if act.Action.ID != "share" || !act.Private || act.Thread != "" {
		t.Errorf("action: got %+v", act)
	}
}

func TestPrivateAnswerFallsBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	ev := adapters.Event{Adapter: Name, Kind: adapters.EventAsk, Surface: adapters.SurfaceSlash, Channel: "C1", User: adapters.User{ID: "U1"}, Private: true}
	ev.ReplyToken, ev.ReplyUntil = adapters.NewSecret(strings.TrimSuffix(r.slack.URL(), "api/")+"respond/secret-response-unknown"), time.Now().Add(time.Hour)
	if _, err := r.Reply(r.ctx, ev, answerMessage()); err != nil {
		t.Fatal(err)
	}
	if m := r.await(t, "C1", nil); m.Ephemeral != "U1" || m.Response {
		t.Errorf("got %+v, want an ephemeral message", m)
	}
	// Nor there: then a direct message, never the channel.
	r.slack.Fail("chat.postEphemeral", slacktest.Fault{Error: "user_not_in_channel"})
	if _, err := r.Reply(r.ctx, ev, answerMessage()); err != nil {
		t.Fatal(err)
	}
	if m := r.await(t, "D1", nil); m.ThreadTS != "" {
		t.Errorf("got %+v", m)
	}
	if n := len(r.slack.Messages("C1")); n != 1 {
		t.Errorf("messages in the channel: got %d, want the one ephemeral", n)
	}
	// A foreign address is not posted to.
	ev.ReplyToken = adapters.NewSecret("https://evil.example.com/hook")
	if _, err := r.Reply(r.ctx, ev, answerMessage()); err != nil {
		t.Fatal(err)
	}
}

func TestResponseURLIsUsedFiveTimes(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	r.slack.Slash("C1", "U1", "ask x")
	ev := r.h.wait(t, 1)
	for range 7 {
		if _, err := r.Reply(r.ctx, ev, answerMessage()); err != nil {
			t.Fatal(err)
		}
	}
	responses := 0
	for _, m := range r.slack.Messages("C1") {
		if m.Response {
			responses++
		}
		if m.Ephemeral == "" {
			t.Error("a private answer is public")
		}
	}
	if responses != 5 || len(r.slack.Messages("C1")) != 7 {
		t.Errorf("got %d of %d through the response URL, want 5 of 7", responses, len(r.slack.Messages("C1")))
	}
}

func TestShortcutReadsAlert(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	r.answers(answerMessage())
	r.slack.Shortcut("C1", "U1", map[string]any{
		"type": "message", "subtype": "bot_message", "bot_id": "B7", "text": "", "ts": "1700000000.000100",
		"attachments": []any{map[string]any{"title": "[FIRING] KubeNodeNotReady", "text": "node &lt;worker-3&gt; is not ready", "fields": []any{map[string]any{"title": "severity", "value": "critical"}}}},
		"blocks":      []any{map[string]any{"type": "section", "text": map[string]any{"type": "mrkdwn", "text": "See <https://grafana.example.com/d/1|dashboard>"}}, map[string]any{"type": "unheard_of", "text": "more text"}},
	})
	ev := r.h.wait(t, 1)
	want := "[FIRING] KubeNodeNotReady\nnode <worker-3> is not ready\nseverity: critical\nSee dashboard https://grafana.example.com/d/1\nmore text"
	if ev.Surface != adapters.SurfaceShortcut || ev.Text != want || ev.Message != "1700000000.000100" || ev.Thread != "1700000000.000100" || !ev.Private {
		t.Errorf("got %+v, want the text %q", ev, want)
	}
	if m := r.await(t, "C1", nil); m.Ephemeral != "U1" {
		t.Errorf("got %+v, want a private answer", m)
	}
}

func TestThreadsOnboardingAndEdits(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{config: Config{OnboardingChannels: []string{"CNEW"}}})
	step := func(want adapters.EventKind, surface adapters.Surface, text string, do func()) {
		t.Helper()
		n := r.h.count()
		do()
		ev := r.h.wait(t, n+1)
		if ev.Kind != want || ev.Surface != surface || ev.Text != text {
			t.Errorf("got %s on %s with %q, want %s on %s with %q", ev.Kind, ev.Surface, ev.Text, want, surface, text)
		}
	}
	var top, q string
	step(adapters.EventAsk, adapters.SurfaceMention, "502?", func() { top = r.slack.Mention("C1", "U1", "502?", "") })
	r.settle(t) // the twin
	step(adapters.EventAsk, adapters.SurfaceThread, "and if kubelet is down?", func() { r.slack.Say("C1", "U1", "and if kubelet is down?", top) })
	step(adapters.EventChatter, adapters.SurfaceThread, "can you look?", func() { r.slack.Say("C1", "U1", "<@U2> can you look?", top) })
	step(adapters.EventAsk, adapters.SurfaceOnboarding, "how do I deploy?", func() { q = r.slack.Say("CNEW", "U1", "how do I deploy?", "") })
	step(adapters.EventEdit, adapters.SurfaceOnboarding, "how do I roll back?", func() { r.slack.Change("CNEW", q, "how do I roll back?") })
	step(adapters.EventEdit, adapters.SurfaceMention, "503?", func() { r.slack.Change("C1", top, "<@"+slacktest.BotUser+"> 503?") })
	step(adapters.EventHome, adapters.SurfaceDirect, "", func() { r.slack.OpenHome("U1", "home", "D1") })
	step(adapters.EventDelete, adapters.SurfaceOnboarding, "", func() {
		r.slack.Event(map[string]any{"type": "message", "subtype": "message_deleted", "channel": "CNEW", "channel_type": "channel", "deleted_ts": q, "ts": "1800000000.000000", "previous_message": map[string]any{"type": "message", "user": "U1", "ts": q, "text": "x?"}})
	})
	// Elsewhere nothing is heard without a mention, and an unfurl is no edit.
	r.settle(t)
	n, acked := r.h.count(), r.slack.Stats().Acked
	r.slack.Say("C1", "U3", "private matters", "")
	r.slack.Event(map[string]any{"type": "message", "subtype": "message_changed", "channel": "CNEW", "channel_type": "channel", "ts": "1800000001.000000",
		"message": map[string]any{"type": "message", "user": "U1", "ts": q, "text": "same"}, "previous_message": map[string]any{"type": "message", "user": "U1", "ts": q, "text": "same"}})
	r.settle(t)
	if r.h.count() != n {
		t.Error("something became an event that nobody asked")
	}
	if got := r.slack.Stats().Acked; got != acked+2 {
		t.Errorf("acknowledged: got %d, want %d", got, acked+2)
	}
}

func TestPermalinks(t *testing.T) {
	t.Parallel()
	var open, closed, mine string
	r := newRig(t, rigOptions{setup: func(s *slacktest.Server) {
		s.AddChannel("CPUB", "channel")
		s.AddChannel("GSECRET", "group", "U2")
		s.AddChannel("GMINE", "group", "U1", "U2")
		s.AddUser(slacktest.User{ID: "UGUEST", Guest: true})
		open = s.Put("CPUB", slacktest.Message{User: "U2", Text: "disk of db-1 is full"})
		closed = s.Put("GSECRET", slacktest.Message{User: "U2", Text: "the password leaked"})
		mine = s.Put("GMINE", slacktest.Message{User: "U2", Text: "etcd is slow"})
	}})
	url := func(ch, ts string) string {
		return "<https://test.slack.com/archives/" + ch + "/p" + strings.Replace(ts, ".", "", 1) + ">"
	}
	for i, tc := range []struct{ user, text, want string }{
		{"U1", "what about " + url("CPUB", open), "disk of db-1 is full"},
		{"UGUEST", "what about " + url("CPUB", open), ""},
		{"U1", "what about " + url("GSECRET", closed), ""},
		{"U1", "what about " + url("GMINE", mine), "etcd is slow"},
	} {
		r.slack.Say("D"+tc.user[1:], tc.user, tc.text, "")
		ev := r.h.wait(t, i+1)
		if tc.want != "" && !strings.Contains(ev.Text, tc.want) || tc.want == "" && !strings.HasSuffix(ev.Text, strings.Trim(tc.text[len("what about "):], "<>")) {
			t.Errorf("%s: got %q, want %q in it", tc.text, ev.Text, tc.want)
		}
		if strings.Contains(ev.Text, "password") {
			t.Error("a message came out that the asker cannot see")
		}
	}
	// Asked in public, only what all may read makes a question for all.
	for link, public := range map[string]bool{url("CPUB", open): true, url("GMINE", mine): false, url("GSECRET", closed): true} {
		n := r.h.count()
		r.slack.Mention("C1", "U1", "what about "+link, "")
		if ev := r.h.wait(t, n+1); ev.ChannelPublic != public || strings.Contains(ev.Text, "etcd is slow") == public {
			t.Errorf("%s: got %+v, want it public: %v", link, ev, public)
		}
		r.settle(t) // the twin
	}
}

// A short mention in the thread of an alert's post comes with the post's text.
func TestMentionUnderAnAlert(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	alert := r.slack.Put("C1", slacktest.Message{User: "UBOT2", BotID: "B2", Text: "[FIRING] KubeNodeNotReady", Blocks: []byte(`[{"type":"section","text":{"type":"mrkdwn","text":"node &lt;worker-3&gt;"}},{"type":"odd","elements":7}]`)})
	ours := r.slack.Put("C1", slacktest.Message{User: slacktest.BotUser, BotID: "BCAIRN", Text: "tip of the day"})
	for i, tc := range []struct{ thread, text, about string }{
		{alert, "what now?", "[FIRING] KubeNodeNotReady\nnode <worker-3>"},
		{alert, strings.Repeat("a long question ", 10), ""},
		{ours, "why?", ""},
		{"", "502?", ""},
	} {
		r.slack.Mention("C1", "U1", tc.text, tc.thread)
		if ev := r.h.wait(t, i+1); ev.About != tc.about {
			t.Errorf("%q: about %q, want %q", tc.text, ev.About, tc.about)
		}
		r.settle(t) // the twin
	}
}

// Where the workspace has the agent surface, a question there begins a thread
// of its own, which is where Slack shows status and streams; elsewhere direct
// messages stay flat.
func TestAgentSurface(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{opts: Options{Prompts: fakePrompts{}, EditEvery: time.Millisecond}})
	r.slack.Fail("assistant.threads.setSuggestedPrompts", slacktest.Fault{Error: "feature_not_enabled"})
	r.slack.OpenHome("U1", "messages", "D1")
	r.awaitCall(t, "assistant.threads.setSuggestedPrompts", 1)
	r.slack.Say("D1", "U1", "502?", "")
	if ev := r.h.wait(t, 1); ev.Thread != "" {
		t.Errorf("got %+v, want a flat conversation", ev)
	}
	r.slack.OpenHome("U1", "messages", "D1")
	r.awaitCall(t, "assistant.threads.setSuggestedPrompts", 2)
	until(t, "the surface is known", r.agent.known)
	ts := r.slack.Say("D1", "U1", "504?", "")
	ev := r.h.wait(t, 2)
	if ev.Thread != ts || ev.Surface != adapters.SurfaceDirect {
		t.Fatalf("got %+v, want a thread of its own", ev)
	}
	done := r.Busy(r.ctx, ev)
	if c := r.awaitCall(t, "assistant.threads.setStatus", 1); c.Arg("thread_ts") != ts || c.Arg("status") == "" {
		t.Errorf("status: got %v", c.Args)
	}
	s, err := r.Stream(r.ctx, ev, prose(0))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Close(r.ctx, prose(1)); err != nil {
		t.Fatal(err)
	}
	done()
	if n := len(r.slack.Calls("chat.startStream")); n != 1 {
		t.Errorf("streams: got %d, want 1", n)
	}
	if all := r.slack.Messages("D1"); len(all) != 1 || all[0].ThreadTS != ts || all[0].Streaming {
		t.Errorf("got %+v", all)
	}
	// Going on in that thread stays there.
	r.slack.Say("D1", "U1", "and if it stays?", ts)
	if ev := r.h.wait(t, 3); ev.Thread != ts {
		t.Errorf("got %+v", ev)
	}
}

// A refusal that comes late says nothing against what a later call learned.
func TestAgentSurfaceIsTheLatestKnown(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{opts: Options{Prompts: fakePrompts{}}})
	release := make(chan struct{})
	r.slack.Fail("assistant.threads.setSuggestedPrompts", slacktest.Fault{Error: "feature_not_enabled", Until: release})
	late := make(chan struct{})
	go func() {
		defer close(late)
		r.suggest(r.ctx, "D1", "U1")
	}()
	r.awaitCall(t, "assistant.threads.setSuggestedPrompts", 1)
	r.suggest(r.ctx, "D1", "U1")
	if !r.agent.known() {
		t.Fatal("the surface is not known")
	}
	close(release)
	<-late
	if !r.agent.known() {
		t.Error("a refusal of an earlier call took the surface away")
	}
	r.slack.Fail("assistant.threads.setSuggestedPrompts", slacktest.Fault{Error: "feature_not_enabled"})
	if r.suggest(r.ctx, "D1", "U1"); r.agent.known() {
		t.Error("a refusal of the latest call was not heard")
	}
}

func TestRateLimitHoldsOneChannel(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	// The limit of one channel lasts until the other one has its message.
	r.slack.Fail("chat.postMessage", slacktest.Fault{Status: 429, RetryAfter: time.Minute, Channel: "C1"})
	first := make(chan error, 1)
	ctx, giveUp := context.WithCancel(r.ctx)
	defer giveUp()
	go func() {
		_, err := r.Send(ctx, adapters.Destination{Channel: "C1"}, answerMessage())
		first <- err
	}()
	until(t, "the channel is limited", func() bool { return r.gates.left("chat.postMessage", "C1", time.Now) > 0 })
	if _, err := r.Send(r.ctx, adapters.Destination{Channel: "C2"}, answerMessage()); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-first:
		t.Errorf("the limited channel came first: %v", err)
	default:
		giveUp()
		if err := <-first; adapters.KindOf(err) != adapters.KindRateLimited {
			t.Errorf("given up under a limit: got %v", err)
		}
	}
	r.slack.Fail("chat.postMessage", slacktest.Fault{Status: 429, RetryAfter: time.Second, Channel: "C4"})
	start := time.Now()
	if _, err := r.Send(r.ctx, adapters.Destination{Channel: "C4"}, answerMessage()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took < time.Second {
		t.Errorf("Retry-After of 1s not honoured: %v", took)
	}
	// More than the caller has time for is handed to the caller.
	r.slack.Fail("chat.postMessage", slacktest.Fault{Status: 429, RetryAfter: 100 * time.Second, Channel: "C3"})
	_, err := r.Send(r.ctx, adapters.Destination{Channel: "C3"}, answerMessage())
	var d *adapters.DeliveryError
	if !errors.As(err, &d) || d.Kind != adapters.KindRateLimited || d.RetryAfter < 90*time.Second || !d.Retryable() {
		t.Errorf("got %+v, want a rate limit of about 100s", err)
	}
}

func TestLostAnswerIsNotDoubled(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	for i, f := range []slacktest.Fault{{Drop: true, After: true}, {Status: 503, After: true}, {Error: "internal_error", After: true}} {
		ch := fmt.Sprintf("C%d", i)
		r.slack.Fail("chat.postMessage", f)
		ref, err := r.Send(r.ctx, adapters.Destination{Channel: ch}, answerMessage())
		if err != nil || ref.Message == "" || len(r.slack.Messages(ch)) != 1 {
			t.Errorf("%+v: got %+v, %v and %d messages, want the one that stands there", f, ref, err, len(r.slack.Messages(ch)))
		}
	}
	// One that did not arrive may be sent again, and only then.
	r.slack.Fail("chat.postMessage", slacktest.Fault{Drop: true})
	_, err := r.Send(r.ctx, adapters.Destination{Channel: "C9"}, answerMessage())
	if adapters.KindOf(err) != adapters.KindServer {
		t.Errorf("got %v, want kind server", err)
	}
	m := answerMessage()
	m.Marker = ""
	r.slack.Fail("chat.postMessage", slacktest.Fault{Drop: true})
	if _, err := r.Send(r.ctx, adapters.Destination{Channel: "C9"}, m); adapters.KindOf(err) != adapters.KindTimeout {
		t.Errorf("without a marker: got %v, want kind timeout", err)
	}
}

func TestErrorsNameWhatIsMissing(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	for _, tc := range []struct {
		fault slacktest.Fault
		kind  adapters.ErrorKind
		want  string
	}{
		{slacktest.Fault{Error: "missing_scope", Needed: "chat:write"}, adapters.KindPermission, "chat:write"},
		{slacktest.Fault{Error: "not_in_channel"}, adapters.KindPermission, "/invite @cairn"},
		{slacktest.Fault{Error: "is_archived"}, adapters.KindNotFound, "is_archived"},
		{slacktest.Fault{Error: "no_text"}, adapters.KindClient, "no_text"},
	} {
		r.slack.Fail("chat.postMessage", tc.fault)
		_, err := r.Send(r.ctx, adapters.Destination{Channel: "C1"}, answerMessage())
		if adapters.KindOf(err) != tc.kind || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "chat.postMessage in C1") {
			t.Errorf("%+v: got %v", tc.fault, err)
		}
	}
}

// What a workspace refuses is left out, from the newest element on, and that is
// remembered; no blocks at all is a last resort for one message.
func TestNewElementsRefused(t *testing.T) {
	t.Parallel()
	unsure, feedback := slacktest.Fault{Error: "invalid_blocks"}, slacktest.Fault{Error: "invalid_blocks", Details: []string{"[ERROR] unsupported type: feedback_buttons [json-pointer:/blocks/9/elements/0]"}}
	for name, test := range map[string]struct {
		faults               []slacktest.Fault
		citation, native     bool // in the first message
		text                 bool
		calls                int // for two messages
		citation2, feedback2 bool
	}{
		"takes all":         {citation: true, native: true, calls: 2, citation2: true, feedback2: true},
		"no citations":      {faults: []slacktest.Fault{unsure}, native: true, calls: 3, feedback2: true},
		"neither":           {faults: []slacktest.Fault{unsure, unsure}, calls: 4},
		"feedback by name":  {faults: []slacktest.Fault{feedback}, calls: 3},
		"no blocks at all":  {faults: []slacktest.Fault{unsure, unsure, unsure}, text: true, calls: 5, citation2: true, feedback2: true},
		"more than it says": {faults: []slacktest.Fault{{Error: "msg_blocks_too_long"}}, text: true, calls: 3, citation2: true, feedback2: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, rigOptions{})
			r.slack.Fail("chat.postMessage", test.faults...)
			for range 2 {
				if _, err := r.Send(r.ctx, adapters.Destination{Channel: "C1"}, answerMessage()); err != nil {
					t.Fatal(err)
				}
			}
			all := r.slack.Messages("C1")
			if len(all) != 2 {
				t.Fatalf("messages: got %d, want 2", len(all))
			}
			has := func(i int, what string) bool { return strings.Contains(string(all[i].Blocks), what) }
			if test.text != !has(0, "rich_text") || has(0, `"citation"`) != test.citation || has(0, "feedback_buttons") != test.native || has(1, `"citation"`) != test.citation2 || has(1, "feedback_buttons") != test.feedback2 {
				t.Errorf("got %s\nthen %s", all[0].Blocks, all[1].Blocks)
			}
			if !test.text && (!has(0, "a1:down") || !has(0, "https://docs.example.com/502.md#L3")) {
				t.Errorf("got %s, want the plain feedback buttons and links in their place", all[0].Blocks)
			}
			if n := len(r.slack.Calls("chat.postMessage")); n != test.calls {
				t.Errorf("calls: got %d, want %d", n, test.calls)
			}
		})
	}
}

func TestBusy(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	ts := r.slack.Mention("C1", "U1", "502?", "")
	ev := r.h.wait(t, 1)
	done := r.Busy(r.ctx, ev)
	if m, _ := r.slack.Message("C1", ts); len(m.Reactions) != 1 {
		t.Errorf("reactions: got %v, want one", m.Reactions)
	}
	done()
	r.awaitCall(t, "reactions.remove", 1)
	until(t, "the reaction is gone", func() bool { m, _ := r.slack.Message("C1", ts); return len(m.Reactions) == 0 })

	r.slack.Fail("reactions.add", slacktest.Fault{Status: 429, RetryAfter: time.Minute})
	for range 3 {
		r.Busy(r.ctx, ev)()
	}
	if n := len(r.slack.Calls("reactions.add")); n != 2 {
		t.Errorf("calls: got %d, want 2: no signs under a rate limit", n)
	}
	if _, err := r.Reply(r.ctx, ev, answerMessage()); err != nil {
		t.Errorf("the answer must not suffer: %v", err)
	}

	// On the agent's surface a status; privately a line that gives way.
	direct := adapters.Event{Kind: adapters.EventAsk, Surface: adapters.SurfaceDirect, Channel: "D1", Thread: "1700000000.000100", Message: "1700000000.000100", User: adapters.User{ID: "U1"}}
	r.Busy(r.ctx, direct)()
	r.awaitCall(t, "assistant.threads.setStatus", 2)
	n := r.h.count()
	r.slack.Slash("C2", "U1", "ask 502")
	slash := r.h.wait(t, n+1)
	r.Busy(r.ctx, slash)()
	if _, err := r.Reply(r.ctx, slash, answerMessage()); err != nil {
		t.Fatal(err)
	}
	r.await(t, "C2", func(m slacktest.Message) bool {
		return m.Replaced && strings.Contains(m.Visible(), "502 from the gateway")
	})
}

func TestHomeAndPrompts(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{opts: Options{Prompts: fakePrompts{}}, setup: func(s *slacktest.Server) { s.AddUser(slacktest.User{ID: "U1", Locale: "zh-CN"}) }})
	r.slack.OpenHome("U1", "home", "D1")
	ev := r.h.wait(t, 1)
	if ev.Kind != adapters.EventHome || ev.User.Locale != "zh-CN" {
		t.Errorf("got %+v", ev)
	}
	m := answerMessage()
	m.Lead = strings.Repeat("很长 ", 9000)
	if err := r.ShowHome(r.ctx, ev.User, m); err != nil {
		t.Fatal(err)
	}
	if v := r.slack.View("U1"); !strings.Contains(string(v), "502 from the gateway") {
		t.Errorf("view: got %.200s", v)
	}
	r.slack.OpenHome("U1", "messages", "D1")
	c := r.awaitCall(t, "assistant.threads.setSuggestedPrompts", 1)
	var prompts []struct{ Title, Message string }
	if err := json.Unmarshal(c.Args["prompts"], &prompts); err != nil || len(prompts) != 4 || prompts[0].Title != "zh 0" || !strings.HasPrefix(prompts[0].Message, "question 0 长") {
		t.Errorf("prompts: got %s", c.Args["prompts"])
	}
	if _, there := c.Args["thread_ts"]; there && c.Arg("thread_ts") != "" {
		t.Error("prompts of an agent app take no thread")
	}
}

// A channel that takes one message a second, as Slack does it.
type slowChannel struct {
	mu     sync.Mutex
	calls  int
	posted time.Time
}

func (c *slowChannel) RoundTrip(*http.Request) (*http.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls++
	w := httptest.NewRecorder()
	if time.Since(c.posted) < time.Second {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
	} else {
		c.posted = time.Now()
		fmt.Fprintf(w, `{"ok":true,"channel":"C1","ts":"1700000000.%06d"}`, c.calls)
	}
	return w.Result(), nil
}

// Many messages into one channel run into its limit once each at most.
func TestBusyChannel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const questions = 3
		c := &slowChannel{}
		a, err := New(nil, Config{BotToken: adapters.NewSecret("xoxb-1"), AppToken: adapters.NewSecret("xapp-1")}, &Options{HTTPClient: &http.Client{Transport: c}})
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 2*questions)
		for i := range questions {
			go func() {
				_, err := a.Send(t.Context(), adapters.Destination{Channel: "C1"}, adapters.Message{Lang: "en", Text: fmt.Sprint("answer ", i)})
				done <- err
			}()
			go func() {
				_, err := a.Reply(t.Context(), adapters.Event{Channel: "C1", Thread: fmt.Sprintf("1700000000.00000%d", i)}, answerMessage())
				done <- err
			}()
		}
		for range 2 * questions {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if c.calls > 4*questions {
			t.Errorf("calls: got %d for %d messages: the limit is run into again and again", c.calls, 2*questions)
		}
	})
}
