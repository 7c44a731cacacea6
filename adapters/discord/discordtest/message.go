package discordtest

import (
	"encoding/json"
	"strings"
	"time"
)

// A Message is one that stands in a channel.
type Message struct {
	ID, Channel, Author string
	Content             string
	Embeds              []Embed
	Components          json.RawMessage
	Flags               int
	ReplyTo             string
	At                  time.Time
	EditedAt            *time.Time
	// Ephemeral is the user who alone sees it; "" means everybody. Followup
	// reports that it came through an interaction.
	Ephemeral string
	Followup  bool
	// Allowed are the mentions that the sender allowed.
	Allowed json.RawMessage

	extra map[string]any
}

// An Embed is a message's embed.
type Embed struct {
	URL         string `json:"url,omitempty"`
	Type        string `json:"type,omitempty"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	Color       int    `json:"color,omitempty"`
	Author      *struct {
		Name string `json:"name"`
		URL  string `json:"url,omitempty"`
	} `json:"author,omitempty"`
	Footer *struct {
		Text string `json:"text"`
	} `json:"footer,omitempty"`
	Fields []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"fields,omitempty"`
}

// A Button is something that can be pressed, or an option that can be chosen.
type Button struct {
	CustomID, Label string
	// Options are the values of a menu.
	Options []string
}

// Buttons are what can be pressed on the message.
func (m Message) Buttons() []Button {
	var rows []struct {
		Components []struct {
			Type     int    `json:"type"`
			CustomID string `json:"custom_id"`
			Label    string `json:"label"`
			Options  []struct {
				Value string `json:"value"`
			} `json:"options"`
		} `json:"components"`
	}
	if len(m.Components) == 0 || json.Unmarshal(m.Components, &rows) != nil {
		return nil
	}
	var out []Button
	for _, r := range rows {
		for _, c := range r.Components {
			b := Button{CustomID: c.CustomID, Label: c.Label}
			for _, o := range c.Options {
				b.Options = append(b.Options, o.Value)
			}
			out = append(out, b)
		}
	}
	return out
}

// Reading is what a reader sees of Markdown.
type Reading struct {
	Text     string
	Commands []string // what the copy buttons of code blocks give
	Links    []string
	Pings    []string // mentions of people, roles and everybody
}

// Read reads a message as Discord's client shows it.
func (m Message) Read() Reading {
	var r Reading
	add := func(markdown string) {
		x := Markdown(markdown)
		r.Text += x.Text + "\n"
		r.Commands = append(r.Commands, x.Commands...)
		r.Links = append(r.Links, x.Links...)
		r.Pings = append(r.Pings, x.Pings...)
	}
	add(m.Content)
	for _, e := range m.Embeds {
		if e.Author != nil {
			r.Text += e.Author.Name + "\n"
		}
		if e.Title != "" {
			add(e.Title)
			if e.URL != "" {
				r.Links = append(r.Links, e.URL)
			}
		}
		add(e.Description)
		for _, f := range e.Fields {
			add(f.Name)
			add(f.Value)
		}
		if e.Footer != nil {
			r.Text += e.Footer.Text + "\n"
		}
	}
	for _, b := range m.Buttons() {
		r.Text += b.Label + "\n"
	}
	return r
}

// Visible is everything that a reader sees.
func (m Message) Visible() string { return m.Read().Text }

// Markdown reads Discord's Markdown: code, escapes, links, mentions.
func Markdown(s string) Reading {
	var r Reading
	var b strings.Builder
	for s != "" {
		switch {
		case strings.HasPrefix(s, "```"):
			body, rest, ok := strings.Cut(s[3:], "```")
			if !ok || strings.TrimSpace(body) == "" {
				b.WriteString("```")
				s = s[3:]
				continue
			}
			if first, code, ok := strings.Cut(body, "\n"); ok && strings.Trim(first, "abcdefghijklmnopqrstuvwxyz0123456789+-#._") == "" {
				body = code
			}
			body = strings.Trim(body, "\n")
			r.Commands = append(r.Commands, body)
			b.WriteString(body)
			s = rest
		case s[0] == '`':
			n := 1
			if strings.HasPrefix(s, "``") {
				n = 2
			}
			body, rest, ok := strings.Cut(s[n:], s[:n])
			if !ok || body == "" || strings.Contains(body, "\n\n") {
				b.WriteString(s[:n])
				s = s[n:]
				continue
			}
			b.WriteString(strings.TrimSpace(body))
			s = rest
		case s[0] == '\\' && len(s) > 1 && strings.IndexByte("\\*_~`|[]<>#-+.():/@!", s[1]) >= 0:
			b.WriteByte(s[1])
			s = s[2:]
		case s[0] == '[':
			label, address, rest, ok := masked(s)
			if !ok {
				b.WriteByte('[')
				s = s[1:]
				continue
			}
			r.Links = append(r.Links, address)
			b.WriteString(Markdown(label).Text)
			s = rest
		case strings.HasPrefix(s, "http://"), strings.HasPrefix(s, "https://"):
			end := strings.IndexAny(s, " \n<>")
			if end < 0 {
				end = len(s)
			}
			r.Links = append(r.Links, s[:end])
			b.WriteString(s[:end])
			s = s[end:]
		case strings.HasPrefix(s, "@everyone"), strings.HasPrefix(s, "@here"):
			r.Pings = append(r.Pings, strings.Fields(s)[0])
			b.WriteByte('@')
			s = s[1:]
		case strings.HasPrefix(s, "<@"), strings.HasPrefix(s, "<#"):
			token, rest, ok := strings.Cut(s, ">")
			if ok && strings.Trim(token[2:], "&!0123456789") == "" && len(token) > 3 {
				if token[1] == '@' {
					r.Pings = append(r.Pings, token+">")
				}
				s = rest
				continue
			}
			b.WriteByte('<')
			s = s[1:]
		case s[0] == '*':
			s = s[1:]
		case strings.HasPrefix(s, "\u200b"):
			s = s[len("\u200b"):]
		default:
			b.WriteByte(s[0])
			s = s[1:]
		}
	}
	r.Text = b.String()
	return r
}

// masked reads [label](address).
func masked(s string) (label, address, rest string, ok bool) {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] == '[':
			depth++
		case s[i] == ']':
			if depth--; depth > 0 {
				continue
			}
			if !strings.HasPrefix(s[i+1:], "(http") {
				return "", "", "", false
			}
			address, rest, ok = strings.Cut(s[i+2:], ")")
			return s[1:i], strings.Trim(address, "<>"), rest, ok && !strings.ContainsAny(address, " \n")
		}
	}
	return "", "", "", false
}
