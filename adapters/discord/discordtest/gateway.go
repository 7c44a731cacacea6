package discordtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// A session is what the gateway keeps between connections.
type session struct {
	id      string
	shard   [2]int
	intents int
	seq     int64
	log     []sent
	conn    *socket // nil while there is none
	dead    bool
}

type sent struct {
	seq   int64
	frame []byte
}

type socket struct {
	ws   *websocket.Conn
	out  chan []byte
	done chan struct{}
	s    *Server
}

func (c *socket) send(b []byte) {
	select {
	case c.out <- b:
	case <-c.done:
	}
}

func (c *socket) write() {
	for {
		select {
		case b := <-c.out:
			if c.ws.WriteMessage(websocket.TextMessage, b) != nil {
				return
			}
		case <-c.done:
			return
		}
	}
}

func frame(op int, d any, seq int64, kind string) []byte {
	f := map[string]any{"op": op, "d": d, "s": nil, "t": nil}
	if kind != "" {
		f["s"], f["t"] = seq, kind
	}
	b, err := json.Marshal(f)
	if err != nil {
		panic(err)
	}
	return b
}

func (s *Server) serveGateway(w http.ResponseWriter, r *http.Request, forResume bool) {
	s.mu.Lock()
	closing := s.closing
	s.mu.Unlock()
	if closing {
		http.Error(w, "closing", http.StatusServiceUnavailable)
		return
	}
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	ws, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	s.wg.Add(1)
	defer s.wg.Done()
	c := &socket{ws: ws, out: make(chan []byte, 1<<16), done: make(chan struct{}), s: s}
	s.wg.Go(c.write)
	var mine *session
	defer func() {
		close(c.done)
		ws.Close()
		s.mu.Lock()
		if mine != nil && mine.conn == c {
			mine.conn = nil
		}
		s.changeLocked()
		s.mu.Unlock()
	}()
	if q := r.URL.Query(); q.Get("v") != "10" || q.Get("encoding") != "json" {
		s.closeWith(c, 4012)
		return
	}
	s.mu.Lock()
	every := s.opts.Heartbeat
	if s.heartbeat > 0 {
		every, s.heartbeat = s.heartbeat, 0
	}
	s.mu.Unlock()
	interval := float64(every.Milliseconds())
	if s.opts.Sparse {
		interval += 0.5
	}
	c.send(frame(10, map[string]any{"heartbeat_interval": interval, "_trace": []string{"test"}}, 0, ""))
	for {
		_, data, err := ws.ReadMessage()
		if err != nil {
			if websocket.IsCloseError(err, 1000, 1001) && mine != nil {
				s.mu.Lock()
				mine.dead = true // a client that closes so ends its session
				s.mu.Unlock()
			}
			return
		}
		var f struct {
			Op int             `json:"op"`
			D  json.RawMessage `json:"d"`
		}
		if len(data) > 4096 || json.Unmarshal(data, &f) != nil {
			s.closeWith(c, 4002)
			return
		}
		switch f.Op {
		case 1:
			s.mu.Lock()
			s.stats.Heartbeats++
			quiet := s.noAcks
			s.changeLocked()
			s.mu.Unlock()
			if !quiet {
				c.send(frame(11, nil, 0, ""))
			}
		case 2:
			var ok bool
			if mine, ok = s.identify(c, f.D); !ok {
				return
			}
		case 6:
			if got := s.resume(c, f.D, forResume); got != nil {
				mine = got
			}
		default:
			s.closeWith(c, 4001)
			return
		}
	}
}

func (s *Server) closeWith(c *socket, code int) {
	_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, "test"), time.Now().Add(time.Minute))
}

func (s *Server) identify(c *socket, d json.RawMessage) (*session, bool) {
	var in struct {
		Token      string            `json:"token"`
		Intents    int               `json:"intents"`
		Shard      [2]int            `json:"shard"`
		Properties map[string]string `json:"properties"`
	}
	if json.Unmarshal(d, &in) != nil || len(in.Properties) == 0 {
		s.closeWith(c, 4002)
		return nil, false
	}
	s.mu.Lock()
	s.stats.Identifies++
	s.opts.Remaining--
	s.stats.Intents = in.Intents
	s.stats.Shards = append(s.stats.Shards, in.Shard)
	code := s.opts.CloseWith
	switch {
	case in.Token != Token:
		code = 4004
	case in.Intents&messageContent != 0 && s.opts.NoMessageContent:
		code = 4014
	case in.Shard[0] >= max(in.Shard[1], 1):
		code = 4010
	}
	if code != 0 {
		s.changeLocked()
		s.mu.Unlock()
		s.closeWith(c, code)
		return nil, false
	}
	x := &session{id: "session-" + s.idLocked(), shard: in.Shard, intents: in.Intents, conn: c}
	s.sessions = append(s.sessions, x)
	if s.opts.Sparse {
		s.emitLocked(x, "READY", map[string]any{"user": map[string]any{"id": Bot}, "session_id": x.id, "guilds": nil})
		s.changeLocked()
		s.mu.Unlock()
		return x, true
	}
	guilds := []any{}
	mine := s.concerns(x, Guild)
	if mine {
		guilds = append(guilds, map[string]any{"id": Guild, "unavailable": true})
	}
	s.emitLocked(x, "READY", map[string]any{
		"v": 10, "user": user(Bot), "guilds": guilds, "session_id": x.id, "resume_gateway_url": s.gatewayURL("/resume/"),
		"application": map[string]any{"id": App, "flags": 0}, "shard": in.Shard,
	})
	if mine {
		s.emitLocked(x, "GUILD_CREATE", s.guildLocked())
	}
	s.changeLocked()
	s.mu.Unlock()
	return x, true
}

func (s *Server) resume(c *socket, d json.RawMessage, forResume bool) *session {
	var in struct {
		Token     string `json:"token"`
		SessionID string `json:"session_id"`
		Seq       int64  `json:"seq"`
	}
	if json.Unmarshal(d, &in) != nil || in.Token != Token {
		s.closeWith(c, 4004)
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.changeLocked()
	s.stats.Resumes++
	if forResume {
		s.stats.ResumedAt++
	}
	for _, x := range s.sessions {
		if x.id != in.SessionID || x.dead || s.noResume {
			continue
		}
		if in.Seq > x.seq {
			s.problemLocked("resume with sequence %d, beyond %d", in.Seq, x.seq)
			break
		}
		x.conn = c
		for _, e := range x.log {
			if e.seq > in.Seq {
				c.send(e.frame)
			}
		}
		s.emitLocked(x, "RESUMED", map[string]any{})
		return x
	}
	c.send(frame(9, false, 0, ""))
	return nil
}

// concerns reports whether a guild's events go to a session.
func (s *Server) concerns(x *session, guild string) bool {
	if guild == "" {
		return x.shard[0] == 0
	}
	n, err := strconv.ParseUint(guild, 10, 64)
	return err == nil && int((n>>22)%uint64(max(x.shard[1], 1))) == x.shard[0]
}

func (s *Server) emitLocked(x *session, kind string, d any) {
	x.seq++
	f := frame(0, d, x.seq, kind)
	x.log = append(x.log, sent{x.seq, f})
	if x.conn != nil {
		x.conn.send(f)
	}
}

// Dispatch sends an event to the sessions it concerns; those that are not
// connected get it when they resume.
func (s *Server) Dispatch(kind, guild string, payload any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.sessions {
		if !x.dead && s.concerns(x, guild) {
			s.emitLocked(x, kind, payload)
		}
	}
}

// dispatchMessage hides a message's text from sessions without the intent.
func (s *Server) dispatchMessage(kind, guild string, payload map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.sessions {
		if x.dead || !s.concerns(x, guild) {
			continue
		}
		s.emitLocked(x, kind, s.visibleLocked(x.intents, guild, payload))
	}
}

func (s *Server) visibleLocked(intents int, guild string, payload map[string]any) map[string]any {
	mentions, _ := payload["mentions"].([]any)
	mentioned := false
	for _, m := range mentions {
		mentioned = mentioned || m.(map[string]any)["id"] == Bot
	}
	author, _ := payload["author"].(map[string]any)
	if intents&messageContent != 0 || guild == "" || mentioned || author["id"] == Bot {
		return payload
	}
	hidden := maps.Clone(payload)
	hidden["content"], hidden["embeds"], hidden["components"] = "", []any{}, []any{}
	return hidden
}

// Reconnect asks every connection to reconnect (op 7).
func (s *Server) Reconnect() { s.control(func(c *socket) { c.send(frame(7, nil, 0, "")) }) }

// InvalidSession tells every connection that its session is invalid (op 9).
func (s *Server) InvalidSession(resumable bool) {
	s.mu.Lock()
	for _, x := range s.sessions {
		x.dead = x.dead || !resumable
	}
	s.mu.Unlock()
	s.control(func(c *socket) { c.send(frame(9, resumable, 0, "")) })
}

// Drop cuts every connection without a word. Sessions can be resumed.
func (s *Server) Drop() { s.control(func(c *socket) { _ = c.ws.UnderlyingConn().Close() }) }

// Close closes every connection with a code.
func (s *Server) CloseConnections(code int) { s.control(func(c *socket) { s.closeWith(c, code) }) }

// Beat asks every connection for a heartbeat (op 1).
func (s *Server) Beat() { s.control(func(c *socket) { c.send(frame(1, nil, 0, "")) }) }

// Forget makes every session so far unknown, so that none can be resumed.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.sessions {
		x.dead = true
	}
}

// HeartbeatOnce sets the interval asked of the next connection alone.
func (s *Server) HeartbeatOnce(every time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heartbeat = every
}

// KeepAcks holds heartbeat acknowledgements back while quiet.
func (s *Server) KeepAcks(quiet bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noAcks = quiet
}

func (s *Server) control(f func(*socket)) {
	s.mu.Lock()
	var conns []*socket
	for _, x := range s.sessions {
		if x.conn != nil {
			conns = append(conns, x.conn)
		}
	}
	s.mu.Unlock()
	for _, c := range conns {
		f(c)
	}
}

// Raw sends bytes as they are to every connection.
func (s *Server) Raw(frame string) { s.control(func(c *socket) { c.send([]byte(frame)) }) }

// RawDispatch sends an event with a sequence number of the caller's, such as
// one that is out of order.
func (s *Server) RawDispatch(kind string, seq int64, payload any) {
	s.control(func(c *socket) { c.send(frame(0, payload, seq, kind)) })
}

// MessagePayload is a message as the gateway would send it.
func (s *Server) MessagePayload(channel, author, text string) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.messageLocked(&Message{ID: s.idLocked(), Channel: channel, Author: author, Content: text, At: time.Now().UTC()})
}

func (s *Server) messageLocked(m *Message) map[string]any {
	mentions := []any{}
	for rest := m.Content; ; {
		_, after, ok := strings.Cut(rest, "<@")
		if !ok {
			break
		}
		id, tail, ok := strings.Cut(after, ">")
		if !ok {
			break
		}
		if id = strings.TrimPrefix(id, "!"); id != "" && strings.Trim(id, "0123456789") == "" {
			mentions = append(mentions, user(id))
		}
		rest = tail
	}
	p := map[string]any{
		"id": m.ID, "channel_id": m.Channel, "author": user(m.Author), "content": m.Content, "timestamp": m.At.Format(time.RFC3339Nano), "edited_timestamp": nil,
		"tts": false, "mention_everyone": false, "mentions": mentions, "mention_roles": []any{}, "attachments": []any{}, "embeds": []any{}, "components": []any{}, "pinned": false, "type": 0,
	}
	if m.EditedAt != nil {
		p["edited_timestamp"] = m.EditedAt.Format(time.RFC3339Nano)
	}
	if len(m.Embeds) > 0 {
		p["embeds"] = m.Embeds
	}
	if len(m.Components) > 0 {
		p["components"] = m.Components
	}
	if c := s.channels[m.Channel]; c != nil && c.Guild != "" {
		p["guild_id"] = c.Guild
		p["member"] = map[string]any{"roles": []any{}, "nick": nil}
	}
	if m.ReplyTo != "" {
		p["type"] = 19
		p["message_reference"] = map[string]any{"type": 0, "message_id": m.ReplyTo, "channel_id": m.Channel}
	}
	if m.Flags != 0 {
		p["flags"] = m.Flags
	}
	for k, v := range m.extra {
		p[k] = v
	}
	return p
}

func (s *Server) String() string { return fmt.Sprintf("discordtest at %s", s.URL()) }
