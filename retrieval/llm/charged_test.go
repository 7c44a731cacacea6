package llm_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairn/retrieval/llm"
)

// A call that the server may have worked on is charged, whatever it says that it
// has used; one that it refused is not.
func TestWhatACallIsCharged(t *testing.T) {
	t.Parallel()
	hangs := func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}
	says := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	guess := func(input, output int) llm.Usage { return llm.Usage{Input: input, Output: output, Estimated: true} }
	for name, tc := range map[string]struct {
		server http.HandlerFunc
		short  bool // little time
		kind   string
		reason llm.Reason
		want   llm.Usage
	}{
		"embed, no answer":      {hangs, true, llm.KindEmbed, llm.ReasonTimeout, guess(2, 0)},
		"embed, another form":   {says(200, `{}`), false, llm.KindEmbed, llm.ReasonFormat, guess(2, 0)},
		"embed, refused":        {says(401, `{}`), false, llm.KindEmbed, llm.ReasonAuth, llm.Usage{}},
		"embed, less than none": {says(200, `{"data":[{"index":0,"embedding":[1]}],"usage":{"prompt_tokens":-100}}`), false, llm.KindEmbed, "", guess(2, 0)},
		"embed, reported":       {says(200, `{"data":[{"index":0,"embedding":[1]}],"usage":{"prompt_tokens":9}}`), false, llm.KindEmbed, "", llm.Usage{Input: 9}},
		"rerank, no answer":     {hangs, true, llm.KindRerank, llm.ReasonTimeout, guess(4, 0)},
		"rerank, no JSON":       {says(200, `<html>`), false, llm.KindRerank, llm.ReasonFormat, guess(4, 0)},
		"rerank, refused":       {says(429, `{}`), false, llm.KindRerank, llm.ReasonRateLimited, llm.Usage{}},
		"rerank, far too much":  {says(200, `{"results":[{"index":0,"score":1}],"meta":{"tokens":{"input_tokens":1e300}}}`), false, llm.KindRerank, "", guess(4, 0)},
		"chat, less than none":  {says(200, `{"choices":[{"message":{"content":"look"}}],"usage":{"prompt_tokens":-100,"completion_tokens":1}}`), false, llm.KindChat, "", guess(5, 1)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(tc.server)
			tr := http.DefaultTransport.(*http.Transport).Clone()
			t.Cleanup(func() {
				tr.CloseIdleConnections()
				srv.CloseClientConnections()
				srv.Close()
			})
			var seen recorder
			cfg := llm.Config{BaseURL: srv.URL, ChatModel: "m", EmbedModel: "m", RerankURL: srv.URL, FirstToken: time.Minute, Timeout: time.Minute, Retries: -1, Transport: tr, Observe: seen.observe}
			if tc.short {
				cfg.Timeout = 50 * time.Millisecond
			}
			c, err := llm.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			switch text := strings.Repeat("x", 8); tc.kind {
			case llm.KindEmbed:
				_, err = c.Embedder().Embed(context.Background(), []string{text})
			case llm.KindRerank:
				_, err = c.Reranker().Rerank(context.Background(), text, []string{text})
			default:
				_, err = c.Chat(context.Background(), llm.ChatRequest{Messages: why}, nil)
			}
			if llm.ReasonOf(err) != tc.reason || (err == nil) != (tc.reason == "") {
				t.Errorf("error %v, want reason %q", err, tc.reason)
			}
			calls := seen.all()
			if len(calls) != 1 {
				t.Fatalf("calls %+v", calls)
			}
			if diff := cmp.Diff(tc.want, calls[0].Usage); diff != "" {
				t.Errorf("charged (-want +got):\n%s", diff)
			}
		})
	}
}
