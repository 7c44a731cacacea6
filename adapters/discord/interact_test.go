package discord

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cairn/adapters"
	"cairn/adapters/discord/discordtest"
)

func TestSlashPublicPrivateAndLater(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	id := r.discord.Slash(discordtest.General, discordtest.Ada, "ask", map[string]any{"question": "502", "public": true})
	ev := r.h.wait(t, 1)
	if ev.Private {
		t.Error("a public question is private")
	}
	ref, err := r.Reply(r.ctx, ev, answer("public answer"))
	if err != nil || ref.Message == "" {
		t.Fatalf("%+v, %v", ref, err)
	}
	if _, err := r.Reply(r.ctx, ev, answer("second")); err != nil {
		t.Fatal(err)
	}
	got := r.discord.Interaction(id)
	if got.Ephemeral || !strings.Contains(got.Original.Visible(), "public answer") || len(r.discord.Messages(discordtest.General)) != 2 {
		t.Errorf("got %+v", got)
	}
	// An answer from a limited library stays private although the question
	// was public: the deferred message goes.
	id = r.discord.Slash(discordtest.General, discordtest.Ada, "ask", map[string]any{"question": "secret", "public": true})
	ev = r.h.wait(t, 2)
	m := answer("for you alone")
	m.Private = true
	if ref, err = r.Reply(r.ctx, ev, m); err != nil || ref.Message != "" {
		t.Errorf("%+v, %v", ref, err)
	}
	if !r.discord.Interaction(id).Deleted {
		t.Error("the public deferred message stands")
	}
	for _, m := range r.discord.Messages(discordtest.General) {
		if strings.Contains(m.Visible(), "for you alone") && m.Ephemeral != discordtest.Ada {
			t.Error("the private answer is public")
		}
	}
}

func TestAfterTheTokenAPlainMessage(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{server: discordtest.Options{TokenLasts: time.Nanosecond}})
	r.discord.Slash(discordtest.General, discordtest.Ada, "ask", map[string]any{"question": "slow", "public": true})
	ev := r.h.wait(t, 1)
	if _, err := r.Reply(r.ctx, ev, answer("late answer")); err != nil {
		t.Fatal(err)
	}
	if m := r.discord.Messages(discordtest.General); len(m) != 1 || m[0].Followup || !strings.Contains(m[0].Visible(), "late answer") {
		t.Errorf("got %+v", m)
	}
	// What was private goes by direct message.
	r.discord.Slash(discordtest.General, discordtest.Ada, "ask", map[string]any{"question": "slow"})
	ev = r.h.wait(t, 2)
	m := answer("late and private")
	m.Private = true
	if _, err := r.Reply(r.ctx, ev, m); err != nil {
		t.Fatal(err)
	}
	if n := len(r.discord.Messages(discordtest.General)); n != 1 {
		t.Errorf("a private answer stands in the channel")
	}
	if m := r.discord.Messages(r.discord.DirectChannel(discordtest.Ada)); len(m) != 1 {
		t.Errorf("direct: %+v", m)
	}
	// An event that survived a restart has no token that still works.
	ev.ReplyUntil = time.Now().Add(-time.Minute)
	if _, err := r.Reply(r.ctx, ev, m); err != nil {
		t.Error(err)
	}
}

func TestQueueFull(t *testing.T) {
	t.Parallel()
	h := newHandler()
	h.fail = func(adapters.Event) error { return fmt.Errorf("accept: %w", adapters.ErrQueueFull) }
	r := newRig(t, rigOptions{h: h})
	id := r.discord.SlashIn("zh-CN", discordtest.General, discordtest.Ada, "ask", map[string]any{"question": "怎么办"})
	x, err := r.discord.AwaitAnswer(r.ctx, id)
	if err != nil || x.Answer != answerMessage || !x.Ephemeral || !strings.Contains(x.Original.Visible(), "排队") {
		t.Errorf("slash: %+v, %v", x, err)
	}
	q := r.discord.Mention(discordtest.General, discordtest.Ada, "502?")
	m, err := r.discord.Await(r.ctx, discordtest.General, func(m discordtest.Message) bool { return m.ReplyTo == q })
	if err != nil || !strings.Contains(m.Visible(), "waiting") {
		t.Errorf("mention: %+v, %v", m, err)
	}
}

func TestNotRecordedIsTriedAgainOrSaid(t *testing.T) {
	t.Parallel()
	h := newHandler()
	left := 3
	h.fail = func(adapters.Event) error {
		h.mu.Lock()
		defer h.mu.Unlock()
		if left--; left >= 0 {
			return errors.New("the store is away")
		}
		return nil
	}
	r := newRig(t, rigOptions{h: h})
	id := r.discord.Slash(discordtest.General, discordtest.Ada, "ask", map[string]any{"question": "502"})
	x, err := r.discord.AwaitAnswer(r.ctx, id)
	if err != nil || x.Answer != answerMessage || !x.Ephemeral {
		t.Errorf("slash: %+v, %v", x, err)
	}
	r.discord.Mention(discordtest.General, discordtest.Ada, "502?")
	if ev := r.h.wait(t, 1); ev.Text != "502?" {
		t.Errorf("got %+v", ev)
	}
}

func TestFindRunbookGathers(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	alert := r.discord.Post(discordtest.Said{Channel: discordtest.General, User: discordtest.Robot, Extra: map[string]any{
		"embeds":     []any{map[string]any{"title": "[FIRING] KafkaLag", "description": "consumer <@&5> behind", "fields": []any{map[string]any{"name": "group", "value": "billing"}}}},
		"components": []any{map[string]any{"type": 17, "components": []any{map[string]any{"type": 10, "content": "topic orders"}, map[string]any{"type": 77, "x": 1}}}},
	}})
	id := r.discord.FindRunbook(discordtest.General, discordtest.Ada, alert)
	ev := r.h.wait(t, 1)
	if ev.Surface != adapters.SurfaceShortcut || !ev.Private || ev.Text != "[FIRING] KafkaLag\nconsumer behind\ngroup: billing\ntopic orders" {
		t.Errorf("event: %+v %q", ev, ev.Text)
	}
	if x, err := r.discord.AwaitAnswer(r.ctx, id); err != nil || !x.Ephemeral {
		t.Errorf("%+v, %v", x, err)
	}
}

// What Discord delivers twice is answered once; what Cairn does not know is
// refused in words, to the asker alone.
func TestInteractionsTwiceAndUnknown(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{opts: Options{CatchUp: -1, KeepCommands: true}}) // no tasks but those of interactions
	id := r.discord.Slash(discordtest.General, discordtest.Ada, "ask", map[string]any{"question": "502"})
	if _, err := r.discord.AwaitAnswer(r.ctx, id); err != nil {
		t.Fatal(err)
	}
	r.discord.AgainInteraction(id)
	for i, begin := range []func() string{
		func() string { return r.discord.Press(discordtest.General, discordtest.Ada, "1", "own-gone:1") },
		func() string {
			return r.discord.Begin(5, discordtest.General, discordtest.Ada, "zh-CN", map[string]any{"custom_id": "form"})
		},
		func() string {
			return r.discord.Begin(2, discordtest.General, discordtest.Ada, "zh-CN", map[string]any{"name": "Find runbook", "type": 3, "target_id": "9"})
		},
	} {
		x, err := r.discord.AwaitAnswer(r.ctx, begin())
		if err != nil || x.Answer != answerMessage || !x.Ephemeral || !strings.Contains(x.Original.Visible(), []string{"out of date", "失效", "失效"}[i]) {
			t.Errorf("%d: %+v, %v", i, x, err)
		}
	}
	r.tasks.Wait() // the repetition came before those answered
	if n := len(r.discord.Calls("POST", "/interactions/"+id)); n != 1 {
		t.Errorf("the first was answered %d times", n)
	}
	if n := len(r.h.all()); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
}

// A first answer that Discord fails to take is given again while there is
// time; one that it took although it failed counts.
func TestDeferringIsTriedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	for i, f := range []discordtest.Fault{{Status: 503}, {Drop: true}, {After: true, Status: 502}, {Status: 429, RetryAfter: 100 * time.Millisecond}} {
		f.Method, f.Path = "POST", "/interactions/"
		r.discord.Fail(1, f)
		id := r.discord.Slash(discordtest.General, discordtest.Ada, "ask", map[string]any{"question": fmt.Sprint("q", i)})
		if _, err := r.Reply(r.ctx, r.h.wait(t, i+1), answer(fmt.Sprint("answer ", i))); err != nil {
			t.Fatalf("%+v: %v", f, err)
		}
		x := r.discord.Interaction(id)
		if x.Answer != answerDeferred || x.Original == nil || !strings.Contains(x.Original.Visible(), fmt.Sprint("answer ", i)) {
			t.Errorf("%+v: %+v", f, x)
		}
	}
	if n := len(r.discord.Messages("")); n != 4 {
		t.Errorf("%d messages, want 4", n)
	}
}

func TestStudyCommands(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	for i, c := range []struct {
		name    string
		options map[string]any
		command string
		text    string
		private bool
	}{
		{"tip", map[string]any{"topic": "kafka", "public": true}, "tip", "kafka", false},
		{"quiz", map[string]any{"topic": "redis"}, "quiz", "redis", true},
		{"progress", nil, "progress", "", true},
		{"leaderboard", nil, "progress", "board", true},
		{"leaderboard", map[string]any{"join": "on"}, "progress", "board on", true},
		{"subscribe", map[string]any{"zone": "Asia/Shanghai", "kind": "tip", "time": "09:30"}, "subscribe", "tip 09:30 Asia/Shanghai", true},
		{"unsubscribe", map[string]any{"kind": "all"}, "unsubscribe", "all", true},
		{"path", map[string]any{"name": "oncall", "action": "start"}, "path", "start oncall", true},
		{"help", nil, "help", "", true},
		{"status", nil, "status", "", true},
	} {
		r.discord.SlashIn("zh-CN", discordtest.General, discordtest.Ada, c.name, c.options)
		ev := r.h.wait(t, i+1)
		if ev.Kind != adapters.EventCommand || ev.Command != c.command || ev.Text != c.text || ev.Private != c.private || ev.User.Locale != "zh-CN" {
			t.Errorf("%s: got %+v", c.name, ev)
		}
	}
}

func TestCommandsAreWrittenOnlyWhenChanged(t *testing.T) {
	t.Parallel()
	s := discordtest.Start(nil)
	t.Cleanup(s.Close)
	for i, old := range []bool{false, true} {
		r := newRig(t, rigOptions{on: s, opts: Options{CatchUp: -1}}) // no task but the commands
		eventually(t, "the commands are read", func() bool { return len(s.Calls("GET", "/applications/"+discordtest.App)) == i+1 })
		eventually(t, "the commands are registered", func() bool { _, n := s.Commands(); return n == 1 })
		r.tasks.Wait() // what would be written is
		r.stop()
		err := <-r.ended
		r.ended <- err
		if _, n := s.Commands(); n != 1 {
			t.Errorf("with the same definition registered (%v): %d writes, want 1", old, n)
		}
	}
	for _, p := range s.Problems() {
		t.Error(p)
	}
	raw, _ := s.Commands()
	for _, want := range []string{`"提问"`, `"zh-CN"`, `"Find runbook"`, `"leaderboard"`, `"autocomplete":true`} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("the definition lacks %s", want)
		}
	}
	var changed []map[string]any
	if err := json.Unmarshal(raw, &changed); err != nil {
		t.Fatal(err)
	}
	var have []definition
	changed[0]["description"] = "old words"
	b, _ := json.Marshal(changed)
	if err := json.Unmarshal(b, &have); err != nil || same(have, definitions()) {
		t.Error("a changed description counts as the same")
	}
}
