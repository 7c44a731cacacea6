package slack

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn/adapters"
	"cairn/adapters/slack/slacktest"
)

// prose is the answer with n sentences of a model under its steps.
func prose(n int) adapters.Message {
	m := answerMessage()
	if n > 0 {
		m.Notes = []string{strings.TrimSpace(strings.Repeat("The upstream is slow. <!channel> ", n))}
	}
	return m
}

// agentThread is a question on the agent's surface, channelThread one in a
// channel.
func agentThread(t *testing.T, r *rig) adapters.Event {
	t.Helper()
	r.slack.Say("D1", "U1", "why 502?", r.slack.Put("D1", slacktest.Message{User: "U1", Text: "hello"}))
	return r.h.wait(t, 1)
}

func channelThread(t *testing.T, r *rig) adapters.Event {
	t.Helper()
	r.slack.Mention("C1", "U1", "why 502?", "")
	return r.h.wait(t, 1)
}

// Whatever fails on the way, the first message stands at once and the final
// one stands once at the end, whole, with nothing streaming any more.
func TestStreaming(t *testing.T) {
	t.Parallel()
	ratelimited := slacktest.Fault{Status: 429, RetryAfter: time.Second}
	for name, test := range map[string]struct {
		direct bool
		faults map[string][]slacktest.Fault
		shows  string // the call that shows growth; "" when there may be none
		text   bool   // the end is plain text
	}{
		"agent, good day":            {direct: true, shows: "chat.appendStream"},
		"agent, no scope":            {direct: true, faults: map[string][]slacktest.Fault{"chat.startStream": {{Error: "missing_scope", Needed: "chat:write"}}}, shows: "chat.update"},
		"agent, unpaid plan":         {direct: true, faults: map[string][]slacktest.Fault{"chat.startStream": {{Error: "feature_not_enabled"}}}, shows: "chat.update"},
		"agent, no such method":      {direct: true, faults: map[string][]slacktest.Fault{"chat.startStream": {{Error: "unknown_method"}}}, shows: "chat.update"},
		"agent, start limited":       {direct: true, faults: map[string][]slacktest.Fault{"chat.startStream": {ratelimited}}, shows: "chat.update"},
		"agent, closed by Slack":     {direct: true, faults: map[string][]slacktest.Fault{"chat.appendStream": {{Error: "message_not_in_streaming_state"}}}, shows: "chat.update"},
		"agent, stopped by the user": {direct: true, faults: map[string][]slacktest.Fault{"chat.appendStream": {{Error: "stopped_by_user"}}}, shows: "chat.update"},
		"agent, too long":            {direct: true, faults: map[string][]slacktest.Fault{"chat.appendStream": {{Error: "msg_too_long"}}}, shows: "chat.update"},
		"agent, append fails":        {direct: true, faults: map[string][]slacktest.Fault{"chat.appendStream": {{Status: 500}}}, shows: "chat.appendStream"},
		"agent, append limited":      {direct: true, faults: map[string][]slacktest.Fault{"chat.appendStream": {ratelimited}}, shows: "chat.appendStream"},
		"agent, append lost":         {direct: true, faults: map[string][]slacktest.Fault{"chat.appendStream": {{Drop: true, After: true}}}},
		"agent, stop fails":          {direct: true, faults: map[string][]slacktest.Fault{"chat.stopStream": {{Error: "internal_error"}}}, shows: "chat.appendStream"},
		"agent, stop limited":        {direct: true, faults: map[string][]slacktest.Fault{"chat.stopStream": {ratelimited}}, shows: "chat.appendStream"},
		"agent, end too long":        {direct: true, faults: map[string][]slacktest.Fault{"chat.update": {{Error: "msg_too_long"}}}, shows: "chat.appendStream", text: true},
		"agent, end refused":         {direct: true, faults: map[string][]slacktest.Fault{"chat.update": {{Error: "edit_window_closed"}}}, shows: "chat.appendStream"},
		"channel, good day":          {shows: "chat.update"},
		"channel, edit limited":      {faults: map[string][]slacktest.Fault{"chat.update": {ratelimited}}, shows: "chat.update"},
		"channel, edit lost":         {faults: map[string][]slacktest.Fault{"chat.update": {{Drop: true}}}, shows: "chat.update"},
		"channel, server trouble":    {faults: map[string][]slacktest.Fault{"chat.update": {{Error: "internal_error"}, {Status: 503}}}, shows: "chat.update"},
		"channel, edits refused":     {faults: map[string][]slacktest.Fault{"chat.update": {{Error: "cant_update_message"}, {Error: "cant_update_message"}}}},
		"channel, blocks refused":    {faults: map[string][]slacktest.Fault{"chat.update": {{Error: "invalid_blocks"}}}, shows: "chat.update"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, rigOptions{opts: Options{EditEvery: time.Millisecond}})
			ev, ch := adapters.Event{}, "C1"
			if test.direct {
				ev, ch = agentThread(t, r), "D1"
			} else {
				ev = channelThread(t, r)
			}
			for method, f := range test.faults {
				r.slack.Fail(method, f...)
			}
			s, err := r.Stream(r.ctx, ev, prose(0))
			if err != nil {
				t.Fatal(err)
			}
			ref := s.Ref()
			m, ok := r.slack.Message(ch, ref.Message)
			if !ok || !strings.Contains(m.Visible(), "kubectl delete pod") {
				t.Fatalf("the first message does not stand: %+v", m)
			}
			failing := 0
			for method, f := range test.faults {
				if method == test.shows {
					failing = len(f)
				}
			}
			for i := 1; i <= 4; i++ {
				s.Update(prose(i))
				if i == 1 && test.shows != "" {
					for k := range failing {
						r.awaitCall(t, test.shows, k+1)
						s.Update(prose(1))
					}
					r.awaitCall(t, test.shows, failing+1)
				}
			}
			end, err := s.Close(r.ctx, prose(5))
			if err != nil {
				t.Fatal(err)
			}
			all := r.slack.Messages(ch)
			if test.text {
				if len(all) != 1 || all[0].Text != "502 from the gateway: 2 steps" || len(slacktest.Texts(all[0].Blocks)) > 0 {
					t.Errorf("got %+v, want the answer as text", all)
				}
				return
			}
			if len(all) != 1 || all[0].TS != end.Message || all[0].Streaming || !strings.Contains(all[0].Visible(), "kubectl delete pod") || strings.Count(strings.Join(slacktest.Texts(all[0].Blocks), ""), "upstream is slow") != 5 {
				t.Errorf("got %d messages, the first %+v, want the whole answer once", len(all), all)
			}
			if !strings.Contains(string(all[0].Metadata)+string(m.Metadata), "a-0123") && !slices.ContainsFunc(r.slack.Calls(""), func(c slacktest.Call) bool { return strings.Contains(string(c.Args["metadata"]), "a-0123") }) {
				t.Error("the marker is missing: a crash would answer twice")
			}
		})
	}
}

// A streaming message never holds markup of a model's making.
func TestStreamIsInert(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{opts: Options{EditEvery: time.Millisecond}})
	s, err := r.Stream(r.ctx, agentThread(t, r), prose(0))
	if err != nil {
		t.Fatal(err)
	}
	m := prose(0)
	m.Notes = []string{"See [here](https://evil.example.com) ![x](https://evil.example.com/x.png) <!channel> <@U1> & https://evil.example.com"}
	s.Update(m)
	c := r.awaitCall(t, "chat.appendStream", 1)
	for _, bad := range []string{"](", "![", "<", "https://"} {
		if got := strings.ReplaceAll(c.Arg("markdown_text"), "\\]", ""); strings.Contains(got, bad) {
			t.Errorf("%q stands in %q", bad, got)
		}
	}
	if _, err := s.Close(r.ctx, m); err != nil {
		t.Error(err)
	}
}

// The stream that Slack ends by itself is edited from then on, and a slow
// model does not lose its first sentences.
func TestStreamOutlivesSlack(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{opts: Options{EditEvery: time.Millisecond}})
	s, err := r.Stream(r.ctx, agentThread(t, r), prose(0))
	if err != nil {
		t.Fatal(err)
	}
	s.Update(prose(1))
	r.awaitCall(t, "chat.appendStream", 1)
	r.slack.CloseStream("D1", s.Ref().Message)
	s.Update(prose(2))
	r.await(t, "D1", func(m slacktest.Message) bool { return m.Edited && strings.Count(m.Visible(), "upstream is slow") >= 2 })
	if _, err := s.Close(r.ctx, prose(3)); err != nil {
		t.Error(err)
	}
}

// What only the asker sees is shown at once and replaced at the end, within
// the uses of the response URL.
func TestStreamingPrivately(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{opts: Options{EditEvery: time.Millisecond}})
	r.slack.Slash("C1", "U1", "ask why 502?")
	ev := r.h.wait(t, 1)
	r.Busy(r.ctx, ev)()
	s, err := r.Stream(r.ctx, ev, prose(0))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 9 {
		s.Update(prose(i))
	}
	if _, err := s.Close(r.ctx, prose(9)); err != nil {
		t.Fatal(err)
	}
	all := r.slack.Messages("C1")
	if len(all) != 3 || all[0].Replaced || !all[1].Replaced || !all[2].Replaced || !strings.Contains(all[2].Visible(), "upstream is slow") {
		t.Errorf("got %+v, want a sign, the first message in its place, the final one in that one's", all)
	}

	// Without a response URL the answer stands once, at the end.
	ev.ReplyToken, ev.ReplyUntil = adapters.Secret{}, time.Time{}
	if s, err = r.Stream(r.ctx, ev, prose(0)); err != nil {
		t.Fatal(err)
	}
	if n := len(r.slack.Messages("C1")); n != 3 {
		t.Errorf("messages: got %d, want 3: one more than the asker needs", n)
	}
	s.Update(prose(1))
	if _, err := s.Close(r.ctx, prose(2)); err != nil {
		t.Fatal(err)
	}
	if all := r.slack.Messages("C1"); len(all) != 4 || !strings.Contains(all[3].Visible(), "upstream is slow") {
		t.Errorf("got %d messages, want one more", len(all))
	}
}

// An edit replaces all the messages that a long answer took.
func TestEditOfLongAnswer(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	ev := channelThread(t, r)
	long := func(lines int) adapters.Message {
		m := answerMessage()
		m.Quotes = []adapters.Quote{{Text: strings.Repeat(fmt.Sprintf("line of %d\n", lines), lines), Citation: 1}}
		return m
	}
	ref, err := r.Reply(r.ctx, ev, long(2500))
	if err != nil {
		t.Fatal(err)
	}
	three := len(r.slack.Messages("C1"))
	if three < 3 {
		t.Fatalf("messages: got %d, want at least 3", three)
	}
	for _, lines := range []int{2600, 1000, 3, 1100} {
		if err := r.Edit(r.ctx, ref, long(lines)); err != nil {
			t.Fatal(err)
		}
		all := r.slack.Messages("C1")
		if want := len(render(long(lines), native)); len(all) != want {
			t.Errorf("%d lines: got %d messages, want %d", lines, len(all), want)
		}
		for _, m := range all {
			if strings.Contains(m.Visible(), "line of") && !strings.Contains(m.Visible(), fmt.Sprintf("line of %d\n", lines)) {
				t.Errorf("%d lines: an older message stands: %.80q", lines, m.Visible())
			}
		}
	}
}
