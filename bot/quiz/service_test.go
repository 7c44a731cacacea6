package quiz

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"cairn/adapters"
	"cairn/bot/schedule"
	"cairn/bot/store"
	"cairn/bot/store/sqlite"
)

// A rig is a service over the goldens' documents with a clock.
type rig struct {
	t    *testing.T
	s    *Service
	st   *sqlite.Store
	now  time.Time
	libs []Library
	// secret is shown to channel C-secret only.
	secret []Library
}

func goldenLibrary(t *testing.T, file, name string) Library {
	t.Helper()
	ar, err := txtar.ParseFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	l := Library{Name: name}
	for _, f := range ar.Files {
		if f.Name != "want" {
			l.Documents = append(l.Documents, parse(t, f.Name, string(f.Data)))
		}
	}
	return l
}

func newRig(t *testing.T) *rig {
	t.Helper()
	st, err := sqlite.Open(t.Context(), slog.New(slog.DiscardHandler), filepath.Join(t.TempDir(), "s.db"), &sqlite.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	r := &rig{t: t, st: st, now: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC), libs: []Library{goldenLibrary(t, "runbook.txtar", "lib")}}
	r.secret = []Library{goldenLibrary(t, "notes.txtar", "secret")}
	r.s, err = New(slog.New(slog.DiscardHandler), st, func(v adapters.Viewer) []Library {
		if v.Channel == "C-secret" {
			return append(r.libs[:len(r.libs):len(r.libs)], r.secret...)
		}
		return r.libs
	}, &Options{Now: func() time.Time { return r.now }, NextDaily: schedule.NextDaily, Zone: "Asia/Shanghai",
		PageURL: func(token string) string { return "https://cairn.example.org/me/" + token }})
	if err != nil {
		t.Fatal(err)
	}
	r.sync()
	return r
}

func (r *rig) sync() store.CardChange {
	r.t.Helper()
	c, err := r.s.Sync(r.t.Context(), append(r.libs[:len(r.libs):len(r.libs)], r.secret...))
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

func (r *rig) event(text string) adapters.Event {
	return adapters.Event{Adapter: "slack", Workspace: "T1", Channel: "C1", User: adapters.User{ID: "U1", Name: "Ada `x`"}, Text: text}
}

func (r *rig) command(name, text string) adapters.Message {
	r.t.Helper()
	return r.commandBy(name, r.event(text))
}

func (r *rig) commandBy(name string, ev adapters.Event) adapters.Message {
	r.t.Helper()
	for _, c := range r.s.Commands() {
		if c.Names()[0] != name {
			continue
		}
		m, err := c.Run(r.t.Context(), ev, "en")
		if err != nil {
			r.t.Fatalf("%s %s: %v", name, ev.Text, err)
		}
		if !m.Private || m.Text == "" {
			r.t.Errorf("%s %s: the answer is %+v, want it private and with text", name, ev.Text, m)
		}
		return m
	}
	r.t.Fatalf("no command %s", name)
	return adapters.Message{}
}

func (r *rig) press(b adapters.Button) adapters.Message {
	r.t.Helper()
	ev := r.event("")
	ev.Kind, ev.Action = adapters.EventAction, adapters.ActionValue{ID: b.ID, Value: b.Value}
	return r.pressBy(ev)
}

func (r *rig) pressBy(ev adapters.Event) adapters.Message {
	r.t.Helper()
	for _, c := range r.s.Commands() {
		for _, id := range c.Actions() {
			if id == ev.Action.ID {
				m, err := c.Act(r.t.Context(), ev, "en")
				if err != nil {
					r.t.Fatalf("press %s %s: %v", ev.Action.ID, ev.Action.Value, err)
				}
				if !m.Private || m.Text == "" {
					r.t.Errorf("press %s: the answer is %+v, want it private and with text", ev.Action.ID, m)
				}
				return m
			}
		}
	}
	r.t.Fatalf("nobody handles %s", ev.Action.ID)
	return adapters.Message{}
}

// answer returns the buttons of the right and of a wrong choice.
func (r *rig) answer(m adapters.Message) (card Card, right, wrong adapters.Button) {
	r.t.Helper()
	p, ok := parsePress(m.Choices[0].Value)
	if !ok {
		r.t.Fatalf("the button says %q", m.Choices[0].Value)
	}
	c := r.s.deck(adapters.Viewer{Channel: "C-secret"}).byID[p.card]
	_, at := c.shuffled(p.prompt)
	return c, m.Choices[at], m.Choices[(at+1)%len(m.Choices)]
}

func (r *rig) state(card string) store.CardState {
	r.t.Helper()
	st, err := r.st.CardState(r.t.Context(), "slack", "U1", card)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		r.t.Fatal(err)
	}
	return st
}

func TestRightAnswer(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	m := r.command("quiz", "")
	if len(m.Choices) < 3 || len(m.Notes) != len(m.Choices) {
		t.Fatalf("the card has %d buttons for %d choices", len(m.Choices), len(m.Notes))
	}
	for _, b := range m.Choices {
		if len(b.Value) > 55 || len(b.ID) > 40 {
			t.Errorf("button %+v is too long for a custom id", b)
		}
	}
	c, right, wrong := r.answer(m)
	got := r.press(right)
	if !strings.HasPrefix(got.Lead, "Right.") || len(got.Steps) != 1 || got.Steps[0].Text != c.Answer || len(got.Citations) != 1 {
		t.Errorf("the answer to a right choice is %+v", got)
	}
	if len(got.Choices) != 3 || !strings.HasPrefix(got.Choices[0].Label, "Hard") {
		t.Errorf("the grades offered are %+v, want Hard, Good, Easy", got.Choices)
	}
	first := r.state(c.ID)
	if first.Reps != 1 || !first.Due.After(r.now) {
		t.Errorf("state after the first review: %+v", first)
	}
	// Pressing again, even on another choice, counts nothing.
	r.press(right)
	r.press(wrong)
	if diff := cmp.Diff(first, r.state(c.ID)); diff != "" {
		t.Errorf("a second press changed the state (-want +got):\n%s", diff)
	}
	// Easy replaces Good and does not count as a second review.
	r.press(got.Choices[2])
	if st := r.state(c.ID); st.Reps != 1 || !st.Due.After(first.Due) {
		t.Errorf("after Easy: %+v, want one review, due later than %v", st, first.Due)
	}
}

func TestWrongAnswerStays(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	m := r.command("quiz", "")
	c, right, wrong := r.answer(m)
	got := r.press(wrong)
	if len(got.Steps) != 1 || got.Steps[0].Text != c.Answer || len(got.Choices) != 0 {
		t.Errorf("the answer to a wrong choice is %+v, want the passage and nothing to grade", got)
	}
	first := r.state(c.ID)
	r.press(right)
	p, _ := parsePress(right.Value)
	p.x = Easy
	r.press(adapters.Button{ID: actionGrade, Value: p.String()})
	if diff := cmp.Diff(first, r.state(c.ID)); diff != "" {
		t.Errorf("a wrong answer was made good (-want +got):\n%s", diff)
	}
	if !first.Due.Before(r.now.Add(time.Hour)) {
		t.Errorf("a card not known is due at %v", first.Due)
	}
}

// A card that is due comes before a new one; what is known is left alone until
// its time.
func TestDueFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	seen := map[string]bool{}
	for range 6 {
		c, right, _ := r.answer(r.command("quiz", ""))
		if seen[c.ID] {
			t.Errorf("card %q came again before its time", c.Front)
		}
		seen[c.ID] = true
		easy := r.press(right).Choices[2]
		r.press(easy)
	}
	m := r.command("quiz", "")
	if len(m.Choices) != 0 || !strings.Contains(m.Text, "Nothing is due") {
		t.Errorf("after all cards the quiz says %q", m.Text)
	}
	r.now = r.now.AddDate(0, 2, 0)
	id, due, ok, err := r.s.DueMessage(t.Context(), adapters.Viewer{Adapter: "slack", User: "U1"}, "en", nil)
	if err != nil || !ok || !seen[id] || !strings.Contains(due.Lead, "6 cards are due") {
		t.Errorf("two months later: card %q, %v, %v, lead %q", id, ok, err, due.Lead)
	}
	if m := r.command("quiz", "kubernetes"); !strings.Contains(m.Text, "no cards about that") {
		t.Errorf("a topic without cards: %q", m.Text)
	}
}

// A changed document updates its card under the same id, a dropped passage
// retires it; what people know of it stays.
func TestChangedDocument(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	m := r.command("quiz", "")
	c, right, _ := r.answer(m)
	r.press(right)
	before := r.state(c.ID)
	edit := func(old, with string) {
		for i, d := range r.libs[0].Documents {
			r.libs[0].Documents[i] = parse(t, d.Path, strings.ReplaceAll(d.Text, old, with))
		}
	}
	edit(c.Answer, c.Answer[:len(c.Answer)-1]+" today.")
	if got := r.sync(); got.Updated == 0 {
		t.Errorf("sync after rewording: %+v, want something updated", got)
	}
	again := r.press(right)
	if len(again.Warnings) != 1 || len(again.Choices) == 0 {
		t.Errorf("a press on the outdated card: %+v, want the card as it is", again)
	}
	docs := r.libs[0].Documents
	r.libs[0].Documents = docs[1:] // a/disk.md is gone
	if got := r.sync(); got.Retired == 0 {
		t.Errorf("sync after removing the document: %+v, want something retired", got)
	}
	if gone := r.press(right); !strings.Contains(gone.Text, "no longer") {
		t.Errorf("a press on the retired card: %q", gone.Text)
	}
	r.libs[0].Documents = docs
	if got := r.sync(); got.Revived == 0 {
		t.Errorf("sync after its return: %+v, want something revived", got)
	}
	if diff := cmp.Diff(before, r.state(c.ID)); diff != "" {
		t.Errorf("the history changed (-want +got):\n%s", diff)
	}
}

func TestRevealAndGrade(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ev := r.event("")
	ev.Channel = "C-secret"
	var m adapters.Message
	for _, c := range r.s.Commands() {
		if c.Names()[0] == "quiz" {
			var err error
			if m, err = c.Run(t.Context(), ev, "zh"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(m.Choices) != 1 || m.Lang != "zh" || strings.Contains(m.Text, "最小") {
		t.Fatalf("the card is %+v, want a question with one button", m)
	}
	ev.Action = adapters.ActionValue{ID: m.Choices[0].ID, Value: m.Choices[0].Value}
	shown := r.pressBy(ev)
	if len(shown.Choices) != 4 || len(shown.Quotes) != 1 || !strings.Contains(shown.Quotes[0].Text, "最小") {
		t.Fatalf("revealed: %+v, want the passage and four grades", shown)
	}
	p, _ := parsePress(m.Choices[0].Value)
	if st := r.state(p.card); st.Reps != 0 {
		t.Error("looking at the answer counted as a review")
	}
	ev.Action = adapters.ActionValue{ID: shown.Choices[2].ID, Value: shown.Choices[2].Value}
	r.pressBy(ev)
	r.pressBy(ev)
	if st := r.state(p.card); st.Reps != 1 {
		t.Errorf("two presses of a grade counted %d reviews", st.Reps)
	}
	// From a channel that may not see the library the card says nothing.
	ev.Channel = "C1"
	ev.Action = adapters.ActionValue{ID: m.Choices[0].ID, Value: m.Choices[0].Value}
	if leak := r.pressBy(ev); strings.Contains(leak.Text, "最小") || len(leak.Quotes) > 0 {
		t.Errorf("a card of a hidden library shows %+v", leak)
	}
	if _, _, ok, err := r.s.DueMessage(t.Context(), adapters.Viewer{Adapter: "slack", User: "U1", Channel: "C1"}, "zh", nil); ok || err != nil {
		t.Errorf("a card of a hidden library was offered: %v, %v", ok, err)
	}
}

func TestHostilePresses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	m := r.command("quiz", "")
	c, _, _ := r.answer(m)
	p, _ := parsePress(m.Choices[0].Value)
	for _, v := range []string{"", "x", "....", strings.Repeat("a", 16) + ".aaaaaaaa.aaaa.1", c.ID + "." + p.prompt + "." + p.version + ".9", "../../../etc"} {
		for _, id := range []string{actionPick, actionShow, actionGrade, actionDone} {
			r.press(adapters.Button{ID: id, Value: v})
		}
	}
	if st := r.state(c.ID); st.Reps != 0 {
		t.Errorf("a made-up press counted: %+v", st)
	}
}

func TestStreak(t *testing.T) {
	t.Parallel()
	var p store.Person
	for _, step := range []struct {
		day                      string
		streak, longest, freezes int
	}{
		{"2026-03-01", 1, 1, 1},
		{"2026-03-01", 1, 1, 1},
		{"2026-03-02", 2, 2, 1},
		{"2026-03-04", 3, 3, 0}, // the third was a day off
		{"2026-03-06", 1, 3, 0}, // and this one breaks it
		{"2026-03-05", 1, 3, 0}, // a calendar set back changes nothing
		{"2026-03-07", 2, 3, 0},
		{"2026-03-08", 3, 3, 0},
		{"2026-03-09", 4, 4, 0},
		{"2026-03-10", 5, 5, 0},
		{"2026-03-11", 6, 6, 0},
		{"2026-03-12", 7, 7, 1}, // a week earns a day off
		{"2026-03-14", 8, 8, 0},
	} {
		advance(&p, step.day)
		if p.Streak != step.streak || p.Longest != step.longest || p.Freezes != step.freezes {
			t.Errorf("%s: streak %d, longest %d, freezes %d; want %d, %d, %d", step.day, p.Streak, p.Longest, p.Freezes, step.streak, step.longest, step.freezes)
		}
	}
	if got := alive(p, "2026-03-15"); got != 8 {
		t.Errorf("the next morning the streak is %d, want 8", got)
	}
	if got := alive(p, "2026-03-17"); got != 0 {
		t.Errorf("three days later the streak is %d, want 0", got)
	}
}

func TestSubscribe(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	list := func() []store.Subscription {
		l, err := r.st.ListSubscriptions(t.Context(), "slack", "U1")
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	r.command("subscribe", "9:30 Europe/Berlin linux")
	want := []store.Subscription{{Adapter: "slack", User: "U1", Kind: "cards", At: "09:30", Zone: "Europe/Berlin", Topics: []string{"linux"},
		Lang: "en", Next: time.Date(2026, 11, 21, 8, 30, 0, 0, time.UTC), Created: r.now}}
	if diff := cmp.Diff(want, list()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// The zone is remembered; a tip here, in the channel.
	r.command("subscribe", "tip 18：00 here")
	if l := list(); len(l) != 2 || l[1].Kind != "tip" || l[1].Zone != "Europe/Berlin" || l[1].Channel != "C1" || l[1].At != "18:00" {
		t.Errorf("subscriptions are %+v", l)
	}
	// Discord says it by an option.
	ev := r.event("cards 7:15")
	ev.Options = map[string]string{"here": "true"}
	r.commandBy("subscribe", ev)
	if l := list(); len(l) != 2 || l[0].Kind != "cards" || l[0].Channel != "C1" || len(l[0].Topics) != 0 {
		t.Errorf("subscriptions are %+v, want the cards in the channel", l)
	}
	for _, bad := range []string{"9:30 Mars/Olympus", "tip ../../etc/passwd"} {
		if m := r.command("subscribe", bad); !strings.Contains(m.Text, "not a time and zone") {
			t.Errorf("subscribe %s: %q", bad, m.Text)
		}
	}
	if m := r.command("subscribe", "path 9:00"); !strings.Contains(m.Text, "no path") {
		t.Errorf("subscribe to a path without one: %q", m.Text)
	}
	if m := r.command("subscribe", ""); strings.Count(m.Text, "\n") != 1 {
		t.Errorf("the list of subscriptions is %q", m.Text)
	}
	r.command("unsubscribe", "tips")
	if l := list(); len(l) != 1 || l[0].Kind != "cards" {
		t.Errorf("after unsubscribing: %+v", l)
	}
	r.command("unsubscribe", "all")
	if l := list(); len(l) != 0 {
		t.Errorf("after unsubscribing from all: %+v", l)
	}
}

func TestWalkAPath(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	text := "---\ntags: [learning-path]\n---\n# First week\n\n## Day one\n\n- Read the on-call guide\n- [The team](https://example.org/team)\n\n## Day two\n\n- Restore a backup\n"
	r.libs = append(r.libs, Library{Name: "paths"})
	r.libs[1].Documents = append(r.libs[1].Documents, parse(t, "first-week.md", text))
	if m := r.command("path", ""); !strings.Contains(m.Text, "first-week") {
		t.Errorf("path list: %q", m.Text)
	}
	if m := r.command("path", "next"); !strings.Contains(m.Text, "no path") {
		t.Errorf("next without a path: %q", m.Text)
	}
	m := r.command("path", "start first-week")
	if m.Quotes[0].Text != "Read the on-call guide" || len(m.Buttons) != 1 || len(m.Buttons[0].Value) > 55 {
		t.Fatalf("the first unit is %+v", m)
	}
	m = r.press(m.Buttons[0])
	if len(m.Quotes[0].Links) != 1 || m.Quotes[0].Links[0].URL != "https://example.org/team" {
		t.Errorf("the second unit is %+v", m)
	}
	r.command("subscribe", "path 9:00")
	unit, daily, ok, err := r.s.PathMessage(t.Context(), adapters.Viewer{Adapter: "slack", User: "U1"}, "first-week")
	if err != nil || !ok || unit == "" || daily.Quotes[0].Text != "The team" {
		t.Errorf("the daily unit is %+v, %v, %v", daily, ok, err)
	}
	m = r.command("path", "done")
	if !strings.Contains(m.Text, "“Day one” is complete") || m.Buttons[0].ID != actionQuiz {
		t.Errorf("the end of a stage: %+v, want it named and a quiz offered", m)
	}
	p, err := r.s.Progress(t.Context(), adapters.Viewer{Adapter: "slack", User: "U1"})
	if err != nil || len(p.Paths) != 1 || p.Paths[0].Done != 2 || p.Paths[0].Units != 3 || p.Paths[0].Next.Title != "Restore a backup" {
		t.Errorf("progress is %+v, %v", p.Paths, err)
	}
	m = r.command("path", "done")
	if !strings.Contains(m.Text, "finished the path") {
		t.Errorf("the end of the path: %q", m.Text)
	}
	r.command("path", "leave")
	if m := r.command("path", "next"); !strings.Contains(m.Text, "no path") {
		t.Errorf("next after leaving: %q", m.Text)
	}
}

// The library's own path: in the person's language, its units are documents of
// the library, each with what it is about, and the quiz at a stage's end asks
// about those documents.
func TestPathOfTheLibrary(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.libs = []Library{builtin(t)}
	r.s.opts.Link = func(_, document string, start, end int) string {
		return fmt.Sprintf("https://cairn.example.org/d/%s#L%d-L%d", document, start, end)
	}
	run := func(lang, text string) adapters.Message {
		t.Helper()
		m, err := r.s.pathCommand(t.Context(), r.event(text), lang)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for lang, want := range map[string]string{"en": "The Linux boot sequence", "zh": "Linux 启动流程"} {
		if list := run(lang, "list").Text; strings.Count(list, "\n") != 1 || !strings.Contains(list, "`linux-operations`") {
			t.Errorf("the list in %s is %q, want the one path by its name", lang, list)
		}
		for _, name := range []string{"linux-operations", "linux-op", ""} {
			m := run(lang, "start "+name)
			if m.Lang != lang || m.Quotes[0].Text != want {
				t.Errorf("path start %q in %s: %+v", name, lang, m.Quotes)
			}
		}
		run(lang, "leave")
	}
	m := run("en", "start linux-operations")
	if len(m.Quotes) != 2 || len(m.Citations) != 2 || !strings.HasPrefix(m.Citations[1].URL, "https://cairn.example.org/d/en/linux/boot-sequence.md#L") ||
		len(m.Quotes[0].Links) != 1 || len(m.Quotes[1].Text) < 100 {
		t.Errorf("the first unit is %+v", m)
	}
	stage := map[string]bool{}
	for range 7 {
		stage[m.Citations[len(m.Citations)-1].Label] = true
		m = r.press(m.Buttons[len(m.Buttons)-1])
	}
	if len(m.Buttons) != 2 || m.Buttons[0].ID != actionQuiz || !strings.Contains(m.Text, "is complete") || len(m.Buttons[0].Value) > 55 {
		t.Fatalf("the end of the first stage is %+v, want a quiz on it", m)
	}
	for range 6 {
		card := r.press(m.Buttons[0])
		p, ok := parsePress(card.Choices[0].Value)
		c := r.s.deck(adapters.Viewer{}).byID[p.card]
		if !ok || !strings.HasPrefix(c.Document, "en/linux/") || !slices.Contains([]string{"boot-sequence", "systemd", "boot-failure", "lost-root-password", "ssh-login-fails", "service-wont-start", "host-compromised"}, strings.TrimSuffix(filepath.Base(c.Document), ".md")) {
			t.Errorf("the stage's quiz asks about %s", c.Document)
		}
		if _, err := r.s.grade(t.Context(), whoIs(r.event("")), p.card, p.prompt, Easy); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLinksAndSessions(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx := t.Context()
	m := r.command("progress", "")
	if len(m.Related) != 1 {
		t.Fatalf("progress is %+v, want a link to the page", m)
	}
	token := m.Related[0].URL[strings.LastIndexByte(m.Related[0].URL, '/')+1:]
	session, expires, err := r.s.Enter(ctx, token)
	if err != nil || !expires.After(r.now) {
		t.Fatalf("enter: %v", err)
	}
	v, err := r.s.Session(ctx, session)
	if want := (adapters.Viewer{Adapter: "slack", Workspace: "T1", User: "U1"}); err != nil || v != want {
		t.Errorf("the session is %+v, %v, want %+v", v, err, want)
	}
	for _, bad := range []string{"", token + "x", strings.Repeat("a", 32), session} {
		if _, _, err := r.s.Enter(ctx, bad); !errors.Is(err, ErrNoSession) {
			t.Errorf("enter with %q: %v, want ErrNoSession", bad, err)
		}
	}
	if _, err := r.s.Session(ctx, token); !errors.Is(err, ErrNoSession) {
		t.Errorf("a link used as a session: %v", err)
	}
	if m.Buttons[1].ID != actionRevoke {
		t.Errorf("progress has the buttons %+v, want one that signs out", m.Buttons)
	}
	r.now = r.now.Add(25 * time.Hour)
	if _, _, err := r.s.Enter(ctx, token); !errors.Is(err, ErrNoSession) {
		t.Errorf("a link a day later: %v, want ErrNoSession", err)
	}
	if _, err := r.s.Session(ctx, session); err != nil {
		t.Errorf("a session a day later: %v", err)
	}
	r.press(m.Buttons[1])
	if _, err := r.s.Session(ctx, session); !errors.Is(err, ErrNoSession) {
		t.Errorf("a revoked session: %v, want ErrNoSession", err)
	}
}

func TestLeaderboard(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, right, _ := r.answer(r.command("quiz", ""))
	r.press(right)
	if m := r.command("progress", "board"); strings.Contains(m.Text, "Ada") {
		t.Errorf("one who has not joined is shown: %q", m.Text)
	}
	r.command("progress", "board on")
	if m := r.command("progress", "board"); !strings.Contains(m.Text, "1. Ada 'x': reviews 1") {
		t.Errorf("the board is %q", m.Text)
	}
	other := r.event("board")
	other.Workspace = "T2"
	if m := r.commandBy("progress", other); strings.Contains(m.Text, "Ada") {
		t.Errorf("another workspace sees %q", m.Text)
	}
	r.command("progress", "board off")
	p, err := r.st.Person(t.Context(), "slack", "U1")
	if err != nil || p.Name != "" || p.Leaderboard {
		t.Errorf("after leaving the person is %+v, %v", p, err)
	}
}

// What a message tells one to type can be typed where it is read.
func TestHintsFitThePlatform(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{
		"`subscribe path 09:00 Europe/Berlin`": {"`/cairn subscribe path 09:00 Europe/Berlin`", "`/subscribe kind:path time:09:00 zone:Europe/Berlin`"},
		"`subscribe 09:00 Asia/Shanghai`":      {"`/cairn subscribe 09:00 Asia/Shanghai`", "`/subscribe time:09:00 zone:Asia/Shanghai`"},
		"`unsubscribe cards`":                  {"`/cairn unsubscribe cards`", "`/unsubscribe kind:cards`"},
		"`path start <name>`":                  {"`/cairn path start <name>`", "`/path action:start name:<name>`"},
		"`path list`":                          {"`/cairn path list`", "`/path action:list`"},
		"`progress board on`":                  {"`/cairn progress board on`", "`/leaderboard join:on`"},
		"`linux-operations`: a path":           {"`linux-operations`: a path", "`linux-operations`: a path"},
	} {
		m := adapters.Message{Text: text, Lead: text, Notes: []string{text}}
		for i, adapter := range []string{"slack", "discord"} {
			got := asTyped(m, adapters.Event{Adapter: adapter})
			for _, g := range []string{got.Text, got.Lead, got.Notes[0]} {
				if g != want[i] {
					t.Errorf("on %s %s became %s, want %s", adapter, text, g, want[i])
				}
			}
		}
		if got := asTyped(m, adapters.Event{Adapter: "terminal"}); got.Text != text || m.Notes[0] != text {
			t.Errorf("elsewhere %s became %s, or the message was changed", text, got.Text)
		}
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, tc := range []struct {
		command, argument string
		want              bool
	}{
		{"quiz", "", true}, {"quiz", "kafka", true}, {"quiz", "failed to start after upgrade", false},
		{"progress", "", true}, {"progress", "deadline exceeded", false}, {"progress", "board on", true},
		{"subscribe", "9:30 Asia/Shanghai", true}, {"subscribe", "to topic returns an error", false},
		{"path", "start linux-ops", true}, {"path", "not found when starting nginx", false},
	} {
		for _, c := range r.s.Commands() {
			if c.Names()[0] == tc.command && c.Takes(tc.argument) != tc.want {
				t.Errorf("%s takes %q: %v, want %v", tc.command, tc.argument, !tc.want, tc.want)
			}
		}
	}
}

func TestChart(t *testing.T) {
	t.Parallel()
	days := []store.DayCount{{Day: "2026-10-31", Count: 0}, {Day: "2026-11-01", Count: 12}, {Day: "2026-11-02", Count: 3}, {Day: `"><script>`, Count: 1}}
	for _, lang := range []string{"en", "zh"} {
		for _, in := range [][]store.DayCount{nil, days, make([]store.DayCount, 84)} {
			svg := Chart(in, lang)
			if strings.Contains(svg, "<script") {
				t.Error("a day's name reached the page")
			}
			d := xml.NewDecoder(strings.NewReader(svg))
			for {
				_, err := d.Token()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatalf("the chart is not XML: %v\n%s", err, svg)
				}
			}
		}
	}
	if svg := Chart(days, "en"); !strings.Contains(svg, "2026-11-01: 12") || !strings.Contains(svg, ">Nov<") {
		t.Errorf("the chart lacks a day or a month:\n%s", svg)
	}
}

// Reviews in any order, at any distance and with a clock set back are scheduled.
func TestSchedulerNeverFails(t *testing.T) {
	t.Parallel()
	f := newScheduler()
	st := store.CardState{Adapter: "a", User: "u", CardID: "c"}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 200 {
		after, err := next(f, st, []int{Again, Hard, Good, Easy, Good, Good}[i%6], now)
		if err != nil {
			t.Fatalf("review %d of %+v: %v", i, st, err)
		}
		if after.Reps != st.Reps+1 || !after.Due.After(now) {
			t.Fatalf("review %d: %+v", i, after)
		}
		st = after
		now = now.Add(time.Duration(i%40) * 12 * time.Hour)
		if i%50 == 49 {
			now = now.Add(-time.Hour) // a clock set back
		}
	}
}
