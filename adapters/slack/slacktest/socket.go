package slacktest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Stats say what became of the envelopes.
type Stats struct {
	// Sent counts envelopes written to a socket, Acked those acknowledged,
	// Late those whose socket stayed open but that were not acknowledged in
	// time, Cut those whose socket was closed first.
	Sent, Acked, Late, Cut int
	// Undelivered counts events that were given up after all retries.
	Undelivered int
	// Slowest is the longest time to an acknowledgement.
	Slowest time.Duration
}

type socket struct {
	conn *websocket.Conn
	mu   sync.Mutex // writes
	gone chan struct{}
	once sync.Once
}

func (k *socket) close() {
	k.once.Do(func() {
		close(k.gone)
		k.conn.Close()
	})
}

// writeWithin ends a write to somebody who does not read. A write that fails
// spoils the socket, so it is long enough for any busy machine.
const writeWithin = time.Minute

func (k *socket) write(v any) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.conn.SetWriteDeadline(time.Now().Add(writeWithin))
	if raw, ok := v.([]byte); ok {
		return k.conn.WriteMessage(websocket.TextMessage, raw)
	}
	return k.conn.WriteJSON(v)
}

func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Query().Get("ticket"), "secret-ticket-") {
		http.Error(w, "no ticket", http.StatusForbidden)
		return
	}
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	k := &socket{conn: conn, gone: make(chan struct{})}
	defer k.close()
	s.mu.Lock()
	closing, open := s.closing, len(s.sockets)
	s.mu.Unlock()
	if closing {
		return
	}
	if open >= 10 {
		k.write(reply{"type": "disconnect", "reason": "too_many_websockets"})
		return
	}
	k.write(reply{"type": "hello", "num_connections": open + 1, "connection_info": reply{"app_id": "A0TEST"}, "debug_info": reply{"host": "slacktest", "approximate_connection_time": 3600}})
	s.mu.Lock()
	s.sockets = append(s.sockets, k)
	s.changeLocked()
	s.mu.Unlock()
	go func() {
		t := time.NewTicker(s.opts.Ping)
		defer t.Stop()
		for {
			k.conn.WriteControl(websocket.PingMessage, []byte("Ping from slacktest"), time.Now().Add(writeWithin))
			select {
			case <-k.gone:
				return
			case <-t.C:
			}
		}
	}()
	for {
		_, raw, err := conn.ReadMessage()
		if err != nil {
			break
		}
		if len(raw) > 20<<10 {
			continue // Slack drops those
		}
		var ack struct {
			EnvelopeID string `json:"envelope_id"`
		}
		if json.Unmarshal(raw, &ack) == nil {
			s.mu.Lock()
			if done, ok := s.waiting[ack.EnvelopeID]; ok {
				close(done)
				delete(s.waiting, ack.EnvelopeID)
			}
			s.mu.Unlock()
		}
	}
	s.mu.Lock()
	s.sockets = slices.DeleteFunc(s.sockets, func(x *socket) bool { return x == k })
	s.changeLocked()
	s.mu.Unlock()
}

// Disconnect asks every socket to reconnect, as Slack does about once an hour.
func (s *Server) Disconnect(reason string) {
	for _, k := range s.openSockets() {
		k.write(reply{"type": "disconnect", "reason": reason})
	}
}

// DropSockets closes every socket without a word; it returns how many.
func (s *Server) DropSockets() int {
	s.mu.Lock()
	open := s.sockets
	s.sockets = nil
	s.changeLocked()
	s.mu.Unlock()
	for _, k := range open {
		k.close()
	}
	return len(open)
}

// DropOne closes the socket opened first.
func (s *Server) DropOne() {
	if open := s.openSockets(); len(open) > 0 {
		open[0].close()
	}
}

// Raw writes bytes to a socket as they are.
func (s *Server) Raw(frame []byte) {
	if open := s.openSockets(); len(open) > 0 {
		open[0].write(frame)
	}
}

func (s *Server) openSockets() []*socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sockets)
}

// Opened is how often apps.connections.open was called.
func (s *Server) Opened() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened
}

// Stats returns what became of the envelopes so far.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// SetEndpoint makes the server send signed HTTP requests to addresses below
// base (base + "/slack/events" and so on) instead of using sockets.
func (s *Server) SetEndpoint(base string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endpoint = base
}

// Deliver sends an envelope of a type (events_api, slash_commands,
// interactive) and returns at once. It is repeated as Slack does.
func (s *Server) Deliver(kind string, payload any) {
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		return
	}
	s.deliver.Add(1)
	s.pending++
	s.mu.Unlock()
	go func() {
		defer s.deliver.Done()
		defer func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.pending--
			s.changeLocked()
		}()
		retries := s.opts.Retries
		if kind != "events_api" {
			retries = nil // Slack sends those once
		}
		for try := 0; ; try++ {
			reason := s.try(kind, payload, try)
			if reason == "" {
				return
			}
			if try >= len(retries) || s.ctx.Err() != nil {
				s.mu.Lock()
				s.stats.Undelivered++
				s.mu.Unlock()
				return
			}
			select {
			case <-s.ctx.Done():
				return
			case <-time.After(retries[try]):
			}
		}
	}()
}

// try delivers once and returns why it did not work.
func (s *Server) try(kind string, payload any, attempt int) (reason string) {
	s.mu.Lock()
	endpoint := s.endpoint
	if endpoint != "" {
		s.mu.Unlock()
		code, _ := s.post(endpoint, kind, payload, attempt)
		if code != http.StatusOK {
			return "http_error"
		}
		return ""
	}
	if len(s.sockets) == 0 {
		s.mu.Unlock()
		return "no_socket"
	}
	s.next++
	k := s.sockets[s.next%len(s.sockets)]
	id := s.idLocked("envelope-")
	acked := make(chan struct{})
	s.waiting[id] = acked
	s.stats.Sent++
	s.mu.Unlock()
	start := time.Now()
	env := reply{"type": kind, "envelope_id": id, "payload": payload, "accepts_response_payload": kind != "events_api"}
	if attempt > 0 {
		env["retry_attempt"], env["retry_reason"] = attempt, "timeout"
	}
	err := k.write(env)
	t := time.NewTimer(s.opts.AckWithin)
	defer t.Stop()
	outcome := "closed"
	if err == nil {
		select {
		case <-acked:
			outcome = ""
		case <-k.gone:
		case <-t.C:
			outcome = "timeout"
		case <-s.ctx.Done():
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.waiting, id)
	switch outcome {
	case "":
		s.stats.Acked++
		s.stats.Slowest = max(s.stats.Slowest, time.Since(start))
	case "timeout":
		s.stats.Late++
	default:
		s.stats.Cut++
	}
	return outcome
}

// post sends one signed request.
func (s *Server) post(endpoint, kind string, payload any, attempt int) (status int, body string) {
	raw, _ := json.Marshal(payload)
	path, contentType := "/slack/events", "application/json"
	switch kind {
	case "slash_commands":
		path, contentType = "/slack/commands", "application/x-www-form-urlencoded"
		var fields map[string]string
		json.Unmarshal(raw, &fields)
		v := url.Values{}
		for k, x := range fields {
			v.Set(k, x)
		}
		raw = []byte(v.Encode())
	case "interactive":
		path, contentType = "/slack/interactions", "application/x-www-form-urlencoded"
		raw = []byte(url.Values{"payload": {string(raw)}}.Encode())
	}
	req, err := http.NewRequestWithContext(s.ctx, http.MethodPost, endpoint+path, bytes.NewReader(raw))
	if err != nil {
		return 0, ""
	}
	req.Header.Set("Content-Type", contentType)
	if attempt > 0 {
		req.Header.Set("X-Slack-Retry-Num", strconv.Itoa(attempt))
		req.Header.Set("X-Slack-Retry-Reason", "http_timeout")
	}
	Sign(req.Header, raw, SigningSecret, time.Now())
	client := &http.Client{Timeout: s.opts.AckWithin}
	resp, err := client.Do(req)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	return resp.StatusCode, string(b)
}

// Sign puts Slack's signature on a request.
func Sign(h http.Header, body []byte, secret string, at time.Time) {
	ts := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "v0:%s:", ts)
	mac.Write(body)
	h.Set("X-Slack-Request-Timestamp", ts)
	h.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
}
