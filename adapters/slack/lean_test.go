package slack

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cairn/adapters"
)

func TestLean(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{"ok":true,"channel":"C1","ts":"1.2","message":{"ts":"1.2","blocks":[{"type":"rich_text","elements":7}]},"warning":3}`: `{"channel":"C1","ok":true,"ts":"1.2"}`,
		`{"ok":true,"message":{"ts":"1.2"}}`: `{"ok":true,"ts":"1.2"}`,
		`{"ok":true,"message_ts":"3.4"}`:     `{"message_ts":"3.4","ok":true}`,
		`{"ok":false}`:                       `{"error":"unknown_error","ok":false}`,
		`{"ok":false,"error":"missing_scope","needed":"x","provided":"y"}`:                                        `{"error":"missing_scope","needed":"x","ok":false}`,
		`{"ok":false,"error":"invalid_blocks","errors":["one"],"response_metadata":{"messages":["[ERROR] two"]}}`: `{"error":"invalid_blocks","ok":false,"response_metadata":{"messages":["[ERROR] two"]}}`,
		`ok`:   `ok`,
		`[1]`:  `[1]`,
		`null`: `null`,
		`{"ok":true,"ts":"1.2","channel":{"id":"C1"}}`: `{"ok":true,"ts":"1.2"}`,
	} {
		if got, _ := lean([]byte(raw)); string(got) != want {
			t.Errorf("%s: got %s, want %s", raw, got, want)
		}
	}
}

// Slack limits the rate in several ways; each is waited out.
func TestWaysToLimitTheRate(t *testing.T) {
	t.Parallel()
	for name, respond := range map[string]func(http.ResponseWriter){
		"as documented":    func(w http.ResponseWriter) { w.Header().Set("Retry-After", "1"); w.WriteHeader(429) },
		"without a header": func(w http.ResponseWriter) { w.WriteHeader(429) },
		"with a fraction":  func(w http.ResponseWriter) { w.Header().Set("Retry-After", "0.4"); w.WriteHeader(429) },
		"with a date":      func(w http.ResponseWriter) { w.Header().Set("Retry-After", "soon"); w.WriteHeader(429) },
		"in the body": func(w http.ResponseWriter) {
			w.WriteHeader(429)
			io.WriteString(w, `{"ok":false,"error":"ratelimited","retry_after":"1"}`)
		},
		"with status 200": func(w http.ResponseWriter) { io.WriteString(w, `{"ok":false,"error":"ratelimited"}`) },
		"200 and a header": func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "1")
			io.WriteString(w, `{"ok":false,"error":"rate_limited"}`)
		},
		"200, in the body": func(w http.ResponseWriter) { io.WriteString(w, `{"ok":false,"error":"ratelimited","retry_after":1}`) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls := make(chan time.Time, 10)
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				calls <- time.Now()
				if len(calls) == 1 {
					respond(w)
					return
				}
				io.WriteString(w, `{"ok":true,"channel":"C1","ts":"1700000000.000100"}`)
			}))
			defer s.Close()
			a, err := New(nil, Config{APIURL: s.URL, BotToken: adapters.NewSecret("xoxb-1"), AppToken: adapters.NewSecret("xapp-1")}, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer a.opts.HTTPClient.CloseIdleConnections()
			ref, err := a.Send(t.Context(), adapters.Destination{Channel: "C1"}, answerMessage())
			if err != nil || ref.Message != "1700000000.000100" || len(calls) != 2 {
				t.Fatalf("got %+v, %v after %d calls", ref, err, len(calls))
			}
			if d := -(<-calls).Sub(<-calls); d < 900*time.Millisecond {
				t.Errorf("tried again after %v, want a second", d)
			}
		})
	}
}

func FuzzLean(f *testing.F) {
	f.Add([]byte(`{"ok":true,"channel":"C1","ts":"1.2","message":{"ts":"1.2","blocks":[]}}`))
	f.Add([]byte(`{"ok":false,"error":"x","retry_after":1e9}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		out, _ := lean(raw)
		if json.Valid(raw) && !json.Valid(out) {
			t.Errorf("%q became %q", raw, out)
		}
		if n := retrySeconds("", raw); n < 0 || n > 1e6 {
			t.Errorf("%d seconds", n)
		}
		if strings.Contains(string(out), `"message":`) && json.Valid(raw) && raw[0] == '{' {
			var m map[string]json.RawMessage
			if json.Unmarshal(out, &m) == nil && m["message"] != nil && string(out) != string(raw) {
				t.Errorf("the message stays in %q", out)
			}
		}
	})
}
