package answer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"cairn/bot/answer/ground"
	"cairn/bot/answer/judge"
	"cairn/retrieval/glossary"
	"cairn/retrieval/llm"
	"cairn/retrieval/llm/mask"
	"cairn/runbooks"
)

// A chatFunc is a model in this process.
type chatFunc func(ctx context.Context, req llm.ChatRequest, each func(string) error) error

func (f chatFunc) Chat(ctx context.Context, req llm.ChatRequest, each func(string) error) (llm.ChatResponse, error) {
	return llm.ChatResponse{}, f(ctx, req, each)
}

func (chatFunc) Model() string { return "scripted" }

// cut is how a client says that its caller has ended the call.
func cut(err error) error {
	if errors.Is(err, llm.ErrEnough) {
		return nil
	}
	return &llm.Error{Reason: llm.ReasonCanceled, Op: "chat", Err: err}
}

func chatWriter(t *testing.T, lg *slog.Logger, f chatFunc, o *WriterOptions) *Writer {
	t.Helper()
	w, err := NewWriter(lg, f, ground.New(glossary.Default()), o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

const grounded = `{"passages": [], "sentences": [{"text": "Check that the backend listens on port 8080.", "cites": ["C2"]}], "missing": []}`

// However a call ends, Write returns, nothing of it goes on running, and grow
// is not called again.
func TestWriteLeavesNothingBehind(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	silent := func(ctx context.Context, _ llm.ChatRequest, _ func(string) error) error {
		<-ctx.Done()
		return cut(ctx.Err())
	}
	endless := func(text string) chatFunc {
		return func(ctx context.Context, _ llm.ChatRequest, each func(string) error) error {
			for err := each(text); ; err = each(" and so on") {
				if err != nil {
					return cut(err)
				}
				if ctx.Err() != nil {
					return cut(ctx.Err())
				}
			}
		}
	}
	holds := func(ctx context.Context, _ llm.ChatRequest, each func(string) error) error {
		if err := each(grounded); err != nil {
			return cut(err)
		}
		<-ctx.Done() // it has said all, and does not end
		return cut(ctx.Err())
	}
	const never = time.Minute
	for name, tc := range map[string]struct {
		model  chatFunc
		within time.Duration // the caller's deadline
		cancel bool          // when the model is asked
		panics bool
		want   llm.Reason
	}{
		"silent":             {model: silent, within: 50 * time.Millisecond, want: llm.ReasonTimeout},
		"silent, cancelled":  {model: silent, within: never, cancel: true, want: llm.ReasonCanceled},
		"endless":            {model: endless(`{"sentences": [{"text": "`), within: never, want: llm.ReasonFormat},
		"endless at its end": {model: endless(grounded), within: never},
		"no end":             {model: holds, within: never},
		"panic":              {model: endless(grounded), within: never, panics: true, want: judge.ReasonFailed},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, stop := context.WithTimeout(context.Background(), tc.within)
			defer stop()
			model := func(ctx context.Context, req llm.ChatRequest, each func(string) error) error {
				if tc.cancel {
					stop()
				}
				return tc.model(ctx, req, each)
			}
			returned := false
			req := stage(t, "gateway 502", gatewayRunbook, poolRunbook)
			start := time.Now()
			a, out := chatWriter(t, slog.New(slog.DiscardHandler), model, nil).Write(ctx, req, func(Answer) {
				if returned {
					t.Error("grow is called after Write has returned")
				}
				if tc.panics {
					panic("in grow")
				}
			})
			returned = true
			if took := time.Since(start); took > never/2 {
				t.Errorf("it took %v", took)
			}
			if out.Reason != tc.want {
				t.Errorf("reason %q (%v), want %q", out.Reason, out.Err, tc.want)
			}
			if tc.want != "" {
				want := req.Answer
				want.Mode = ModeFallback
				if diff := cmp.Diff(want, a); diff != "" {
					t.Errorf("the answer is not the first stage's:\n%s", diff)
				}
			} else if len(a.Prose) != 1 {
				t.Errorf("prose %+v", a.Prose)
			}
		})
	}
}

// A grow that takes long holds the model up, loses nothing and keeps the order.
func TestSlowGrow(t *testing.T) {
	t.Parallel()
	goOn := make(chan struct{})
	model := func(_ context.Context, _ llm.ChatRequest, each func(string) error) error {
		for _, r := range goodWriting {
			if err := each(string(r)); err != nil {
				return cut(err)
			}
		}
		return nil
	}
	go func() {
		for range 2 {
			goOn <- struct{}{}
		}
	}()
	var grown []Answer
	req := stage(t, "gateway 502 since Friday", gatewayRunbook, poolRunbook)
	a, out := chatWriter(t, slog.New(slog.DiscardHandler), model, nil).Write(context.Background(), req, func(a Answer) {
		<-goOn
		grown = append(grown, a)
	})
	if out.Reason != "" || len(grown) != 2 {
		t.Fatalf("outcome %+v after %d growths", out, len(grown))
	}
	checkGrowth(t, req.Answer, append(grown, a))
}

// What a model writes in the wrong shape does not get into the log.
func TestFallbackLogsNoText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"sentences": "the password is hunter2"}`, `{"sentences": {"hunter2": 1}}`, `{"passages": "hunter2"}`, `{"passages": {"hunter2": "hunter2"}}`,
		`{"sentences": [hunter2]}`, `hunter2`, `{"hunter2": "hunter2"}`, `{"sentences": [{"text": "hunter2 is it.", "cites": ["hunter2"]}]}`,
	} {
		var log bytes.Buffer
		lg := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		w := chatWriter(t, lg, func(_ context.Context, _ llm.ChatRequest, each func(string) error) error { return each(text) }, nil)
		w.Write(context.Background(), stage(t, "gateway 502, hunter2", gatewayRunbook), nil)
		if !strings.Contains(log.String(), "answered without the model") || strings.Contains(log.String(), "hunter2") {
			t.Errorf("for %s the log says:\n%s", text, &log)
		}
	}
}

// Citing adds no more passages than a model may add, and a sentence is shown
// with all that it rests on or not at all.
func TestCitingAddsNoMoreThanAllowed(t *testing.T) {
	t.Parallel()
	texts := []string{gatewayRunbook}
	written := `{"passages": [], "sentences": [`
	for i := range 4 {
		texts = append(texts, fmt.Sprintf("# Gateway pool %d\n\nThe gateway pool %d holds 6%d connections.\n\n1. Count them.\n\n   ```bash\n   poolctl count %d\n   ```\n", i, i, i, i))
		written += fmt.Sprintf(`{"text": "The gateway pool %d holds 6%d connections.", "cites": ["P%d"]},`, i, i, i+1)
	}
	written = strings.TrimSuffix(written, ",") + `]}`
	req := stage(t, "gateway 502", texts...)
	for i := range req.Hits[1:] { // the passage that holds the sentence
		h := &req.Hits[i+1]
		for _, p := range runbooks.Passages(h.Document) {
			if strings.Contains(h.Document.Slice(p.Span), "holds") {
				h.Passage = p
			}
		}
	}
	a, out := writer(t, says(t, written), nil).Write(context.Background(), req, nil)
	if out.Added != 2 || len(a.Prose) != 2 || out.DroppedFor[dropCitation] != 2 {
		t.Errorf("outcome %+v, prose %+v", out, a.Prose)
	}
	documents := map[string]bool{}
	for _, c := range a.Citations[len(req.Answer.Citations):] {
		documents[c.Document] = true
	}
	if len(documents) != 2 {
		t.Errorf("added from %v, want two documents", documents)
	}
}

// A long answer leaves no room for further passages; a model that names one
// all the same does not get it shown.
func TestWhatWasNotSentIsNotAdded(t *testing.T) {
	t.Parallel()
	long := "# Gateway returns 502\n\n"
	for i := range 60 {
		long += fmt.Sprintf("%d. Look at shard number %d of the gateway. %s\n\n   ```bash\n   gatewayctl shard %d\n   ```\n\n", i+1, i, strings.Repeat("Compare it with its neighbours. ", 20), i)
	}
	req := stage(t, "gateway 502", long, poolRunbook)
	if len(req.Answer.Citations) < 60 {
		t.Fatalf("%d citations", len(req.Answer.Citations))
	}
	s := says(t, `{"passages": ["P1"], "sentences": [{"text": "The backend accepts at most 64 connections.", "cites": ["P1"]}]}`)
	a, out := writer(t, s, nil).Write(context.Background(), req, nil)
	if out.Added != 0 || len(a.Citations) != len(req.Answer.Citations) || len(a.Prose) != 0 {
		t.Errorf("outcome %+v", out)
	}
	if body := s.Requests()[0].Body; len(body) > 32<<10 || strings.Contains(string(body), "SOURCE P1") {
		t.Errorf("%d bytes were sent, of the further passage too", len(body))
	}
}

// What was hidden from the model is not listed as missing.
func TestMissingShowsNoSecret(t *testing.T) {
	t.Parallel()
	const password = "S3cr3t-pa55"
	model := func(_ context.Context, req llm.ChatRequest, each func(string) error) error {
		sent := req.Messages[1].Content
		if strings.Contains(sent, password) {
			t.Error("the password was sent")
		}
		i := strings.Index(sent, "MASKED_")
		if i < 0 {
			t.Fatalf("nothing is masked in %s", sent)
		}
		hidden := sent[i : i+strings.IndexFunc(sent[i:], func(r rune) bool { return !namePart(r) })]
		return each(strings.Replace(grounded, `"missing": []`, fmt.Sprintf(`"missing": [%q, "Friday"]`, hidden), 1))
	}
	masker := func() interface {
		Mask(string) string
		Restore(string) string
	} {
		return mask.New()
	}
	req := stage(t, "gateway 502 since Friday, password="+password, gatewayRunbook)
	a, out := chatWriter(t, slog.New(slog.DiscardHandler), model, &WriterOptions{Masker: masker}).Write(context.Background(), req, nil)
	if diff := cmp.Diff([]string{"Friday"}, a.Missing); diff != "" || out.Reason != "" {
		t.Errorf("outcome %+v, missing (-want +got):\n%s", out, diff)
	}
}

// The object of an answer that a model has added to has the shape that
// docs/design.md gives it.
func TestWrittenObject(t *testing.T) {
	t.Parallel()
	concept := "# What the gateway is\n\nThe gateway takes requests from outside and hands each to one backend. It holds at most 64 connections to each backend.\n"
	for name, tc := range map[string]struct{ document, says string }{
		"steps":   {gatewayRunbook, grounded},
		"concept": {concept, `{"sentences": [{"text": "It holds at most 64 connections to each backend.", "cites": ["C1"]}]}`},
		"missing": {gatewayRunbook, `{"missing": ["since Friday"]}`},
	} {
		req := stage(t, "what is the gateway since Friday", tc.document)
		a, out := writer(t, says(t, tc.says), nil).Write(context.Background(), req, nil)
		if out.Reason != "" {
			t.Errorf("%s: %+v", name, out)
			continue
		}
		raw, err := json.Marshal(a)
		if err != nil || strings.Contains(string(raw), "null") {
			t.Errorf("%s: %v, %s", name, err, raw)
		}
		var object map[string]any
		if err := json.Unmarshal(raw, &object); err != nil || object["mode"] != ModeModel {
			t.Errorf("%s: %v, mode %v", name, err, object["mode"])
		}
		if p, ok := object["prose"].([]any); ok {
			s := p[0].(map[string]any)
			if diff := cmp.Diff([]string{"before_step", "citations", "text"}, slices.Sorted(maps.Keys(s))); diff != "" || s["before_step"] != 0.0 {
				t.Errorf("%s: a sentence is %v", name, s)
			}
		} else if name != "missing" {
			t.Errorf("%s: no prose in %s", name, raw)
		}
	}
}
