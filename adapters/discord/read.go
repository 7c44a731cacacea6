package discord

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

// read is a message's text without Discord's markup.
type read struct {
	text   string
	self   bool // the bot is mentioned
	others bool // somebody else is
}

func (d *decoder) read(m *wireIncoming) read {
	r := d.readText(m.Content)
	for _, u := range m.Mentions {
		if u.ID == d.self && d.self != "" {
			// The ping of a reply counts as a mention too.
			r.self = true
		}
	}
	return r
}

// plain is a text without mentions.
func (d *decoder) plain(s string) string { return d.readText(s).text }

// readText undoes Discord's tokens: mentions of people and roles are left out,
// emoji and timestamps become words.
func (d *decoder) readText(s string) read {
	var r read
	var b strings.Builder
	s = strings.ToValidUTF8(s, "\uFFFD")
	for s != "" {
		open := strings.IndexByte(s, '<')
		if open < 0 {
			b.WriteString(s)
			break
		}
		b.WriteString(s[:open])
		s = s[open:]
		end := strings.IndexByte(s, '>')
		if end < 0 || end > 120 || !d.token(&r, &b, s[1:end]) {
			b.WriteByte('<')
			s = s[1:]
			continue
		}
		s = s[end+1:]
	}
	r.text = strings.TrimSpace(squeeze(b.String()))
	return r
}

// token reads what stands between angle brackets and reports whether it was a
// token of Discord's.
func (d *decoder) token(r *read, b *strings.Builder, t string) bool {
	switch {
	case strings.HasPrefix(t, "@&") && isID(t[2:]):
		if slices.Contains(d.selfRoles, t[2:]) {
			r.self = true
		} else {
			r.others = true
		}
		b.WriteByte(' ')
	case strings.HasPrefix(t, "@") && (isID(strings.TrimPrefix(t[1:], "!")) || d.self != "" && strings.TrimPrefix(t[1:], "!") == d.self):
		if strings.TrimPrefix(t[1:], "!") == d.self {
			r.self = true
		} else {
			r.others = true
		}
		b.WriteByte(' ')
	case strings.HasPrefix(t, "#") && isID(t[1:]):
		b.WriteByte(' ')
	case strings.HasPrefix(t, "t:"):
		b.WriteByte(' ')
	case strings.HasPrefix(t, ":") || strings.HasPrefix(t, "a:"):
		name, id, ok := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(t, "a"), ":"), ":")
		if !ok || !isID(id) {
			return false
		}
		b.WriteString(":" + name + ":")
	case strings.HasPrefix(t, "/"):
		name, id, ok := strings.Cut(t[1:], ":")
		if !ok || !isID(id) {
			return false
		}
		b.WriteString("/" + name)
	case strings.HasPrefix(t, "https://"), strings.HasPrefix(t, "http://"):
		if strings.ContainsAny(t, " \n") {
			return false
		}
		b.WriteString(t) // brackets keep Discord from showing a preview
	default:
		return false
	}
	return true
}

// squeeze folds the blanks that taken-out mentions leave.
func squeeze(s string) string {
	for strings.Contains(s, " \n") {
		s = strings.ReplaceAll(s, " \n", "\n")
	}
	if strings.Contains(s, "\n") {
		return s // the indentation of a pasted listing stays
	}
	for strings.Contains(s, "  ") {
		s = strings.ReplaceAll(s, "  ", " ")
	}
	return s
}

// A gatherer collects lines, each once, up to maxShortcut bytes.
type gatherer struct {
	lines []string
	size  int
}

func (g *gatherer) String() string { return strings.Join(g.lines, "\n") }

// gather collects everything readable in a message: its text, its embeds, its
// components. Alert posts often have all their text in the last two.
func (d *decoder) gather(g *gatherer, m *wireIncoming) {
	g.add(d.plain(m.Content))
	for i, e := range m.Embeds {
		if i == 10 {
			break
		}
		g.add(d.plain(e.Author.Name))
		g.add(d.plain(e.Title))
		g.add(d.plain(e.Description))
		for j, f := range e.Fields {
			if j == LimitFields {
				break
			}
			g.add(d.plain(f.Name + ": " + f.Value))
		}
	}
	if len(m.Components) > 0 {
		var v any
		if json.Unmarshal(m.Components, &v) == nil {
			d.walk(g, v, 0)
		}
	}
	for i, s := range m.Snapshots {
		if i < 5 {
			d.gather(g, &s.Message)
		}
	}
}

// walk collects the text of components of any type, known or not.
func (d *decoder) walk(g *gatherer, v any, depth int) {
	if depth > 12 || g.size >= maxShortcut {
		return
	}
	switch x := v.(type) {
	case []any:
		for _, e := range x {
			d.walk(g, e, depth+1)
		}
	case map[string]any:
		if kind, _ := x["type"].(float64); kind >= 2 && kind <= 8 {
			return // buttons and menus
		}
		if s, ok := x["content"].(string); ok {
			g.add(d.plain(s))
		}
		for _, k := range []string{"components", "items"} {
			d.walk(g, x[k], depth+1)
		}
	}
}

func (g *gatherer) add(s string) {
	for line := range strings.Lines(s) {
		line = strings.TrimRight(line, " \t\r\n")
		if strings.TrimSpace(line) == "" || g.size >= maxShortcut || slices.Contains(g.lines, line) {
			continue
		}
		if g.size+len(line) > maxShortcut {
			end := maxShortcut - g.size
			for end > 0 && !utf8.RuneStart(line[end]) {
				end--
			}
			line = line[:end]
		}
		g.lines, g.size = append(g.lines, line), g.size+len(line)
	}
}
