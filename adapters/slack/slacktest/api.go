package slacktest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// reply is the JSON object that a method answers.
type reply = map[string]any

func failed(code string) reply { return reply{"ok": false, "error": code} }

func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	method := strings.TrimPrefix(r.URL.Path, "/api/")
	args, token, err := arguments(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	call := Call{Method: method, Args: args, At: time.Now()}
	s.mu.Lock()
	s.calls = append(s.calls, call)
	fault, faulty := s.faultLocked(call)
	s.changeLocked()
	s.mu.Unlock()
	if fault.Delay > 0 {
		select {
		case <-time.After(fault.Delay):
		case <-r.Context().Done():
			return
		case <-s.ctx.Done():
			return
		}
	}
	if fault.Until != nil {
		select {
		case <-fault.Until:
		case <-r.Context().Done():
			return
		case <-s.ctx.Done():
			return
		}
	}
	var out reply
	if !faulty || fault.After || !fault.Drop && fault.Status == 0 && fault.Error == "" {
		out = s.answer(method, token, call)
	}
	switch {
	case !faulty:
	case fault.Drop:
		panic(http.ErrAbortHandler)
	case fault.Status != 0:
		if fault.Status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", strconv.Itoa(int(fault.RetryAfter.Seconds())))
		}
		w.WriteHeader(fault.Status)
		return
	case fault.Error != "":
		out = failed(fault.Error)
		if fault.Needed != "" {
			out["needed"], out["provided"] = fault.Needed, s.opts.Scopes
		}
		if len(fault.Details) > 0 {
			out["response_metadata"] = reply{"messages": fault.Details}
		}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-OAuth-Scopes", s.opts.Scopes)
	json.NewEncoder(w).Encode(out)
}

func (s *Server) faultLocked(c Call) (Fault, bool) {
	if c.Method == "chat.postMessage" && s.opts.PostEvery > 0 {
		ch := s.channelLocked(c.Arg("channel"))
		if c.At.Sub(ch.posted) < s.opts.PostEvery {
			return Fault{Status: http.StatusTooManyRequests, RetryAfter: s.opts.PostEvery}, true
		}
		ch.posted = c.At
	}
	for i, f := range s.faults[c.Method] {
		if f.Channel == "" || f.Channel == c.Arg("channel") {
			s.faults[c.Method] = slices.Delete(s.faults[c.Method], i, i+1)
			return f, true
		}
	}
	return Fault{}, false
}

// arguments reads a form or a JSON body; the token may be a field or a header.
func arguments(r *http.Request) (args map[string]json.RawMessage, token string, err error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 4<<20))
	if err != nil {
		return nil, "", err
	}
	args = map[string]json.RawMessage{}
	token = strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		if len(body) > 0 && string(body) != "null\n" {
			err = json.Unmarshal(body, &args)
		}
		return args, token, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, "", err
	}
	for k, v := range form {
		if k == "token" {
			token = v[0]
			continue
		}
		if t := strings.TrimSpace(v[0]); strings.HasPrefix(t, "{") || strings.HasPrefix(t, "[") {
			if json.Valid([]byte(t)) {
				args[k] = json.RawMessage(t)
				continue
			}
		}
		args[k], _ = json.Marshal(v[0])
	}
	return args, token, nil
}

func (s *Server) answer(method, token string, c Call) reply {
	want := BotToken
	if method == "apps.connections.open" {
		want = AppToken
	}
	switch {
	case token == "":
		return failed("not_authed")
	case token != want && (token == BotToken || token == AppToken):
		return failed("not_allowed_token_type")
	case token != want:
		return failed("invalid_auth")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.changeLocked()
	switch method {
	case "auth.test":
		return reply{"ok": true, "url": "https://test.slack.com/", "team": "Test", "user": "cairn", "team_id": Team, "user_id": BotUser, "bot_id": "BCAIRN"}
	case "apps.connections.open":
		s.opened++
		return reply{"ok": true, "url": strings.Replace(s.http.URL, "http", "ws", 1) + "/link?ticket=" + s.idLocked("secret-ticket-")}
	case "chat.postMessage", "chat.postEphemeral", "chat.update", "chat.delete", "chat.startStream", "chat.appendStream", "chat.stopStream":
		return s.chatLocked(method, c)
	case "conversations.open":
		id := "D" + strings.TrimPrefix(c.Arg("users"), "U")
		return reply{"ok": true, "channel": reply{"id": id}}
	case "conversations.info":
		ch := s.channelLocked(c.Arg("channel"))
		return reply{"ok": true, "channel": reply{"id": ch.ID, "is_channel": ch.Type == "channel" || ch.Type == "group", "is_private": ch.Private, "is_im": ch.Type == "im", "is_mpim": ch.Type == "mpim",
			"is_member": len(ch.Members) == 0 || slices.Contains(ch.Members, BotUser)}}
	case "users.conversations":
		in := []reply{}
		for _, ch := range s.channels {
			if slices.Contains(ch.Members, BotUser) && ch.Type != "im" {
				in = append(in, reply{"id": ch.ID, "is_channel": true, "is_private": ch.Private, "is_member": true})
			}
		}
		return reply{"ok": true, "channels": in, "response_metadata": reply{"next_cursor": ""}}
	case "conversations.members":
		return reply{"ok": true, "members": s.channelLocked(c.Arg("channel")).Members, "response_metadata": reply{"next_cursor": ""}}
	case "conversations.history", "conversations.replies":
		return s.historyLocked(method, c)
	case "reactions.add", "reactions.remove":
		return s.reactLocked(method, c)
	case "users.info":
		u, ok := s.users[c.Arg("user")]
		if !ok {
			u = User{ID: c.Arg("user"), Locale: "en-US"}
		}
		return reply{"ok": true, "user": reply{"id": u.ID, "locale": u.Locale, "is_restricted": u.Guest}}
	case "views.publish":
		for _, p := range Validate(c.Args["view"]) {
			s.problemLocked("%s: %s", method, p)
		}
		s.views[c.Arg("user_id")] = c.Args["view"]
		return reply{"ok": true, "view": reply{"id": "V1"}}
	case "assistant.threads.setStatus", "assistant.threads.setSuggestedPrompts":
		s.statuses = append(s.statuses, c)
		return reply{"ok": true}
	}
	s.problemLocked("unknown method %s", method)
	return failed("unknown_method")
}

// payload is the message as it is validated: the arguments as one object.
func payload(c Call) json.RawMessage {
	b, _ := json.Marshal(c.Args)
	return b
}

func (s *Server) chatLocked(method string, c Call) reply {
	ch := s.channelLocked(c.Arg("channel"))
	if c.Arg("channel") == "" || c.Arg("channel") == Gone {
		return failed("channel_not_found")
	}
	if problems := Validate(payload(c)); len(problems) > 0 {
		for _, p := range problems {
			s.problemLocked("%s: %s", method, p)
		}
		out := failed("invalid_blocks")
		out["response_metadata"] = reply{"messages": problems}
		return out
	}
	m := &Message{Channel: ch.ID, ThreadTS: c.Arg("thread_ts"), User: BotUser, BotID: "BCAIRN", Text: c.Arg("text"), Blocks: c.Args["blocks"], Metadata: c.Args["metadata"]}
	switch method {
	case "chat.postMessage", "chat.startStream":
		if m.ThreadTS != "" && s.findLocked(ch.ID, m.ThreadTS) == nil && len(ch.Messages) > 0 {
			s.problemLocked("%s: thread %s does not exist in %s", method, m.ThreadTS, ch.ID)
		}
		if method == "chat.startStream" {
			if m.ThreadTS == "" {
				return failed("invalid_arguments")
			}
			if ch.Type != "im" && (c.Arg("recipient_user_id") == "" || c.Arg("recipient_team_id") == "") {
				return failed("missing_recipient_user_id")
			}
			if c.Arg("markdown_text") == "" && len(c.Args["chunks"]) == 0 {
				return failed("invalid_arguments")
			}
			m.Streaming = true
			s.growLocked(m, c)
		} else if c.Arg("unfurl_links") != "false" {
			s.problemLocked("%s: unfurl_links is not off", method)
		}
		m.TS = s.tsLocked()
		ch.Messages = append(ch.Messages, m)
	case "chat.postEphemeral":
		m.TS, m.Ephemeral = s.tsLocked(), c.Arg("user")
		s.ephemeral = append(s.ephemeral, *m)
		return reply{"ok": true, "message_ts": m.TS}
	case "chat.update":
		old := s.findLocked(ch.ID, c.Arg("ts"))
		switch {
		case old == nil:
			return failed("message_not_found")
		case old.User != BotUser:
			return failed("cant_update_message")
		case old.Streaming:
			return failed("streaming_state_conflict")
		}
		old.Text, old.Blocks, old.Edited = m.Text, m.Blocks, true
		m.TS = old.TS
	case "chat.delete":
		m.TS = c.Arg("ts")
		ch.Messages = slices.DeleteFunc(ch.Messages, func(x *Message) bool { return x.TS == m.TS && x.User == BotUser })
	case "chat.appendStream", "chat.stopStream":
		old := s.findLocked(ch.ID, c.Arg("ts"))
		if old == nil || !old.Streaming {
			return failed("message_not_in_streaming_state")
		}
		if method == "chat.appendStream" && c.Arg("markdown_text") == "" && len(c.Args["chunks"]) == 0 {
			return failed("no_text")
		}
		before := *old
		if s.growLocked(old, c); len(old.Text) > 12000 {
			*old = before
			return failed("msg_too_long")
		}
		old.Streaming = method == "chat.appendStream"
		m.TS = old.TS
	}
	return reply{"ok": true, "channel": ch.ID, "ts": m.TS, "message": m}
}

// growLocked adds to a streaming message what a call brings.
func (s *Server) growLocked(m *Message, c Call) {
	m.Text += c.Arg("markdown_text")
	var chunks []struct {
		Type, Text string
		Blocks     []json.RawMessage
	}
	json.Unmarshal(c.Args["chunks"], &chunks)
	var blocks []json.RawMessage
	json.Unmarshal(m.Blocks, &blocks)
	for _, k := range chunks {
		switch k.Type {
		case "markdown_text":
			m.Text += k.Text
		case "blocks":
			blocks = append(blocks, k.Blocks...)
			raw, _ := json.Marshal(reply{"text": "chunk", "blocks": k.Blocks})
			for _, p := range Validate(raw) {
				s.problemLocked("%s: %s", c.Method, p)
			}
		default:
			s.problemLocked("%s: chunk of type %q", c.Method, k.Type)
		}
	}
	if len(blocks) > 0 {
		m.Blocks, _ = json.Marshal(blocks)
	}
}

// CloseStream ends a streaming message as Slack does by itself after minutes.
func (s *Server) CloseStream(ch, ts string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.findLocked(ch, ts); m != nil {
		m.Streaming = false
	}
}

func (s *Server) historyLocked(method string, c Call) reply {
	ch := s.channelLocked(c.Arg("channel"))
	var found []*Message
	for i := len(ch.Messages) - 1; i >= 0; i-- {
		m := ch.Messages[i]
		switch {
		case method == "conversations.replies" && m.ThreadTS != c.Arg("ts") && m.TS != c.Arg("ts"):
			continue
		case method == "conversations.history" && m.ThreadTS != "" && m.ThreadTS != m.TS:
			continue // stands in a thread only
		}
		inclusive := c.Arg("inclusive") == "1" || c.Arg("inclusive") == "true"
		if o := c.Arg("oldest"); o != "" && (m.TS < o || m.TS == o && !inclusive) {
			continue
		}
		if l := c.Arg("latest"); l != "" && (m.TS > l || m.TS == l && !inclusive) {
			continue
		}
		found = append(found, m)
	}
	limit, _ := strconv.Atoi(c.Arg("limit"))
	if limit <= 0 {
		limit = 100
	}
	start, _ := strconv.Atoi(c.Arg("cursor"))
	end := min(start+limit, len(found))
	start = min(start, end)
	next := ""
	if end < len(found) {
		next = strconv.Itoa(end)
	}
	var out []reply
	for _, m := range found[start:end] {
		r := reply{"type": "message", "ts": m.TS, "thread_ts": m.ThreadTS, "user": m.User, "text": m.Text}
		if len(m.Blocks) > 0 {
			r["blocks"] = m.Blocks
		}
		if len(m.Metadata) > 0 && c.Arg("include_all_metadata") != "" && c.Arg("include_all_metadata") != "0" && c.Arg("include_all_metadata") != "false" {
			r["metadata"] = m.Metadata
		}
		out = append(out, r)
	}
	return reply{"ok": true, "messages": out, "has_more": next != "", "response_metadata": reply{"next_cursor": next}}
}

func (s *Server) reactLocked(method string, c Call) reply {
	m := s.findLocked(c.Arg("channel"), c.Arg("timestamp"))
	if m == nil {
		return failed("message_not_found")
	}
	name := c.Arg("name")
	has := slices.Contains(m.Reactions, name)
	switch {
	case method == "reactions.add" && has:
		return failed("already_reacted")
	case method == "reactions.add":
		m.Reactions = append(m.Reactions, name)
	case !has:
		return failed("no_reaction")
	default:
		m.Reactions = slices.DeleteFunc(m.Reactions, func(x string) bool { return x == name })
	}
	return reply{"ok": true}
}

type responseURL struct {
	user, channel string
	uses          int
}

func (s *Server) responseURLLocked(ch, user string) string {
	id := s.idLocked("secret-response-")
	s.responses[id] = &responseURL{user: user, channel: ch}
	return s.http.URL + "/respond/" + id
}

func (s *Server) serveResponse(w http.ResponseWriter, r *http.Request) {
	args, _, err := arguments(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c := Call{Method: "response_url", Args: args, At: time.Now()}
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.changeLocked()
	s.calls = append(s.calls, c)
	if f, ok := s.faultLocked(c); ok && f.Status != 0 {
		w.WriteHeader(f.Status)
		return
	}
	u, ok := s.responses[strings.TrimPrefix(r.URL.Path, "/respond/")]
	if !ok || u.uses >= 5 {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"ok":false,"error":"used_url"}`)
		return
	}
	u.uses++
	for _, p := range Validate(payload(c)) {
		s.problemLocked("response_url: %s", p)
	}
	replace := string(args["replace_original"]) == "true"
	m := Message{Channel: u.channel, ThreadTS: c.Arg("thread_ts"), TS: s.tsLocked(), User: BotUser, BotID: "BCAIRN", Text: c.Arg("text"), Blocks: args["blocks"], Ephemeral: u.user, Response: true, Replaced: replace}
	if c.Arg("response_type") == "in_channel" {
		m.Ephemeral = ""
	}
	s.ephemeral = append(s.ephemeral, m)
	fmt.Fprint(w, "ok")
}
