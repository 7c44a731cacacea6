package discord

import (
	"strings"
	"testing"
	"time"

	"cairn/adapters"
	"cairn/adapters/adaptertest"
	"cairn/adapters/discord/discordtest"
)

func TestMention(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	id := r.discord.Mention(discordtest.General, discordtest.Ada, "502 troubleshooting")
	ev := r.h.wait(t, 1)
	if ev.Text != "502 troubleshooting" || ev.Surface != adapters.SurfaceMention || ev.Message != id || ev.Thread != id || !ev.ChannelPublic || ev.Workspace != discordtest.Guild {
		t.Errorf("event: %+v", ev)
	}
	ref, err := r.Reply(r.ctx, ev, answer("look here"))
	if err != nil {
		t.Fatal(err)
	}
	m, ok := r.discord.Message(discordtest.General, ref.Message)
	if !ok || !strings.Contains(m.Visible(), "look here") || m.ReplyTo != id {
		t.Errorf("answer: %+v", m)
	}
}

func TestSlash(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	id := r.discord.Slash(discordtest.General, discordtest.Ada, "ask", map[string]any{"question": "disk full"})
	ev := r.h.wait(t, 1)
	if ev.Kind != adapters.EventAsk || ev.Surface != adapters.SurfaceSlash || ev.Text != "disk full" || !ev.Private || ev.ReplyToken.IsZero() {
		t.Errorf("event: %+v", ev)
	}
	// It is deferred at once, not when the answer is there.
	if _, err := r.discord.AwaitAnswer(r.ctx, id); err != nil {
		t.Fatal(err)
	}
	m := answer("df -h")
	m.Private = true
	if _, err := r.Reply(r.ctx, ev, m); err != nil {
		t.Fatal(err)
	}
	got := r.discord.Interaction(id)
	if got.Answer != answerDeferred || !got.Ephemeral || got.Original == nil || !strings.Contains(got.Original.Visible(), "df -h") || got.Original.Ephemeral != discordtest.Ada {
		t.Errorf("interaction: %+v", got)
	}
}

func TestSuite(t *testing.T) {
	t.Parallel()
	adaptertest.Run(t, func(t *testing.T) *adaptertest.Harness {
		o := discordtest.Options{AnswerWithin: patience}
		if sp, err := theSpec(); err == nil {
			o.Schemas = sp.check
		}
		s := discordtest.Start(&o)
		a, err := New(nil, Config{BotToken: adapters.NewSecret(discordtest.Token), APIURL: s.URL()}, &Options{
			Backoff: 5 * time.Millisecond, IdentifyEvery: time.Millisecond, InvalidSessionWait: time.Millisecond,
		})
		if err != nil {
			t.Fatal(err)
		}
		patient(a)
		t.Cleanup(func() {
			s.Close()
			for _, p := range s.Problems() {
				t.Errorf("Discord would refuse: %s", p)
			}
		})
		return &adaptertest.Harness{
			Adapter: a, Channel: discordtest.General, Gone: "100000000000000099", User: discordtest.Ada,
			Ask:    func(text string) string { return s.Mention(discordtest.General, discordtest.Ada, text) },
			Direct: func(text string) { s.Direct(discordtest.Ada, text) },
			Again:  s.Again,
			Bot:    func(text string) { s.Mention(discordtest.General, discordtest.Robot, text) },
			Drop:   s.Drop,
			Limit: func(n int) {
				s.Fail(n, discordtest.Fault{Method: "POST", Path: "/channels/" + discordtest.General + "/messages", Status: 429, RetryAfter: 50 * time.Millisecond})
			},
			Hold: func() func() {
				until := make(chan struct{})
				for _, method := range []string{"POST", "PATCH"} {
					s.Fail(1, discordtest.Fault{Method: method, Path: "/channels/" + discordtest.General + "/messages", Status: 429, RetryAfter: 50 * time.Millisecond, Until: until})
				}
				return func() { close(until) }
			},
			Queued: func() int { return int(a.turns.waiting.Load()) },
			Seen: func() []adaptertest.Seen {
				var out []adaptertest.Seen
				for _, m := range s.Messages(discordtest.General) {
					x := m.Read()
					seen := adaptertest.Seen{
						Ref:  adapters.Ref{Adapter: Name, Channel: m.Channel, Message: m.ID},
						Text: x.Text, Commands: x.Commands, Links: x.Links, Pings: x.Pings,
					}
					for _, b := range m.Buttons() {
						id, value := actionOf(b.CustomID)
						seen.Buttons = append(seen.Buttons, adapters.ActionValue{ID: id, Value: value})
					}
					out = append(out, seen)
				}
				return out
			},
			Press: func(seen adaptertest.Seen, b adapters.ActionValue) {
				s.Press(seen.Ref.Channel, discordtest.Ada, seen.Ref.Message, b.ID+":"+b.Value)
			},
			Secrets: []string{discordtest.Token},
		}
	})
}
