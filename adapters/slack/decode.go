package slack

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"cairn/adapters"
)

// Name is the adapter's name in configuration, events and metrics.
const Name = "slack"

// What Slack is told to send, beside commandName and shortcutID; the test of
// deploy/slack-manifest.yaml compares.
var botEvents = []string{"app_home_opened", "app_mention", "message.channels", "message.groups", "message.im", "message.mpim"}

const (
	commandName = "/cairn"
	shortcutID  = "find_runbook"
)

var errMalformed = errors.New("malformed")

// A decoder turns Slack's JSON into events. It does no I/O.
type decoder struct {
	self       string // the bot's user id
	onboarding []string
	now        func() time.Time
}

// decoded is what one envelope gave: events for the handler, or the wish of
// somebody who opened the conversation with the app.
type decoded struct {
	events []adapters.Event
	// opened is the direct conversation whose messages tab was opened.
	opened string
	user   string
	// publicKnown reports that ChannelPublic of the events is certain.
	publicKnown bool
}

// callback decodes an Events API payload. Nothing of interest is no error.
func (d *decoder) callback(payload []byte) (decoded, error) {
	var c wireCallback
	if err := unmarshal(payload, &c); err != nil {
		return decoded{}, fmt.Errorf("event payload: %w: %w", errMalformed, err)
	}
	if c.Type != "event_callback" {
		return decoded{}, nil
	}
	e := &c.Event
	if e.Type == "app_home_opened" {
		if e.User == "" || e.Tab == "messages" {
			return decoded{opened: e.Channel, user: e.User}, nil
		}
		return decoded{events: []adapters.Event{{
			Adapter: Name, Keys: keys(c.EventID, "home:"+e.User+":"+string(c.EventTime)), Kind: adapters.EventHome,
			Surface: adapters.SurfaceDirect, Time: d.time("", c.EventTime), Workspace: c.TeamID, User: adapters.User{ID: e.User},
		}}}, nil
	}
	if e.Type != "message" && e.Type != "app_mention" {
		return decoded{}, nil
	}
	self := d.self
	for _, a := range c.Authorizations {
		if self == "" && a.IsBot {
			self = a.UserID
		}
	}
	ev, ok := d.message(self, e)
	if !ok {
		return decoded{}, nil
	}
	ev.Workspace = c.TeamID
	ev.Keys = append(keys(c.EventID), ev.Keys...)
	if ev.Time.IsZero() {
		ev.Time = d.time("", c.EventTime)
	}
	return decoded{events: []adapters.Event{ev}, publicKnown: e.ChannelType != ""}, nil
}

func keys(eventID string, more ...string) []string {
	var out []string
	if eventID != "" {
		out = append(out, "event:"+eventID)
	}
	return append(out, more...)
}

func (d *decoder) time(ts string, event json.Number) time.Time {
	for _, s := range []string{ts, string(event)} {
		if t := when(s); !t.IsZero() {
			return t
		}
	}
	return d.now().UTC()
}

// message decodes a message, its edit or its deletion.
func (d *decoder) message(self string, e *wireEvent) (adapters.Event, bool) {
	m, kind := &e.wireMessage, adapters.EventAsk
	switch e.Subtype {
	case "", "file_share", "thread_broadcast", "me_message":
	case "message_changed":
		if e.Message == nil || e.Message.Subtype == "tombstone" {
			return adapters.Event{}, false
		}
		// Slack also "changes" a message when it unfurls a link in it.
		if e.Message.Edited == nil || e.Previous != nil && e.Previous.Text == e.Message.Text {
			return adapters.Event{}, false
		}
		m, kind = e.Message, adapters.EventEdit
	case "message_deleted":
		if e.Previous == nil {
			return adapters.Event{}, false
		}
		m, kind = e.Previous, adapters.EventDelete
		if m.TS == "" {
			m.TS = e.DeletedTS
		}
	default:
		return adapters.Event{}, false
	}
	if m.BotID != "" || m.User == "" || m.User == self || m.User == "USLACKBOT" || m.Subtype == "bot_message" || e.Channel == "" || m.TS == "" {
		return adapters.Event{}, false
	}
	ev := adapters.Event{
		Adapter: Name, Kind: kind, Time: when(m.TS), Channel: e.Channel, ChannelPublic: e.ChannelType == "channel",
		Thread: m.ThreadTS, Message: m.TS, User: adapters.User{ID: m.User},
	}
	t := readText(m.Text, self)
	ev.Text = t.text
	direct := e.ChannelType == "im" || e.ChannelType == "" && strings.HasPrefix(e.Channel, "D")
	mentioned := t.self || e.Type == "app_mention"
	if kind == adapters.EventEdit && !mentioned && e.Previous != nil {
		mentioned = readText(e.Previous.Text, self).self
	}
	switch {
	case direct:
		ev.Surface = adapters.SurfaceDirect
	case mentioned:
		ev.Surface = adapters.SurfaceMention
	case slices.Contains(d.onboarding, e.Channel):
		ev.Surface = adapters.SurfaceOnboarding
	case m.ThreadTS != "" && m.ThreadTS != m.TS:
		ev.Surface = adapters.SurfaceThread
	default:
		return adapters.Event{}, false
	}
	if !direct && ev.Thread == "" {
		ev.Thread = m.TS
	}
	switch kind {
	case adapters.EventEdit:
		ev.Keys = []string{"edit:" + e.Channel + ":" + m.TS + ":" + m.Edited.TS}
		ev.Time = d.time(m.Edited.TS, "")
		return ev, true
	case adapters.EventDelete:
		ev.Keys, ev.Text = []string{"delete:" + e.Channel + ":" + m.TS}, ""
		ev.Time = d.time(e.TS, "")
		return ev, true
	}
	ev.Keys = []string{"message:" + e.Channel + ":" + m.TS}
	if mentioned || direct {
		// A forwarded message is what the question is about.
		if s := shared(m, self); s != "" {
			ev.Text = strings.TrimSpace(ev.Text + "\n" + s)
		}
		return ev, true
	}
	if t.others || ev.Text == "" {
		ev.Kind = adapters.EventChatter // said to somebody else
	}
	return ev, true
}

// command decodes a slash command; id identifies the request where Slack sends
// no trigger.
func (d *decoder) command(payload []byte, id string) (decoded, error) {
	var c wireCommand
	if err := unmarshal(payload, &c); err != nil {
		return decoded{}, fmt.Errorf("slash command: %w: %w", errMalformed, err)
	}
	return d.slash(c, id)
}

func (d *decoder) commandForm(v url.Values, id string) (decoded, error) {
	return d.slash(wireCommand{
		Command: v.Get("command"), Text: v.Get("text"), TeamID: v.Get("team_id"), ChannelID: v.Get("channel_id"), ChannelName: v.Get("channel_name"),
		UserID: v.Get("user_id"), UserName: v.Get("user_name"), ResponseURL: v.Get("response_url"), TriggerID: v.Get("trigger_id"),
	}, id)
}

func (d *decoder) slash(c wireCommand, id string) (decoded, error) {
	if c.Command != commandName || c.UserID == "" {
		return decoded{}, fmt.Errorf("slash command %.40q: %w: not ours, or without a user", c.Command, errMalformed)
	}
	if c.TriggerID != "" {
		id = c.TriggerID
	}
	ev := adapters.Event{
		Adapter: Name, Keys: []string{"command:" + id}, Kind: adapters.EventCommand, Surface: adapters.SurfaceSlash, Time: d.now().UTC(),
		Workspace: c.TeamID, Channel: c.ChannelID, User: adapters.User{ID: c.UserID, Name: c.UserName}, Private: true,
		Text: readText(c.Text, d.self).text,
	}
	d.answerAt(&ev, c.ResponseURL)
	word, rest, _ := strings.Cut(ev.Text, " ")
	rest = strings.TrimSpace(rest)
	switch word = strings.ToLower(word); {
	case word == "ask" && rest != "":
		ev.Kind, ev.Text = adapters.EventAsk, rest
	case word == "ask":
		ev.Command, ev.Text = "help", ""
	case (word == "help" || word == "status") && rest != "":
		ev.Kind = adapters.EventAsk // "status code 502" is a question
	default:
		ev.Command, ev.Text = word, rest
	}
	return decoded{events: []adapters.Event{ev}, publicKnown: notPublicName(c.ChannelName)}, nil
}

// notPublicName reports whether the name that Slack gives instead of the
// channel's tells that the channel is not public.
func notPublicName(name string) bool {
	return name == "privategroup" || name == "directmessage" || strings.HasPrefix(name, "mpdm-")
}

func (d *decoder) answerAt(ev *adapters.Event, responseURL string) {
	if responseURL == "" {
		return
	}
	ev.ReplyToken = adapters.NewSecret(responseURL)
	ev.ReplyUntil = d.now().Add(29 * time.Minute).UTC()
}

// interaction decodes a pressed button or the message shortcut.
func (d *decoder) interaction(payload []byte, id string) (decoded, error) {
	var in wireInteraction
	if err := unmarshal(payload, &in); err != nil {
		return decoded{}, fmt.Errorf("interaction: %w: %w", errMalformed, err)
	}
	if in.User.ID == "" {
		return decoded{}, fmt.Errorf("interaction: %w: no user", errMalformed)
	}
	if in.TriggerID != "" {
		id = in.TriggerID
	}
	name := in.User.Name
	if name == "" {
		name = in.User.Username
	}
	ev := adapters.Event{
		Adapter: Name, Time: d.now().UTC(), Workspace: in.Team.ID, Channel: in.Channel.ID, User: adapters.User{ID: in.User.ID, Name: name},
		Surface: adapters.SurfaceMention,
	}
	if ev.Channel == "" {
		ev.Channel = in.Container.ChannelID
	}
	direct := strings.HasPrefix(ev.Channel, "D") || in.Channel.Name == "directmessage"
	if direct || ev.Channel == "" {
		ev.Surface = adapters.SurfaceDirect
	}
	d.answerAt(&ev, in.ResponseURL)
	out := decoded{publicKnown: ev.Channel == "" || notPublicName(in.Channel.Name)}
	switch in.Type {
	case "message_action":
		if in.CallbackID != shortcutID || in.Message == nil {
			return decoded{}, fmt.Errorf("shortcut %.40q: %w: not ours, or without a message", in.CallbackID, errMalformed)
		}
		ev.Kind, ev.Surface, ev.Private = adapters.EventAsk, adapters.SurfaceShortcut, true
		ev.Keys = []string{"shortcut:" + id}
		ev.Message, ev.Thread = in.Message.TS, in.Message.ThreadTS
		if ev.Message == "" {
			ev.Message = in.MessageTS
		}
		if ev.Thread == "" && !direct {
			ev.Thread = ev.Message
		}
		ev.Text = gather(in.Message, d.self)
		out.events = []adapters.Event{ev}
	case "block_actions":
		ev.Kind, ev.Private = adapters.EventAction, in.Container.IsEphemeral
		ev.Message = in.Container.MessageTS
		ev.Thread = in.Container.ThreadTS
		if in.Message != nil && ev.Thread == "" {
			ev.Thread = in.Message.ThreadTS
		}
		on := adapters.Ref{Adapter: Name, Channel: ev.Channel, Thread: ev.Thread, Message: ev.Message}
		if ev.Thread == "" && !direct && !in.Container.IsEphemeral {
			ev.Thread = ev.Message
		}
		for i, act := range in.Actions {
			if i >= LimitActions {
				break
			}
			e := ev
			value := act.Value
			if act.Selected != nil {
				value = act.Selected.Value
			}
			e.Action = adapters.ActionValue{ID: actionName(act.ActionID), Value: value, On: on}
			at := act.ActionTS
			if at == "" {
				at = in.ActionTS
			}
			e.Keys = []string{"action:" + id + ":" + act.ActionID}
			if at != "" {
				e.Keys = append(e.Keys, "action:"+in.User.ID+":"+ev.Message+":"+act.ActionID+":"+at)
			}
			if t := when(at); !t.IsZero() {
				e.Time = t
			}
			if e.Action.ID == openAction {
				continue // a link button: nothing to do
			}
			out.events = append(out.events, e)
		}
	}
	return out, nil
}

// openAction is the id of buttons that only open an address.
const openAction = "open"

// actionName takes the suffix off that keeps ids in a message apart.
func actionName(id string) string {
	name, _, _ := strings.Cut(id, "~")
	return name
}
