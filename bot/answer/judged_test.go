package answer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairn/bot/answer/ground"
	"cairn/bot/answer/judge"
	"cairn/retrieval/glossary"
	"cairn/retrieval/llm"
	"cairn/retrieval/llm/llmtest"
	"cairn/retrieval/llm/mask"
)

// What the lexical check drops and a judge keeps, and what neither may show.
const (
	freeWords = "Whoever sees a 502 should suspect that the backend hung up on the gateway too early."
	falseTurn = "A 502 comes from the backend when the gateway closes the connection before it has answered."
	falsePort = "Check that the backend listens on port 9090."
	judged    = `{"passages": ["P1"], "sentences": [
  {"text": "` + freeWords + `", "cites": ["C3"]},
  {"text": "` + falseTurn + `", "cites": ["C3"]},
  {"text": "` + falsePort + `", "cites": ["C2"]},
  {"text": "The backend accepts at most 64 connections.", "cites": ["P1"]}], "missing": []}`
)

// judging makes a writer whose model writes text and judges by follows.
func judging(t testing.TB, lg *slog.Logger, text string, follows func(passages, statement string) bool) (*Writer, *llmtest.Server) {
	t.Helper()
	s := llmtest.New(t)
	s.Script(func(_ int, r llmtest.Request) llmtest.Reply {
		if reply, ok := llmtest.JudgeReply(r, follows); ok {
			return reply
		}
		return llmtest.Reply{Pieces: strings.SplitAfter(text, ",")}
	})
	return judgedBy(t, lg, s), s
}

func judgedBy(t testing.TB, lg *slog.Logger, s *llmtest.Server) *Writer {
	t.Helper()
	c := client(t, s)
	check := ground.New(glossary.Default())
	w, err := NewWriter(lg, c, check, &WriterOptions{Judge: judge.New(lg, c, check), Timeout: whole})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func proseOfAnswer(a Answer) []string {
	var out []string
	for _, p := range a.Prose {
		out = append(out, p.Text)
	}
	return out
}

func TestWriteJudged(t *testing.T) {
	t.Parallel()
	honest := func(p, s string) bool { return s == freeWords || llmtest.Verbatim(p, s) }
	const last = "The backend accepts at most 64 connections."
	for name, tc := range map[string]struct {
		follows func(passages, statement string) bool
		want    []string
		reason  string // in the log
	}{
		"honest":   {honest, []string{freeWords, last}, ""},
		"says yes": {func(string, string) bool { return true }, []string{last}, "controls_failed"},
		"says no":  {func(string, string) bool { return false }, []string{last}, "controls_failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			w, s := judging(t, slog.New(slog.NewTextHandler(&log, nil)), judged, tc.follows)
			req := stage(t, "gateway 502", gatewayRunbook, poolRunbook)
			var grown []Answer
			got, out := w.Write(t.Context(), req, func(a Answer) { grown = append(grown, a) })
			if out.Reason != "" || out.Kept != len(tc.want) || out.Kept+out.Dropped != 4 || out.Judged != 3 || (out.Judge == nil) != (tc.reason == "") {
				t.Fatalf("outcome %+v", out)
			}
			if diff := cmp.Diff(tc.want, proseOfAnswer(got)); diff != "" {
				t.Errorf("prose (-want +got):\n%s", diff)
			}
			checkGrowth(t, req.Answer, append(grown, got))
			if said := strings.Contains(log.String(), "without the judge"); said != (tc.reason != "") || !strings.Contains(log.String(), tc.reason) {
				t.Errorf("log: %s", log.String())
			}
			if strings.Contains(log.String(), "backend") {
				t.Errorf("the log holds text: %s", log.String())
			}
			if first := s.Requests()[0].Body; !strings.Contains(first, "in plain words") || strings.Contains(first, "free words") {
				t.Errorf("asked for words near the sources: %s", first)
			}
			for _, r := range s.Requests()[1:] {
				if strings.Contains(r.Body, "gateway 502\\n") || strings.Contains(r.Body, "someone") {
					t.Errorf("the question or the asker went to the judge: %s", r.Body)
				}
			}
		})
	}
}

// Whatever a judge does, the answer comes in time, with what the lexical check
// lets through.
func TestWriteJudgeFaults(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]llmtest.Reply{
		"silent":  {Hang: true},
		"down":    {Status: 503},
		"busy":    {Status: 429},
		"prose":   {Pieces: []string{"It all follows."}},
		"breaks":  {Pieces: []string{`{"verdicts": [{"n": 1, `}, Drop: true},
		"endless": {Pieces: slices.Repeat([]string{strings.Repeat("{", 1000)}, 100), Hang: true, HangAfter: 99},
	} {
		bubble(t, name, func(t *testing.T) {
			s := llmtest.NewInMemory(t)
			s.Script(func(_ int, r llmtest.Request) llmtest.Reply {
				if strings.HasPrefix(r.Messages[0], "You check statements") {
					return reply
				}
				return llmtest.Reply{Pieces: []string{judged}}
			})
			w := judgedBy(t, slog.New(slog.DiscardHandler), s)
			got, out := w.Write(t.Context(), stage(t, "gateway 502", gatewayRunbook, poolRunbook), nil)
			if out.Reason != "" || out.Judge == nil || out.Took > firstToken {
				t.Errorf("outcome %+v", out)
			}
			if diff := cmp.Diff([]string{"The backend accepts at most 64 connections."}, proseOfAnswer(got)); diff != "" {
				t.Errorf("prose (-want +got):\n%s", diff)
			}
		})
	}
}

// A model that fails while sentences are being judged leaves the first stage at
// once, and grow is not called once Write has returned.
func TestWriteFailsWhileJudging(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := make(chan struct{})
		s := llmtest.NewInMemory(t)
		s.Script(func(_ int, r llmtest.Request) llmtest.Reply {
			if strings.HasPrefix(r.Messages[0], "You check statements") {
				close(asked)
				return llmtest.Reply{Hang: true}
			}
			return llmtest.Reply{Pieces: []string{`{"passages": [], "sentences": [{"text": "` + freeWords + `", "cites": ["C3"]},`}, Until: asked, Drop: true}
		})
		w := judgedBy(t, slog.New(slog.DiscardHandler), s)
		req := stage(t, "gateway 502", gatewayRunbook, poolRunbook)
		returned := false
		got, out := w.Write(t.Context(), req, func(Answer) {
			if returned {
				t.Error("grow is called after Write has returned")
			}
		})
		returned = true
		if out.Reason != llm.ReasonStream || got.Mode != ModeFallback || len(got.Prose) > 0 {
			t.Errorf("outcome %+v, answer %+v", out, got)
		}
		if out.Took > gather {
			t.Errorf("it waited for the judge: %v", out.Took)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, out := w.Write(ctx, req, nil); out.Reason != llm.ReasonCanceled {
			t.Errorf("cancelled: %+v", out)
		}
	})
}

// A panic in grow while the judge decides costs the sentences of that call and
// nothing else.
func TestWriteJudgedPanic(t *testing.T) {
	t.Parallel()
	w, _ := judging(t, slog.New(slog.DiscardHandler), judged, llmtest.Verbatim)
	req := stage(t, "gateway 502", gatewayRunbook)
	got, out := w.Write(t.Context(), req, func(Answer) { panic("in grow") })
	if out.Judged == 0 || len(got.Steps) != len(req.Answer.Steps) {
		t.Errorf("outcome %+v, %d steps", out, len(got.Steps))
	}
}

// A model cannot fill the way to the judge by giving its list several times.
func TestWriteJudgedMany(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		list := `"sentences": [` + strings.TrimSuffix(strings.Repeat(`{"text": "Check that the backend listens on port 8080.", "cites": ["C2"]},`, 9), ",") + `]`
		s := llmtest.NewInMemory(t)
		s.Script(func(_ int, r llmtest.Request) llmtest.Reply {
			if strings.HasPrefix(r.Messages[0], "You check statements") {
				return llmtest.Reply{Hang: true}
			}
			return llmtest.Reply{Pieces: []string{`{"answer": {` + list + `,` + list + `}, ` + list + `, ` + list + `}`}}
		})
		w := judgedBy(t, slog.New(slog.DiscardHandler), s)
		_, out := w.Write(t.Context(), stage(t, "gateway 502", gatewayRunbook, poolRunbook), nil)
		if out.Took > firstToken || out.Judged != maxSentences || out.Kept+out.Dropped != maxSentences {
			t.Errorf("outcome %+v", out)
		}
	})
}

// A judge that does not answer is asked once in an answer.
func TestWriteJudgedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		list := strings.TrimSuffix(strings.Repeat(`{"text": "`+freeWords+`", "cites": ["C3"]},`, 9), ",")
		s := llmtest.NewInMemory(t)
		s.Script(func(_ int, r llmtest.Request) llmtest.Reply {
			if strings.HasPrefix(r.Messages[0], "You check statements") {
				return llmtest.Reply{Hang: true}
			}
			return llmtest.Reply{Pieces: []string{`{"passages": ["P1"], "sentences": [` + list + `]}`}}
		})
		w := judgedBy(t, slog.New(slog.DiscardHandler), s)
		got, out := w.Write(t.Context(), stage(t, "gateway 502", gatewayRunbook, poolRunbook), nil)
		if n := len(s.Requests()); n != 2 {
			t.Errorf("%d requests, want one for writing and one for judging", n)
		}
		// The words were free because there is a judge: what is left are passages.
		if out.Reason != "" || out.Kept != 0 || out.Added != 1 || got.Mode != ModeModel {
			t.Errorf("outcome %+v, mode %s", out, got.Mode)
		}
	})
}

// Sentences before the judge count while it has not spoken.
func TestWriteEndsEarlyOnlyWithoutHope(t *testing.T) {
	t.Parallel()
	const bad = `{"text": "The backend accepts at most 64 connections.", "cites": ["P9"]}`
	text := `{"passages": [], "sentences": [{"text": "` + freeWords + `", "cites": ["C3"]}, {"text": "Check that the backend listens on port 8080.", "cites": ["C2"]}, ` + bad + `,` + bad + `,` + bad + `,` + bad + `]}`
	w, _ := judging(t, slog.New(slog.DiscardHandler), text, func(p, s string) bool { return s == freeWords || llmtest.Verbatim(p, s) })
	if _, out := w.Write(t.Context(), stage(t, "gateway 502", gatewayRunbook), nil); out.Reason != "" || out.Kept != 2 {
		t.Errorf("outcome %+v", out)
	}
}

// What is hidden from the writing model is hidden from the judge, wherever it
// stands in a sentence.
func TestJudgeSeesNoSecret(t *testing.T) {
	t.Parallel()
	const secret = "439182736450"
	placeholder := regexp.MustCompile(`MASKED_ACCOUNT_[0-9]+_[0-9a-z]+`)
	s := llmtest.New(t)
	s.Script(func(_ int, r llmtest.Request) llmtest.Reply {
		if reply, ok := llmtest.JudgeReply(r, llmtest.Verbatim); ok {
			return reply
		}
		return llmtest.Reply{Pieces: []string{`{"sentences": [{"text": "In the cloud the gateway of this runbook has the account id: ` + placeholder.FindString(r.Messages[1]) + `.", "cites": ["C3"]}]}`}}
	})
	w := judgedBy(t, slog.New(slog.DiscardHandler), s)
	w.opts.Masker = func() interface {
		Mask(string) string
		Restore(string) string
	} {
		return mask.New()
	}
	req := stage(t, "gateway 502", strings.Replace(gatewayRunbook, "has answered.", "has answered. In the cloud the gateway of this runbook has the account id: "+secret+".", 1))
	got, out := w.Write(t.Context(), req, nil)
	if out.Kept != 1 || out.Judged != 1 || out.Judge != nil || !strings.Contains(got.Prose[0].Text, secret) {
		t.Errorf("outcome %+v, prose %v", out, got.Prose)
	}
	for _, r := range s.Requests() {
		if strings.Contains(r.Body, secret) {
			t.Errorf("sent: %s", r.Body)
		}
	}
	if len(s.Requests()) != 2 {
		t.Errorf("%d requests", len(s.Requests()))
	}
}

// Where only titles may be sent, nobody judges.
func TestNoJudgeForTitles(t *testing.T) {
	t.Parallel()
	s := says(t, judged)
	c := client(t, s)
	check := ground.New(glossary.Default())
	w, err := NewWriter(slog.New(slog.DiscardHandler), c, check, &WriterOptions{Send: SendTitles, Judge: judge.New(slog.New(slog.DiscardHandler), c, check)})
	if err != nil {
		t.Fatal(err)
	}
	if _, out := w.Write(t.Context(), stage(t, "gateway 502", gatewayRunbook, poolRunbook), nil); out.Judge != nil || len(s.Requests()) != 1 {
		t.Errorf("outcome %+v, %d requests", out, len(s.Requests()))
	}
}

// A draft's sentences are judged together, each by its own sources.
func TestDraftJudged(t *testing.T) {
	t.Parallel()
	const draft = `{"title": "Gateway 502", "service": "gateway", "questions": ["why 502"],
 "summary": {"text": "` + freeWords + `", "cites": ["P1"]},
 "symptoms": [{"text": "` + falseTurn + `", "cites": ["P1"]}, {"text": "The backend accepts at most 64 connections.", "cites": ["P2"]}],
 "first_look": [], "diagnose": [], "fix": [], "verify": [], "prevent": [{"text": "Nobody knows.", "cites": []}]}`
	w, s := judging(t, slog.New(slog.DiscardHandler), draft, func(p, st string) bool { return st == freeWords || llmtest.Verbatim(p, st) })
	req := stage(t, "gateway 502", gatewayRunbook, poolRunbook)
	d, err := w.Draft(t.Context(), DraftRequest{Question: req.Question, Lang: "en", Hits: req.Hits, Now: time.Unix(0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	if d.Uncited != 2 || len(s.Requests()) != 2 || !strings.Contains(d.Markdown, falseTurn+" **[UNCITED]**") || strings.Contains(d.Markdown, freeWords+" **[UNCITED]**") {
		t.Errorf("%d uncited, %d requests:\n%s", d.Uncited, len(s.Requests()), d.Markdown)
	}
}

// A hostile model that plays with placeholders makes no verdict move to another
// sentence.
func TestDraftJudgedPlaceholders(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t)
	s.Script(func(_ int, r llmtest.Request) llmtest.Reply {
		if reply, ok := llmtest.JudgeReply(r, llmtest.Verbatim); ok {
			return reply
		}
		number := regexp.MustCompile(`MASKED_PASSWORD_[0-9]+`).FindString(r.Messages[1])
		suffix := regexp.MustCompile(`MASKED_PASSWORD_[0-9]+(_[0-9a-z]+)`).FindStringSubmatch(r.Messages[1])[1]
		text := "The backend has " + number + suffix + ". " + "MASKED_PASSWORD_2" + suffix + " " + "MASKED_PASSWORD_3" + suffix + ". " + falseTurn
		return llmtest.Reply{Pieces: []string{`{"title": "x", "summary": {"text": "` + text + `", "cites": ["P1"]}, "symptoms": [{"text": "A 502 comes from the gateway when the backend closes the connection before it has answered.", "cites": ["P1"]}, {"text": "` + text + `", "cites": ["P1"]}]}`}}
	})
	w := judgedBy(t, slog.New(slog.DiscardHandler), s)
	w.opts.Masker = func() interface {
		Mask(string) string
		Restore(string) string
	} {
		return mask.New()
	}
	req := stage(t, "gateway 502", strings.Replace(gatewayRunbook, "has answered.", "has answered. The log has password=Wow! And then. more", 1))
	d, err := w.Draft(t.Context(), DraftRequest{Question: req.Question, Lang: "en", Hits: req.Hits, Now: time.Unix(0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(d.Markdown, falseTurn+" **[UNCITED]**"); n != 2 || strings.Contains(d.Markdown, "before it has answered. **[UNCITED]**\n- A 502 comes from the gateway when the backend") {
		t.Errorf("%d times flagged:\n%s", n, d.Markdown)
	}
}

// A fakeChat writes sentences at a given pace and counts what the judge is
// asked, in the time of the test's bubble.
type fakeChat struct {
	gap, thinks time.Duration
	sentences   int
	fails       bool

	mu     sync.Mutex
	judged []int // statements of each call
	busy   int
	most   int
}

func (f *fakeChat) Model() string { return "fake" }

func (f *fakeChat) Chat(ctx context.Context, req llm.ChatRequest, each func(string) error) (llm.ChatResponse, error) {
	f.mu.Lock()
	f.busy++
	f.most = max(f.most, f.busy)
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		f.busy--
		f.mu.Unlock()
	}()
	wait := func(d time.Duration) bool {
		select {
		case <-time.After(d):
			return true
		case <-ctx.Done():
			return false
		}
	}
	say := func(text string) error {
		if !wait(f.gap) {
			return &llm.Error{Reason: llm.ReasonCanceled, Err: ctx.Err()}
		}
		return each(text)
	}
	if reply, ok := llmtest.JudgeReply(llmtest.Request{Messages: []string{req.Messages[0].Content, req.Messages[1].Content}}, func(p, s string) bool {
		if strings.HasPrefix(s, "Whoever sees") {
			f.mu.Lock()
			f.judged[len(f.judged)-1]++
			f.mu.Unlock()
			return true
		}
		return llmtest.Verbatim(p, s)
	}); ok {
		if !wait(f.thinks) || f.fails {
			return llm.ChatResponse{}, &llm.Error{Reason: llm.ReasonTimeout, Err: errors.New("no answer in time")}
		}
		return llm.ChatResponse{Text: reply.Pieces[0]}, nil
	}
	err := say(`{"passages": [], "sentences": [`)
	for i := 0; i < f.sentences && err == nil; i++ {
		err = say(fmt.Sprintf(`%s{"text": "Whoever sees a 502 %s suspect that the backend hung up on the gateway too early.", "cites": ["C3"]}`, map[bool]string{true: ", "}[i > 0], modals[i]))
	}
	if err == nil {
		err = say(`], "missing": []}`)
	}
	if err != nil && !errors.Is(err, llm.ErrEnough) {
		return llm.ChatResponse{}, err
	}
	return llm.ChatResponse{}, nil
}

var modals = []string{"should", "may", "might", "can", "could", "would", "will", "must", "has to", "can well", "should well", "might well"}

// However fast a model writes and judges, every sentence is judged once, few
// calls are made, and the answer ends in time.
func TestBenchWaits(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		chat   *fakeChat
		after  bool
		calls  int // of the judge at most
		atOnce int // calls that run side by side at most
		kept   int
		within time.Duration
	}{
		"at once":            {chat: &fakeChat{sentences: 12, thinks: 2 * time.Second}, calls: 4, atOnce: 4, kept: 12, within: 5 * time.Second},
		"slow writer":        {chat: &fakeChat{sentences: 6, gap: time.Second, thinks: time.Second}, calls: 4, atOnce: 2, kept: 6, within: 11 * time.Second},
		"very slow writer":   {chat: &fakeChat{sentences: 4, gap: 3 * time.Second, thinks: time.Second}, calls: 4, atOnce: 2, kept: 4, within: 20 * time.Second},
		"slow judge":         {chat: &fakeChat{sentences: 6, gap: 500 * time.Millisecond, thinks: 5 * time.Second}, calls: 3, atOnce: 2, kept: 6, within: 13 * time.Second},
		"afterwards":         {chat: &fakeChat{sentences: 6, gap: 500 * time.Millisecond, thinks: time.Second}, after: true, calls: 2, atOnce: 1, kept: 6, within: 7 * time.Second},
		"judge too slow":     {chat: &fakeChat{sentences: 6, gap: 500 * time.Millisecond, thinks: time.Minute}, calls: 1, atOnce: 2, within: 20 * time.Second},
		"judge fails":        {chat: &fakeChat{sentences: 6, gap: time.Second, thinks: 8 * time.Second, fails: true}, calls: 1, atOnce: 2, within: 12 * time.Second},
		"fails afterwards":   {chat: &fakeChat{sentences: 12, thinks: 8 * time.Second, fails: true}, after: true, calls: 1, atOnce: 1, within: 9 * time.Second},
		"writer never ready": {chat: &fakeChat{sentences: 12, gap: 6 * time.Second, thinks: time.Second}, calls: 3, atOnce: 2, kept: 1, within: 20 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				chat := tc.chat
				check := ground.New(glossary.Default())
				j := judge.New(slog.New(slog.DiscardHandler), judgeOf{chat}, check)
				w, err := NewWriter(slog.New(slog.DiscardHandler), chat, check, &WriterOptions{Judge: j, JudgeAfter: tc.after, JudgeCalls: map[bool]int{true: 1, false: 3}[tc.after]})
				if err != nil {
					t.Fatal(err)
				}
				_, out := w.Write(t.Context(), stage(t, "gateway 502", gatewayRunbook), nil)
				asked := 0
				for _, n := range chat.judged {
					asked += n
				}
				if len(chat.judged) > tc.calls || asked > chat.sentences || chat.most > tc.atOnce || out.Kept != tc.kept || out.Took > tc.within {
					t.Errorf("%d calls of the judge on %v, %d side by side, outcome %+v; want at most %d calls, %d side by side, %d kept in %v", len(chat.judged), chat.judged, chat.most, out, tc.calls, tc.atOnce, tc.kept, tc.within)
				}
			})
		})
	}
}

// judgeOf counts the calls that judge.
type judgeOf struct{ *fakeChat }

func (j judgeOf) Chat(ctx context.Context, req llm.ChatRequest, each func(string) error) (llm.ChatResponse, error) {
	j.mu.Lock()
	j.judged = append(j.judged, 0)
	j.mu.Unlock()
	return j.fakeChat.Chat(ctx, req, each)
}
