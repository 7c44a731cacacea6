package slack

import (
	"encoding/json"
	"strings"
)

// read is a message's text without Slack's markup.
type read struct {
	text   string
	self   bool // the bot is mentioned
	others bool // somebody else is
}

// readText undoes Slack's escapes: mentions of people are left out, links,
// channels and groups become their labels, entities characters.
func readText(s, self string) read {
	var r read
	var b strings.Builder
	for s != "" {
		open := strings.IndexByte(s, '<')
		if open < 0 {
			b.WriteString(unescape(s))
			break
		}
		b.WriteString(unescape(s[:open]))
		s = s[open+1:]
		end := strings.IndexByte(s, '>')
		if end < 0 { // nor is there one for any later bracket
			b.WriteByte('<')
			b.WriteString(unescape(s))
			break
		}
		r.token(&b, s[:end], self)
		s = s[end+1:]
	}
	r.text = strings.TrimSpace(squeeze(b.String()))
	return r
}

func (r *read) token(b *strings.Builder, token, self string) {
	target, label, _ := strings.Cut(token, "|")
	target, label = unescape(target), unescape(label)
	switch {
	case strings.HasPrefix(target, "@"):
		if self != "" && target[1:] == self {
			r.self = true
		} else {
			r.others = true
		}
		b.WriteByte(' ')
	case strings.HasPrefix(target, "#"):
		if label == "" {
			label = target[1:]
		}
		b.WriteString("#" + label)
	case strings.HasPrefix(target, "!"):
		if strings.HasPrefix(target, "!date") {
			b.WriteString(label)
			return
		}
		b.WriteByte(' ') // a group or the whole channel was called
	case strings.HasPrefix(target, "mailto:"), strings.HasPrefix(target, "tel:"):
		if label == "" {
			_, label, _ = strings.Cut(target, ":")
		}
		b.WriteString(label)
	default:
		switch {
		case label == "" || label == target:
			b.WriteString(target)
		case strings.HasSuffix(target, "://"+label), strings.HasSuffix(target, "://"+label+"/"):
			b.WriteString(label) // Slack made a link of a bare word such as nginx.org
		default:
			b.WriteString(label + " " + target)
		}
	}
}

func unescape(s string) string {
	if !strings.Contains(s, "&") {
		return s
	}
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s)
}

// squeeze folds the runs of blanks that taken-out mentions leave, in a text of
// one line; in longer ones blanks may be the indentation of a listing, and only
// those at the ends of lines go. One pass: the text is as long as others like.
func squeeze(s string) string {
	if !strings.Contains(s, "\n") {
		return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' }), " ")
	}
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n")
}

// shared returns the text of messages that were forwarded with this one.
func shared(m *wireMessage, self string) string {
	g := gatherer{self: self}
	for i, a := range m.Attachments {
		if a.IsShare && i < 10 {
			g.attachment(a)
		}
	}
	return g.String()
}

// gather returns everything readable in a message: its text, its attachments,
// its blocks. Alert posts often have all their text in the last two.
func gather(m *wireMessage, self string) string {
	g := gatherer{self: self}
	g.add(m.Text)
	for i, a := range m.Attachments {
		if i == 20 {
			break
		}
		g.attachment(a)
	}
	g.blocks(m.Blocks)
	return g.String()
}

// A gatherer collects lines, each once, up to maxShortcut bytes.
type gatherer struct {
	self  string
	lines []string
	seen  map[string]bool
	size  int
}

func (g *gatherer) String() string { return strings.Join(g.lines, "\n") }

func (g *gatherer) add(s string) {
	if s == "" || g.size >= maxShortcut {
		return
	}
	for line := range strings.Lines(readText(s, g.self).text) {
		line = strings.TrimRight(line, " \t\r\n")
		key := strings.Trim(line, " \t*_`")
		if key == "" || g.seen[key] {
			continue
		}
		if g.size >= maxShortcut {
			return
		}
		if g.seen == nil {
			g.seen = map[string]bool{}
		}
		g.seen[key] = true
		if g.size+len(line) > maxShortcut {
			line = strings.ToValidUTF8(line[:maxShortcut-g.size], "")
		}
		g.lines, g.size = append(g.lines, line), g.size+len(line)
	}
}

func (g *gatherer) attachment(a wireAttachment) {
	before := g.size
	g.add(a.Pretext)
	g.add(a.Title)
	g.add(a.Text)
	for i, f := range a.Fields {
		if i == 30 {
			break
		}
		var v string
		if json.Unmarshal(f.Value, &v) != nil {
			v = strings.Trim(string(f.Value), `"`)
		}
		g.add(strings.TrimSpace(f.Title + ": " + v))
	}
	g.blocks(a.Blocks)
	if g.size == before {
		g.add(a.Fallback)
	}
}

// blocks collects the text of blocks of any type, known or not: every "text"
// that is a string, in reading order.
func (g *gatherer) blocks(raw json.RawMessage) {
	if len(raw) == 0 {
		return
	}
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return
	}
	g.walk(v, 0)
}

func (g *gatherer) walk(v any, depth int) {
	if depth > 12 || g.size >= maxShortcut {
		return
	}
	switch x := v.(type) {
	case []any:
		for _, e := range x {
			g.walk(e, depth+1)
		}
	case map[string]any:
		switch x["type"] {
		case "rich_text_section", "rich_text_preformatted", "rich_text_quote":
			g.add(richText(x))
			return
		case "button", "image", "actions", "context_actions", "feedback_buttons":
			return
		}
		if s, ok := x["text"].(string); ok {
			g.add(s)
		}
		for _, k := range []string{"title", "subtitle", "text", "body", "fields", "elements", "rows", "blocks"} {
			if _, isText := x[k].(string); !isText && x[k] != nil {
				g.walk(x[k], depth+1)
			}
		}
	}
}

// richText joins the runs of a rich text section, whose text is not escaped.
func richText(x map[string]any) string {
	elements, _ := x["elements"].([]any)
	var b strings.Builder
	for _, e := range elements {
		m, _ := e.(map[string]any)
		text, _ := m["text"].(string)
		if m["type"] == "link" {
			if address, _ := m["url"].(string); text == "" {
				text = address
			}
		}
		b.WriteString(escape(text))
	}
	return b.String()
}

// escape makes text inert where Slack parses it.
func escape(s string) string {
	if !strings.ContainsAny(s, "&<>") {
		return s
	}
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}
