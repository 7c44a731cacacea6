package slack

import (
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"cairn/adapters"
	"cairn/adapters/adaptertest"
	"cairn/adapters/slack/slacktest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	adaptertest.Run(t, func(t *testing.T) *adaptertest.Harness {
		s := slacktest.Start(&slacktest.Options{AckWithin: patience, Retries: retries(0, 50*time.Millisecond)})
		t.Cleanup(func() {
			s.Close()
			for _, p := range s.Problems() {
				t.Errorf("Slack would refuse: %s", p)
			}
		})
		a, err := New(slog.New(slog.DiscardHandler), Config{APIURL: s.URL(), BotToken: adapters.NewSecret(slacktest.BotToken), AppToken: adapters.NewSecret(slacktest.AppToken)}, &Options{Backoff: 10 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		patient(a)
		t.Cleanup(a.opts.HTTPClient.CloseIdleConnections)
		const channel, user = "C1", "U1"
		var last string
		return &adaptertest.Harness{
			Adapter: a, Channel: channel, Gone: slacktest.Gone, User: user,
			Ask: func(text string) string {
				last = escape(text)
				return s.Mention(channel, user, last, "")
			},
			Direct: func(text string) { s.Say("D1", user, escape(text), "") },
			Again: func() {
				// As Slack does it: the same message under another event id.
				m := s.Human(channel)
				s.Event(map[string]any{"type": "app_mention", "user": user, "text": m.Text, "ts": m.TS, "channel": channel})
			},
			Bot: func(text string) {
				s.Event(map[string]any{"type": "message", "channel": channel, "channel_type": "channel", "user": "U9", "bot_id": "B9", "ts": "1700000000.000001", "text": "<@" + slacktest.BotUser + "> " + text})
			},
			Drop: func() { s.DropSockets() },
			Limit: func(n int) {
				for range n {
					for _, method := range []string{"chat.postMessage", "chat.update"} {
						s.Fail(method, slacktest.Fault{Status: 429, Channel: channel})
					}
				}
			},
			Hold: func() func() {
				until := make(chan struct{})
				for _, method := range []string{"chat.postMessage", "chat.update"} {
					s.Fail(method, slacktest.Fault{Status: 429, Channel: channel, Until: until})
				}
				return func() { close(until) }
			},
			Queued: func() int {
				a.turns.mu.Lock()
				defer a.turns.mu.Unlock()
				return a.turns.queued
			},
			Seen: func() (out []adaptertest.Seen) {
				for _, m := range s.Messages(channel) {
					out = append(out, seen(m))
				}
				return out
			},
			Press: func(sn adaptertest.Seen, b adapters.ActionValue) {
				m, _ := s.Message(channel, sn.Ref.Message)
				for _, x := range slacktest.Buttons(m.Blocks) {
					if x.Value == b.Value {
						s.Press(m, user, x)
						return
					}
				}
			},
			Secrets: []string{slacktest.BotToken, slacktest.AppToken},
		}
	})
}

// seen reads a message as Slack's clients show it.
func seen(m slacktest.Message) adaptertest.Seen {
	out := adaptertest.Seen{Ref: adapters.Ref{Adapter: Name, Channel: m.Channel, Thread: m.ThreadTS, Message: m.TS}, Text: m.Visible()}
	for _, b := range slacktest.Buttons(m.Blocks) {
		out.Buttons = append(out.Buttons, adapters.ActionValue{ID: actionName(b.ActionID), Value: b.Value})
	}
	var blocks any
	if len(m.Blocks) > 0 {
		if err := json.Unmarshal(m.Blocks, &blocks); err != nil {
			panic(err)
		}
	}
	var walk func(any, bool)
	walk = func(x any, literal bool) {
		switch x := x.(type) {
		case []any:
			for _, e := range x {
				walk(e, literal)
			}
		case map[string]any:
			switch x["type"] {
			case "rich_text_preformatted":
				c := ""
				for _, e := range x["elements"].([]any) {
					c += e.(map[string]any)["text"].(string)
				}
				out.Commands = append(out.Commands, c)
			case "link", "citation":
				out.Links = append(out.Links, x["url"].(string))
			case "user", "usergroup", "broadcast", "channel":
				out.Pings = append(out.Pings, x["type"].(string))
			}
			for _, v := range x {
				walk(v, literal)
			}
		}
	}
	walk(blocks, false)
	return out
}
