package discordtest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// An interaction is a command that was called or a button that was pressed.
type interaction struct {
	ID, Token, Channel, User string
	kind                     int
	message                  *Message // the one with the button
	began, answered          time.Time
	answer                   int // the callback's type; 0 while there is none
	data                     json.RawMessage
	ephemeral                bool
	original                 *Message
	deleted                  bool
	lapsed                   bool
	payload                  map[string]any
}

// Interaction is what became of an interaction.
type Interaction struct {
	// Answer is the first answer's type, 0 while there is none; After how long
	// it took.
	Answer    int
	After     time.Duration
	Ephemeral bool
	Data      json.RawMessage
	// Original is the message that the first answer made, Deleted that it is
	// gone.
	Original *Message
	Deleted  bool
}

// Interaction returns what became of an interaction.
func (s *Server) Interaction(id string) Interaction {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byID[id].state()
}

func (x *interaction) state() Interaction {
	if x == nil {
		return Interaction{}
	}
	out := Interaction{Answer: x.answer, Ephemeral: x.ephemeral, Data: x.data, Deleted: x.deleted}
	if x.answer != 0 {
		out.After = x.answered.Sub(x.began)
	}
	if x.original != nil {
		m := *x.original
		out.Original = &m
	}
	return out
}

// LapseTokens makes the tokens of all interactions so far lapse.
func (s *Server) LapseTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.interactions {
		x.lapsed = true
	}
}

// WebhookPath is the path of an interaction's webhook.
func (s *Server) WebhookPath(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return "/webhooks/" + App + "/" + s.byID[id].Token
}

// AwaitAnswer waits for the first answer to an interaction.
func (s *Server) AwaitAnswer(ctx context.Context, id string) (Interaction, error) {
	var out Interaction
	err := s.Until(ctx, func() bool {
		out = s.byID[id].state()
		return out.Answer != 0
	})
	return out, err
}

func (s *Server) begin(kind int, channelID, who, locale string, data map[string]any, on *Message) string {
	s.mu.Lock()
	c := s.channelLocked(channelID)
	x := &interaction{ID: s.idLocked(), Channel: channelID, User: who, kind: kind, message: on, began: time.Now()}
	x.Token = fmt.Sprintf("token-%s-secret", x.ID)
	s.interactions[x.Token], s.byID[x.ID] = x, x
	p := map[string]any{
		"id": x.ID, "application_id": App, "type": kind, "token": x.Token, "channel_id": channelID, "channel": c.payload(), "locale": locale, "data": data, "version": 1,
		"app_permissions": fmt.Sprint(all), "entitlements": []any{}, "context": 0,
	}
	if c.Guild != "" {
		p["guild_id"], p["guild_locale"], p["member"] = c.Guild, "en-US", map[string]any{"user": user(who), "roles": []any{}}
	} else {
		p["user"] = user(who)
	}
	if on != nil {
		p["message"] = s.messageLocked(on)
	}
	guild := c.Guild
	x.payload = p
	s.mu.Unlock()
	s.Dispatch("INTERACTION_CREATE", guild, p)
	return x.ID
}

// Begin begins an interaction of any kind with any data.
func (s *Server) Begin(kind int, channel, user, locale string, data map[string]any) string {
	return s.begin(kind, channel, user, locale, data, nil)
}

// AgainInteraction delivers an interaction once more.
func (s *Server) AgainInteraction(id string) {
	s.mu.Lock()
	x := s.byID[id]
	guild, payload := s.channels[x.Channel].Guild, x.payload
	s.mu.Unlock()
	s.Dispatch("INTERACTION_CREATE", guild, payload)
}

// Slash lets a user call a command, with options by name, and returns the
// interaction's id.
func (s *Server) Slash(channel, user, name string, options map[string]any) string {
	return s.SlashIn("en-US", channel, user, name, options)
}

// SlashIn is Slash with the user's locale.
func (s *Server) SlashIn(locale, channel, user, name string, options map[string]any) string {
	return s.begin(2, channel, user, locale, map[string]any{"id": "1", "name": name, "type": 1, "options": list(options, "")}, nil)
}

func list(options map[string]any, focused string) []any {
	out := []any{}
	for k, v := range options {
		kind := 3
		if _, ok := v.(bool); ok {
			kind = 5
		}
		o := map[string]any{"name": k, "type": kind, "value": v}
		if k == focused {
			o["focused"] = true
		}
		out = append(out, o)
	}
	return out
}

// Type lets a user type into a command's option and returns the
// interaction's id.
func (s *Server) Type(locale, channel, user, name, option, typed string) string {
	return s.begin(4, channel, user, locale, map[string]any{"id": "1", "name": name, "type": 1, "options": list(map[string]any{option: typed}, option)}, nil)
}

// FindRunbook lets a user call the message command on a message.
func (s *Server) FindRunbook(channel, user, message string) string {
	s.mu.Lock()
	m := s.findLocked(channel, message)
	target := s.messageLocked(m)
	s.mu.Unlock()
	return s.begin(2, channel, user, "en-US", map[string]any{"id": "2", "name": "Find runbook", "type": 3, "target_id": message, "resolved": map[string]any{"messages": map[string]any{message: target}}}, nil)
}

// Press lets a user press a button of a message, or choose values of a menu.
func (s *Server) Press(channel, user, message, customID string, values ...string) string {
	s.mu.Lock()
	m := s.findLocked(channel, message)
	s.mu.Unlock()
	if m == nil {
		m = &Message{ID: message, Channel: channel, Author: Bot, At: time.Now().UTC()}
	}
	data := map[string]any{"custom_id": customID, "component_type": 2}
	if len(values) > 0 {
		data["component_type"], data["values"] = 3, values
	}
	return s.begin(3, channel, user, "en-US", data, m)
}

func (s *Server) callbackLocked(id, token string, body []byte) reply {
	x := s.interactions[token]
	if x == nil || x.ID != id || time.Since(x.began) > s.opts.AnswerWithin {
		return refuse(404, 10062, "Unknown interaction")
	}
	if x.answer != 0 {
		return refuse(400, 40060, "Interaction has already been acknowledged.")
	}
	var in struct {
		Type int             `json:"type"`
		Data json.RawMessage `json:"data"`
	}
	if json.Unmarshal(body, &in) != nil {
		return refuse(400, 50035, "Invalid Form Body")
	}
	var flags struct {
		Flags int `json:"flags"`
	}
	if len(in.Data) > 0 {
		_ = json.Unmarshal(in.Data, &flags)
	}
	switch in.Type {
	case 5:
		if flags.Flags&^64 != 0 {
			s.problemLocked("deferred with flags %d", flags.Flags)
		}
	case 4, 7:
		m, out := s.incomingLocked(x.Channel, in.Data)
		if out.status != 0 {
			return out
		}
		m.Followup = true
		if in.Type == 7 && x.message != nil {
			x.message.Content, x.message.Embeds, x.message.Components = m.Content, m.Embeds, m.Components
			break
		}
		if flags.Flags&64 != 0 {
			m.Ephemeral = x.User
		}
		x.original = m
		s.channels[x.Channel].Messages = append(s.channels[x.Channel].Messages, m)
	case 6:
		if x.kind != 3 {
			return refuse(400, 50035, "Invalid Form Body")
		}
		x.original = x.message
	case 8:
		var choices struct {
			Choices []struct {
				Name  string `json:"name"`
				Value string `json:"value"`
			} `json:"choices"`
		}
		if x.kind != 4 || json.Unmarshal(in.Data, &choices) != nil || choices.Choices == nil || len(choices.Choices) > 25 {
			s.problemLocked("autocomplete answered with %s", in.Data)
		}
		for _, c := range choices.Choices {
			if n := length(c.Name); n < 1 || n > 100 || length(c.Value) > 100 {
				s.problemLocked("a choice has %d characters", n)
			}
		}
	default:
		return refuse(400, 50035, "Invalid Form Body")
	}
	x.answer, x.answered, x.data, x.ephemeral = in.Type, time.Now(), in.Data, flags.Flags&64 != 0
	s.changeLocked()
	return reply{status: 204}
}

func (s *Server) webhookLocked(method, app, token string, rest []string, body []byte) reply {
	x := s.interactions[token]
	if app != App || x == nil {
		return refuse(404, 10015, "Unknown Webhook")
	}
	if x.lapsed || time.Since(x.began) > s.opts.TokenLasts {
		return refuse(401, 50027, "Invalid Webhook Token")
	}
	if x.answer == 0 {
		return refuse(404, 10015, "Unknown Webhook")
	}
	c := s.channels[x.Channel]
	if c.Gone {
		return refuse(404, 10003, "Unknown Channel")
	}
	post := func(ephemeral bool) reply {
		m, out := s.incomingLocked(x.Channel, body)
		if out.status != 0 {
			return out
		}
		m.Followup = true
		if ephemeral {
			m.Ephemeral = x.User
		}
		c.Messages = append(c.Messages, m)
		s.changeLocked()
		if x.answer == 5 && x.original == nil && !x.deleted {
			x.original = m
		}
		return done(s.messageLocked(m))
	}
	switch {
	case method == "POST" && len(rest) == 0:
		var flags struct {
			Flags int `json:"flags"`
		}
		_ = json.Unmarshal(body, &flags)
		ephemeral := flags.Flags&64 != 0
		if x.answer == 5 && x.original == nil && !x.deleted {
			ephemeral = x.ephemeral // the first one fills the deferred message
		}
		return post(ephemeral)
	case len(rest) == 2 && rest[0] == "messages" && rest[1] != "@original":
		m := s.findLocked(x.Channel, rest[1])
		switch {
		case m == nil || !m.Followup:
			return refuse(404, 10008, "Unknown Message")
		case method == "PATCH":
			return s.editLocked(m, body)
		case method == "DELETE":
			c.Messages = slices.DeleteFunc(c.Messages, func(o *Message) bool { return o == m })
			s.changeLocked()
			return reply{status: 204}
		}
	case len(rest) == 2 && rest[0] == "messages":
		switch {
		case x.deleted || x.answer == 8:
			return refuse(404, 10008, "Unknown Message")
		case method == "DELETE":
			if x.original != nil {
				m := x.original
				for i, o := range c.Messages {
					if o == m {
						c.Messages = append(c.Messages[:i:i], c.Messages[i+1:]...)
						break
					}
				}
			}
			x.deleted = true
			s.changeLocked()
			return reply{status: 204}
		case method == "PATCH" && x.original == nil:
			return post(x.ephemeral)
		case method == "PATCH":
			return s.editLocked(x.original, body)
		}
	}
	return refuse(404, 0, "404: Not Found")
}
