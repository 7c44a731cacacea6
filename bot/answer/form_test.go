package answer

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"cairn/bot/answer/ground"
	"cairn/bot/answer/judge"
	"cairn/retrieval/glossary"
	"cairn/retrieval/llm"
	"cairn/retrieval/llm/llmtest"
	"cairn/runbooks"
)

// observed is a client of a server, and the reason of every call so far.
func observed(t *testing.T, s *llmtest.Server) (*llm.Client, func() []llm.Reason) {
	t.Helper()
	var (
		mu   sync.Mutex
		seen []llm.Reason
	)
	tr := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(tr.CloseIdleConnections)
	c, err := llm.New(llm.Config{
		BaseURL: s.URL(), ChatModel: "scripted", FirstToken: time.Minute, Timeout: time.Minute, Retries: -1, Transport: tr,
		Observe: func(call llm.Call) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, call.Reason)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, func() []llm.Reason {
		mu.Lock()
		defer mu.Unlock()
		return append([]llm.Reason(nil), seen...)
	}
}

// What a model answers in another form than the asked one is recorded as
// malformed, whoever asked; what it says wrongly in the right form is not.
func TestRecordedForm(t *testing.T) {
	t.Parallel()
	write := func(w *Writer) {
		w.Write(context.Background(), stage(t, "gateway 502", gatewayRunbook), nil)
	}
	follow := func(w *Writer) {
		w.Standalone(context.Background(), []string{"gateway 502"}, "and on the replica?", "test:someone")
	}
	draft := func(w *Writer) {
		w.Draft(context.Background(), DraftRequest{Question: "why", Lang: runbooks.English, Hits: stage(t, "gateway 502", gatewayRunbook).Hits, Now: time.Now()})
	}
	wrong := `{"text": "The gateway answers 503 on port 9090.", "cites": ["C1"]},`
	for name, tc := range map[string]struct {
		ask  func(*Writer)
		says llmtest.Reply
		want llm.Reason
	}{
		"write, good":               {write, llmtest.Reply{Pieces: []string{grounded}}, ""},
		"write, good and no end":    {write, llmtest.Reply{Pieces: []string{grounded, "x"}, Hang: true, HangAfter: 1}, ""},
		"write, nothing to say":     {write, llmtest.Reply{Pieces: []string{`{"passages": [], "sentences": [], "missing": []}`}}, ""},
		"write, empty":              {write, llmtest.Reply{Pieces: []string{" "}}, llm.ReasonFormat},
		"write, prose":              {write, llmtest.Reply{Pieces: []string{"Just ", "reboot."}}, llm.ReasonFormat},
		"write, another object":     {write, llmtest.Reply{Pieces: []string{`{"title": "x"}`}}, llm.ReasonFormat},
		"write, wrong at once":      {write, llmtest.Reply{Pieces: []string{`{"sentences": "`, "reboot", `"}`}}, llm.ReasonFormat},
		"write, cut off":            {write, llmtest.Reply{Pieces: []string{`{"passages": [`}, Finish: "length"}, llm.ReasonFormat},
		"write, broken":             {write, llmtest.Reply{Pieces: []string{`{"passages": [`}, Drop: true}, llm.ReasonStream},
		"write, ungrounded":         {write, llmtest.Reply{Pieces: []string{`{"sentences": [`, strings.Repeat(wrong, 5), wrong, wrong, wrong}}, ""},
		"follow-up, good":           {follow, llmtest.Reply{Pieces: []string{`{"standalone": "gateway 502 on the replica"}`}}, ""},
		"follow-up, prose":          {follow, llmtest.Reply{Pieces: []string{"gateway 502"}}, llm.ReasonFormat},
		"follow-up, another object": {follow, llmtest.Reply{Pieces: []string{`{"question": "gateway 502"}`}}, llm.ReasonFormat},
		"draft, good":               {draft, llmtest.Reply{Pieces: []string{`{"title": "Gateway"}`}}, ""},
		"draft, prose":              {draft, llmtest.Reply{Pieces: []string{"Gateway"}}, llm.ReasonFormat},
		"draft, without a title":    {draft, llmtest.Reply{Pieces: []string{`{"service": "gateway"}`}}, llm.ReasonFormat},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := llmtest.New(t)
			s.Script(func(int, llmtest.Request) llmtest.Reply { return tc.says })
			c, reasons := observed(t, s)
			w, err := NewWriter(slog.New(slog.DiscardHandler), c, ground.New(glossary.Default()), &WriterOptions{Timeout: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			tc.ask(w)
			if got := reasons(); len(got) != 1 || got[0] != tc.want {
				t.Errorf("recorded %q, want %q once", got, tc.want)
			}
		})
	}
}

// The judge's calls are recorded in the same way; a wrong control is no matter
// of form.
func TestRecordedFormOfTheJudge(t *testing.T) {
	t.Parallel()
	for says, want := range map[string]llm.Reason{
		"They follow.":     llm.ReasonFormat,
		`{"verdicts": []}`: llm.ReasonFormat,
		// All follow, wherever the control stands that does not.
		`{"verdicts": [{"n": 1, "follows": true}, {"n": 2, "follows": true}, {"n": 3, "follows": true}]}`: "",
	} {
		s := llmtest.New(t)
		s.Script(func(int, llmtest.Request) llmtest.Reply { return llmtest.Reply{Pieces: []string{says}} })
		c, reasons := observed(t, s)
		j := judge.New(slog.New(slog.DiscardHandler), c, ground.New(glossary.Default()))
		_, err := j.Check(context.Background(), judge.Request{Statements: []judge.Statement{{
			Text:     "The backend closes the connection before it has answered.",
			Evidence: []ground.Evidence{{Heading: []string{"Gateway"}, Text: "The backend closes the connection before it has answered. The gateway accepts 64 connections."}},
		}}})
		if want == "" && !errors.Is(err, judge.ErrControls) {
			t.Errorf("%s: error %v, want %v", says, err, judge.ErrControls)
		}
		if got := reasons(); err == nil || len(got) != 1 || got[0] != want {
			t.Errorf("%s: recorded %q (%v), want %q once", says, got, err, want)
		}
	}
}
