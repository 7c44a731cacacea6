package adaptertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cairn/adapters"
)

// Run runs the suite.
func Run(t *testing.T, harness func(t *testing.T) *Harness) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *running)
	}{
		{"question", testQuestion}, {"direct", testDirect}, {"duplicate", testDuplicate}, {"bots", testBots}, {"reconnect", testReconnect},
		{"reply", testReply}, {"hostile", testHostile}, {"long", testLong}, {"buttons", testButtons}, {"order", testOrder},
		{"rate", testRate}, {"gone", testGone}, {"edit", testEdit}, {"find", testFind}, {"stream", testStream}, {"stop", testStop},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, start(t, harness(t)))
		})
	}
}

// Answer is a message with every part, for renderers to be tried with.
func Answer(steps int) adapters.Message {
	m := adapters.Message{
		Lang: "en", Text: "Disk full: what to do", Title: "Disk full", Confidence: "likely", AnswerID: "answer1",
		Warnings:  []string{"This file has changed since it was indexed."},
		Citations: []adapters.Citation{{N: 1, Label: "disk.md:3-40", Heading: []string{"Disk full", "Fix"}, URL: "https://docs.example.com/disk.md#L3"}},
		Related:   []adapters.Link{{Title: "Inodes used up", URL: "https://docs.example.com/inodes.md", Detail: "inodes.md:1"}}, RelatedTitle: "Related",
		Buttons:  []adapters.Button{{ID: "more", Value: "answer1", Label: "More like this"}},
		Feedback: &adapters.Feedback{UpLabel: "Helpful", DownLabel: "Not helpful"},
		Mark:     "answered without the model",
	}
	for n := 1; n <= steps; n++ {
		m.Steps = append(m.Steps, adapters.Step{
			N: n, Section: "Fix", Text: fmt.Sprintf("Look at volume %d with `df`.", n), Citation: 1, Expect: "less than 80 %", Risk: adapters.Safe,
			Commands: []adapters.Command{{Text: Command(n), Lang: "sh"}},
		})
	}
	return m
}

// Command is the command of a step of [Answer]: full of what a chat platform
// likes to change.
func Command(n int) string {
	return fmt.Sprintf("df -h \"/data/%d\" | awk '{print $5 \" -- \" $6}' > /tmp/<out> && echo `date` *_~ \\\\ &amp; \"$HOME\"\n  curl -s 'https://example.com/a?b=%d&c=<@U1>'", n, n)
}

func testQuestion(t *testing.T, r *running) {
	id := r.Ask("502 troubleshooting & <more>\nsecond line")
	ev := r.distinct(t, 1, asks)[0]
	if ev.Text != "502 troubleshooting & <more>\nsecond line" {
		t.Errorf("text: got %q", ev.Text)
	}
	if ev.Adapter != r.Adapter.Name() || ev.Surface != adapters.SurfaceMention || ev.Channel != r.Channel || ev.Message != id || ev.User.ID != r.User || ev.Private || !ev.ChannelPublic {
		t.Errorf("event: got %+v", ev)
	}
	if ev.Time.IsZero() || time.Since(ev.Time).Abs() > time.Hour {
		t.Errorf("time: got %v", ev.Time)
	}
	raw, err := json.Marshal(ev)
	if err != nil {
		t.Fatal(err)
	}
	var back adapters.Event
	if err := json.Unmarshal(raw, &back); err != nil || !reflect.DeepEqual(roundTrip(ev), roundTrip(back)) {
		t.Errorf("the event does not survive being stored: %v\n got %+v\nwant %+v", err, back, ev)
	}
}

func roundTrip(ev adapters.Event) adapters.Event {
	ev.Time, ev.ReplyUntil = ev.Time.UTC().Round(0), ev.ReplyUntil.UTC().Round(0)
	return ev
}

func testDirect(t *testing.T, r *running) {
	r.Direct("k8s node NotReady 怎么排查")
	ev := r.distinct(t, 1, asks)[0]
	if ev.Surface != adapters.SurfaceDirect || ev.Text != "k8s node NotReady 怎么排查" || ev.ChannelPublic {
		t.Errorf("got %+v", ev)
	}
}

func testDuplicate(t *testing.T, r *running) {
	r.Ask("once")
	r.distinct(t, 1, asks)
	r.Again()
	r.Ask("twice")
	got := r.distinct(t, 2, asks)
	if len(got) != 2 || got[0].Text != "once" || got[1].Text != "twice" {
		t.Errorf("got %+v, want each question once by its keys", got)
	}
}

func testBots(t *testing.T, r *running) {
	r.Bot("502?")
	if _, err := r.Adapter.Send(r.ctx, adapters.Destination{Channel: r.Channel}, Answer(1)); err != nil {
		t.Fatal(err)
	}
	r.Ask("the last one")
	for _, ev := range r.distinct(t, 1, func(adapters.Event) bool { return true }) {
		if ev.Text != "the last one" {
			t.Errorf("a bot's message became an event: %+v", ev)
		}
	}
}

func testReconnect(t *testing.T, r *running) {
	r.Drop()
	eventually(t, "the adapter is ready again", func() bool { return r.Adapter.Ready() == nil })
	r.Ask("after the break")
	r.distinct(t, 1, asks)
}

func testReply(t *testing.T, r *running) {
	id := r.Ask("disk full?")
	ev := r.distinct(t, 1, asks)[0]
	m := Answer(2)
	ref, err := r.Adapter.Reply(r.ctx, ev, m)
	if err != nil {
		t.Fatal(err)
	}
	s := r.seen(t, 1)[0]
	if s.Ref.Message != ref.Message || ref.Message == "" || ref.Message == id {
		t.Errorf("ref: got %+v for %+v", ref, s.Ref)
	}
	for _, want := range []string{"Disk full", "likely", "changed since", "volume 1", "volume 2", "less than 80 %", "disk.md:3-40", "Inodes used up", "More like this", "Helpful", "answered without the model"} {
		if !strings.Contains(s.Text, want) {
			t.Errorf("the message lacks %q:\n%s", want, s.Text)
		}
	}
	if want := []string{Command(1), Command(2)}; !slices.Equal(s.Commands, want) {
		t.Errorf("commands: got %q, want %q", s.Commands, want)
	}
	if len(s.Pings) > 0 {
		t.Errorf("pings: got %q", s.Pings)
	}
	for _, l := range s.Links {
		if !strings.HasPrefix(l, "https://docs.example.com/") {
			t.Errorf("link to %s, which no Link holds", l)
		}
	}
}

func testHostile(t *testing.T, r *running) {
	const evil = "@everyone @here <!channel> <@U0123> <@123456789012345678> <@&123456789012345678> <!subteam^S1> [x](https://evil.example.com) <https://evil.example.com|y> ```\n@everyone\n``` https://evil.example.com/?q=secret"
	m := Answer(1)
	m.Text, m.Title, m.Lead, m.UnderstoodAs, m.Mark, m.RelatedTitle, m.Confidence = evil, evil, evil, evil, evil, evil, evil
	m.Warnings, m.Notes = []string{evil}, []string{evil}
	m.Steps[0].Text, m.Steps[0].Section, m.Steps[0].Expect, m.Steps[0].IfNot, m.Steps[0].Before = evil, evil, evil, evil, []string{evil}
	m.Steps[0].Commands[0].Text = evil
	m.Quotes = []adapters.Quote{{Text: evil, Citation: 1}}
	m.Citations[0].Label, m.Citations[0].Heading = evil, []string{evil}
	m.Related = []adapters.Link{{Title: evil, URL: "javascript:alert(1)", Detail: evil}, {Title: evil, URL: "https://docs.example.com/x"}, {Title: "here", URL: "http://localhost:8080/d/x"}}
	m.Buttons = []adapters.Button{{ID: "more", Value: "x", Label: evil}}
	if _, err := r.Adapter.Send(r.ctx, adapters.Destination{Channel: r.Channel}, m); err != nil {
		t.Fatal(err)
	}
	for _, s := range r.seen(t, 1) {
		if len(s.Pings) > 0 {
			t.Errorf("pings: got %q", s.Pings)
		}
		for _, l := range s.Links {
			if !strings.HasPrefix(l, "https://docs.example.com/") {
				t.Errorf("link to %s", l)
			}
		}
		for _, c := range s.Commands {
			if len(s.Commands) == 1 && c != evil {
				t.Errorf("command: got %q, want %q", c, evil)
			}
		}
	}
}

// testLong follows the paging: together the pages hold every command once.
func testLong(t *testing.T, r *running) {
	const steps = 37
	var answers atomic.Int32
	r.mu.Lock()
	r.answer = func(ev adapters.Event) {
		defer answers.Add(1)
		if ev.Kind != adapters.EventAction || ev.Action.ID != "steps" {
			return
		}
		m := Answer(steps)
		fmt.Sscanf(strings.TrimPrefix(ev.Action.Value, "answer1:"), "%d", &m.FirstStep)
		if _, err := r.Adapter.Reply(r.ctx, ev, m); err != nil {
			t.Error(err)
		}
	}
	r.mu.Unlock()
	if _, err := r.Adapter.Send(r.ctx, adapters.Destination{Channel: r.Channel}, Answer(steps)); err != nil {
		t.Fatal(err)
	}
	pressed := map[string]bool{}
	shown := func() (out []string) {
		for _, s := range r.Seen() {
			out = append(out, s.Commands...)
		}
		return out
	}
	eventually(t, "all steps have been shown", func() bool {
		for _, s := range r.Seen() {
			for _, b := range s.Buttons {
				if b.ID == "steps" && !pressed[b.Value] {
					pressed[b.Value] = true
					r.Press(s, b)
				}
			}
		}
		return len(shown()) >= steps && int(answers.Load()) == len(pressed)
	})
	got := shown()
	for n := 1; n <= steps; n++ {
		if c := Command(n); !slices.Contains(got, c) {
			t.Errorf("the command of step %d is missing or was changed", n)
		}
	}
	if len(got) != steps {
		t.Errorf("commands: got %d, want %d", len(got), steps)
	}
}

func testButtons(t *testing.T, r *running) {
	m := Answer(1)
	m.Choices = []adapters.Button{{ID: "pick", Value: "answer1:0", Label: "one"}, {ID: "pick", Value: "answer1:1", Label: "two"}}
	ref, err := r.Adapter.Send(r.ctx, adapters.Destination{Channel: r.Channel}, m)
	if err != nil {
		t.Fatal(err)
	}
	s := r.seen(t, 1)[0]
	want := []adapters.ActionValue{{ID: "pick", Value: "answer1:0"}, {ID: "pick", Value: "answer1:1"}, {ID: "more", Value: "answer1"}, {ID: "feedback", Value: "answer1:up"}, {ID: "feedback", Value: "answer1:down"}}
	for i, w := range want {
		at := slices.IndexFunc(s.Buttons, func(b adapters.ActionValue) bool { return b.Value == w.Value })
		if at < 0 {
			t.Errorf("no button for %+v in %+v", w, s.Buttons)
			continue
		}
		r.Press(s, s.Buttons[at])
		ev := r.distinct(t, i+1, func(ev adapters.Event) bool { return ev.Kind == adapters.EventAction })[i]
		if ev.Action.ID != w.ID || ev.Action.Value != w.Value || ev.Action.On.Message != ref.Message || ev.User.ID != r.User || ev.Channel != r.Channel {
			t.Errorf("action: got %+v on %+v, want %+v on %+v", ev.Action, ev, w, ref)
		}
	}
}

// testOrder sends several messages while the first one hangs: they stand in the
// order of the calls, although the first is refused once.
func testOrder(t *testing.T, r *running) {
	r.Ask("in order, please")
	ev := r.distinct(t, 1, asks)[0]
	release := sync.OnceFunc(r.Hold())
	defer release()
	done := make(chan error, 5)
	for i := range 5 {
		go func() {
			m := adapters.Message{Lang: "en", Text: fmt.Sprintf("message %d", i)}
			m.Lead = m.Text
			_, err := r.Adapter.Reply(r.ctx, ev, m)
			done <- err
		}()
		eventually(t, fmt.Sprintf("message %d has its place", i), func() bool { return r.Queued() == i+1 })
	}
	release()
	for range 5 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	for i, s := range r.seen(t, 5) {
		if want := fmt.Sprintf("message %d", i); !strings.Contains(s.Text, want) {
			t.Errorf("place %d: got %q, want %q", i, s.Text, want)
		}
	}
}

func testRate(t *testing.T, r *running) {
	r.Limit(2)
	if _, err := r.Adapter.Send(r.ctx, adapters.Destination{Channel: r.Channel}, Answer(1)); err != nil {
		t.Fatalf("sent under a rate limit: %v", err)
	}
	if n := len(r.seen(t, 1)); n != 1 {
		t.Errorf("messages: got %d, want 1", n)
	}
}

func testGone(t *testing.T, r *running) {
	_, err := r.Adapter.Send(r.ctx, adapters.Destination{Channel: r.Gone}, Answer(1))
	var d *adapters.DeliveryError
	if !errors.As(err, &d) || d.Kind != adapters.KindNotFound && d.Kind != adapters.KindPermission || d.Retryable() {
		t.Errorf("got %v, want a delivery error of kind not_found or permission", err)
	}
	for _, s := range r.Secrets {
		if err != nil && strings.Contains(err.Error(), s) {
			t.Errorf("the error holds a secret: %v", err)
		}
	}
}

func testEdit(t *testing.T, r *running) {
	e, ok := r.Adapter.(adapters.Editor)
	if !ok {
		t.Skip("edits nothing")
	}
	ref, err := r.Adapter.Send(r.ctx, adapters.Destination{Channel: r.Channel}, Answer(1))
	if err != nil {
		t.Fatal(err)
	}
	m := Answer(1)
	m.Title = "Another title"
	m.Lead = "@everyone <!channel>"
	if err := e.Edit(r.ctx, ref, m); err != nil {
		t.Fatal(err)
	}
	if s := r.seen(t, 1); len(s) != 1 || !strings.Contains(s[0].Text, "Another title") || len(s[0].Pings) > 0 {
		t.Errorf("got %+v", s)
	}
	ref.Message = "1"
	if err := e.Edit(r.ctx, ref, m); adapters.KindOf(err) != adapters.KindNotFound {
		t.Errorf("edit of nothing: got %v, want kind not_found", err)
	}
}

// testStream lets an answer grow: the steps stand at once, what came before
// the end is gone at the end, and nothing of it pings.
func testStream(t *testing.T, r *running) {
	s, ok := r.Adapter.(adapters.Streamer)
	if !ok {
		t.Skip("streams nothing")
	}
	r.Ask("disk full?")
	ev := r.distinct(t, 1, asks)[0]
	m := Answer(2)
	stream, err := s.Stream(r.ctx, ev, m)
	if err != nil {
		t.Fatal(err)
	}
	first := r.seen(t, 1)[0]
	if !slices.Equal(first.Commands, []string{Command(1), Command(2)}) || stream.Ref().Message != first.Ref.Message {
		t.Errorf("at once: got %+v as %+v, want both steps", first, stream.Ref())
	}
	// The platform hangs, which no update waits for, and then refuses the edit:
	// the end makes up for it.
	release := sync.OnceFunc(r.Hold())
	defer release()
	updated := make(chan struct{})
	go func() {
		defer close(updated)
		m := m
		for i := range 200 {
			m.Notes = []string{strings.Repeat("@everyone <!channel> because. ", i)}
			stream.Update(m)
		}
	}()
	select {
	case <-updated:
	case <-time.After(patience):
		t.Fatal("an update waits for the platform")
	}
	release()
	m.Notes = []string{"That is all. <@U1> @here"}
	ref, err := stream.Close(r.ctx, m)
	if err != nil {
		t.Fatal(err)
	}
	all := r.Seen()
	if len(all) != 1 || all[0].Ref.Message != ref.Message || !strings.Contains(all[0].Text, "That is all.") || strings.Contains(all[0].Text, "because") || len(all[0].Pings) > 0 || !slices.Equal(all[0].Commands, first.Commands) {
		t.Errorf("at the end: got %+v, want the final message alone", all)
	}
}

func testFind(t *testing.T, r *running) {
	f, ok := r.Adapter.(adapters.Finder)
	if !ok {
		t.Skip("finds nothing")
	}
	since := time.Now().Add(-time.Minute)
	to := adapters.Destination{Channel: r.Channel}
	m := Answer(1)
	m.Marker = "tip-2026-11-21-abc"
	ref, err := r.Adapter.Send(r.ctx, to, m)
	if err != nil {
		t.Fatal(err)
	}
	got, found, err := f.Find(r.ctx, to, m.Marker, since)
	if err != nil || !found || got.Message != ref.Message {
		t.Errorf("got %+v, %v, %v, want %+v", got, found, err, ref)
	}
	if _, found, err := f.Find(r.ctx, to, "tip-other", since); found || err != nil {
		t.Errorf("another marker: got %v, %v", found, err)
	}
	for _, s := range r.Seen() {
		if strings.Contains(s.Text, m.Marker) {
			t.Error("the marker can be read")
		}
	}
}

func testStop(t *testing.T, r *running) {
	r.stop()
	err := <-r.done
	r.done <- err
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Run: got %v, want the context's error", err)
	}
	if r.Adapter.Ready() == nil {
		t.Error("ready after the end")
	}
}
