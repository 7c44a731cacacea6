package llmtest

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Reply is how the server answers one chat request.
type Reply struct {
	// Pieces are streamed one after another.
	Pieces []string
	// Status other than 0 and 200 is sent instead, with Body.
	Status int
	Body   string
	// Header is added to the answer.
	Header map[string]string
	// Hang holds the answer back until the client goes away: before the first
	// piece, or after HangAfter pieces when that is positive.
	Hang      bool
	HangAfter int
	// Drop breaks the connection after the pieces, without an end.
	Drop bool
	// NoFinish leaves out the finish reason, NoUsage the token counts.
	NoFinish, NoUsage bool
	// Finish is the finish reason. Defaults to "stop".
	Finish string
	// Raw, when not empty, is sent as the event stream as it stands.
	Raw string
	// JSON, when not empty, is sent as a whole answer that is not streamed.
	JSON string
	// Reasoning is sent as reasoning_content before the pieces.
	Reasoning string
	// Pause is how long the server thinks between that and the pieces.
	Pause time.Duration
	// Until, when not nil, holds back what comes after the pieces until it is
	// closed or the client goes away.
	Until <-chan struct{}
	// ToolCall sends the text as arguments of a tool call, with null content.
	ToolCall string
}

// A Request is what the server was asked.
type Request struct {
	Path          string
	Authorization string
	APIKey        string
	Body          string
	// Messages are the chat's contents, in order.
	Messages []string
}

// A Server is a scripted model server.
type Server struct {
	http  *httptest.Server
	pipes *pipes // nil for a server on loopback

	mu       sync.Mutex
	script   func(n int, r Request) Reply
	requests []Request
	chats    int
	failures []Reply // consumed before any answer, whatever the path
}

// New starts a server that answers every chat with the text "ok" and ends with
// the test.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{script: func(int, Request) Reply { return Reply{Pieces: []string{"ok"}} }}
	s.http = httptest.NewUnstartedServer(s) // handlers read the field
	s.start(t)
	return s
}

// NewInMemory starts a server like [New]'s that only [Server.Transport]
// reaches. In a bubble of testing/synctest it takes no time to answer, however
// busy the machine is, and a client's deadline passes at once where nothing
// else can happen.
func NewInMemory(t testing.TB) *Server {
	t.Helper()
	s := &Server{script: func(int, Request) Reply { return Reply{Pieces: []string{"ok"}} }, pipes: newPipes()}
	s.http = &httptest.Server{Listener: s.pipes, Config: &http.Server{Handler: s}}
	s.start(t)
	return s
}

// start serves until the test ends.
func (s *Server) start(t testing.TB) {
	s.http.Start()
	t.Cleanup(func() {
		s.http.CloseClientConnections()
		s.http.Close()
	})
}

// Transport is the transport for llm.Config: nil, which is the default, for a
// server on loopback.
func (s *Server) Transport() http.RoundTripper {
	if s.pipes == nil {
		return nil
	}
	return &http.Transport{DialContext: s.pipes.dial}
}

// URL is the base URL for llm.Config.
func (s *Server) URL() string { return s.http.URL + "/v1" }

// RerankURL is the address for llm.Config.RerankURL.
func (s *Server) RerankURL() string { return s.http.URL + "/v1/rerank" }

// Script sets what chats are answered with; n counts chats from 0.
func (s *Server) Script(f func(n int, r Request) Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = f
}

// Fail makes the next requests of any kind answer with the replies' statuses.
func (s *Server) Fail(replies ...Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures = append(s.failures, replies...)
}

// Requests returns what was asked so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 16<<20))
	req := Request{
		Path: r.URL.RequestURI(), Authorization: r.Header.Get("Authorization"),
		APIKey: r.Header.Get("api-key"), Body: string(body),
	}
	var chat struct {
		Messages []struct{ Content string }
	}
	if json.Unmarshal(body, &chat) == nil {
		for _, m := range chat.Messages {
			req.Messages = append(req.Messages, m.Content)
		}
	}
	s.mu.Lock()
	s.requests = append(s.requests, req)
	var fail *Reply
	if len(s.failures) > 0 {
		fail, s.failures = &s.failures[0], s.failures[1:]
	}
	script, n := s.script, s.chats
	if fail == nil && strings.Contains(r.URL.Path, "/chat/completions") {
		s.chats++
	}
	s.mu.Unlock()

	switch {
	case fail != nil:
		refuse(w, *fail)
	case strings.HasSuffix(r.URL.Path, "/embeddings"):
		embed(w, body)
	case strings.HasSuffix(r.URL.Path, "/rerank"):
		rerank(w, body)
	case strings.HasSuffix(r.URL.Path, "/chat/completions"):
		stream(w, r, script(n, req))
	default:
		http.NotFound(w, r)
	}
}

func refuse(w http.ResponseWriter, rep Reply) {
	for k, v := range rep.Header {
		w.Header().Set(k, v)
	}
	w.WriteHeader(rep.Status)
	io.WriteString(w, rep.Body)
}

// stream sends a reply as server-sent events.
func stream(w http.ResponseWriter, r *http.Request, rep Reply) {
	if rep.Status != 0 && rep.Status != http.StatusOK {
		refuse(w, rep)
		return
	}
	for k, v := range rep.Header {
		w.Header().Set(k, v)
	}
	if rep.JSON != "" {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, rep.JSON)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	flush := http.NewResponseController(w).Flush
	send := func(v any) {
		b, _ := json.Marshal(v) // maps of strings marshal
		fmt.Fprintf(w, "data: %s\n\n", b)
		flush()
	}
	if rep.Raw != "" {
		io.WriteString(w, rep.Raw)
		flush()
		return
	}
	if rep.Hang && rep.HangAfter == 0 {
		flush()
		<-r.Context().Done()
		return
	}
	if rep.Reasoning != "" {
		send(chunk(map[string]any{"content": nil, "reasoning_content": rep.Reasoning}, ""))
	}
	if rep.ToolCall != "" {
		send(chunk(map[string]any{"content": nil, "tool_calls": []any{map[string]any{
			"index": 0, "id": "call_1", "type": "function",
			"function": map[string]any{"name": "answer", "arguments": rep.ToolCall},
		}}}, ""))
	}
	if rep.Pause > 0 {
		select {
		case <-time.After(rep.Pause):
		case <-r.Context().Done():
			return
		}
	}
	for i, p := range rep.Pieces {
		if rep.Hang && i == rep.HangAfter {
			<-r.Context().Done()
			return
		}
		send(chunk(map[string]any{"content": p}, ""))
	}
	if rep.Until != nil {
		select {
		case <-rep.Until:
		case <-r.Context().Done():
			return
		}
	}
	if rep.Drop {
		if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
			c.Close()
		}
		return
	}
	if !rep.NoFinish {
		finish := rep.Finish
		if finish == "" {
			finish = "stop"
		}
		send(chunk(map[string]any{}, finish))
	}
	if !rep.NoUsage {
		send(map[string]any{"choices": []any{}, "usage": map[string]any{"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}})
	}
	io.WriteString(w, "data: [DONE]\n\n")
}

func chunk(delta map[string]any, finish string) map[string]any {
	choice := map[string]any{"index": 0, "delta": delta}
	if finish != "" {
		choice["finish_reason"] = finish
	}
	return map[string]any{
		"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": time.Unix(0, 0).Unix(), "model": "scripted",
		"choices": []any{choice},
	}
}

// Dimensions is the length of the server's vectors.
const Dimensions = 64

// Vector is the server's embedding of a text: its words, hashed, counted. Equal
// texts have equal vectors, texts with common words similar ones.
func Vector(text string) []float32 {
	v := make([]float32, Dimensions)
	for _, w := range strings.Fields(strings.ToLower(text)) {
		h := fnv.New32a()
		h.Write([]byte(w))
		v[h.Sum32()%Dimensions]++
	}
	v[0]++ // no text is the zero vector
	return v
}

func embed(w http.ResponseWriter, body []byte) {
	var req struct{ Input []string }
	if err := json.Unmarshal(body, &req); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var data []any
	for i, text := range req.Input {
		data = append(data, map[string]any{"object": "embedding", "index": i, "embedding": Vector(text)})
	}
	writeJSON(w, map[string]any{"object": "list", "data": data, "usage": map[string]any{"prompt_tokens": len(req.Input), "total_tokens": len(req.Input)}})
}

// rerank scores by the share of the query's words that a document holds.
func rerank(w http.ResponseWriter, body []byte) {
	var req struct {
		Query     string
		Documents []string
	}
	if err := json.Unmarshal(body, &req); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	words := strings.Fields(strings.ToLower(req.Query))
	var results []any
	for i, d := range req.Documents {
		n := 0
		for _, word := range words {
			if strings.Contains(strings.ToLower(d), word) {
				n++
			}
		}
		results = append(results, map[string]any{"index": i, "relevance_score": float64(n) / float64(max(len(words), 1))})
	}
	writeJSON(w, map[string]any{"results": results})
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}
