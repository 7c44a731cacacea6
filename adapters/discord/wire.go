package discord

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
)

// Discord's JSON, as far as it is read. Components stay raw, and decode passes
// over what has another type than it should: neither may cost the message.

// decode is json.Unmarshal that leaves out values of an unexpected type: what
// is needed of them is checked by who needs it.
func decode(data []byte, v any) error {
	err := json.Unmarshal(data, v)
	var odd *json.UnmarshalTypeError
	if errors.As(err, &odd) {
		return nil
	}
	return err
}

// A wireTime is a time, or zero where it cannot be read.
type wireTime struct{ time.Time }

func (t *wireTime) UnmarshalJSON(b []byte) error {
	t.Time = time.Time{}
	var s string
	if json.Unmarshal(b, &s) == nil {
		if at, err := time.Parse(time.RFC3339, s); err == nil {
			t.Time = at
		}
	}
	return nil
}

// A bitset holds permissions: a number in quotes, or without.
type bitset string

func (p *bitset) UnmarshalJSON(b []byte) error {
	*p = bitset(strings.Trim(string(b), `"`))
	return nil
}

func (p bitset) bits() int64 {
	n, err := strconv.ParseInt(string(p), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

type wireUser struct {
	ID         string `json:"id"`
	Username   string `json:"username"`
	GlobalName string `json:"global_name"`
	Bot        bool   `json:"bot"`
	System     bool   `json:"system"`
}

func (u *wireUser) name() string {
	if u.GlobalName != "" {
		return u.GlobalName
	}
	return u.Username
}

type wireMember struct {
	User  *wireUser `json:"user"`
	Nick  string    `json:"nick"`
	Roles []string  `json:"roles"`
}

type wireIncoming struct {
	ID              string          `json:"id"`
	ChannelID       string          `json:"channel_id"`
	GuildID         string          `json:"guild_id"`
	Author          *wireUser       `json:"author"`
	Member          *wireMember     `json:"member"`
	Content         string          `json:"content"`
	Timestamp       wireTime        `json:"timestamp"`
	EditedTimestamp *wireTime       `json:"edited_timestamp"`
	Mentions        []wireUser      `json:"mentions"`
	MentionRoles    []string        `json:"mention_roles"`
	MentionEveryone bool            `json:"mention_everyone"`
	WebhookID       string          `json:"webhook_id"`
	Type            int             `json:"type"`
	Reference       *wirePointer    `json:"message_reference"`
	Referenced      *wireIncoming   `json:"referenced_message"`
	Snapshots       []wireSnapshot  `json:"message_snapshots"`
	Embeds          []wireEmbed     `json:"embeds"`
	Components      json.RawMessage `json:"components"`
}

type wirePointer struct {
	Type      int    `json:"type"`
	MessageID string `json:"message_id"`
	ChannelID string `json:"channel_id"`
}

type wireSnapshot struct {
	Message wireIncoming `json:"message"`
}

type wireEmbed struct {
	URL         string `json:"url"`
	Title       string `json:"title"`
	Description string `json:"description"`
	Author      struct {
		Name string `json:"name"`
	} `json:"author"`
	Footer struct {
		Text string `json:"text"`
	} `json:"footer"`
	Fields []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"fields"`
}

// The message types that hold what somebody wrote: plain and reply. The rest
// tells of joins, pins and threads.
func written(kind int) bool { return kind == 0 || kind == 19 }

// The channel types that decide something.
const (
	typeText         = 0
	typeDM           = 1
	typeGroupDM      = 3
	typeAnnouncement = 5
	typeNewsThread   = 10
	typeThread       = 11
	typePrivate      = 12
	typeForum        = 15
)

type wireChannel struct {
	ID            string          `json:"id"`
	Type          int             `json:"type"`
	GuildID       string          `json:"guild_id"`
	ParentID      string          `json:"parent_id"`
	Name          string          `json:"name"`
	LastMessageID string          `json:"last_message_id"`
	Overwrites    []wireOverwrite `json:"permission_overwrites"`
}

func (c *wireChannel) thread() bool { return c.Type >= typeNewsThread && c.Type <= typePrivate }

type wireOverwrite struct {
	ID    string `json:"id"`
	Type  int    `json:"type"` // 0 role, 1 member
	Allow bitset `json:"allow"`
	Deny  bitset `json:"deny"`
}

type wireRole struct {
	ID          string `json:"id"`
	Permissions bitset `json:"permissions"`
}

type wireGuild struct {
	ID          string        `json:"id"`
	OwnerID     string        `json:"owner_id"`
	Unavailable bool          `json:"unavailable"`
	Channels    []wireChannel `json:"channels"`
	Threads     []wireChannel `json:"threads"`
	Roles       []wireRole    `json:"roles"`
	Members     []wireMember  `json:"members"`
}

type wireInteraction struct {
	ID            string        `json:"id"`
	ApplicationID string        `json:"application_id"`
	Type          int           `json:"type"`
	Token         string        `json:"token"`
	GuildID       string        `json:"guild_id"`
	ChannelID     string        `json:"channel_id"`
	Channel       *wireChannel  `json:"channel"`
	Member        *wireMember   `json:"member"`
	User          *wireUser     `json:"user"`
	Locale        string        `json:"locale"`
	GuildLocale   string        `json:"guild_locale"`
	Message       *wireIncoming `json:"message"`
	Data          struct {
		Name          string       `json:"name"`
		Type          int          `json:"type"`
		Options       []wireOption `json:"options"`
		TargetID      string       `json:"target_id"`
		CustomID      string       `json:"custom_id"`
		ComponentType int          `json:"component_type"`
		Values        []string     `json:"values"`
		Resolved      struct {
			Messages map[string]*wireIncoming `json:"messages"`
		} `json:"resolved"`
	} `json:"data"`
}

// The interaction types.
const (
	interactionPing         = 1
	interactionCommand      = 2
	interactionComponent    = 3
	interactionAutocomplete = 4
)

type wireOption struct {
	Name    string          `json:"name"`
	Type    int             `json:"type"`
	Value   json.RawMessage `json:"value"`
	Focused bool            `json:"focused"`
	Options []wireOption    `json:"options"`
}

// text is an option's value as text.
func (o *wireOption) text() string {
	var s string
	if json.Unmarshal(o.Value, &s) == nil {
		return s
	}
	return cut(string(o.Value), 100)
}

// discordEpoch is the first moment that a snowflake can name, in milliseconds.
const discordEpoch = 1420070400000

// snowflakeTime is the time in an id.
func snowflakeTime(id string) time.Time {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil || n>>22 == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(n>>22) + discordEpoch).UTC()
}

// snowflakeAt is the least id of a time.
func snowflakeAt(t time.Time) string {
	ms := t.UnixMilli() - discordEpoch
	if ms <= 0 {
		return "0"
	}
	return strconv.FormatUint(uint64(ms)<<22, 10)
}

// newer reports whether an id was made after another.
func newer(a, b string) bool {
	if len(a) != len(b) {
		return len(a) > len(b)
	}
	return a > b
}
