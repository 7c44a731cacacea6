package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cairn/adapters"
	"cairn/bot/store"
)

// in makes a follow-up without a mention in the thread of an earlier event.
func (f *fixture) in(thread, user, text string) adapters.Event {
	ev := f.ask(text)
	ev.Surface, ev.Thread, ev.User.ID = adapters.SurfaceThread, thread, user
	return ev
}

func (f *fixture) press(on adapters.Event, id, value, user string) adapters.Event {
	ev := f.ask("")
	ev.Kind, ev.Thread, ev.User.ID = adapters.EventAction, on.Thread, user
	ev.Action = adapters.ActionValue{ID: id, Value: value}
	return ev
}

func TestThreadManners(t *testing.T) {
	t.Parallel()
	f := setup(t, nil).run()
	first := f.ask("k8s 节点 NotReady 怎么排查")
	if m := f.say(first); m.Title != "k8s 节点 NotReady" {
		t.Fatalf("got %q", m.Text)
	}
	// A follow-up without a mention, understood with the thread's context.
	m := f.say(f.in("q1", "ann", "那 kubelet 挂了呢"))
	if !strings.Contains(m.UnderstoodAs, "NotReady") || !strings.Contains(m.UnderstoodAs, "kubelet") {
		t.Errorf("understood as %q", m.UnderstoodAs)
	}
	if len(m.Steps) != 1 || m.Steps[0].Section != "kubelet 挂了" || m.Steps[0].Risk != adapters.Caution {
		t.Errorf("got %+v, want the named cause's step", m.Steps)
	}
	// Somebody else may follow up on Cairn's answer too.
	if m := f.say(f.in("q1", "bob", "怎么回滚？")); m.Text == "" {
		t.Error("no answer to a second person")
	}
	// Thanks is no question.
	f.silent(f.in("q1", "ann", "谢谢"))
	// Two people talking to each other.
	f.silent(f.in("q1", "bob", "我看看 nginx answers 502"))
	f.silent(f.in("q1", "ann", "nginx answers 502 怎么排查？"))
	// From now on quiet, until mentioned.
	f.silent(f.in("q1", "ann", "nginx answers 502?"))
	again := f.in("q1", "ann", "nginx answers 502")
	again.Surface = adapters.SurfaceMention
	if m := f.say(again); m.Title != "nginx answers 502" {
		t.Errorf("a mention in a quiet thread got %q", m.Text)
	}
	if m := f.say(f.in("q1", "ann", "and 504?")); m.Title != "nginx answers 504" {
		t.Errorf("a follow-up after the mention got %q", m.Text)
	}
}

// A mention under an alert's post that says too little is about the post.
func TestQuestionAboutAMessage(t *testing.T) {
	t.Parallel()
	f := setup(t, nil).run()
	under := func(thread, text string) adapters.Message {
		ev := f.in(thread, "ann", text)
		ev.Surface, ev.About = adapters.SurfaceMention, "[FIRING] nginx answers 502"
		return f.say(ev)
	}
	for i, text := range []string{"what now?", "", "???", "please help with this"} {
		if m := under(fmt.Sprint("alert", i), text); m.Title != "nginx answers 502" {
			t.Errorf("%q under an alert got %q", text, m.Text)
		}
	}
	if m := under("alert9", "nginx answers 504"); m.Title != "nginx answers 504" {
		t.Errorf("a question of its own got %q", m.Text)
	}
	if m := under("alert0", "and 504?"); m.Title != "nginx answers 504" {
		t.Errorf("a follow-up got %q", m.Text)
	}
}

func TestRemarksAreNotAnsweredTwice(t *testing.T) {
	t.Parallel()
	f := setup(t, nil).run()
	f.say(f.ask("nginx answers 502"))
	f.silent(f.in("q1", "ann", "nginx answers 502 again"))
	if m := f.say(f.in("q1", "ann", "nginx answers 502 again, why?")); m.Text == "" {
		t.Error("a question that leads to the same steps was not answered")
	}
	if m := f.say(f.in("q1", "ann", "redis memory is full")); m.Title != "redis memory is full" {
		t.Errorf("a new symptom got %q", m.Text)
	}
}

func TestQuietOnRequest(t *testing.T) {
	t.Parallel()
	f := setup(t, nil).run()
	f.say(f.ask("nginx answers 502"))
	if m := f.say(f.in("q1", "ann", "quiet")); !strings.Contains(m.Text, "quiet") {
		t.Errorf("got %q", m.Text)
	}
	f.silent(f.in("q1", "ann", "how do I restart nginx upstream?"))
	// Not Cairn's thread: no reaction to the word.
	f.silent(f.in("other", "ann", "quiet"))
}

func TestThreadOfOthersIsLeftAlone(t *testing.T) {
	t.Parallel()
	f := setup(t, nil).run()
	f.silent(f.in("foreign", "ann", "nginx answers 502?"))
	if _, err := f.store.Conversation(context.Background(), "chat", "C", "foreign"); err == nil {
		t.Error("a foreign thread was remembered")
	}
}

func TestChatterMakesQuiet(t *testing.T) {
	t.Parallel()
	f := setup(t, nil).run()
	f.say(f.ask("nginx answers 502"))
	chatter := f.in("q1", "bob", "@ann look at grafana")
	chatter.Kind = adapters.EventChatter
	f.silent(chatter)
	f.silent(f.in("q1", "ann", "nginx answers 504?"))
}

func onboarding(owner string) *Options {
	return &Options{Onboarding: map[string]Onboarding{"chat": {Channels: []string{"C"}, OwnerGroup: owner}}}
}

func (f *fixture) newcomer(user, text string) adapters.Event {
	ev := f.ask(text)
	ev.Surface, ev.User.ID = adapters.SurfaceOnboarding, user
	return ev
}

func TestOnboardingManners(t *testing.T) {
	t.Parallel()
	f := setup(t, onboarding("")).run()
	if m := f.say(f.newcomer("new", "nginx answers 502, what to do?")); m.Title != "nginx answers 502" {
		t.Errorf("a question got %q", m.Text)
	}
	f.silent(f.newcomer("new", "nginx answers 502 again, I restarted it"))   // no question
	f.silent(f.newcomer("new", "hello"))                                     // small talk
	f.silent(f.newcomer("new", "🙂"))                                         // nothing to read
	f.silent(f.newcomer("new", "where is the coffee machine nginx?"))        // not above the confidence
	f.silent(f.newcomer("new", "help"))                                      // commands need a mention
	f.silent(f.newcomer("new", strings.Repeat("nginx answers 502? ", 5000))) // no novel
	elsewhere := f.newcomer("new", "nginx answers 502?")
	elsewhere.Channel = "other"
	f.silent(elsewhere)

	// People talk already: a reply in a thread, then the edited question.
	q := f.newcomer("new", "redis memory is full")
	f.silent(q)
	reply := f.newcomer("bob", "have you tried turning it off")
	reply.Thread = q.Thread
	f.silent(reply)
	edit := q
	edit.Kind, edit.Keys, edit.Text = adapters.EventEdit, []string{"edit-1"}, "redis memory is full, how do I fix it?"
	f.silent(edit)
}

func TestOnboardingNeverTwice(t *testing.T) {
	t.Parallel()
	f := setup(t, onboarding("")).run()
	q := f.newcomer("new", "nginx answers 502?")
	f.say(q)
	again := f.newcomer("new", "nginx answers 502?")
	again.Thread, again.Message = q.Thread, q.Message
	f.silent(again)
}

func TestOwnersAreAskedOnce(t *testing.T) {
	t.Parallel()
	f := setup(t, onboarding("G1")).run()
	q := f.newcomer("new", "how do I rotate the flux capacitor?")
	m := f.say(q)
	if m.Notify != "G1" || !strings.Contains(m.Text, "no runbook") {
		t.Errorf("got notify %q and %q", m.Notify, m.Text)
	}
	edit := q
	edit.Kind, edit.Keys, edit.Text = adapters.EventEdit, []string{"edit-1"}, "how do I rotate the warp core?"
	f.silent(edit)
	if gaps, err := ListGaps(context.Background(), f.store, time.Time{}); err != nil || len(gaps) == 0 {
		t.Errorf("gaps are %v, %v: the question was not recorded", gaps, err)
	}
}

func TestEditedQuestionUpdatesItsAnswer(t *testing.T) {
	t.Parallel()
	for _, surface := range []adapters.Surface{adapters.SurfaceMention, adapters.SurfaceOnboarding} {
		f := setup(t, onboarding("")).run()
		q := f.ask("nginx answers 502?")
		q.Surface = surface
		first := f.say(q)
		edit := q
		edit.Kind, edit.Keys, edit.Text = adapters.EventEdit, []string{"edit-1"}, "redis memory is full?"
		f.accept(edit)
		s := f.next()
		if s.How != "edit" || s.To != "m1" || s.Message.Title != "redis memory is full" || s.Message.AnswerID != first.AnswerID {
			t.Errorf("%s: got %s of %s titled %q", surface, s.How, s.To, s.Message.Title)
		}
		// An edit that changes nothing changes nothing.
		edit.Keys = []string{"edit-2"}
		f.silent(edit)
		// Nothing is known about it any more.
		edit.Keys, edit.Text = []string{"edit-3"}, "flux capacitor?"
		f.accept(edit)
		if s := f.next(); s.How != "edit" || len(s.Message.Steps) != 0 {
			t.Errorf("%s: got %s %q", surface, s.How, s.Message.Text)
		}
	}
}

func TestDeletedQuestionIsNotAnswered(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	q := f.ask("nginx answers 502")
	f.accept(q)
	gone := q
	gone.Kind, gone.Keys = adapters.EventDelete, []string{"del"}
	f.accept(gone)
	f.run()
	f.settle()
	if n := len(f.chat.all()); n != 0 {
		t.Errorf("%d answers to a deleted question", n)
	}
}

func TestUnsureOffersTitles(t *testing.T) {
	t.Parallel()
	f := setup(t, nil).run()
	q := f.ask("nginx memory gateway socket")
	m := f.say(q)
	if len(m.Steps) != 0 || len(m.Choices) == 0 || len(m.Choices) > 3 || !strings.Contains(m.Lead, "Which one") {
		t.Fatalf("got %d steps, %d choices, lead %q", len(m.Steps), len(m.Choices), m.Lead)
	}
	f.settle()
	if got := f.store.questions[m.AnswerID].Outcome; got != store.OutcomeUnsure {
		t.Errorf("stored as %q", got)
	}
	c := m.Choices[0]
	chosen := f.say(f.press(q, c.ID, c.Value, "ann"))
	if len(chosen.Steps) == 0 || !strings.HasPrefix(c.Label, chosen.Title) {
		t.Errorf("choice %q opened %q with %d steps", c.Label, chosen.Title, len(chosen.Steps))
	}
	// A cause of the chosen runbook opens as its own steps.
	f.settle()
	cause := f.say(f.press(q, "pick", chosen.AnswerID+":0", "ann"))
	if len(cause.Steps) == 0 || cause.Steps[0].Section != chosen.Related[0].Title {
		t.Errorf("cause %q opened %+v", chosen.Related[0].Title, cause.Steps)
	}
}

func TestFeedback(t *testing.T) {
	t.Parallel()
	f := setup(t, nil).run()
	q := f.ask("nginx answers 502")
	m := f.say(q)
	f.settle()
	for _, v := range []string{"up", "down"} {
		got := f.say(f.press(q, "feedback", m.AnswerID+":"+v, "ann"))
		if !got.Private {
			t.Error("thanks for feedback are public")
		}
	}
	f.settle()
	if got, _ := f.store.Question(context.Background(), m.AnswerID); got.Wrong != 1 || got.Helpful != 0 {
		t.Errorf("stored %d helpful and %d wrong, want the second verdict to replace the first", got.Helpful, got.Wrong)
	}
	gaps, err := ListGaps(context.Background(), f.store, time.Time{})
	if err != nil || len(gaps) != 1 || gaps[0].Wrong != 1 || gaps[0].Shown[0] != "nginx answers 502" {
		t.Errorf("gaps are %+v, %v", gaps, err)
	}
	if err := f.bot.Feedback(context.Background(), adapters.Viewer{}, "nothing", true); err == nil {
		t.Error("feedback on an unknown answer succeeded")
	}
}

func TestPagingMoreAndHostileButtons(t *testing.T) {
	t.Parallel()
	f := setup(t, nil).run()
	q := f.ask("nginx answers 502")
	m := f.say(q)
	f.settle()
	if page := f.say(f.press(q, "steps", m.AnswerID+":1", "bob")); page.FirstStep != 1 || len(page.Steps) != 2 {
		t.Errorf("page begins at %d of %d", page.FirstStep, len(page.Steps))
	}
	if more := f.say(f.press(q, "more", m.AnswerID, "bob")); len(more.Choices) == 0 || more.Choices[0].Label == m.Title {
		t.Errorf("more like this is %+v", more.Choices)
	}
	if rel := f.say(f.press(q, "related", m.AnswerID, "bob")); len(rel.Choices) != len(m.Related) {
		t.Errorf("%d choices for %d related", len(rel.Choices), len(m.Related))
	}
	for _, v := range []string{"", ":", "nothing:0", m.AnswerID + ":99", m.AnswerID + ":-1", m.AnswerID + ":x", strings.Repeat("9", 400)} {
		for _, id := range []string{"steps", "pick"} {
			if got := f.say(f.press(q, id, v, "bob")); len(got.Steps) != 0 || got.Text == "" {
				t.Errorf("%s %q got %q", id, v, got.Text)
			}
		}
	}
}

func TestSlashIsPrivateAndCanBeShared(t *testing.T) {
	t.Parallel()
	f := setup(t, nil).run()
	q := f.ask("nginx answers 502")
	q.Surface, q.Private, q.Thread, q.Message = adapters.SurfaceSlash, true, "", ""
	m := f.say(q)
	if !m.Private || len(m.Buttons) == 0 || m.Buttons[0].ID != "share" {
		t.Fatalf("private %v, buttons %+v", m.Private, m.Buttons)
	}
	f.settle()
	if other := f.say(f.press(q, "share", m.AnswerID, "bob")); len(other.Steps) > 0 || strings.Contains(other.Text, "Shared") {
		t.Errorf("somebody else shared a private answer: %q", other.Text)
	}
	press := f.press(q, "share", m.AnswerID, "ann")
	press.User.Name = "Ann <!channel>"
	f.accept(press)
	shared, thanks := f.next(), f.next()
	if shared.How != "send" || shared.To != "C/" || len(shared.Message.Steps) != 2 || shared.Message.Private {
		t.Errorf("shared by %s to %s: %q", shared.How, shared.To, shared.Message.Text)
	}
	if slices.ContainsFunc(shared.Message.Buttons, func(b adapters.Button) bool { return b.ID == "share" }) {
		t.Error("a shared answer can be shared again")
	}
	if !thanks.Message.Private {
		t.Error("the receipt is public")
	}
}

// secretFor allows the library "secret" to a channel, a person, or nobody.
func secretFor(id string) *Options {
	return &Options{Allows: func(library string, v adapters.Viewer) bool {
		return library != "secret" || id != "" && (v.Channel == id || v.User == id)
	}}
}

func TestLimitedLibraries(t *testing.T) {
	t.Parallel()
	closed := setup(t, secretFor("")).run()
	m := closed.say(closed.ask("vault is sealed"))
	if len(m.Steps) != 0 || strings.Contains(m.Text, "vault") {
		t.Errorf("an outsider read %q", m.Text)
	}
	for _, q := range closed.index.queries {
		if slices.Contains(q.Libraries, "secret") || q.Libraries == nil {
			t.Errorf("searched %v for an outsider", q.Libraries)
		}
	}
	v := adapters.Viewer{Adapter: "chat", Channel: "C", User: "ann"}
	if got := closed.bot.Complete(context.Background(), v, "vault", "", 5); len(got) != 0 {
		t.Errorf("completed %v", got)
	}
	if got := closed.bot.Services(context.Background(), v); slices.ContainsFunc(got, func(s adapters.ServiceEntry) bool { return s.Name == "vault" }) {
		t.Errorf("listed %v", got)
	}
	if _, err := closed.bot.Document(context.Background(), v, "secret", "vault.md"); err == nil {
		t.Error("opened a document of a closed library")
	}
	if got := closed.bot.Status(context.Background(), v).Documents; got != 4 {
		t.Errorf("counted %d documents, want the 4 open ones", got)
	}

	// A person who may, in a channel that may not: only that person reads it.
	person := setup(t, secretFor("ann")).run()
	q := person.ask("vault is sealed")
	m = person.say(q)
	if len(m.Steps) == 0 || !m.Private || !strings.Contains(m.Text, "Only you see this") {
		t.Fatalf("got %d steps, private %v", len(m.Steps), m.Private)
	}
	person.settle()
	got := person.say(person.press(q, "share", m.AnswerID, "ann"))
	if len(person.chat.all()) != 2 || !strings.Contains(got.Text, "not open to this channel") {
		t.Errorf("sharing where it is not open got %q", got.Text)
	}
	if got := person.say(person.press(q, "steps", m.AnswerID+":0", "bob")); len(got.Steps) != 0 {
		t.Error("an outsider paged through the answer")
	}

	channel := setup(t, secretFor("C")).run()
	if m := channel.say(channel.ask("vault is sealed")); m.Private || len(m.Steps) == 0 {
		t.Errorf("in its own channel: private %v, %d steps", m.Private, len(m.Steps))
	}
}

func TestNothingIsVisible(t *testing.T) {
	t.Parallel()
	f := setup(t, &Options{Allows: func(string, adapters.Viewer) bool { return false }}).run()
	if m := f.say(f.ask("nginx answers 502")); len(m.Steps) != 0 || len(m.Related) != 0 {
		t.Errorf("got %q", m.Text)
	}
	if len(f.index.queries) != 0 {
		t.Errorf("searched %v", f.index.queries)
	}
}

func TestCommands(t *testing.T) {
	t.Parallel()
	f := setup(t, &Options{Commands: []Command{echoCommand{}}, Version: "1.2", Ready: func() map[string]string { return map[string]string{"chat": "", "slack": "socket closed"} }}).run()
	for _, text := range []string{"help", "Help", "帮助", "/cairn help"} {
		if m := f.say(f.ask(text)); !strings.Contains(m.Text, "echo it") && !strings.Contains(m.Text, "回声") {
			t.Errorf("%q got %q", text, m.Text)
		}
	}
	m := f.say(f.ask("status"))
	for _, want := range []string{"5 documents", "chat: connected", "slack: not ready (socket closed)", "cairn 1.2"} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("status says %q, want %q in it", m.Text, want)
		}
	}
	zh := f.ask("status")
	zh.User.Locale = "zh-CN"
	if m := f.say(zh); !strings.Contains(m.Text, "份文档") {
		t.Errorf("status for a Chinese locale is %q", m.Text)
	}
	cmd := func(name, text string) adapters.Event {
		ev := f.ask(text)
		ev.Kind, ev.Command, ev.Surface = adapters.EventCommand, name, adapters.SurfaceSlash
		return ev
	}
	if m := f.say(cmd("echo", "say abc")); m.Text != "say abc" {
		t.Errorf("echo got %q", m.Text)
	}
	if m := f.say(f.ask("echo say abc")); m.Text != "say abc" {
		t.Errorf("echo by mention got %q", m.Text)
	}
	// The name of a command within a question is no command.
	if m := f.say(f.ask("echo nginx answers 502")); m.Title != "nginx answers 502" {
		t.Errorf("a question that begins with a command's name got %q", m.Text)
	}
	// A command nobody knows is a question.
	if m := f.say(cmd("nginx", "answers 502")); m.Title != "nginx answers 502" {
		t.Errorf("an unknown command got %q", m.Text)
	}
	if m := f.say(cmd("ask", "nginx answers 502")); m.Title != "nginx answers 502" {
		t.Errorf("ask got %q", m.Text)
	}
	// What the command does not take is a question.
	if m := f.say(cmd("echo", "nginx answers 502")); m.Title != "nginx answers 502" {
		t.Errorf("a question behind a command's name got %q", m.Text)
	}
	if m := f.say(cmd("", "")); m.Title != "How to ask" {
		t.Errorf("nothing at all got %q", m.Text)
	}
	if m := f.say(f.press(f.ask(""), "echo-button", "pressed", "ann")); m.Text != "pressed" {
		t.Errorf("a command's button got %q", m.Text)
	}
}

type echoCommand struct{}

func (echoCommand) Names() []string { return []string{"echo", "回声"} }
func (echoCommand) Help(lang string) string {
	if lang == "zh" {
		return "`回声`"
	}
	return "`echo it`"
}
func (echoCommand) Run(_ context.Context, ev adapters.Event, lang string) (adapters.Message, error) {
	return plainMessage(lang, ev.Text), nil
}
func (echoCommand) Takes(argument string) bool { return strings.HasPrefix(argument, "say ") }
func (echoCommand) Actions() []string          { return []string{"echo-button"} }
func (echoCommand) Act(_ context.Context, ev adapters.Event, lang string) (adapters.Message, error) {
	return plainMessage(lang, ev.Action.Value), nil
}

func TestCommandNamesCollide(t *testing.T) {
	t.Parallel()
	if _, err := newCommandTable([]Command{echoCommand{}, echoCommand{}}); err == nil || !strings.Contains(err.Error(), "echo") {
		t.Errorf("two commands of one name: %v", err)
	}
}

func TestOnePersonIsLimited(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	f := setup(t, &Options{PerUser: 2, Now: func() time.Time { return now }}).run()
	f.say(f.ask("nginx answers 502"))
	f.say(f.ask("nginx answers 502"))
	if m := f.say(f.ask("nginx answers 502")); !strings.Contains(m.Text, "wait a moment") || !m.Private {
		t.Errorf("the third question got %q", m.Text)
	}
	f.silent(f.ask("nginx answers 502"))
	bob := f.ask("nginx answers 502")
	bob.User.ID = "bob"
	if m := f.say(bob); len(m.Steps) == 0 {
		t.Errorf("somebody else got %q", m.Text)
	}
	f.settle()
	now = now.Add(time.Minute)
	if m := f.say(f.ask("nginx answers 502")); len(m.Steps) == 0 {
		t.Errorf("a minute later the answer is %q", m.Text)
	}
}

func TestFollowUpOnAChoice(t *testing.T) {
	t.Parallel()
	f := setup(t, nil).run()
	q := f.ask("nginx memory gateway socket")
	m := f.say(q)
	f.settle()
	f.say(f.press(q, "pick", m.Choices[0].Value, "ann"))
	f.settle()
	if got := f.say(f.in("q1", "ann", "and if it does not help?")); !strings.Contains(got.UnderstoodAs, strings.Split(m.Choices[0].Label, " › ")[0]) {
		t.Errorf("after choosing %q understood as %q", m.Choices[0].Label, got.UnderstoodAs)
	}
}

func TestSmallTalk(t *testing.T) {
	t.Parallel()
	f := setup(t, nil).run()
	for text, want := range map[string]string{"hi": "Hello", "Thanks!": "welcome", "你好": "你好", "谢谢！": "不客气"} {
		if m := f.say(f.ask(text)); !strings.Contains(m.Text, want) {
			t.Errorf("%q got %q", text, m.Text)
		}
	}
	if n := len(f.store.questions); n != 0 {
		t.Errorf("%d questions stored", n)
	}
}

func TestHome(t *testing.T) {
	t.Parallel()
	f := setup(t, nil).run()
	f.say(f.ask("how do I rotate the flux capacitor?"))
	private := f.ask("what is the secret of the warp core?")
	private.ChannelPublic, private.User.ID = false, "bob"
	f.say(private)
	home := f.ask("")
	home.Kind = adapters.EventHome
	f.accept(home)
	s := f.next()
	if s.How != "home" || !strings.Contains(s.Message.Text, "flux capacitor") {
		t.Errorf("home is %q", s.Message.Text)
	}
	if strings.Contains(s.Message.Text, "warp core") {
		t.Error("home lists somebody else's private question")
	}
}
