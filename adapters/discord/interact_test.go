package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cairn/adapters"
	"cairn/adapters/adaptertest"
	"cairn/adapters/discord/discordtest"
)

type shelf struct{}

func (shelf) Complete(_ context.Context, v adapters.Viewer, prefix, lang string, n int) []adapters.TitleEntry {
	var out []adapters.TitleEntry
	for i := range n + 5 {
		out = append(out, adapters.TitleEntry{Title: fmt.Sprintf("%s %s %d %s", lang, prefix, i, strings.Repeat("长", 120))})
	}
	return out
}

func (shelf) Services(context.Context, adapters.Viewer) []adapters.ServiceEntry {
	var out []adapters.ServiceEntry
	for i := range 70 {
		out = append(out, adapters.ServiceEntry{Name: fmt.Sprintf("service-%02d", i), Count: i})
	}
	return out
}

func (shelf) ByService(_ context.Context, _ adapters.Viewer, service, lang string) []adapters.TitleEntry {
	if service != "service-03" {
		return nil
	}
	var out []adapters.TitleEntry
	for i := range 50 {
		out = append(out, adapters.TitleEntry{Title: fmt.Sprintf("Runbook %d @everyone [x](https://evil.example.com)", i), URL: "https://docs.example.com/r.md#L1", Document: "r.md"})
	}
	return out
}

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

func TestAutocomplete(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{opts: Options{Titles: shelf{}}})
	id := r.discord.Type("zh-CN", discordtest.General, discordtest.Ada, "ask", "question", "kaf")
	x, err := r.discord.AwaitAnswer(r.ctx, id)
	if err != nil || x.Answer != answerAutocomplete || !strings.Contains(string(x.Data), "zh kaf 0") || strings.Count(string(x.Data), "\"name\"") != 25 {
		t.Errorf("%+v, %v: %s", x, err, x.Data)
	}
	id = r.discord.Type("en-US", discordtest.General, discordtest.Ada, "runbook", "service", "-1")
	if x, err = r.discord.AwaitAnswer(r.ctx, id); err != nil || !strings.Contains(string(x.Data), "service-12") || strings.Contains(string(x.Data), "service-02") {
		t.Errorf("%v: %s", err, x.Data)
	}
	if n := len(r.h.all()); n != 0 {
		t.Errorf("typing became %d events", n)
	}
}

func TestBrowse(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{opts: Options{Titles: shelf{}}})
	id := r.discord.SlashIn("zh-CN", discordtest.General, discordtest.Ada, "runbook", nil)
	x, err := r.discord.AwaitAnswer(r.ctx, id)
	if err != nil || !x.Ephemeral || !strings.Contains(x.Original.Visible(), "按服务") {
		t.Fatalf("%+v, %v", x, err)
	}
	menus := x.Original.Buttons()
	if len(menus) != 3 || menus[2].Options[19] != "service-69" {
		t.Fatalf("menus: %+v", menus)
	}
	id = r.discord.Press(discordtest.General, discordtest.Ada, x.Original.ID, menus[0].CustomID, "service-03")
	if _, err := r.discord.AwaitAnswer(r.ctx, id); err != nil {
		t.Fatal(err)
	}
	page, _ := r.discord.Message(discordtest.General, x.Original.ID)
	read := page.Read()
	if !strings.Contains(read.Text, "Runbook 7") || len(read.Pings) > 0 || !strings.Contains(read.Text, " more: type in") {
		t.Errorf("page: %+v", read)
	}
	for _, l := range read.Links {
		if !strings.HasPrefix(l, "https://docs.example.com/") {
			t.Errorf("link %s", l)
		}
	}
	var choose discordtest.Button
	for _, b := range page.Buttons() {
		if strings.HasPrefix(b.CustomID, actionRead) {
			choose = b
		}
	}
	id = r.discord.Press(discordtest.General, discordtest.Ada, page.ID, choose.CustomID, choose.Options[4])
	ev := r.h.wait(t, 1)
	if ev.Kind != adapters.EventAsk || !ev.Private || !strings.HasPrefix(ev.Text, "Runbook 4") {
		t.Errorf("event: %+v", ev)
	}
	m := answer("the runbook")
	m.Private = true
	if _, err := r.Reply(r.ctx, ev, m); err != nil {
		t.Fatal(err)
	}
	if got := r.discord.Interaction(id); !got.Ephemeral || got.Original == nil || !strings.Contains(got.Original.Visible(), "the runbook") {
		t.Errorf("got %+v", got)
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
	r := newRig(t, rigOptions{})
	id := r.discord.Slash(discordtest.General, discordtest.Ada, "ask", map[string]any{"question": "502"})
	r.h.wait(t, 1)
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
		if x.Answer != answerDeferred || x.After > deferWithin || x.Original == nil || !strings.Contains(x.Original.Visible(), fmt.Sprint("answer ", i)) {
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
		r := newRig(t, rigOptions{on: s})
		eventually(t, "the commands are read", func() bool { return len(s.Calls("GET", "/applications/"+discordtest.App)) == i+1 })
		eventually(t, "the commands are registered", func() bool { _, n := s.Commands(); return n == 1 })
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

func TestReplyToCairnIsAFollowUp(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{config: Config{MessageContent: true}})
	q := r.discord.Mention(discordtest.General, discordtest.Ada, "disk full")
	ref, err := r.Reply(r.ctx, r.h.wait(t, 1), answer("df -h"))
	if err != nil {
		t.Fatal(err)
	}
	r.discord.Post(discordtest.Said{Channel: discordtest.General, User: discordtest.Ada, Text: "and inodes?", ReplyTo: ref.Message})
	ev := r.h.wait(t, 2)
	if ev.Surface != adapters.SurfaceMention || ev.Thread != q || ev.Text != "and inodes?" {
		t.Errorf("got %+v", ev)
	}
	second, err := r.Reply(r.ctx, ev, answer("df -i"))
	if err != nil {
		t.Fatal(err)
	}
	r.discord.Post(discordtest.Said{Channel: discordtest.General, User: discordtest.Bo, Text: "and quota?", ReplyTo: second.Message})
	if ev = r.h.wait(t, 3); ev.Thread != q {
		t.Errorf("a follow-up of a follow-up: got thread %s, want %s", ev.Thread, q)
	}
}

func TestLongAnswersOpenAThread(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{config: Config{MessageContent: true}})
	q := r.discord.Mention(discordtest.General, discordtest.Ada, "disk full")
	ref, err := r.Reply(r.ctx, r.h.wait(t, 1), adaptertest.Answer(20))
	if err != nil {
		t.Fatal(err)
	}
	if ref.Thread != q || ref.Channel != discordtest.General || len(r.discord.Messages(discordtest.General)) != 0 || len(r.discord.Messages(q)) == 0 {
		t.Errorf("ref %+v", ref)
	}
	// What is said in the thread belongs to the same conversation.
	r.discord.Say(q, discordtest.Ada, "which volume?")
	ev := r.h.wait(t, 2)
	if ev.Surface != adapters.SurfaceThread || ev.Channel != discordtest.General || ev.Thread != q || !ev.ChannelPublic {
		t.Errorf("got %+v", ev)
	}
	if ref, err = r.Reply(r.ctx, ev, answer("the first")); err != nil || ref.Thread != q {
		t.Errorf("%+v, %v", ref, err)
	}
	if m, ok := r.discord.Message(q, ref.Message); !ok || m.Channel != q {
		t.Error("the follow-up's answer stands elsewhere")
	}
	m := adaptertest.Answer(1)
	m.Title = "Edited"
	if err := r.Edit(r.ctx, ref, m); err != nil {
		t.Error(err)
	}
	r.discord.Say(q, discordtest.Ada, "thanks <@"+discordtest.Bo+">")
	if ev = r.h.wait(t, 3); ev.Kind != adapters.EventChatter {
		t.Errorf("said to somebody else: got %+v", ev)
	}
}

func TestNoThreadWithoutThePermission(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	r.discord.Deny(discordtest.General, discordtest.OpenThreads, true)
	r.discord.Mention(discordtest.General, discordtest.Ada, "disk full")
	if _, err := r.Reply(r.ctx, r.h.wait(t, 1), adaptertest.Answer(20)); err != nil {
		t.Fatal(err)
	}
	if len(r.discord.Messages(discordtest.General)) == 0 {
		t.Error("no answer in the channel")
	}
	if !strings.Contains(r.log.String(), "Create Public Threads") {
		t.Error("the log does not name the permission")
	}
}

func TestEditedAndDeletedQuestions(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	q := r.discord.Mention(discordtest.General, discordtest.Ada, "disk ful")
	r.h.wait(t, 1)
	r.discord.Edit(discordtest.General, q, "<@"+discordtest.Bot+"> disk full")
	ev := r.h.wait(t, 2)
	if ev.Kind != adapters.EventEdit || ev.Text != "disk full" || ev.Message != q || ev.Thread != q {
		t.Errorf("edit: %+v", ev)
	}
	other := r.discord.Say(discordtest.General, discordtest.Ada, "talk")
	r.discord.Delete(discordtest.General, other)
	r.discord.Delete(discordtest.General, q)
	if ev = r.h.wait(t, 3); ev.Kind != adapters.EventDelete || ev.Message != q || ev.Thread != q {
		t.Errorf("delete: %+v", ev)
	}
}

func TestOnboarding(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{config: Config{MessageContent: true, OnboardingChannels: []string{discordtest.General}}})
	q := r.discord.Say(discordtest.General, discordtest.Ada, "how do I get VPN access?")
	ev := r.h.wait(t, 1)
	if ev.Surface != adapters.SurfaceOnboarding || ev.Thread != q || ev.Message != q {
		t.Errorf("got %+v", ev)
	}
	r.discord.Post(discordtest.Said{Channel: discordtest.General, User: discordtest.Bo, Text: "ask IT", ReplyTo: q})
	if ev = r.h.wait(t, 2); ev.Surface != adapters.SurfaceOnboarding || ev.Thread != q || ev.Message == q {
		t.Errorf("a person's reply: got %+v", ev)
	}
	m := answer("asking the owners")
	m.Notify = discordtest.Owners
	ref, err := r.Reply(r.ctx, ev, m)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := r.discord.Message(discordtest.General, ref.Message)
	if got.Content != "<@&"+discordtest.Owners+">" || string(got.Allowed) != `{"parse":[],"roles":["`+discordtest.Owners+`"]}` {
		t.Errorf("got %q with %s", got.Content, got.Allowed)
	}
}

func TestMissingPermission(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	r.discord.Deny(discordtest.General, discordtest.SendMessages|discordtest.EmbedLinks, true)
	r.discord.Mention(discordtest.General, discordtest.Ada, "磁盘满了怎么办")
	_, err := r.Reply(r.ctx, r.h.wait(t, 1), answer("df"))
	var d *adapters.DeliveryError
	if !errors.As(err, &d) || d.Kind != adapters.KindPermission || d.Permission != "Send Messages, Embed Links" || d.Retryable() {
		t.Errorf("got %v", err)
	}
	m, err := r.discord.Await(r.ctx, r.discord.DirectChannel(discordtest.Ada), nil)
	if err != nil || !strings.Contains(m.Visible(), "Send Messages") || !strings.Contains(m.Visible(), "权限") {
		t.Errorf("%+v, %v", m, err)
	}
	if !strings.Contains(r.log.String(), `permission="Send Messages, Embed Links"`) {
		t.Errorf("the log does not name the permission: %s", r.log.String())
	}
}

func TestGoneChannelIsNoLoop(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	r.discord.Mention(discordtest.General, discordtest.Ada, "502")
	ev := r.h.wait(t, 1)
	r.discord.RemoveChannel(discordtest.General)
	before := len(r.discord.Calls("POST", "/channels/"))
	_, err := r.Reply(r.ctx, ev, answer("x"))
	if adapters.KindOf(err) != adapters.KindNotFound {
		t.Errorf("got %v", err)
	}
	if n := len(r.discord.Calls("POST", "/channels/")) - before; n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

// A private answer that may not be sent directly is not lost without a word.
func TestPrivateAnswerButClosed(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	dm := r.discord.DirectChannel(discordtest.Ada)
	r.discord.Fail(2, discordtest.Fault{Method: "POST", Path: "/channels/" + dm, Status: 403, Code: codeCannotDM})
	for i := range 2 {
		q := r.discord.Mention(discordtest.General, discordtest.Ada, "密钥在哪里")
		m := answer("a secret of the team")
		m.Private = true
		if _, err := r.Reply(r.ctx, r.h.wait(t, i+1), m); adapters.KindOf(err) != adapters.KindPermission {
			t.Errorf("got %v", err)
		}
		if i > 0 {
			continue
		}
		got, err := r.discord.Await(r.ctx, discordtest.General, func(m discordtest.Message) bool { return m.ReplyTo == q })
		if err != nil || !strings.Contains(got.Visible(), "/ask") || strings.Contains(got.Visible(), "secret") {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if n := len(r.discord.Messages(discordtest.General)); n != 1 {
		t.Errorf("told %d times, want once", n)
	}
}

// A thread that somebody deletes while its question is answered costs one
// request.
func TestGoneThreadIsNoLoop(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{config: Config{MessageContent: true}})
	q := r.discord.Mention(discordtest.General, discordtest.Ada, "disk full")
	if _, err := r.Reply(r.ctx, r.h.wait(t, 1), adaptertest.Answer(20)); err != nil {
		t.Fatal(err)
	}
	r.discord.Say(q, discordtest.Ada, "which volume?")
	ev := r.h.wait(t, 2)
	r.discord.RemoveChannel(q)
	before := len(r.discord.Calls("", "/"))
	if _, err := r.Reply(r.ctx, ev, answer("x")); adapters.KindOf(err) != adapters.KindNotFound {
		t.Errorf("got %v", err)
	}
	if n := len(r.discord.Calls("", "/")) - before; n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

// A permission known to be missing is not asked for again and again: refused
// requests count.
func TestNoThreadIsNotTriedInVain(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	r.discord.Deny(discordtest.General, discordtest.SendThreads, true)
	eventually(t, "the permission is known to be missing", func() bool { return r.missing(discordtest.General, true, true) != "" })
	for i := range 2 {
		r.discord.Mention(discordtest.General, discordtest.Ada, "disk full")
		if _, err := r.Reply(r.ctx, r.h.wait(t, i+1), adaptertest.Answer(20)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range r.discord.Calls("POST", "/channels/") {
		if strings.HasSuffix(c.Path, "/threads") {
			t.Errorf("a thread was asked for: %s", c.Path)
		}
	}
	if n := strings.Count(r.log.String(), "Send Messages in Threads"); n != 1 {
		t.Errorf("the log names the permission %d times, want once", n)
	}
}

// A moderator deletes many messages at once.
func TestBulkDeletion(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	q := r.discord.Mention(discordtest.General, discordtest.Ada, "disk full")
	r.h.wait(t, 1)
	r.discord.Dispatch("MESSAGE_DELETE_BULK", discordtest.Guild, map[string]any{"ids": []string{"5", q, "6"}, "channel_id": discordtest.General, "guild_id": discordtest.Guild})
	if ev := r.h.wait(t, 2); ev.Kind != adapters.EventDelete || ev.Message != q {
		t.Errorf("got %+v", ev)
	}
}

// In a direct conversation the wait is told without names, once per question.
func TestWaitIsToldDirectly(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{opts: Options{TellAfter: 150 * time.Millisecond}})
	r.discord.Direct(discordtest.Ada, "磁盘满了")
	ev := r.h.wait(t, 1)
	r.TellWait(r.ctx, ev)
	r.TellWait(r.ctx, ev)
	dm := r.discord.DirectChannel(discordtest.Ada)
	m, err := r.discord.Await(r.ctx, dm, nil)
	if err != nil || !strings.Contains(m.Visible(), "排队") || strings.Contains(m.Visible(), "Ada") || m.ReplyTo != ev.Message {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := r.Reply(r.ctx, ev, answer("df")); err != nil {
		t.Fatal(err)
	}
	r.TellWait(r.ctx, ev) // too late
	slash := ev
	slash.ReplyToken = adapters.NewSecret("1/x")
	r.TellWait(r.ctx, slash) // shows by itself
	if _, err := r.Send(r.ctx, adapters.Destination{Channel: dm}, answer("end")); err != nil {
		t.Fatal(err)
	}
	if n := len(r.discord.Messages(dm)); n != 3 {
		t.Errorf("%d messages, want notice, answer and end", n)
	}
}

func TestDirectMessagesRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	dm := r.discord.DirectChannel(discordtest.Ada)
	r.discord.Fail(1, discordtest.Fault{Method: "POST", Path: "/channels/" + dm, Status: 403, Code: codeCannotDM})
	_, err := r.Send(r.ctx, adapters.Destination{User: discordtest.Ada}, answer("tip"))
	if adapters.KindOf(err) != adapters.KindPermission {
		t.Errorf("got %v", err)
	}
}

func TestSendIsNotDoubled(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	to := adapters.Destination{Channel: discordtest.General}
	m := answer("the daily tip")
	m.Marker = "tip-2026-11-21"
	// The message arrives, its answer gets lost: the same nonce again.
	r.discord.Fail(1, discordtest.Fault{Method: "POST", Path: "/channels/", After: true, Drop: true})
	first, err := r.Send(r.ctx, to, m)
	if err != nil {
		t.Fatal(err)
	}
	r.discord.Fail(1, discordtest.Fault{Method: "POST", Path: "/channels/", After: true, Status: 502})
	if _, err := r.Send(r.ctx, to, answer("another")); err != nil {
		t.Fatal(err)
	}
	again, err := r.Send(r.ctx, to, m) // after a crash, within Discord's minutes
	if err != nil || again.Message != first.Message {
		t.Errorf("%+v, %v, want %+v", again, err, first)
	}
	if n := len(r.discord.Messages(discordtest.General)); n != 2 {
		t.Errorf("%d messages, want 2", n)
	}
}

// A tip is found again by its footer alone and by its address alone: whichever
// of the two Discord keeps.
func TestTipIsFoundAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	to := adapters.Destination{Channel: discordtest.General}
	m := answer("the daily tip")
	m.Marker, m.Mark = "tip-2026-11-21", "from disk.md"
	ref, err := r.Send(r.ctx, to, m)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := r.discord.Message(discordtest.General, ref.Message)
	if f := got.Embeds[0].Footer; f == nil || f.Text != "from disk.md "+reference(m.Marker) || len(reference(m.Marker)) != 11 {
		t.Errorf("footer: %+v", f)
	}
	for _, strip := range []func(*discordtest.Embed){func(e *discordtest.Embed) { e.URL = "" }, func(e *discordtest.Embed) { e.Footer = nil }} {
		other := m
		other.Marker += "x" + fmt.Sprint(len(r.discord.Messages("")))
		ref, err := r.Send(r.ctx, to, other)
		if err != nil {
			t.Fatal(err)
		}
		r.discord.Change(discordtest.General, ref.Message, func(m *discordtest.Message) { strip(&m.Embeds[0]) })
		if found, ok, err := r.Find(r.ctx, to, other.Marker, time.Now().Add(-time.Minute)); err != nil || !ok || found.Message != ref.Message {
			t.Errorf("got %+v, %v, %v", found, ok, err)
		}
	}
	if _, ok, err := r.Find(r.ctx, to, "another", time.Now().Add(-time.Minute)); ok || err != nil {
		t.Errorf("another marker: %v, %v", ok, err)
	}
}

func TestBusyTypes(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	r.discord.Mention(discordtest.General, discordtest.Ada, "502")
	done := r.Busy(r.ctx, r.h.wait(t, 1))
	eventually(t, "the typing sign is shown", func() bool { return len(r.discord.Calls("POST", "/channels/"+discordtest.General+"/typing")) == 1 })
	done()
}

func TestErrorsHoldNoSecret(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	id := r.discord.Slash(discordtest.General, discordtest.Ada, "ask", map[string]any{"question": "502"})
	ev := r.h.wait(t, 1)
	if _, err := r.discord.AwaitAnswer(r.ctx, id); err != nil {
		t.Fatal(err)
	}
	for _, f := range []discordtest.Fault{
		{Path: "/webhooks/", Drop: true}, {Path: "/webhooks/", Status: 500}, {Path: "/webhooks/", Status: 200, Body: "<html>"}, {Path: "/webhooks/", Status: 400, Code: 50035},
		{Path: "/webhooks/", Status: 429, Body: "<html>error code: 1015</html>"},
	} {
		r.discord.Fail(restTries, f)
		ctx, cancel := context.WithTimeout(r.ctx, 2*time.Second)
		_, err := r.Reply(ctx, ev, answer("x"))
		cancel()
		if err == nil {
			t.Errorf("%+v: no error", f)
			continue
		}
		for _, secret := range []string{discordtest.Token, ev.ReplyToken.Reveal(), "-secret"} {
			if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), secret) {
				t.Errorf("%+v: the error holds %q: %v", f, secret, err)
			}
		}
		r.discord.Fail(0, discordtest.Fault{Path: "/nowhere"})
	}
}

// An edit that cannot reach a later part of an answer says so, and adds none.
func TestEditOfPartsDoublesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, rigOptions{})
	m := adaptertest.Answer(1)
	for range 3 {
		m.Notes = append(m.Notes, strings.Repeat("many words ", 280))
	}
	ref, err := r.Send(r.ctx, adapters.Destination{Channel: discordtest.General}, m)
	if err != nil {
		t.Fatal(err)
	}
	all := r.discord.Messages(discordtest.General)
	second := "/channels/" + discordtest.General + "/messages/" + all[1].ID
	r.discord.Fail(restTries, discordtest.Fault{Method: "PATCH", Path: second, Status: 500})
	if err := r.Edit(r.ctx, ref, m); adapters.KindOf(err) != adapters.KindServer {
		t.Errorf("got %v", err)
	}
	if n := len(r.discord.Messages(discordtest.General)); n != len(all) {
		t.Errorf("%d messages, want %d", n, len(all))
	}
	// One that somebody deleted is put there again.
	r.discord.Delete(discordtest.General, all[1].ID)
	if err := r.Edit(r.ctx, ref, m); err != nil {
		t.Fatal(err)
	}
	if n := len(r.discord.Messages(discordtest.General)); n != len(all) {
		t.Errorf("%d messages, want %d", n, len(all))
	}
}
