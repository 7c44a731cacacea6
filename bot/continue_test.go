package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"cairn/adapters"
	"cairn/bot/answer"
	"cairn/bot/store"
	"cairn/retrieval/llm"
)

var page = adapters.Viewer{Adapter: "web", User: "browser"}

// later asks as a page does and returns the answer's id.
func later(t *testing.T, f *fixture, question string) string {
	t.Helper()
	r, err := f.bot.Ask(context.Background(), adapters.Question{Text: question, Viewer: page, Record: true, Later: true})
	if err != nil || !r.Grows || len(r.Message.Steps) == 0 || len(r.Message.Notes) != 0 {
		t.Fatalf("first stage: %v, grows %v, %d steps, notes %q", err, r.Grows, len(r.Message.Steps), r.Message.Notes)
	}
	return r.Message.AnswerID
}

func modeOf(t *testing.T, f *fixture, id string) string {
	t.Helper()
	_, r, err := f.bot.load(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r.Answer.Mode
}

// An answer is gone on with once, whoever asks for it and how often.
func TestContinueOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := &fakeWriter{wait: make(chan struct{})}
	f := setup(t, &Options{Writer: w})
	id := later(t, f, "nginx answers 502")
	for _, v := range []adapters.Viewer{{}, {Adapter: "web", User: "other"}, {Adapter: "chat", User: "browser"}, {Adapter: "web"}} {
		if _, err := f.bot.Continue(ctx, v, id, nil); !errors.Is(err, adapters.ErrNotFound) {
			t.Errorf("%+v: %v, want not found", v, err)
		}
	}
	type result struct {
		reply adapters.Reply
		err   error
	}
	began, done := make(chan struct{}), make(chan result)
	w.began = func() { close(began) }
	go func() {
		r, err := f.bot.Continue(ctx, page, id, func(adapters.Reply) {})
		done <- result{r, err}
	}()
	<-began
	if r, err := f.bot.Continue(ctx, page, id, nil); err != nil || len(r.Message.Notes) != 0 {
		t.Errorf("a second request at once: %v, notes %q", err, r.Message.Notes)
	}
	close(w.wait)
	if r := <-done; r.err != nil || !slices.Equal(r.reply.Message.Notes, []string{sentence1 + " [1]"}) {
		t.Errorf("the first request: %v, notes %q", r.err, r.reply.Message.Notes)
	}
	if r, err := f.bot.Continue(ctx, page, id, nil); err != nil || len(r.Message.Notes) != 1 {
		t.Errorf("a later request: %v, notes %q", err, r.Message.Notes)
	}
	if n := len(w.asked()); n != 1 {
		t.Errorf("the model was asked %d times", n)
	}
}

// What happens between the first stage and the rest.
func TestContinueAfterChanges(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	t.Run("closed library", func(t *testing.T) {
		t.Parallel()
		var closed atomic.Bool
		w := &fakeWriter{}
		f := setup(t, &Options{Writer: w, Allows: func(string, adapters.Viewer) bool { return !closed.Load() }})
		id := later(t, f, "nginx answers 502")
		closed.Store(true)
		if _, err := f.bot.Continue(ctx, page, id, nil); !errors.Is(err, adapters.ErrNotFound) || len(w.asked()) != 0 {
			t.Errorf("%v after %d requests, want not found", err, len(w.asked()))
		}
	})
	t.Run("document gone", func(t *testing.T) {
		t.Parallel()
		f := setup(t, &Options{Writer: &fakeWriter{}})
		id := later(t, f, "nginx answers 502")
		f.index = newFakeIndex(t, map[string]string{"team/redis.md": library["team/redis.md"]})
		if r, err := f.bot.Continue(ctx, page, id, nil); err != nil || len(r.Message.Steps) != 2 || len(r.Message.Notes) != 1 {
			t.Errorf("%v, %d steps, notes %q", err, len(r.Message.Steps), r.Message.Notes)
		}
	})
	t.Run("store broken", func(t *testing.T) {
		t.Parallel()
		w := &fakeWriter{}
		f := setup(t, &Options{Writer: w})
		id := later(t, f, "nginx answers 502")
		q, err := f.store.Question(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		q.Answer = []byte(`{"answer": `)
		if err := f.store.SaveQuestion(ctx, q); err != nil {
			t.Fatal(err)
		}
		if _, err := f.bot.Continue(ctx, page, id, nil); err == nil || errors.Is(err, adapters.ErrNotFound) || len(w.asked()) != 0 {
			t.Errorf("%v, want what is wrong", err)
		}
	})
	t.Run("reader gone", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(ctx)
		f := setup(t, &Options{Writer: writerFunc(func(_ context.Context, req answer.WriteRequest) (answer.Answer, answer.Outcome) {
			cancel()
			a := req.Answer
			a.Mode = answer.ModeFallback
			return a, answer.Outcome{Reason: llm.ReasonCanceled}
		})})
		id := later(t, f, "nginx answers 502")
		if r, err := f.bot.Continue(ctx, page, id, nil); err != nil || len(r.Message.Steps) != 2 {
			t.Errorf("%v, %d steps", err, len(r.Message.Steps))
		}
		if got := modeOf(t, f, id); got != answer.ModeExtractive {
			t.Errorf("stored in mode %q: a reader who comes again gets no model", got)
		}
	})
	t.Run("model down", func(t *testing.T) {
		t.Parallel()
		f := setup(t, &Options{Writer: &fakeWriter{fails: true}})
		id := later(t, f, "nginx answers 502")
		if r, err := f.bot.Continue(ctx, page, id, nil); err != nil || len(r.Message.Notes) != 0 || r.Message.Mark == "" {
			t.Errorf("%v, notes %q, mark %q", err, r.Message.Notes, r.Message.Mark)
		}
		if got := modeOf(t, f, id); got != answer.ModeFallback {
			t.Errorf("stored in mode %q: the model would be asked again and again", got)
		}
	})
}

// Pages and shared answers show a model's sentences with their numbers.
func TestSentencesSurvivePagingAndSharing(t *testing.T) {
	t.Parallel()
	f := setup(t, &Options{Writer: &fakeWriter{}}).run()
	q := f.ask("nginx answers 502")
	q.Surface, q.Private, q.Thread, q.Message = adapters.SurfaceSlash, true, "", ""
	m := f.say(q)
	f.settle()
	want := []string{sentence1 + " [1]"}
	if p := f.say(f.press(q, "steps", m.AnswerID+":1", "ann")); !slices.Equal(p.Notes, want) || p.FirstStep != 1 || len(p.Citations) != len(m.Citations) {
		t.Errorf("a page from step %d: notes %q, %d of %d sources", p.FirstStep, p.Notes, len(p.Citations), len(m.Citations))
	}
	press := f.press(q, "share", m.AnswerID, "ann")
	press.User.Name = "Ann"
	f.accept(press)
	shared := f.next()
	if !strings.Contains(shared.Message.Mark, "Ann") || !strings.Contains(shared.Message.Mark, "model") || !strings.Contains(shared.Message.Text, shared.Message.Mark) {
		t.Errorf("shared with the mark %q in %q", shared.Message.Mark, shared.Message.Text)
	}
	if shared.How != "send" || !slices.Equal(shared.Message.Notes, want) || len(shared.Message.Citations) != len(m.Citations) {
		t.Errorf("shared by %s: notes %q, %d of %d sources", shared.How, shared.Message.Notes, len(shared.Message.Citations), len(m.Citations))
	}
	f.next() // the receipt
}

// A passage that a model added for one person alone does not get to others.
func TestAddedPassagesStayWithThePerson(t *testing.T) {
	t.Parallel()
	o := secretFor("ann")
	o.Writer = writerFunc(func(_ context.Context, req answer.WriteRequest) (answer.Answer, answer.Outcome) {
		a := req.Answer
		for _, h := range req.Hits {
			if h.Library == "secret" {
				c := answer.Citation{N: len(a.Citations) + 1, Library: h.Library, Document: h.Document.Path, StartLine: 1, EndLine: 1, Quote: "the quorum"}
				a.Citations = append(slices.Clip(a.Citations), c)
				a.Prose = []answer.Prose{{Text: "The quorum unseals it.", Citations: []int{c.N}}}
			}
		}
		a.Mode = answer.ModeModel
		return a, answer.Outcome{Kept: len(a.Prose)}
	})
	f := setup(t, o).run()
	q := f.ask("nginx answers 502 quorum owners")
	q.Surface, q.Private, q.Thread, q.Message = adapters.SurfaceSlash, true, "", ""
	m := f.say(q)
	if !m.Private || !strings.Contains(strings.Join(m.Notes, "\n"), "quorum") {
		t.Fatalf("private %v, notes %q", m.Private, m.Notes)
	}
	f.settle()
	for _, user := range []string{"ann", "bob"} {
		if got := f.say(f.press(q, "share", m.AnswerID, user)); len(got.Steps)+len(got.Citations) != 0 || strings.Contains(got.Text, "quorum") {
			t.Errorf("%s shared %q", user, got.Text)
		}
	}
	if got := f.say(f.press(q, "steps", m.AnswerID+":0", "bob")); len(got.Steps)+len(got.Notes) != 0 {
		t.Errorf("an outsider paged to %q", got.Text)
	}
	if stored, err := f.store.Question(context.Background(), m.AnswerID); err != nil || stored.Public || stored.Outcome != store.OutcomeAnswered {
		t.Errorf("stored as public %v, %s: %v", stored.Public, stored.Outcome, err)
	}
}
