package discordtest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// length is a text's length, counted the stricter way.
func length(s string) int { return len(utf16.Encode([]rune(s))) }

// Validate says what Discord would refuse in a message, by the limits of
// https://docs.discord.com/developers/resources/message and
// https://docs.discord.com/developers/components/reference, and what Cairn
// must not send: a message without empty allowed_mentions.
func Validate(raw []byte) (problems []string) {
	bad := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	var m struct {
		Content    string          `json:"content"`
		Embeds     []Embed         `json:"embeds"`
		Components json.RawMessage `json:"components"`
		Allowed    *struct {
			Parse []string `json:"parse"`
			Roles []string `json:"roles"`
			Users []string `json:"users"`
		} `json:"allowed_mentions"`
		Nonce string `json:"nonce"`
		Flags int    `json:"flags"`
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return []string{"the message cannot be read: " + err.Error()}
	}
	limit := func(what, s string, n int) {
		if length(s) > n {
			bad("%s has %d characters, limit %d", what, length(s), n)
		}
		if !utf8.ValidString(s) {
			bad("%s is not UTF-8", what)
		}
	}
	if m.Allowed == nil || m.Allowed.Parse == nil || len(m.Allowed.Parse) > 0 || len(m.Allowed.Users) > 0 {
		bad("allowed_mentions has no empty parse")
	}
	limit("content", m.Content, 2000)
	limit("nonce", m.Nonce, 25)
	if strings.TrimSpace(m.Content) == "" && len(m.Embeds) == 0 && len(m.Components) == 0 {
		bad("the message is empty")
	}
	if len(m.Embeds) > 10 {
		bad("%d embeds, limit 10", len(m.Embeds))
	}
	total := 0
	for i, e := range m.Embeds {
		at := fmt.Sprintf("embed %d: ", i)
		limit(at+"title", e.Title, 256)
		limit(at+"description", e.Description, 4096)
		total += length(strings.TrimSpace(e.Title)) + length(strings.TrimSpace(e.Description))
		if len(e.Fields) > 25 {
			bad("%s%d fields, limit 25", at, len(e.Fields))
		}
		for _, f := range e.Fields {
			limit(at+"field name", f.Name, 256)
			limit(at+"field value", f.Value, 1024)
			if strings.TrimSpace(f.Name) == "" || strings.TrimSpace(f.Value) == "" {
				bad("%sa field is empty", at)
			}
			total += length(f.Name) + length(f.Value)
		}
		if e.Footer != nil {
			limit(at+"footer", e.Footer.Text, 2048)
			total += length(e.Footer.Text)
			if e.Footer.Text == "" {
				bad("%sthe footer is empty", at)
			}
		}
		if e.Author != nil {
			limit(at+"author", e.Author.Name, 256)
			total += length(e.Author.Name)
			if e.Author.Name == "" {
				bad("%sthe author is empty", at)
			}
		}
		if strings.TrimSpace(e.Title+e.Description) == "" && len(e.Fields) == 0 {
			bad("%sit is empty", at)
		}
		if n := fencesOpen(e.Description); n {
			bad("%sa code block is not closed", at)
		}
	}
	if total > 6000 {
		bad("the embeds have %d characters, limit 6000", total)
	}
	components(m.Components, bad)
	return problems
}

// fencesOpen reports whether a description ends inside of a fence.
func fencesOpen(s string) bool {
	for {
		i := strings.Index(s, "```")
		if i < 0 {
			return false
		}
		s = s[i+3:]
		j := strings.Index(s, "```")
		if j < 0 {
			return true
		}
		s = s[j+3:]
	}
}

func components(raw json.RawMessage, bad func(string, ...any)) {
	if len(raw) == 0 {
		return
	}
	var rows []struct {
		Type       int `json:"type"`
		Components []struct {
			Type        int    `json:"type"`
			CustomID    string `json:"custom_id"`
			Label       string `json:"label"`
			Style       int    `json:"style"`
			URL         string `json:"url"`
			Placeholder string `json:"placeholder"`
			Options     []struct {
				Label       string `json:"label"`
				Value       string `json:"value"`
				Description string `json:"description"`
			} `json:"options"`
		} `json:"components"`
	}
	if err := json.Unmarshal(raw, &rows); err != nil {
		bad("components cannot be read: %v", err)
		return
	}
	if len(rows) > 5 {
		bad("%d rows, limit 5", len(rows))
	}
	var ids []string
	for _, r := range rows {
		if r.Type != 1 {
			bad("a row has type %d, want 1", r.Type)
		}
		if n := len(r.Components); n < 1 || n > 5 || n > 1 && r.Components[0].Type == 3 {
			bad("a row has %d components", n)
		}
		for _, c := range r.Components {
			if n := len(c.CustomID); n < 1 || n > 100 {
				bad("custom_id %q has %d bytes, want 1 to 100", c.CustomID, n)
			}
			if slices.Contains(ids, c.CustomID) {
				bad("custom_id %q stands twice", c.CustomID)
			}
			ids = append(ids, c.CustomID)
			switch c.Type {
			case 2:
				if n := length(c.Label); n < 1 || n > 80 {
					bad("a label has %d characters, want 1 to 80", n)
				}
				if c.Style < 1 || c.Style > 4 {
					bad("a button has style %d", c.Style)
				}
			case 3:
				if n := len(c.Options); n < 1 || n > 25 {
					bad("a menu has %d options, want 1 to 25", n)
				}
				var values []string
				for _, o := range c.Options {
					if n := length(o.Label); n < 1 || n > 100 {
						bad("an option's label has %d characters", n)
					}
					if n := length(o.Value); n < 1 || n > 100 || slices.Contains(values, o.Value) {
						bad("an option's value %q is too long, empty or stands twice", o.Value)
					}
					if length(o.Description) > 100 {
						bad("an option's description has %d characters", length(o.Description))
					}
					values = append(values, o.Value)
				}
			default:
				bad("component type %d", c.Type)
			}
		}
	}
}

// ValidateCommands says what Discord would refuse in command definitions.
func ValidateCommands(raw []byte) (problems []string) {
	bad := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	type option struct {
		Type          int               `json:"type"`
		Name          string            `json:"name"`
		NameIn        map[string]string `json:"name_localizations"`
		Description   string            `json:"description"`
		DescriptionIn map[string]string `json:"description_localizations"`
		Required      bool              `json:"required"`
		Autocomplete  bool              `json:"autocomplete"`
		Choices       []struct {
			Name  string `json:"name"`
			Value string `json:"value"`
		} `json:"choices"`
	}
	var list []struct {
		option
		Options []option `json:"options"`
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return []string{err.Error()}
	}
	name := func(s string) {
		if n := utf8.RuneCountInString(s); n < 1 || n > 32 || s != strings.ToLower(s) || strings.ContainsAny(s, " /.,:") {
			bad("name %q", s)
		}
	}
	about := func(o option) {
		for _, s := range append([]string{o.Description}, o.DescriptionIn["zh-CN"]) {
			if n := utf8.RuneCountInString(s); n < 1 || n > 100 {
				bad("%s: a description has %d characters, want 1 to 100", o.Name, n)
			}
		}
	}
	seen := map[string]bool{}
	size := 0
	for _, c := range list {
		for _, n := range append([]string{c.Name}, c.NameIn["zh-CN"]) {
			if seen[n] {
				bad("name %q stands twice", n)
			}
			seen[n] = true
			if c.Type == 1 {
				name(n)
			}
		}
		if c.Type == 3 {
			if c.Description != "" || len(c.Options) > 0 {
				bad("%s: a message command has a description or options", c.Name)
			}
			continue
		}
		about(c.option)
		if len(c.Options) > 25 {
			bad("%s: %d options", c.Name, len(c.Options))
		}
		required := true
		for _, o := range c.Options {
			name(o.Name)
			name(o.NameIn["zh-CN"])
			about(o)
			if o.Required && !required {
				bad("%s: required options come first", c.Name)
			}
			required = o.Required
			if o.Autocomplete && len(o.Choices) > 0 || len(o.Choices) > 25 {
				bad("%s: choices of %s", c.Name, o.Name)
			}
			size += len(o.Name) + len(o.Description)
		}
	}
	if len(list) > 100 || size > 8000 {
		bad("%d commands of %d characters", len(list), size)
	}
	return problems
}
