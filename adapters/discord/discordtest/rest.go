package discordtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

type reply struct {
	status, code int
	message      string
	body         any
	retry        time.Duration
	global       bool
	empty        bool // no body at all
}

func done(body any) reply { return reply{status: 200, body: body} }

func refuse(status, code int, message string) reply {
	return reply{status: status, code: code, message: message}
}

func (s *Server) serveREST(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 8<<20))
	if err != nil {
		return
	}
	path := strings.TrimPrefix(r.URL.Path, "/api")
	if strings.HasPrefix(path, "/v") {
		_, rest, _ := strings.Cut(path[1:], "/")
		path = "/" + rest
	}
	s.mu.Lock()
	s.calls = append(s.calls, Call{Method: r.Method, Path: path, Body: body, At: time.Now()})
	at := len(s.calls) - 1
	f := s.faultLocked(r.Method, path)
	s.changeLocked()
	s.mu.Unlock()
	if f != nil {
		if f.Delay > 0 {
			select {
			case <-time.After(f.Delay):
			case <-s.ctx.Done():
			}
		}
		if f.Until != nil {
			select {
			case <-f.Until:
			case <-r.Context().Done():
				return
			case <-s.ctx.Done():
				return
			}
		}
		if f.After {
			s.answer(r, path, body)
		}
		if f.Drop {
			if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
				c.Close()
			}
			return
		}
		if f.Body != "" {
			w.WriteHeader(max(f.Status, 200))
			_, _ = io.WriteString(w, f.Body)
			return
		}
		if f.Status != 0 {
			s.write(w, at, reply{status: f.Status, code: f.Code, message: "fault", retry: f.RetryAfter, global: f.Global}, nil)
			return
		}
	}
	s.mu.Lock()
	limited := s.limitLocked(r.Method, path)
	s.mu.Unlock()
	if limited.status != 0 {
		s.write(w, at, limited, nil)
		return
	}
	if s.opts.Schemas != nil && len(body) > 0 {
		for _, p := range s.opts.Schemas(r.Method, path, body) {
			s.mu.Lock()
			s.problemLocked("%s %s: %s", r.Method, path, p)
			s.mu.Unlock()
		}
	}
	headers := http.Header{}
	out := s.answer(r, path, body)
	s.mu.Lock()
	s.bucketHeadersLocked(r.Method, path, headers)
	s.mu.Unlock()
	s.write(w, at, out, headers)
}

func (s *Server) faultLocked(method, path string) *Fault {
	for i, f := range s.faults {
		if (f.Method == "" || f.Method == method) && strings.HasPrefix(path, f.Path) {
			if f.left--; f.left <= 0 {
				s.faults = slices.Delete(s.faults, i, i+1)
			}
			return &f.Fault
		}
	}
	return nil
}

func exemptFromGlobal(path string) bool {
	return strings.HasPrefix(path, "/interactions/") || strings.HasPrefix(path, "/webhooks/")
}

func messageBucket(method, path string) string {
	if method == "POST" && strings.HasPrefix(path, "/channels/") && strings.HasSuffix(path, "/messages") {
		return path
	}
	return ""
}

func (s *Server) limitLocked(method, path string) reply {
	now := time.Now()
	if s.opts.Global > 0 && !exemptFromGlobal(path) {
		if now.Sub(s.global.from) >= time.Second {
			s.global = window{from: now}
		}
		if s.global.used >= s.opts.Global {
			s.stats.GlobalLimited++
			s.stats.Invalid++
			return reply{status: 429, message: "You are being rate limited.", retry: time.Second - now.Sub(s.global.from), global: true}
		}
		s.global.used++
	}
	if key := messageBucket(method, path); key != "" && s.opts.Bucket > 0 {
		b := s.buckets[key]
		if b == nil || now.Sub(b.from) >= s.opts.BucketWindow {
			b = &window{from: now}
			s.buckets[key] = b
		}
		if b.used >= s.opts.Bucket {
			s.stats.LimitedCalls++
			s.stats.Invalid++
			return reply{status: 429, message: "You are being rate limited.", retry: s.opts.BucketWindow - now.Sub(b.from)}
		}
		b.used++
	}
	return reply{}
}

func (s *Server) bucketHeadersLocked(method, path string, h http.Header) {
	key := messageBucket(method, path)
	if key == "" || s.opts.Bucket == 0 || s.buckets[key] == nil {
		return
	}
	b := s.buckets[key]
	h.Set("X-RateLimit-Bucket", "messages")
	h.Set("X-RateLimit-Limit", strconv.Itoa(s.opts.Bucket))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(max(s.opts.Bucket-b.used, 0)))
	// Rounded up: no client that keeps to it comes too early.
	left := max(s.opts.BucketWindow-time.Since(b.from), 0).Truncate(time.Millisecond) + time.Millisecond
	h.Set("X-RateLimit-Reset-After", fmt.Sprintf("%.3f", left.Seconds()))
}

func (s *Server) write(w http.ResponseWriter, at int, r reply, headers http.Header) {
	s.mu.Lock()
	s.calls[at].Status = r.status
	if r.status == 401 || r.status == 403 {
		s.stats.Invalid++
	}
	s.changeLocked()
	s.mu.Unlock()
	for k, v := range headers {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", "application/json")
	var body any = r.body
	switch {
	case r.status == 429:
		body = map[string]any{"message": r.message, "retry_after": r.retry.Seconds(), "global": r.global}
		if s.opts.Sparse {
			break // the body says it all
		}
		w.Header().Set("Retry-After", fmt.Sprintf("%.3f", r.retry.Seconds()))
		w.Header().Set("X-RateLimit-Reset-After", fmt.Sprintf("%.3f", r.retry.Seconds()))
		w.Header().Set("X-RateLimit-Scope", "user")
		if r.global {
			w.Header().Set("X-RateLimit-Global", "true")
			w.Header().Set("X-RateLimit-Scope", "global")
		}
	case r.status >= 400:
		body = map[string]any{"message": r.message, "code": r.code}
	}
	w.WriteHeader(r.status)
	if r.status != 204 && !r.empty {
		_ = json.NewEncoder(w).Encode(body)
	}
}

// answer carries out a call.
func (s *Server) answer(r *http.Request, path string, body []byte) reply {
	p := strings.Split(strings.Trim(path, "/"), "/")
	if p[0] != "interactions" && p[0] != "webhooks" && r.Header.Get("Authorization") != "Bot "+Token {
		return refuse(401, 0, "401: Unauthorized")
	}
	if !strings.HasPrefix(r.Header.Get("User-Agent"), "DiscordBot (") {
		return refuse(403, 40333, "internal network error")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	at := func(n int) string {
		if n < len(p) {
			return p[n]
		}
		return ""
	}
	if s.opts.Sparse {
		switch {
		case path == "/gateway/bot", path == "/applications/@me", p[0] == "channels" && len(p) == 2:
			return refuse(404, 0, "404: Not Found")
		case path == "/gateway":
			return done(map[string]any{"url": s.gatewayURL("/gateway/?from=here")})
		case p[0] == "interactions":
			out := s.callbackLocked(at(1), at(2), body)
			if out.status == 204 {
				out = reply{status: 200, empty: true}
			}
			return out
		case p[0] == "webhooks" && r.Method == "PATCH":
			out := s.webhookLocked(r.Method, at(1), at(2), p[3:], body)
			out.empty = out.status == 200
			return out
		}
	}
	switch {
	case path == "/gateway/bot":
		return done(map[string]any{"url": s.gatewayURL("/gateway/"), "shards": s.opts.Shards, "session_start_limit": map[string]any{
			"total": 1000, "remaining": max(s.opts.Remaining, 0), "reset_after": s.opts.ResetAfter.Milliseconds(), "max_concurrency": s.opts.MaxConcurrency}})
	case path == "/applications/@me":
		return done(map[string]any{"id": App, "name": "Cairn", "bot": user(Bot), "flags": s.flagsLocked()})
	case path == "/users/@me":
		return done(user(Bot))
	case path == "/users/@me/guilds":
		return done([]any{map[string]any{"id": Guild, "name": "Test", "permissions": fmt.Sprint(all)}})
	case p[0] == "applications" && at(2) == "commands":
		return s.commandsLocked(r.Method, body)
	case path == "/users/@me/channels":
		var in struct {
			Recipient string `json:"recipient_id"`
		}
		if json.Unmarshal(body, &in) != nil || in.Recipient == "" {
			return refuse(400, 50035, "Invalid Form Body")
		}
		return done(s.channels[s.directLocked(in.Recipient)].payload())
	case p[0] == "channels":
		return s.channelCallLocked(r, p, body)
	case p[0] == "interactions":
		return s.callbackLocked(at(1), at(2), body)
	case p[0] == "webhooks":
		return s.webhookLocked(r.Method, at(1), at(2), p[3:], body)
	}
	return refuse(404, 0, "404: Not Found")
}

func (s *Server) flagsLocked() int {
	if s.opts.NoMessageContent {
		return 0
	}
	return 1 << 19
}

func (s *Server) commandsLocked(method string, body []byte) reply {
	switch method {
	case "PUT":
		for _, p := range ValidateCommands(body) {
			s.problemLocked("commands: %s", p)
		}
		s.commands, s.puts = body, s.puts+1
		s.changeLocked()
		fallthrough
	case "GET":
		var list []map[string]any
		_ = json.Unmarshal(s.commands, &list)
		for i, c := range list {
			// What Discord adds of its own.
			c["id"], c["application_id"], c["version"], c["nsfw"], c["default_member_permissions"] = fmt.Sprint(500+i), App, "1", false, nil
			if c["options"] == nil {
				delete(c, "options")
			}
		}
		if list == nil {
			list = []map[string]any{}
		}
		return done(list)
	}
	return refuse(405, 0, "405: Method Not Allowed")
}

func (s *Server) channelCallLocked(r *http.Request, p []string, body []byte) reply {
	c := s.channels[p[1]]
	if c == nil || c.Gone {
		return refuse(404, 10003, "Unknown Channel")
	}
	rights := c
	if c.Parent != "" {
		rights = s.channels[c.Parent]
	}
	denied := func(bits int64) bool { return rights.Denied&bits != 0 }
	if denied(ViewChannel) {
		return refuse(403, 50001, "Missing Access")
	}
	switch {
	case len(p) == 2 && r.Method == "GET":
		return done(c.payload())
	case len(p) == 3 && p[2] == "typing":
		if denied(SendMessages) {
			return refuse(403, 50013, "Missing Permissions")
		}
		return reply{status: 204}
	case len(p) == 3 && p[2] == "messages" && r.Method == "GET":
		if denied(ReadHistory) {
			return done([]any{})
		}
		return done(s.historyLocked(c, r.URL.Query().Get("after"), r.URL.Query().Get("limit")))
	case len(p) == 3 && p[2] == "messages" && r.Method == "POST":
		need := SendMessages
		if c.Parent != "" {
			need = SendThreads
		}
		if denied(need) {
			return refuse(403, 50013, "Missing Permissions")
		}
		m, out := s.incomingLocked(c.ID, body)
		if out.status != 0 {
			return out
		}
		if m.ReplyTo != "" && denied(ReadHistory) {
			return refuse(400, 160002, "You cannot reply without permission to read message history")
		}
		c.Messages = append(c.Messages, m)
		s.changeLocked()
		return s.createdLocked(c, m)
	case len(p) == 4 && p[2] == "messages":
		m := s.findLocked(c.ID, p[3])
		if m == nil {
			return refuse(404, 10008, "Unknown Message")
		}
		switch r.Method {
		case "PATCH":
			if m.Author != Bot {
				return refuse(403, 50005, "Cannot edit a message authored by another user")
			}
			return s.editLocked(m, body)
		case "DELETE":
			c.Messages = slices.DeleteFunc(c.Messages, func(x *Message) bool { return x == m })
			s.changeLocked()
			return reply{status: 204}
		case "GET":
			return done(s.messageLocked(m))
		}
	case len(p) == 5 && p[4] == "threads":
		if denied(OpenThreads) {
			return refuse(403, 50013, "Missing Permissions")
		}
		if s.channels[p[3]] != nil {
			return refuse(400, 160004, "A thread has already been created for this message")
		}
		if s.findLocked(c.ID, p[3]) == nil {
			return refuse(404, 10008, "Unknown Message")
		}
		var in struct {
			Name string `json:"name"`
		}
		if json.Unmarshal(body, &in) != nil || length(in.Name) < 1 || length(in.Name) > 100 {
			s.problemLocked("a thread's name has %d characters", length(in.Name))
			return refuse(400, 50035, "Invalid Form Body")
		}
		t := &channel{ID: p[3], Name: in.Name, Parent: c.ID, Type: 11, Guild: c.Guild}
		s.channels[t.ID] = t
		for _, x := range s.sessions {
			if !x.dead && s.concerns(x, c.Guild) {
				s.emitLocked(x, "THREAD_CREATE", t.payload())
			}
		}
		s.changeLocked()
		return reply{status: 201, body: t.payload()}
	case len(p) == 4 && p[2] == "thread-members":
		return reply{status: 204}
	}
	return refuse(404, 0, "404: Not Found")
}

// createdLocked answers a creation and tells the gateway of it.
func (s *Server) createdLocked(c *channel, m *Message) reply {
	payload := s.messageLocked(m)
	for _, x := range s.sessions {
		if !x.dead && s.concerns(x, c.Guild) {
			s.emitLocked(x, "MESSAGE_CREATE", payload)
		}
	}
	return done(payload)
}

func (s *Server) historyLocked(c *channel, after, limit string) []any {
	n, err := strconv.Atoi(limit)
	if err != nil || n < 1 || n > 100 {
		n = 50
	}
	var found []any
	for _, m := range c.Messages {
		if m.Ephemeral != "" || !newer(m.ID, after) || len(found) == n {
			continue
		}
		p := s.visibleLocked(s.stats.Intents, c.Guild, s.messageLocked(m))
		delete(p, "guild_id") // REST does not tell it
		delete(p, "member")
		found = append(found, p)
	}
	slices.Reverse(found)
	if found == nil {
		found = []any{}
	}
	return found
}

func newer(a, b string) bool {
	if len(a) != len(b) {
		return len(a) > len(b)
	}
	return a > b
}

// incomingLocked reads a message that the bot sends.
func (s *Server) incomingLocked(channelID string, body []byte) (*Message, reply) {
	var in struct {
		Content      string          `json:"content"`
		Embeds       []Embed         `json:"embeds"`
		Components   json.RawMessage `json:"components"`
		Flags        int             `json:"flags"`
		Nonce        string          `json:"nonce"`
		EnforceNonce bool            `json:"enforce_nonce"`
		Allowed      json.RawMessage `json:"allowed_mentions"`
		Reference    *struct {
			MessageID       string `json:"message_id"`
			FailIfNotExists *bool  `json:"fail_if_not_exists"`
		} `json:"message_reference"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, refuse(400, 50109, "The request body contains invalid JSON.")
	}
	if problems := Validate(body); len(problems) > 0 {
		s.problemLocked("message to %s: %s", channelID, strings.Join(problems, "; "))
		return nil, refuse(400, 50035, "Invalid Form Body")
	}
	m := &Message{ID: s.idLocked(), Channel: channelID, Author: Bot, Content: in.Content, Embeds: in.Embeds, Components: in.Components, Flags: in.Flags, Allowed: in.Allowed, At: time.Now().UTC()}
	if in.Reference != nil {
		if s.findLocked(channelID, in.Reference.MessageID) != nil {
			m.ReplyTo = in.Reference.MessageID
		} else if in.Reference.FailIfNotExists == nil || *in.Reference.FailIfNotExists {
			return nil, refuse(400, 50035, "Unknown message")
		}
	}
	if in.Nonce != "" && in.EnforceNonce {
		key := channelID + "\x00" + in.Nonce
		if id, ok := s.nonces[key]; ok {
			if old := s.findLocked(channelID, id); old != nil {
				return nil, done(s.messageLocked(old))
			}
		}
		s.nonces[key] = m.ID
	}
	return m, reply{}
}

func (s *Server) editLocked(m *Message, body []byte) reply {
	if problems := Validate(body); len(problems) > 0 {
		s.problemLocked("edit of %s: %s", m.ID, strings.Join(problems, "; "))
		return refuse(400, 50035, "Invalid Form Body")
	}
	if err := json.Unmarshal(body, &struct {
		Content    *string          `json:"content"`
		Embeds     *[]Embed         `json:"embeds"`
		Components *json.RawMessage `json:"components"`
		Allowed    *json.RawMessage `json:"allowed_mentions"`
	}{&m.Content, fresh(&m.Embeds), &m.Components, &m.Allowed}); err != nil {
		return refuse(400, 50109, "The request body contains invalid JSON.")
	}
	now := time.Now().UTC()
	m.EditedAt = &now
	s.changeLocked()
	return done(s.messageLocked(m))
}

// fresh empties a list, so that decoding does not mix old and new elements.
func fresh(e *[]Embed) *[]Embed {
	*e = nil
	return e
}
