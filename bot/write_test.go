package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cairn/adapters"
	"cairn/bot/answer"
	"cairn/retrieval"
	"cairn/retrieval/llm"
)

// A fakeWriter adds one sentence to every answer.
type fakeWriter struct {
	mu         sync.Mutex
	requests   []answer.WriteRequest
	earlier    [][]string
	fails      bool
	standalone string // "" fails
	wait       chan struct{}
	began      func() // told when Write is called
}

const sentence1 = "A model says so."

func (w *fakeWriter) Write(_ context.Context, req answer.WriteRequest, grow func(answer.Answer)) (answer.Answer, answer.Outcome) {
	w.mu.Lock()
	w.requests = append(w.requests, req)
	w.mu.Unlock()
	if w.began != nil {
		w.began()
	}
	if w.wait != nil {
		<-w.wait
	}
	a := req.Answer
	a.Prose = []answer.Prose{{Text: sentence1, Citations: []int{1}}}
	if grow != nil {
		grow(a)
	}
	if w.fails {
		a = req.Answer
		a.Mode = answer.ModeFallback
		return a, answer.Outcome{Reason: llm.ReasonTimeout}
	}
	a.Mode = answer.ModeModel
	return a, answer.Outcome{Kept: 1}
}

func (w *fakeWriter) Standalone(_ context.Context, earlier []string, _, _ string) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.earlier = append(w.earlier, earlier)
	if w.standalone == "" {
		return "", errors.New("the model is down")
	}
	return w.standalone, nil
}

func (w *fakeWriter) asked() []answer.WriteRequest {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.requests)
}

// A streamer is a platform that shows growing answers.
type streamer struct {
	*platform
	closeErr error
}

type openStream struct {
	s   *streamer
	ev  adapters.Event
	ref adapters.Ref
}

func (s *streamer) Stream(_ context.Context, ev adapters.Event, m adapters.Message) (adapters.Stream, error) {
	return &openStream{s, ev, s.add("first", ev.Message, m)}, nil
}

func (o *openStream) Ref() adapters.Ref         { return o.ref }
func (o *openStream) Update(m adapters.Message) { o.s.add("grown", o.ev.Message, m) }
func (o *openStream) Close(_ context.Context, m adapters.Message) (adapters.Ref, error) {
	if o.s.closeErr != nil {
		return o.ref, o.s.closeErr
	}
	o.s.add("final", o.ev.Message, m)
	return o.ref, nil
}

func TestAnswersGrow(t *testing.T) {
	t.Parallel()
	w := &fakeWriter{wait: make(chan struct{})}
	f := setup(t, &Options{Writer: w})
	f.bot.Attach("chat", &streamer{platform: f.chat})
	f.run()
	q := f.ask("nginx answers 502")
	f.accept(q)
	first := f.next()
	if first.How != "first" || len(first.Message.Steps) != 2 || len(first.Message.Notes) != 0 || first.Message.Marker == "" {
		t.Fatalf("first: %s with %d steps, notes %q", first.How, len(first.Message.Steps), first.Message.Notes)
	}
	close(w.wait)
	grown, final := f.next(), f.next()
	for _, s := range []sentMessage{grown, final} {
		if len(s.Message.Notes) != 1 || s.Message.Notes[0] != sentence1+" [1]" || s.Message.Marker != first.Message.Marker || len(s.Message.Steps) != 2 {
			t.Errorf("%s: notes %q, %d steps", s.How, s.Message.Notes, len(s.Message.Steps))
		}
	}
	if final.How != "final" || !strings.Contains(final.Message.Mark, "model") {
		t.Errorf("%s with mark %q", final.How, final.Message.Mark)
	}
	f.settle()
	stored, _ := f.store.Question(context.Background(), final.Message.AnswerID)
	if !strings.Contains(string(stored.Answer), sentence1) {
		t.Errorf("stored without the sentence: %s", stored.Answer)
	}
	if got := w.asked()[0]; got.Person != "chat:ann" || got.Question != "nginx answers 502" || len(got.Hits) == 0 {
		t.Errorf("request of %q for %q with %d hits", got.Person, got.Question, len(got.Hits))
	}
}

// A message that cannot be completed is no second answer.
func TestAnUncompletedAnswerStands(t *testing.T) {
	t.Parallel()
	f := setup(t, &Options{Writer: &fakeWriter{}})
	f.bot.Attach("chat", &streamer{platform: f.chat, closeErr: &adapters.DeliveryError{Kind: adapters.KindServer, Err: errors.New("down")}})
	f.run()
	f.accept(f.ask("nginx answers 502"))
	f.settle()
	n := 0
	for _, s := range f.chat.all() {
		if s.How == "first" || s.How == "reply" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("answered %d times, want once", n)
	}
}

func TestAnswersWithoutStreaming(t *testing.T) {
	t.Parallel()
	f := setup(t, &Options{Writer: &fakeWriter{}}).run()
	if m := f.say(f.ask("nginx answers 502")); len(m.Notes) != 1 {
		t.Errorf("notes %q", m.Notes)
	}
	failing := setup(t, &Options{Writer: &fakeWriter{fails: true}}).run()
	m := failing.say(failing.ask("k8s 节点 NotReady 怎么排查"))
	if len(m.Notes) != 0 || m.Mark != "本次回答未使用模型。" || len(m.Steps) == 0 {
		t.Errorf("mark %q, notes %q, %d steps", m.Mark, m.Notes, len(m.Steps))
	}
}

// A model is asked about answers alone, and never shown what the place may not
// see.
func TestWhatTheModelSees(t *testing.T) {
	t.Parallel()
	w := &fakeWriter{}
	o := secretFor("ann")
	o.Writer = w
	f := setup(t, o).run()
	f.say(f.ask("hello"))
	f.say(f.ask("flux capacitor overheats"))
	if n := len(w.asked()); n != 0 {
		t.Errorf("asked %d times about what is no answer", n)
	}
	f.say(f.ask("nginx answers 502 quorum owners"))
	direct := f.ask("nginx answers 502 quorum owners")
	direct.Surface = adapters.SurfaceDirect
	f.say(direct)
	reqs := w.asked()
	if len(reqs) != 2 {
		t.Fatalf("asked %d times, want 2", len(reqs))
	}
	fromSecret := func(r answer.WriteRequest) bool {
		return slices.ContainsFunc(r.Hits, func(h retrieval.Hit) bool { return h.Library == "secret" })
	}
	if fromSecret(reqs[0]) {
		t.Error("for a public channel the model saw a library that is closed to it")
	}
	if !fromSecret(reqs[1]) {
		t.Error("for the person alone the model did not see what the person may see")
	}
}

func TestFollowUpsWithAModel(t *testing.T) {
	t.Parallel()
	w := &fakeWriter{standalone: "nginx answers 504"}
	f := setup(t, &Options{Writer: w}).run()
	f.say(f.ask("nginx answers 502"))
	m := f.say(f.in("q1", "ann", "does the gateway one differ?"))
	if m.UnderstoodAs != "nginx answers 504" || m.Title != "nginx answers 504" {
		t.Errorf("understood as %q, answered %q", m.UnderstoodAs, m.Title)
	}
	if len(w.earlier) != 1 || !slices.Contains(w.earlier[0], "nginx answers 502") {
		t.Errorf("the model was told %q", w.earlier)
	}
	// What the words say plainly needs no model, and without one they count.
	w.mu.Lock()
	w.standalone = ""
	w.mu.Unlock()
	if m := f.say(f.in("q1", "ann", "and 502?")); m.Title != "nginx answers 502" {
		t.Errorf("answered %q", m.Title)
	}
}

func TestAnEditedQuestionGrowsAgain(t *testing.T) {
	t.Parallel()
	f := setup(t, &Options{Writer: &fakeWriter{}}).run()
	q := f.ask("nginx answers 502?")
	f.say(q)
	edit := q
	edit.Kind, edit.Keys, edit.Text = adapters.EventEdit, []string{"edit-1"}, "redis memory is full?"
	f.accept(edit)
	first, final := f.next(), f.next()
	if first.How != "edit" || len(first.Message.Notes) != 0 || final.How != "edit" || len(final.Message.Notes) != 1 || final.Message.Title != "redis memory is full" {
		t.Errorf("%s with %q, then %s with %q", first.How, first.Message.Notes, final.How, final.Message.Notes)
	}
}

// The model's time ends before the event's, so that something is always sent.
func TestTheModelLeavesTimeToSend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var left time.Duration
		w := writerFunc(func(ctx context.Context, req answer.WriteRequest) (answer.Answer, answer.Outcome) {
			deadline, _ := ctx.Deadline()
			left = time.Until(deadline)
			return req.Answer, answer.Outcome{}
		})
		f := setup(t, &Options{Writer: w, Deadline: 20 * time.Second}).run()
		f.say(f.ask("nginx answers 502"))
		f.stop()
		if left != 17*time.Second {
			t.Errorf("the model has %v of 20 s, want 17 s", left)
		}
	})
}

type writerFunc func(context.Context, answer.WriteRequest) (answer.Answer, answer.Outcome)

func (f writerFunc) Write(ctx context.Context, req answer.WriteRequest, _ func(answer.Answer)) (answer.Answer, answer.Outcome) {
	return f(ctx, req)
}

func (f writerFunc) Standalone(context.Context, []string, string, string) (string, error) {
	return "", errors.New("none")
}
