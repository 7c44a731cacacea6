package slacktest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// Limits of https://docs.slack.dev/reference/block-kit/blocks, and the
// observed ones.
const (
	maxBlocks     = 50
	maxHomeBlocks = 100
	maxTotal      = 13000
	maxText       = 40000
)

// Validate checks the payload of a message, an object with text and blocks, or
// a view, and returns what Slack would refuse or what must not go out: limits,
// unescaped markup, mentions, links that are not http.
func Validate(payload json.RawMessage) []string {
	var p struct {
		Type     string          `json:"type"`
		Text     string          `json:"text"`
		Markdown string          `json:"markdown_text"`
		Blocks   json.RawMessage `json:"blocks"`
	}
	if err := json.Unmarshal(payload, &p); err != nil {
		return []string{"payload is no JSON object: " + err.Error()}
	}
	v := &validator{}
	if utf8.RuneCountInString(p.Text) > maxText {
		v.bad("text", "longer than %d", maxText)
	}
	if utf8.RuneCountInString(p.Markdown) > 12000 {
		v.bad("markdown_text", "longer than 12000")
	}
	v.mrkdwn("text", p.Text)
	var blocks []map[string]any
	if len(p.Blocks) > 0 {
		if err := json.Unmarshal(p.Blocks, &blocks); err != nil {
			return append(v.out, "blocks are no list: "+err.Error())
		}
	}
	most := maxBlocks
	if p.Type == "home" {
		most = maxHomeBlocks
	}
	if len(blocks) > most {
		v.bad("blocks", "%d of them, want at most %d", len(blocks), most)
	}
	if len(blocks) > 0 && p.Type == "" && strings.TrimSpace(p.Text) == "" {
		v.bad("text", "empty: a message with blocks needs a text for notifications")
	}
	for i, b := range blocks {
		v.block(fmt.Sprintf("blocks[%d]", i), b)
	}
	if v.total > maxTotal && p.Type == "" {
		v.bad("blocks", "%d characters in all, want at most %d", v.total, maxTotal)
	}
	return v.out
}

// Texts returns every text in blocks, in order.
func Texts(blocks json.RawMessage) []string {
	var v any
	json.Unmarshal(blocks, &v)
	var out []string
	var walk func(any)
	walk = func(x any) {
		switch x := x.(type) {
		case []any:
			for _, e := range x {
				walk(e)
			}
		case map[string]any:
			if t, ok := x["text"].(string); ok {
				out = append(out, t)
			}
			for _, k := range []string{"text", "elements", "fields", "positive_button", "negative_button"} {
				walk(x[k])
			}
		}
	}
	walk(v)
	return out
}

type validator struct {
	out    []string
	total  int
	action map[string]bool
}

func (v *validator) bad(at, format string, args ...any) {
	v.out = append(v.out, at+": "+fmt.Sprintf(format, args...))
}

func (v *validator) length(at, text string, most int) {
	n := utf8.RuneCountInString(text)
	v.total += n
	if n > most {
		v.bad(at, "%d characters, want at most %d", n, most)
	}
	if n == 0 {
		v.bad(at, "empty")
	}
	if !utf8.ValidString(text) {
		v.bad(at, "no UTF-8")
	}
}

// mrkdwn checks text that Slack parses.
func (v *validator) mrkdwn(at, text string) {
	for rest := text; ; {
		i := strings.IndexByte(rest, '<')
		if i < 0 {
			break
		}
		rest = rest[i:]
		end := strings.IndexByte(rest, '>')
		token := rest
		if end > 0 {
			token = rest[:end+1]
		}
		// The one mention is the configured owners', at the beginning.
		if !(strings.HasPrefix(text, token) && strings.HasPrefix(token, "<!subteam^S")) {
			v.bad(at, "unescaped %.60q", token)
		}
		rest = rest[1:]
	}
	for rest := text; ; {
		i := strings.IndexByte(rest, '&')
		if i < 0 {
			break
		}
		rest = rest[i:]
		if !strings.HasPrefix(rest, "&amp;") && !strings.HasPrefix(rest, "&lt;") && !strings.HasPrefix(rest, "&gt;") {
			v.bad(at, "unescaped or cut entity %.10q", rest)
		}
		rest = rest[1:]
	}
}

func (v *validator) block(at string, b map[string]any) {
	kind, _ := b["type"].(string)
	at += " " + kind
	elements, _ := b["elements"].([]any)
	switch kind {
	case "header":
		v.textObject(at, b["text"], 150, "plain_text")
	case "section":
		v.textObject(at, b["text"], 3000, "")
	case "context":
		v.count(at, elements, 10)
		for _, e := range elements {
			v.textObject(at, e, 3000, "")
		}
	case "divider":
	case "actions":
		v.count(at, elements, 25)
		v.action = map[string]bool{}
		for _, e := range elements {
			v.button(at, e)
		}
	case "context_actions":
		v.count(at, elements, 5)
		for _, e := range elements {
			m, _ := e.(map[string]any)
			if m["type"] != "feedback_buttons" {
				v.bad(at, "element %v", m["type"])
				continue
			}
			for _, k := range []string{"positive_button", "negative_button"} {
				f, _ := m[k].(map[string]any)
				v.textObject(at+"."+k, f["text"], 75, "plain_text")
				v.short(at+"."+k+".value", f["value"], 2000)
				v.short(at+"."+k+".accessibility_label", f["accessibility_label"], 75)
			}
			v.short(at+".action_id", m["action_id"], 255)
		}
	case "rich_text":
		if len(elements) == 0 {
			v.bad(at, "no elements")
		}
		before := v.total
		for _, e := range elements {
			v.rich(at, e)
		}
		_ = before
	default:
		v.bad(at, "block of a type that is not known here")
	}
}

func (v *validator) count(at string, elements []any, most int) {
	if n := len(elements); n == 0 || n > most {
		v.bad(at, "%d elements, want 1 to %d", n, most)
	}
}

func (v *validator) short(at string, x any, most int) {
	s, _ := x.(string)
	if utf8.RuneCountInString(s) > most {
		v.bad(at, "longer than %d", most)
	}
}

func (v *validator) textObject(at string, x any, most int, kind string) {
	m, _ := x.(map[string]any)
	text, _ := m["text"].(string)
	if kind != "" && m["type"] != kind {
		v.bad(at, "text of type %v, want %s", m["type"], kind)
	}
	v.length(at, text, most)
	if m["type"] == "mrkdwn" {
		v.mrkdwn(at, text)
	}
}

func (v *validator) button(at string, x any) {
	m, _ := x.(map[string]any)
	if m["type"] != "button" {
		v.bad(at, "element %v", m["type"])
		return
	}
	v.textObject(at, m["text"], 75, "plain_text")
	id, _ := m["action_id"].(string)
	if id == "" || v.action[id] {
		v.bad(at, "action_id %q empty or used twice", id)
	}
	v.action[id] = true
	v.short(at+".action_id", m["action_id"], 255)
	v.short(at+".value", m["value"], 2000)
	if s, ok := m["style"].(string); ok && s != "primary" && s != "danger" {
		v.bad(at, "style %q", s)
	}
}

func (v *validator) rich(at string, x any) {
	m, _ := x.(map[string]any)
	kind, _ := m["type"].(string)
	elements, _ := m["elements"].([]any)
	switch kind {
	case "rich_text_section", "rich_text_preformatted", "rich_text_quote":
	default:
		v.bad(at, "element %q", kind)
		return
	}
	for _, e := range elements {
		r, _ := e.(map[string]any)
		text, _ := r["text"].(string)
		switch r["type"] {
		case "text":
			most := 3000
			if kind == "rich_text_preformatted" {
				most = 8000
			}
			v.length(at+" text", text, most)
		case "link":
			v.address(at, r["url"])
			v.length(at+" link", text, 3000)
			if kind == "rich_text_preformatted" {
				v.bad(at, "link in preformatted text")
			}
		case "usergroup":
			v.total += 20
		case "citation":
			v.citation(at, kind, r)
		default:
			v.bad(at, "run of type %v: nothing but text, links and the owners' group goes out", r["type"])
		}
	}
}

func (v *validator) address(at string, x any) {
	address, _ := x.(string)
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		v.bad(at, "link to %.60q", address)
	}
	v.total += len(address)
}

// citation checks the element of
// https://docs.slack.dev/reference/block-kit/block-elements/citation-element.
func (v *validator) citation(at, in string, r map[string]any) {
	at += " citation"
	if in != "rich_text_section" && in != "rich_text_quote" && in != "rich_text_list" {
		v.bad(at, "not allowed in %s", in)
	}
	v.address(at, r["url"])
	text, _ := r["text"].(string)
	v.length(at, text, 3000)
	if _, ok := r["index"].(float64); !ok {
		v.bad(at, "index %v, want a number", r["index"])
	}
	details, _ := r["details"].(map[string]any)
	name, _ := details["display_name"].(string)
	if details["citation_type"] != "web" || name == "" {
		v.bad(at, "details %v, want a web source with a display name", details)
	}
	title, _ := details["title"].(string)
	v.total += utf8.RuneCountInString(name) + utf8.RuneCountInString(title)
}
