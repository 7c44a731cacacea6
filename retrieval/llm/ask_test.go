package llm_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"cairn/retrieval/llm"
	"cairn/retrieval/llm/llmtest"
)

var why = []llm.Message{{Role: llm.User, Content: "why"}}

// readNumber reads the answer that these tests ask for.
func readNumber(text string) (n int, err error) {
	if json.Unmarshal([]byte(text), &n) != nil {
		return 0, errors.New("no number")
	}
	return n, nil
}

// An answer of another form than the asked one is recorded as that, with what
// came and what it cost, and says nothing against the server.
func TestAskRecordsTheForm(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t)
	s.Script(func(n int, _ llmtest.Request) llmtest.Reply {
		return llmtest.Reply{Pieces: []string{"4", []string{"2", " or so"}[min(n, 1)]}}
	})
	var seen recorder
	c := client(t, s, func(c *llm.Config) { c.Observe = seen.observe })
	for i := range 8 { // more than open a circuit
		n, err := llm.Ask(context.Background(), c, llm.ChatRequest{Messages: why}, nil, readNumber)
		calls := seen.all()
		last := calls[len(calls)-1]
		if len(calls) != i+1 || last.Usage.Output != 7 || !strings.HasPrefix(string(last.Received), "4") {
			t.Fatalf("call %d is recorded as %+v", i, last)
		}
		if i == 0 {
			if n != 42 || err != nil || last.Reason != "" {
				t.Errorf("%d, %v, recorded with reason %q; want 42", n, err, last.Reason)
			}
			continue
		}
		if n != 0 || llm.ReasonOf(err) != llm.ReasonFormat || last.Reason != llm.ReasonFormat {
			t.Errorf("%d, %v, recorded with reason %q; want %q", n, err, last.Reason, llm.ReasonFormat)
		}
		if err == nil || !strings.Contains(err.Error(), "chat with scripted") || !strings.HasSuffix(err.Error(), "no number") {
			t.Errorf("the error does not say what was tried and why it failed: %v", err)
		}
	}
}

// A failed call keeps its own reason, whatever of an answer has come.
func TestAskDoesNotReadHalfAnAnswer(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t)
	s.Script(func(int, llmtest.Request) llmtest.Reply { return llmtest.Reply{Pieces: []string{"4"}, Drop: true} })
	var seen recorder
	n, err := llm.Ask(context.Background(), client(t, s, func(c *llm.Config) { c.Observe = seen.observe }), llm.ChatRequest{Messages: why}, nil, readNumber)
	if n != 0 || llm.ReasonOf(err) != llm.ReasonStream || seen.all()[0].Reason != llm.ReasonStream {
		t.Errorf("%d, %v; recorded %+v", n, err, seen.all())
	}
}

// An unrecorded is a chatter that checks nothing itself.
type unrecorded string

func (unrecorded) Model() string { return "plain" }

func (u unrecorded) Chat(context.Context, llm.ChatRequest, func(string) error) (llm.ChatResponse, error) {
	return llm.ChatResponse{Text: string(u)}, nil
}

func TestAskOfAnyChatter(t *testing.T) {
	t.Parallel()
	if n, err := llm.Ask(context.Background(), unrecorded("7"), llm.ChatRequest{}, nil, readNumber); n != 7 || err != nil {
		t.Errorf("%d, %v; want 7", n, err)
	}
	_, err := llm.Ask(context.Background(), unrecorded("seven"), llm.ChatRequest{}, nil, readNumber)
	if llm.ReasonOf(err) != llm.ReasonFormat || err.Error() != "chat with plain: malformed_answer: no number" {
		t.Errorf("error %v", err)
	}
}

// A caller that has enough while the server says no more has had its answer; one
// that goes away has not.
func TestCallsThatAreCutInSilence(t *testing.T) {
	t.Parallel()
	for want, cause := range map[llm.Reason]error{"": llm.ErrEnough, llm.ReasonCanceled: errors.New("gone")} {
		s := llmtest.New(t)
		s.Script(func(int, llmtest.Request) llmtest.Reply {
			return llmtest.Reply{Pieces: []string{"42", "x"}, Hang: true, HangAfter: 1}
		})
		var seen recorder
		c := client(t, s, func(c *llm.Config) { c.Observe, c.FirstToken, c.Timeout = seen.observe, time.Minute, time.Minute })
		ctx, stop := context.WithCancelCause(context.Background())
		resp, err := c.Chat(ctx, llm.ChatRequest{Messages: why}, func(string) error {
			stop(cause)
			return nil
		})
		stop(nil)
		if resp.Text != "42" || llm.ReasonOf(err) != want || (err == nil) != (want == "") || seen.all()[0].Reason != want {
			t.Errorf("%v: %q, %v; recorded %+v", cause, resp.Text, err, seen.all())
		}
	}
}
