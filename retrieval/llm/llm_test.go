package llm_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/leaktest"
	"cairn/retrieval/llm"
	"cairn/retrieval/llm/llmtest"
)

func TestMain(m *testing.M) { os.Exit(leaktest.Run(m)) }

type key string

func (k key) Reveal() string { return string(k) }

const secret = "sk-very-secret"

// Long enough for a busy machine; tests that wait for them do so in a bubble.
const (
	firstToken = 20 * time.Second
	timeout    = 40 * time.Second
)

// client returns a client of the server, changed by the functions.
func client(t *testing.T, s *llmtest.Server, change ...func(*llm.Config)) *llm.Client {
	t.Helper()
	cfg := llm.Config{
		BaseURL: s.URL(), Key: key(secret), ChatModel: "scripted", EmbedModel: "vectors", RerankURL: s.RerankURL(),
		FirstToken: firstToken, Timeout: timeout, Transport: s.Transport(),
	}
	if cfg.Transport == nil {
		tr := http.DefaultTransport.(*http.Transport).Clone()
		t.Cleanup(tr.CloseIdleConnections)
		cfg.Transport = tr
	}
	for _, f := range change {
		f(&cfg)
	}
	c, err := llm.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// bubble runs a subtest whose time passes only when nothing else can happen.
func bubble(t *testing.T, name string, f func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, f)
	})
}

func ask(c *llm.Client) (llm.ChatResponse, error) {
	return c.Chat(context.Background(), llm.ChatRequest{Messages: []llm.Message{{Role: llm.User, Content: "why"}}, Person: "u1"}, nil)
}

func TestChatStreamsPieces(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t)
	s.Script(func(int, llmtest.Request) llmtest.Reply { return llmtest.Reply{Pieces: []string{"look ", "at ", "it"}} })
	var pieces []string
	resp, err := client(t, s).Chat(context.Background(), llm.ChatRequest{Messages: []llm.Message{{Role: llm.System, Content: "be brief"}, {Role: llm.User, Content: "why"}}},
		func(p string) error { pieces = append(pieces, p); return nil })
	if err != nil {
		t.Fatal(err)
	}
	want := llm.ChatResponse{Text: "look at it", Finish: "stop", Usage: llm.Usage{Input: 11, Output: 7}}
	if diff := cmp.Diff(want, resp); diff != "" {
		t.Errorf("response (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"look ", "at ", "it"}, pieces); diff != "" {
		t.Errorf("pieces (-want +got):\n%s", diff)
	}
	r := s.Requests()[0]
	if r.Authorization != "Bearer "+secret || !cmp.Equal(r.Messages, []string{"be brief", "why"}) {
		t.Errorf("request: authorization %q, messages %q", r.Authorization, r.Messages)
	}
}

func TestAzureShape(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t)
	c := client(t, s, func(c *llm.Config) {
		c.Azure, c.BaseURL, c.ChatModel = true, strings.TrimSuffix(s.URL(), "/v1"), "my.deployment"
	})
	if _, err := ask(c); err != nil {
		t.Fatal(err)
	}
	r := s.Requests()[0]
	if r.APIKey != secret || r.Authorization != "" {
		t.Errorf("api-key %q, authorization %q; want the key in api-key alone", r.APIKey, r.Authorization)
	}
	if want := "/openai/deployments/my.deployment/chat/completions?api-version=2024-10-21"; r.Path != want {
		t.Errorf("path %s, want %s", r.Path, want)
	}
}

// Every fault has its reason, and no error tells the secret or the server's
// text.
func TestFaults(t *testing.T) {
	t.Parallel()
	const leak = "server text with " + secret
	status := func(n int) llmtest.Reply {
		return llmtest.Reply{Status: n, Body: `{"error":{"message":"` + leak + `"}}`}
	}
	waits := map[string]time.Duration{"no first token": firstToken, "hangs in between": timeout}
	for name, tc := range map[string]struct {
		reply llmtest.Reply
		want  llm.Reason
	}{
		"unauthorized":       {status(401), llm.ReasonAuth},
		"forbidden":          {status(403), llm.ReasonAuth},
		"bad request":        {status(400), llm.ReasonRequest},
		"rate limited":       {status(429), llm.ReasonRateLimited},
		"server error":       {status(500), llm.ReasonServer},
		"bad gateway":        {status(502), llm.ReasonServer},
		"redirect":           {llmtest.Reply{Status: 302, Header: map[string]string{"Location": "http://127.0.0.1:1/" + secret}}, llm.ReasonServer},
		"no first token":     {llmtest.Reply{Hang: true}, llm.ReasonTimeout},
		"hangs in between":   {llmtest.Reply{Pieces: []string{"a", "b"}, Hang: true, HangAfter: 1}, llm.ReasonTimeout},
		"connection dropped": {llmtest.Reply{Pieces: []string{"a"}, Drop: true}, llm.ReasonStream},
		"no finish reason":   {llmtest.Reply{Pieces: []string{"a"}, NoFinish: true}, llm.ReasonStream},
		"malformed stream":   {llmtest.Reply{Raw: "data: {\"choices\": [" + secret + "\n\ndata: [DONE]\n\n"}, llm.ReasonStream},
		"html":               {llmtest.Reply{Raw: "<html>" + leak + "</html>"}, llm.ReasonStream},
		"error in stream":    {llmtest.Reply{Raw: "data: {\"error\":{\"message\":\"" + leak + "\"}}\n\n"}, llm.ReasonStream},
		"empty":              {llmtest.Reply{}, llm.ReasonFormat},
		"no completion":      {llmtest.Reply{JSON: `{"error":{"message":"` + leak + `"}}`}, llm.ReasonFormat},
		"only reasoning":     {llmtest.Reply{Reasoning: "hm"}, llm.ReasonFormat},
	} {
		bubble(t, name, func(t *testing.T) {
			s := llmtest.NewInMemory(t)
			s.Script(func(int, llmtest.Request) llmtest.Reply { return tc.reply })
			start := time.Now()
			_, err := ask(client(t, s, func(c *llm.Config) { c.Retries = -1 }))
			if got, took := llm.ReasonOf(err), time.Since(start); got != tc.want || took != waits[name] {
				t.Errorf("reason %q (%v) after %v, want %q after %v", got, err, took, tc.want, waits[name])
			}
			if text := fmt.Sprintf("%v %+v", err, err); strings.Contains(text, secret) || strings.Contains(text, "server text") {
				t.Errorf("the error tells too much: %s", text)
			}
		})
	}
}

func TestReasoningIsNoAnswer(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t)
	s.Script(func(int, llmtest.Request) llmtest.Reply {
		return llmtest.Reply{Reasoning: "secret thoughts", Pieces: []string{"the answer"}, NoUsage: true}
	})
	resp, err := ask(client(t, s))
	if err != nil || resp.Text != "the answer" {
		t.Errorf("got %q, %v", resp.Text, err)
	}
	if !resp.Usage.Estimated || resp.Usage.Output == 0 {
		t.Errorf("usage %+v, want an estimate where the server reports none", resp.Usage)
	}
}

// What the common servers do otherwise than OpenAI is understood.
func TestDeviations(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reply llmtest.Reply
		usage llm.Usage
	}{
		"tool call instead of content": {llmtest.Reply{ToolCall: "the answer"}, llm.Usage{Input: 11, Output: 7}},
		"null content before content":  {llmtest.Reply{Raw: "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":null}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"the answer\"},\"finish_reason\":\"stop\"}],\"usage\":null}\n\ndata: [DONE]\n\n"}, llm.Usage{Input: 5, Output: 3, Estimated: true}},
		"comments and no space":        {llmtest.Reply{Raw: ": ping\n\ndata:{\"choices\":[{\"delta\":{\"content\":\"the answer\"},\"finish_reason\":\"stop\"}]}\n\ndata:[DONE]\n\n"}, llm.Usage{Input: 5, Output: 3, Estimated: true}},
		"no stream":                    {llmtest.Reply{JSON: `{"choices":[{"message":{"role":"assistant","content":"the answer"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":2}}`}, llm.Usage{Input: 5, Output: 2}},
		"no stream, no usage":          {llmtest.Reply{JSON: `{"choices":[{"message":{"content":"the answer"}}],"usage":null}`}, llm.Usage{Input: 5, Output: 3, Estimated: true}},
		"no stream, a tool call":       {llmtest.Reply{JSON: `{"choices":[{"message":{"content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"the answer"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":5,"completion_tokens":2}}`}, llm.Usage{Input: 5, Output: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := llmtest.New(t)
			s.Script(func(int, llmtest.Request) llmtest.Reply { return tc.reply })
			resp, err := ask(client(t, s))
			if err != nil || resp.Text != "the answer" {
				t.Fatalf("got %q, %v", resp.Text, err)
			}
			if diff := cmp.Diff(tc.usage, resp.Usage); diff != "" {
				t.Errorf("usage (-want +got):\n%s", diff)
			}
		})
	}
}

// A server that refuses an option is asked again without, and from then on.
func TestDialects(t *testing.T) {
	t.Parallel()
	for _, refused := range []string{"stream_options", "response_format", "max_tokens"} {
		t.Run(refused, func(t *testing.T) {
			t.Parallel()
			s := llmtest.New(t)
			s.Script(func(_ int, r llmtest.Request) llmtest.Reply {
				if strings.Contains(r.Body, `"`+refused+`"`) {
					return llmtest.Reply{Status: 400}
				}
				return llmtest.Reply{Pieces: []string{"ok"}}
			})
			c := client(t, s)
			for range 2 {
				if _, err := c.Chat(context.Background(), llm.ChatRequest{Messages: []llm.Message{{Role: llm.User, Content: "why"}}, JSON: true}, nil); err != nil {
					t.Fatal(err)
				}
			}
			reqs := s.Requests()
			last := reqs[len(reqs)-1].Body
			if strings.Contains(last, refused) || !strings.Contains(last, "max_completion_tokens") && !strings.Contains(last, "max_tokens") {
				t.Errorf("the last request still holds %s, or no bound: %s", refused, last)
			}
			if len(reqs) > 4 {
				t.Errorf("%d requests for two chats: the dialect is not remembered", len(reqs))
			}
		})
	}
}

// A model that thinks for longer than the wait for the first token is not cut
// off: its thoughts are tokens.
func TestThoughtsCountAsTokens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := llmtest.NewInMemory(t)
		s.Script(func(int, llmtest.Request) llmtest.Reply {
			return llmtest.Reply{Reasoning: "hm", Pause: firstToken + time.Second, Pieces: []string{"the answer"}}
		})
		resp, err := ask(client(t, s, func(c *llm.Config) { c.Retries = -1 }))
		if err != nil || resp.Text != "the answer" {
			t.Errorf("got %q, %v", resp.Text, err)
		}
	})
}

func TestChatReranker(t *testing.T) {
	t.Parallel()
	docs := []string{"disks", "certificates", "queues"}
	for name, tc := range map[string]struct {
		text string
		want []float64
		bad  bool
	}{
		"order":      {text: "Sure: {\"order\": [2, 3, 2]} done", want: []float64{0, 1, 0.5}},
		"out of it":  {text: `{"order": [4]}`, bad: true},
		"empty":      {text: `{"order": []}`, bad: true},
		"no object":  {text: "the second", bad: true},
		"wrong type": {text: `{"order": "2"}`, bad: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := llmtest.New(t)
			s.Script(func(int, llmtest.Request) llmtest.Reply { return llmtest.Reply{Pieces: []string{tc.text}} })
			got, err := client(t, s).ChatReranker().Rerank(context.Background(), "expired certificate", docs)
			if tc.bad {
				if llm.ReasonOf(err) != llm.ReasonFormat {
					t.Errorf("got %v, %v; want a malformed answer", got, err)
				}
				return
			}
			if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestRetries(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t)
	s.Fail(llmtest.Reply{Status: 503}, llmtest.Reply{Status: 429, Header: map[string]string{"Retry-After-Ms": "5"}})
	if _, err := ask(client(t, s)); err != nil {
		t.Fatalf("two failures and a success: %v", err)
	}
	reqs := s.Requests()
	if len(reqs) != 3 || reqs[2].Body != reqs[0].Body || reqs[0].Body == "" {
		t.Errorf("%d requests, want 3 with the same body", len(reqs))
	}
}

// A Retry-After beyond the deadline fails at once instead of waiting in vain.
func TestRetryAfterBeyondTheDeadline(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t)
	s.Fail(llmtest.Reply{Status: 429, Header: map[string]string{"Retry-After": "3600"}})
	_, err := ask(client(t, s))
	var e *llm.Error
	if !errors.As(err, &e) || e.Reason != llm.ReasonRateLimited || e.RetryAfter != time.Hour {
		t.Errorf("error %v, want rate limited with the hour the server asked for", err)
	}
	if n := len(s.Requests()); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

func TestBudgets(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	s := llmtest.New(t)
	c := client(t, s, func(c *llm.Config) {
		c.TokensPerPersonHour, c.CostPerHour, c.InputPrice, c.OutputPrice, c.Now = 18, 0.001, 10, 20, clock
	})
	as := func(person string) error {
		_, err := c.Chat(context.Background(), llm.ChatRequest{Messages: []llm.Message{{Role: llm.User, Content: "x"}}, Person: person}, nil)
		return err
	}
	// One call uses 18 tokens and (11*10+7*20)/1e6 = 0.00025.
	if err := as("a"); err != nil {
		t.Fatal(err)
	}
	if err := as("a"); llm.ReasonOf(err) != llm.ReasonBudget {
		t.Errorf("second call of a person with a spent budget: %v", err)
	}
	for _, p := range []string{"b", "c", "d"} {
		if err := as(p); err != nil {
			t.Fatalf("person %s: %v", p, err)
		}
	}
	if err := as("e"); llm.ReasonOf(err) != llm.ReasonBudget {
		t.Errorf("call with the whole budget spent: %v", err)
	}
	mu.Lock()
	now = now.Add(time.Hour)
	mu.Unlock()
	if err := as("a"); err != nil {
		t.Errorf("an hour later: %v", err)
	}
}

func TestCircuit(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	s := llmtest.New(t)
	broken := true
	s.Script(func(int, llmtest.Request) llmtest.Reply {
		if broken {
			return llmtest.Reply{Status: 500}
		}
		return llmtest.Reply{Pieces: []string{"ok"}}
	})
	c := client(t, s, func(c *llm.Config) { c.Retries = -1; c.Now = func() time.Time { return now } })
	for range 5 {
		if _, err := ask(c); llm.ReasonOf(err) != llm.ReasonServer {
			t.Fatalf("error %v, want a server error", err)
		}
	}
	if _, err := ask(c); llm.ReasonOf(err) != llm.ReasonOpen {
		t.Errorf("after five failures: %v, want an open circuit", err)
	}
	if n := len(s.Requests()); n != 5 {
		t.Errorf("%d requests, want none through the open circuit", n)
	}
	now = now.Add(31 * time.Second)
	broken = false
	if _, err := ask(c); err != nil {
		t.Errorf("the probe: %v", err)
	}
	if _, err := ask(c); err != nil {
		t.Errorf("after the probe: %v", err)
	}
}

// A caller that has enough, or will not go on, says nothing against the
// server; what has come is charged.
func TestCallsThatAreCut(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		end  error
		want llm.Reason
	}{"enough": {llm.ErrEnough, ""}, "no more": {errors.New("of no use"), llm.ReasonCanceled}} {
		s := llmtest.New(t)
		s.Script(func(n int, _ llmtest.Request) llmtest.Reply {
			if n%5 < 4 {
				return llmtest.Reply{Status: 500}
			}
			return llmtest.Reply{Pieces: []string{"four token", "s are here", "x"}, Hang: true, HangAfter: 2}
		})
		var seen recorder
		c := client(t, s, func(c *llm.Config) { c.Retries, c.Observe = -1, seen.observe })
		for range 3 {
			for range 4 {
				if _, err := ask(c); llm.ReasonOf(err) != llm.ReasonServer {
					t.Fatalf("%s: %v, want the server's error", name, err)
				}
			}
			n := 0
			resp, err := c.Chat(context.Background(), llm.ChatRequest{Messages: []llm.Message{{Role: llm.User, Content: "why"}}}, func(string) error {
				if n++; n == 2 {
					return tc.end
				}
				return nil
			})
			if llm.ReasonOf(err) != tc.want || (err == nil) != (tc.want == "") || resp.Text != "four tokens are here" {
				t.Errorf("%s: %q, %v; want reason %q", name, resp.Text, err, tc.want)
			}
			calls := seen.all()
			if last := calls[len(calls)-1]; last.Usage.Input == 0 || last.Usage.Output != 5 || last.Reason != tc.want {
				t.Errorf("%s: charged %+v for reason %q", name, last.Usage, last.Reason)
			}
		}
	}
}

func TestConcurrencyLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := llmtest.NewInMemory(t)
		s.Script(func(int, llmtest.Request) llmtest.Reply { return llmtest.Reply{Hang: true} })
		c := client(t, s, func(c *llm.Config) { c.MaxConcurrent = 1 })
		ctx, cancel := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		wg.Go(func() {
			c.Chat(ctx, llm.ChatRequest{Messages: []llm.Message{{Role: llm.User, Content: "x"}}}, nil)
		})
		synctest.Wait()
		if n := len(s.Requests()); n != 1 {
			t.Fatalf("%d requests, want the first call's", n)
		}
		if _, err := ask(c); llm.ReasonOf(err) != llm.ReasonBusy {
			t.Errorf("second call: %v, want too many calls", err)
		}
		cancel()
		wg.Wait()
	})
}

func TestEmbed(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t)
	e := client(t, s, func(c *llm.Config) { c.EmbedBatch = 2 }).Embedder()
	texts := []string{"disk full", "node notready", "", "disk full", "磁盘 写满"}
	got, err := e.Embed(context.Background(), texts)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(s.Requests()); n != 3 {
		t.Errorf("%d requests for five texts in batches of two, want 3", n)
	}
	if len(got) != len(texts) || !cmp.Equal(got[0], got[3]) || cmp.Equal(got[0], got[1]) {
		t.Errorf("vectors are not in the order of the texts")
	}
	for i, v := range got {
		var sum float64
		for _, x := range v {
			sum += float64(x) * float64(x)
		}
		if len(v) != llmtest.Dimensions || math.Abs(sum-1) > 1e-5 {
			t.Errorf("vector %d: %d dimensions, square length %f", i, len(v), sum)
		}
	}
}

// What servers really send instead of vectors.
func TestEmbedMalformed(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"too few":     `{"data":[]}`,
		"wrong index": `{"data":[{"index":7,"embedding":[1,2]}]}`,
		"zero":        `{"data":[{"index":0,"embedding":[0,0]}]}`,
		"empty":       `{"data":[{"index":0,"embedding":[]}]}`,
		"no json":     `<html>`,
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Write([]byte(body))
		}))
		tr := http.DefaultTransport.(*http.Transport).Clone()
		c, err := llm.New(llm.Config{BaseURL: srv.URL, EmbedModel: "m", Transport: tr})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Embedder().Embed(context.Background(), []string{"x"}); err == nil {
			t.Errorf("%s: no error", name)
		}
		tr.CloseIdleConnections()
		srv.Close()
	}
}

func TestRerank(t *testing.T) {
	t.Parallel()
	s := llmtest.New(t)
	got, err := client(t, s).Reranker().Rerank(context.Background(), "disk full", []string{"a node", "the disk is full", "a disk"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float64{0, 1, 0.5}, got); diff != "" {
		t.Errorf("scores (-want +got):\n%s", diff)
	}
}

func TestConfigNamesTheField(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[string]llm.Config{
		"ChatModel":     {},
		"BaseURL":       {ChatModel: "m", BaseURL: "localhost:11434"},
		"Proxy":         {ChatModel: "m", Proxy: "::"},
		"Timeout":       {ChatModel: "m", Timeout: -1},
		"MaxConcurrent": {ChatModel: "m", MaxConcurrent: -1},
	} {
		if _, err := llm.New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that names %s", err, want)
		}
	}
}
