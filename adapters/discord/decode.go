package discord

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cairn/adapters"
)

// Name is the adapter's name in configuration, events and metrics.
const Name = "discord"

// The commands that are not plain.
const (
	commandAsk     = "ask"
	commandRunbook = "runbook"
	messageCommand = "Find runbook"
)

var errMalformed = errors.New("malformed")

// A place is where a message stands: for a thread, its parent and the thread.
type place struct {
	channel, thread, guild string
	public, direct         bool
}

// A decoder turns Discord's JSON into events. It does no I/O.
type decoder struct {
	self       string   // the bot's user id
	selfRoles  []string // the role made for the bot, mentioned instead of it
	onboarding []string
	// whereIs tells a message's place; rootOf the question that an answer of
	// the bot belongs to, "" if not known.
	whereIs func(channel, guild string) place
	rootOf  func(message string) string
	now     func() time.Time
}

// message decodes a message or its edit. ok is false for what concerns nobody.
func (d *decoder) message(raw []byte, edited bool) (ev adapters.Event, ok bool, err error) {
	var m wireIncoming
	if err := decode(raw, &m); err != nil {
		return ev, false, fmt.Errorf("message: %w: %w", errMalformed, err)
	}
	ev, ok = d.from(&m, edited)
	return ev, ok, nil
}

func (d *decoder) from(m *wireIncoming, edited bool) (adapters.Event, bool) {
	switch {
	case m.ID == "" || m.ChannelID == "" || m.Author == nil || m.Author.ID == "" || !written(m.Type):
		return adapters.Event{}, false
	case m.Author.Bot || m.Author.System || m.WebhookID != "" || m.Author.ID == d.self:
		return adapters.Event{}, false
	case edited && m.EditedTimestamp == nil:
		return adapters.Event{}, false // Discord added a preview
	}
	p := d.whereIs(m.ChannelID, m.GuildID)
	r := d.read(m)
	ev := adapters.Event{
		Adapter: Name, Keys: []string{"message:" + m.ID}, Kind: adapters.EventAsk, Time: m.Timestamp.UTC(), Workspace: m.GuildID,
		Channel: p.channel, ChannelPublic: p.public, Thread: p.thread, Message: m.ID, User: adapters.User{ID: m.Author.ID, Name: m.Author.name()}, Text: r.text,
	}
	if ev.Workspace == "" {
		ev.Workspace = p.guild
	}
	if t := snowflakeTime(m.ID); ev.Time.IsZero() && !t.IsZero() {
		ev.Time = t
	} else if ev.Time.IsZero() {
		ev.Time = d.now().UTC()
	}
	toSelf := m.Referenced != nil && m.Referenced.Author != nil && m.Referenced.Author.ID == d.self && !forwarded(m)
	switch {
	case p.direct:
		ev.Surface = adapters.SurfaceDirect
	case r.self || toSelf:
		ev.Surface = adapters.SurfaceMention
	case slices.Contains(d.onboarding, p.channel):
		ev.Surface = adapters.SurfaceOnboarding
	case p.thread != "":
		ev.Surface = adapters.SurfaceThread
	default:
		return adapters.Event{}, false
	}
	if !p.direct && ev.Thread == "" {
		ev.Thread = d.root(m, toSelf)
	}
	if edited {
		ev.Kind, ev.Keys = adapters.EventEdit, []string{"edit:" + m.ID + ":" + m.EditedTimestamp.UTC().Format(time.RFC3339Nano)}
		ev.Time = m.EditedTimestamp.UTC()
		return ev, true
	}
	if ev.Surface == adapters.SurfaceDirect || ev.Surface == adapters.SurfaceMention {
		if s := d.forwardedText(m); s != "" {
			ev.Text = strings.TrimSpace(ev.Text + "\n" + s)
		}
		return ev, ev.Text != "" || r.self
	}
	if ev.Text == "" {
		return adapters.Event{}, false // without the intent Discord sends no text
	}
	if r.others {
		ev.Kind = adapters.EventChatter // said to somebody else
	}
	return ev, true
}

// root names the conversation of a message at a channel's top level: the
// question at the beginning of a chain of replies, which is also the id of the
// thread should one be opened from it.
func (d *decoder) root(m *wireIncoming, toSelf bool) string {
	if m.Reference == nil || m.Reference.MessageID == "" || forwarded(m) {
		return m.ID
	}
	if r := d.rootOf(m.Reference.MessageID); r != "" {
		return r
	}
	if toSelf && m.Referenced.Reference != nil && m.Referenced.Reference.MessageID != "" {
		if r := d.rootOf(m.Referenced.Reference.MessageID); r != "" {
			return r
		}
		return m.Referenced.Reference.MessageID
	}
	return m.Reference.MessageID
}

func forwarded(m *wireIncoming) bool { return m.Reference != nil && m.Reference.Type == 1 }

// forwardedText is what was forwarded together with the question.
func (d *decoder) forwardedText(m *wireIncoming) string {
	var g gatherer
	for i, s := range m.Snapshots {
		if i == 5 {
			break
		}
		s := s.Message
		d.gather(&g, &s)
	}
	return g.String()
}

// interaction decodes commands and pressed buttons. ok is false for what the
// adapter answers itself.
func (d *decoder) interaction(in *wireInteraction) (ev adapters.Event, ok bool, err error) {
	u := in.User
	if u == nil && in.Member != nil {
		u = in.Member.User
	}
	if in.ID == "" || in.Token == "" || u == nil || u.ID == "" {
		return ev, false, fmt.Errorf("interaction: %w: no id, token or user", errMalformed)
	}
	p := d.whereIs(in.ChannelID, in.GuildID)
	if in.Channel != nil && in.GuildID != "" && p.thread == "" && in.Channel.thread() && in.Channel.ParentID != "" {
		p.channel, p.thread = in.Channel.ParentID, in.ChannelID
	}
	at := snowflakeTime(in.ID)
	if at.IsZero() {
		at = d.now().UTC()
	}
	ev = adapters.Event{
		Adapter: Name, Keys: []string{"interaction:" + in.ID}, Kind: adapters.EventCommand, Surface: adapters.SurfaceSlash, Time: at, Workspace: in.GuildID,
		Channel: p.channel, ChannelPublic: p.public, Thread: p.thread, User: adapters.User{ID: u.ID, Name: u.name(), Locale: in.Locale}, Private: true,
		ReplyToken: adapters.NewSecret(in.ApplicationID + "/" + in.Token), ReplyUntil: d.now().Add(tokenLasts).UTC(),
	}
	if in.GuildID == "" {
		ev.Channel = in.ChannelID
	}
	switch in.Type {
	case interactionCommand:
		ok, err = d.command(in, &ev)
	case interactionComponent:
		if in.Message == nil || in.Data.CustomID == "" {
			return ev, false, fmt.Errorf("interaction: %w: a button without a message", errMalformed)
		}
		ok = d.pressed(in, &ev)
	}
	return ev, ok, err
}

func (d *decoder) command(in *wireInteraction, ev *adapters.Event) (ok bool, err error) {
	if in.Data.Type == 3 || in.Data.Type == 0 && in.Data.TargetID != "" {
		m := in.Data.Resolved.Messages[in.Data.TargetID]
		if m == nil {
			return false, fmt.Errorf("interaction: %w: no target message", errMalformed)
		}
		var g gatherer
		d.gather(&g, m)
		ev.Kind, ev.Surface, ev.Text, ev.Message = adapters.EventAsk, adapters.SurfaceShortcut, g.String(), m.ID
		if ev.Text == "" {
			ev.Kind, ev.Command = adapters.EventCommand, "help"
		}
		return true, nil
	}
	options := map[string]string{}
	for i, o := range in.Data.Options {
		if i < LimitOptions {
			options[o.Name] = strings.TrimSpace(o.text())
		}
	}
	ev.Private = options["public"] != "true"
	delete(options, "public")
	ev.Command = in.Data.Name
	switch in.Data.Name {
	case commandRunbook:
		return false, nil
	case commandAsk:
		ev.Kind, ev.Command, ev.Text = adapters.EventAsk, "", d.plain(options["question"])
		if ev.Text == "" {
			ev.Kind, ev.Command = adapters.EventCommand, "help"
		}
	default:
		// The argument in words, as a mention would give it; what is no part of
		// it stays a named option.
		c, _ := ownCommand(in.Data.Name)
		words := []string{c.prefix}
		for _, name := range c.argument {
			words = append(words, options[name])
			delete(options, name)
		}
		ev.Text = strings.Join(strings.Fields(d.plain(strings.Join(words, " "))), " ")
		if len(options) > 0 {
			ev.Options = options
		}
		if c.as != "" {
			ev.Command = c.as
		}
	}
	return true, nil
}

func (d *decoder) pressed(in *wireInteraction, ev *adapters.Event) (ok bool) {
	m := in.Message
	id, value := actionOf(in.Data.CustomID)
	if len(in.Data.Values) > 0 {
		value = in.Data.Values[0]
	}
	if strings.HasPrefix(id, ownAction) {
		return false
	}
	ev.Kind, ev.Private, ev.Message = adapters.EventAction, false, m.ID
	ev.Surface = adapters.SurfaceMention
	if in.GuildID == "" {
		ev.Surface = adapters.SurfaceDirect
	}
	if ev.Thread == "" && in.GuildID != "" {
		ev.Thread = d.rootOf(m.ID)
		if ev.Thread == "" && m.Reference != nil {
			ev.Thread = m.Reference.MessageID
		}
	}
	ev.Action = adapters.ActionValue{ID: id, Value: value, On: adapters.Ref{Adapter: Name, Channel: ev.Channel, Thread: ev.Thread, Message: m.ID}}
	return true
}

// tokenLasts is how long an interaction's token is used; Discord takes it for
// fifteen minutes.
const tokenLasts = 14*time.Minute + 30*time.Second

// deleted decodes a deleted message; user and text are not known.
func (d *decoder) deleted(raw []byte) (ev adapters.Event, ok bool, err error) {
	var m wireIncoming
	if err := decode(raw, &m); err != nil {
		return ev, false, fmt.Errorf("deleted message: %w: %w", errMalformed, err)
	}
	if m.ID == "" || m.ChannelID == "" {
		return ev, false, nil
	}
	root := d.rootOf(m.ID)
	if root == "" {
		return ev, false, nil // no question of ours
	}
	p := d.whereIs(m.ChannelID, m.GuildID)
	ev = adapters.Event{
		Adapter: Name, Keys: []string{"delete:" + m.ID}, Kind: adapters.EventDelete, Surface: adapters.SurfaceMention, Time: d.now().UTC(),
		Workspace: m.GuildID, Channel: p.channel, ChannelPublic: p.public, Thread: p.thread, Message: m.ID,
	}
	switch {
	case p.direct:
		ev.Surface = adapters.SurfaceDirect
	case ev.Thread == "":
		ev.Thread = root
	}
	return ev, true, nil
}
