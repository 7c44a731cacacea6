package slack

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"cairn/adapters"
)

// A terse Slack answers no more than it must, in shapes that the documentation
// allows: an address with a path and a query for the socket, no hello, fields
// that nobody knows, numbers as texts. The adapter answers there like anywhere.
func TestTerseServer(t *testing.T) {
	t.Parallel()
	posts := make(chan url.Values, 10)
	acks := make(chan string, 10)
	say := make(chan string)
	up := websocket.Upgrader{CheckOrigin: anyOrigin}
	mux := http.NewServeMux()
	s := httptest.NewServer(mux)
	defer s.Close()
	mux.HandleFunc("/proxy/slack-api/", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		args, _ := url.ParseQuery(string(body))
		if args.Get("token") == "" && r.Header.Get("Authorization") == "" {
			io.WriteString(w, `{"ok":false,"error":"not_authed"}`)
			return
		}
		switch strings.TrimPrefix(r.URL.Path, "/proxy/slack-api/") {
		case "auth.test":
			io.WriteString(w, `{"ok":true}`)
		case "apps.connections.open":
			fmt.Fprintf(w, `{"ok":true,"url":"%s/link/%%3A/?ticket=a%%2Bb&app_id=x&x[]=1"}`, strings.Replace(s.URL, "http", "ws", 1))
		case "chat.postMessage":
			posts <- args
			io.WriteString(w, `{"ok":true}`)
		default:
			io.WriteString(w, `{"ok":false,"error":"unknown_method"}`)
		}
	})
	mux.HandleFunc("/link/", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("ticket") != "a+b" {
			http.Error(w, "ticket", http.StatusForbidden)
			return
		}
		c, err := up.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		go func() {
			for frame := range say {
				c.WriteMessage(websocket.TextMessage, []byte(frame))
			}
		}()
		for {
			_, raw, err := c.ReadMessage()
			if err != nil {
				return
			}
			acks <- string(raw)
		}
	})
	a, err := New(nil, Config{APIURL: s.URL + "/proxy/slack-api", BotToken: adapters.NewSecret("xoxb-1"), AppToken: adapters.NewSecret("xapp-1")}, &Options{Connections: 1, PingTimeout: time.Hour}) // nor does it ping
	if err != nil {
		t.Fatal(err)
	}
	patient(a)
	h := &handler{seen: map[string]bool{}, changed: make(chan struct{})}
	r := &rig{Adapter: a, h: h}
	ended := make(chan error, 1)
	ctx, stop := contextFor(t)
	go func() { ended <- a.Run(ctx, h) }()
	defer func() {
		stop()
		<-ended
		a.opts.HTTPClient.CloseIdleConnections()
		close(say)
	}()

	for i, frame := range []string{
		`{"type":"events_api","envelope_id":"e0","payload":{"type":"event_callback","event_id":"Ev0","event_time":"1700000000","event":{"type":"app_mention","user":"U1","text":"<@UBOT> 502?","ts":"1700000000.000100","channel":"C1","edited":7,"blocks":"none"},"authorizations":null,"more":{"x":[1]}},"accepts_response_payload":"no","retry_attempt":"0"}`,
		`{"envelope_id":"e1","type":"events_api","payload":{"type":"event_callback","event":{"type":"message","channel_type":"im","channel":"D1","user":"U1","text":"504?","ts":"1700000001.000100","team":9}}}`,
		`{"envelope_id":"e2","type":"slash_commands","payload":{"command":"/cairn","text":"ask disk full","user_id":"U1","channel_id":"C1","is_enterprise_install":"false"}}`,
		`{"envelope_id":"e3","type":"interactive","payload":{"type":"block_actions","user":{"id":"U1","name":null},"container":{"message_ts":"1700000002.000100","channel_id":"C1"},"actions":[{"action_id":"more","value":"a1","action_ts":1700000003}]}}`,
		`{"envelope_id":"e4","type":"something_new","payload":{}}`,
	} {
		select {
		case say <- frame:
		case <-time.After(patience):
			t.Fatal("no socket")
		}
		select {
		case ack := <-acks:
			if !strings.Contains(ack, fmt.Sprintf(`"e%d"`, i)) {
				t.Errorf("acknowledged %s, want e%d", ack, i)
			}
		case <-time.After(patience):
			t.Fatalf("e%d is not acknowledged", i)
		}
		if a.Ready() != nil {
			t.Errorf("not ready though events come: %v", a.Ready())
		}
	}
	for i, want := range []string{"502?", "504?", "disk full"} {
		if ev := r.h.wait(t, i+1); ev.Kind != adapters.EventAsk || ev.Text != want || ev.Time.Year() < 2023 {
			t.Errorf("event %d: got %+v, want %q", i, ev, want)
		}
	}
	if ev := r.h.wait(t, 4); ev.Kind != adapters.EventAction || ev.Action.Value != "a1" || ev.Action.On.Message != "1700000002.000100" {
		t.Errorf("press: got %+v", ev)
	}
	if _, err := a.Reply(ctx, r.h.wait(t, 1), answerMessage()); err != nil {
		t.Errorf("reply: %v", err)
	}
	if p := <-posts; p.Get("channel") != "C1" || p.Get("thread_ts") != "1700000000.000100" || p.Get("unfurl_links") != "false" {
		t.Errorf("posted %v", p)
	}
}

// A socket that opens without Slack's hello counts as usable after a while.
func TestNoHello(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	s := httptest.NewServer(mux)
	defer s.Close()
	mux.HandleFunc("/auth.test", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"ok":true,"user_id":"UBOT","team_id":"T1"}`)
	})
	mux.HandleFunc("/apps.connections.open", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"ok":true,"url":"%s/"}`, strings.Replace(s.URL, "http", "ws", 1))
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		c, err := (&websocket.Upgrader{CheckOrigin: anyOrigin}).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		c.ReadMessage()
	})
	a, err := New(nil, Config{APIURL: s.URL, BotToken: adapters.NewSecret("xoxb-1"), AppToken: adapters.NewSecret("xapp-1")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	ctx, stop := contextFor(t)
	go func() { ended <- a.Run(ctx, &handler{seen: map[string]bool{}, changed: make(chan struct{})}) }()
	defer func() {
		stop()
		<-ended
		a.opts.HTTPClient.CloseIdleConnections()
	}()
	until(t, "ready", func() bool { return a.Ready() == nil })
}

// anyOrigin is as Slack takes it: the client library says it is Slack.
func anyOrigin(*http.Request) bool { return true }
