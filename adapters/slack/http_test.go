package slack

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"cairn/adapters"
	"cairn/adapters/slack/slacktest"
)

func newHTTPRig(t *testing.T, fail func(adapters.Event) error) (*rig, string) {
	t.Helper()
	r := newRig(t, rigOptions{config: Config{Mode: "http"}, fail: fail, server: slacktest.Options{Retries: retries(0, 10*time.Millisecond)}})
	srv := httptest.NewServer(r.Handler())
	t.Cleanup(srv.Close)
	r.slack.SetEndpoint(srv.URL)
	until(t, "ready", func() bool { return r.Ready() == nil })
	return r, srv.URL
}

func TestHTTPMode(t *testing.T) {
	t.Parallel()
	r, _ := newHTTPRig(t, nil)
	r.answers(answerMessage())
	ts := r.slack.Mention("C1", "U1", "502?", "")
	if m := r.await(t, "C1", nil); m.ThreadTS != ts {
		t.Errorf("got %+v", m)
	}
	r.slack.Slash("C2", "U1", "ask 503?")
	m := r.await(t, "C2", nil)
	if m.Ephemeral != "U1" {
		t.Errorf("got %+v", m)
	}
	n := r.h.count()
	r.slack.Press(m, "U1", slacktest.Buttons(m.Blocks)[0])
	if ev := r.h.wait(t, n+1); ev.Kind != adapters.EventAction || ev.Action.ID != "more" {
		t.Errorf("got %+v", ev)
	}
	if r.slack.Opened() != 0 {
		t.Error("a socket was asked for")
	}
}

func TestHTTPNotRecordedIsSentAgain(t *testing.T) {
	t.Parallel()
	failures := 1
	r, _ := newHTTPRig(t, func(adapters.Event) error {
		if failures--; failures >= 0 {
			return io.ErrShortWrite
		}
		return nil
	})
	r.slack.Say("D1", "U1", "502?", "")
	r.h.wait(t, 1)
}

func TestHTTPRefusals(t *testing.T) {
	t.Parallel()
	r, base := newHTTPRig(t, nil)
	event := []byte(`{"type":"event_callback","event_id":"E1","event":{"type":"message","channel":"D1","channel_type":"im","user":"U1","ts":"1700000000.000100","text":"502?"}}`)
	post := func(path string, body []byte, secret string, at time.Time, change func(http.Header)) (int, string) {
		req, err := http.NewRequest(http.MethodPost, base+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		slacktest.Sign(req.Header, body, secret, at)
		if change != nil {
			change(req.Header)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(b)
	}
	now := time.Now()
	for name, tc := range map[string]struct {
		path   string
		body   []byte
		secret string
		at     time.Time
		change func(http.Header)
		want   int
	}{
		"another secret":  {"/slack/events", event, "other", now, nil, 401},
		"too old":         {"/slack/events", event, slacktest.SigningSecret, now.Add(-6 * time.Minute), nil, 401},
		"from the future": {"/slack/events", event, slacktest.SigningSecret, now.Add(6 * time.Minute), nil, 401},
		"no signature":    {"/slack/events", event, slacktest.SigningSecret, now, func(h http.Header) { h.Del("X-Slack-Signature") }, 401},
		"old version":     {"/slack/commands", event, slacktest.SigningSecret, now, func(h http.Header) { h.Set("X-Slack-Signature", "v1=00") }, 401},
		"interaction":     {"/slack/interactions", []byte("payload={}"), "other", now, nil, 401},
		"too large":       {"/slack/events", bytes.Repeat([]byte("x"), maxBody+1), slacktest.SigningSecret, now, nil, 413},
		"malformed":       {"/slack/events", []byte("{"), slacktest.SigningSecret, now, nil, 200},
		"malformed form":  {"/slack/interactions", []byte("payload=%zz"), slacktest.SigningSecret, now, nil, 200},
		"elsewhere":       {"/slack/other", event, slacktest.SigningSecret, now, nil, 404},
	} {
		if got, _ := post(tc.path, tc.body, tc.secret, tc.at, tc.change); got != tc.want {
			t.Errorf("%s: got %d, want %d", name, got, tc.want)
		}
	}
	if r.h.count() != 0 {
		t.Fatal("a refused request became an event")
	}
	if got, body := post("/slack/events", []byte(`{"type":"url_verification","challenge":"abc123"}`), slacktest.SigningSecret, now, nil); got != 200 || body != "abc123" {
		t.Errorf("challenge: got %d %q", got, body)
	}
	if got, _ := post("/slack/commands", []byte("ssl_check=1"), slacktest.SigningSecret, now, nil); got != 200 {
		t.Errorf("ssl_check: got %d", got)
	}
	form := url.Values{"command": {"/cairn"}, "text": {"status"}, "user_id": {"U1"}, "channel_id": {"C1"}}.Encode()
	post("/slack/commands", []byte(form), slacktest.SigningSecret, now, nil)
	post("/slack/commands", []byte(form), slacktest.SigningSecret, now, nil)
	r.h.wait(t, 1)
	if r.h.count() != 1 {
		t.Error("a replayed command is two events")
	}
	// Socket mode serves none of it.
	s := newRig(t, rigOptions{})
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/slack/events", strings.NewReader("{}")))
	if w.Code != http.StatusNotFound {
		t.Errorf("socket mode: got %d, want 404", w.Code)
	}
}
