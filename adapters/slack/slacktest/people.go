package slacktest

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Mention lets a user mention the bot and returns the message's timestamp. As
// Slack does, it sends the message twice, with different event ids. An empty
// thread posts at the top level.
func (s *Server) Mention(ch, user, text, thread string) string {
	return s.say(ch, user, "<@"+BotUser+"> "+text, thread, true)
}

// Say lets a user say something without a mention.
func (s *Server) Say(ch, user, text, thread string) string {
	return s.say(ch, user, text, thread, false)
}

// Put adds a message to a channel without telling anybody.
func (s *Server) Put(ch string, m Message) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	m.Channel, m.TS = ch, s.tsLocked()
	s.channelLocked(ch).Messages = append(s.channelLocked(ch).Messages, &m)
	return m.TS
}

func (s *Server) say(ch, user, text, thread string, mention bool) string {
	s.mu.Lock()
	c := s.channelLocked(ch)
	m := &Message{Channel: ch, TS: s.tsLocked(), ThreadTS: thread, User: user, Text: text}
	c.Messages = append(c.Messages, m)
	kind := c.Type
	s.mu.Unlock()
	ev := reply{"type": "message", "user": user, "text": text, "ts": m.TS, "channel": ch, "channel_type": kind, "event_ts": m.TS, "team": Team}
	if thread != "" {
		ev["thread_ts"] = thread
	}
	if mention && kind != "im" {
		am := reply{}
		for k, v := range ev {
			am[k] = v
		}
		am["type"] = "app_mention"
		delete(am, "channel_type")
		s.Event(am)
	}
	s.Event(ev)
	return m.TS
}

// Change lets a user edit a message.
func (s *Server) Change(ch, ts, text string) {
	s.mu.Lock()
	m := s.findLocked(ch, ts)
	if m == nil {
		s.mu.Unlock()
		return
	}
	old := m.Text
	m.Text = text
	at := s.tsLocked()
	user, thread, kind := m.User, m.ThreadTS, s.channelLocked(ch).Type
	s.mu.Unlock()
	message := func(t string) reply {
		r := reply{"type": "message", "user": user, "text": t, "ts": ts}
		if thread != "" {
			r["thread_ts"] = thread
		}
		return r
	}
	now := message(text)
	now["edited"] = reply{"user": user, "ts": at}
	s.Event(reply{"type": "message", "subtype": "message_changed", "hidden": true, "channel": ch, "channel_type": kind, "ts": at, "message": now, "previous_message": message(old)})
}

// Event sends an Events API event under a fresh event id.
func (s *Server) Event(ev map[string]any) {
	s.mu.Lock()
	id := s.idLocked("Ev")
	s.mu.Unlock()
	s.EventWithID(id, ev)
}

// EventWithID sends an event under an id, to repeat one.
func (s *Server) EventWithID(id string, ev map[string]any) {
	s.Deliver("events_api", reply{
		"token": "unused", "type": "event_callback", "team_id": Team, "api_app_id": "A0TEST", "event_id": id, "event_time": time.Now().Unix(), "event": ev,
		"authorizations": []reply{{"team_id": Team, "user_id": BotUser, "is_bot": true}},
	})
}

// Slash lets a user type a slash command.
func (s *Server) Slash(ch, user, text string) {
	s.mu.Lock()
	name := "general"
	switch s.channelLocked(ch).Type {
	case "im":
		name = "directmessage"
	case "group":
		name = "privategroup"
	}
	p := map[string]string{
		"command": "/cairn", "text": text, "team_id": Team, "channel_id": ch, "channel_name": name, "user_id": user, "user_name": strings.ToLower(user),
		"response_url": s.responseURLLocked(ch, user), "trigger_id": s.idLocked("trigger."), "api_app_id": "A0TEST",
	}
	s.mu.Unlock()
	s.Deliver("slash_commands", p)
}

// A Button is what can be pressed on a message.
type Button struct{ ActionID, Value, Text string }

// Buttons lists the buttons of a message, native feedback buttons included.
func Buttons(blocks json.RawMessage) []Button {
	var bs []struct {
		Elements []struct {
			Type     string         `json:"type"`
			ActionID string         `json:"action_id"`
			Value    string         `json:"value"`
			Text     any            `json:"text"`
			Positive *feedbackEntry `json:"positive_button"`
			Negative *feedbackEntry `json:"negative_button"`
		} `json:"elements"`
	}
	json.Unmarshal(blocks, &bs)
	var out []Button
	for _, b := range bs {
		for _, e := range b.Elements {
			switch e.Type {
			case "button":
				t, _ := e.Text.(map[string]any)
				label, _ := t["text"].(string)
				out = append(out, Button{e.ActionID, e.Value, label})
			case "feedback_buttons":
				out = append(out, Button{e.ActionID, e.Positive.Value, e.Positive.Text.Text}, Button{e.ActionID, e.Negative.Value, e.Negative.Text.Text})
			}
		}
	}
	return out
}

type feedbackEntry struct {
	Value string `json:"value"`
	Text  struct {
		Text string `json:"text"`
	} `json:"text"`
}

// Press lets a user press a button of a message.
func (s *Server) Press(m Message, user string, b Button) {
	s.mu.Lock()
	at := s.tsLocked()
	p := reply{
		"type": "block_actions", "team": reply{"id": Team}, "user": reply{"id": user, "username": strings.ToLower(user)}, "api_app_id": "A0TEST",
		"channel": reply{"id": m.Channel, "name": "general"}, "trigger_id": s.idLocked("trigger."), "response_url": s.responseURLLocked(m.Channel, user),
		"container": reply{"type": "message", "message_ts": m.TS, "channel_id": m.Channel, "thread_ts": m.ThreadTS, "is_ephemeral": m.Ephemeral != ""},
		"actions":   []reply{{"type": "button", "action_id": b.ActionID, "block_id": "b1", "value": b.Value, "action_ts": at}},
	}
	if m.Ephemeral == "" {
		p["message"] = reply{"type": "message", "ts": m.TS, "thread_ts": m.ThreadTS, "text": m.Text, "user": BotUser}
	}
	s.mu.Unlock()
	s.Deliver("interactive", p)
}

// Shortcut lets a user choose "Find runbook" on a message given as JSON.
func (s *Server) Shortcut(ch, user string, message map[string]any) {
	s.mu.Lock()
	if message["ts"] == nil {
		message["ts"] = s.tsLocked()
	}
	p := reply{
		"type": "message_action", "callback_id": "find_runbook", "trigger_id": s.idLocked("trigger."), "response_url": s.responseURLLocked(ch, user), "action_ts": s.tsLocked(),
		"team": reply{"id": Team}, "user": reply{"id": user, "name": strings.ToLower(user)}, "channel": reply{"id": ch, "name": "general"}, "message_ts": message["ts"], "message": message,
	}
	s.mu.Unlock()
	s.Deliver("interactive", p)
}

// OpenHome lets a user open the app: its home tab, or its messages tab in a
// direct conversation.
func (s *Server) OpenHome(user, tab, ch string) {
	s.Event(reply{"type": "app_home_opened", "user": user, "tab": tab, "channel": ch, "event_ts": strconv.FormatInt(time.Now().Unix(), 10)})
}

// Human returns the last message of a person in a channel.
func (s *Server) Human(ch string) Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.channelLocked(ch).Messages
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].BotID == "" {
			return *all[i]
		}
	}
	return Message{}
}
