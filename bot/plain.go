package bot

import (
	"fmt"
	"strings"

	"cairn/adapters"
)

// maxPlain bounds the plain text of a message, in bytes.
const maxPlain = 12_000

// plain writes a message as plain text, for notifications, screen readers and
// surfaces without blocks.
func plain(m adapters.Message) string {
	var b strings.Builder
	put := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	if m.Title != "" {
		if m.Confidence != "" {
			put("%s (%s)", m.Title, m.Confidence)
		} else {
			put("%s", m.Title)
		}
	}
	if m.UnderstoodAs != "" {
		put("%s: %s", say(m.Lang, textUnderstood), m.UnderstoodAs)
	}
	if m.Lead != "" {
		put("%s", m.Lead)
	}
	for _, w := range m.Warnings {
		put("! %s", w)
	}
	section := ""
	for _, s := range m.Steps {
		if s.Section != section && s.Section != "" {
			section = s.Section
			put("\n%s", section)
		}
		for _, p := range s.Before {
			put("%s", p)
		}
		text := s.Text
		if s.RiskLabel != "" {
			text = strings.TrimSpace("[" + s.RiskLabel + "] " + text)
		}
		put("%d. %s [%d]", s.N, text, s.Citation)
		for _, c := range s.Commands {
			for l := range strings.Lines(c.Text) {
				put("    %s", strings.TrimRight(l, "\n"))
			}
		}
		if s.Expect != "" {
			put("   %s: %s", say(m.Lang, textExpect), s.Expect)
		}
		if s.IfNot != "" {
			put("   %s: %s", say(m.Lang, textIfNot), s.IfNot)
		}
	}
	for _, q := range m.Quotes {
		put("%s [%d]", q.Text, q.Citation)
		for _, l := range q.Links {
			put("- %s", withURL(l))
		}
	}
	for _, n := range m.Notes {
		put("%s", n)
	}
	if len(m.Citations) > 0 {
		put("\n%s:", say(m.Lang, textSource))
		for _, c := range m.Citations {
			put("[%d] %s", c.N, withURL(adapters.Link{Title: c.Label, URL: c.URL}))
		}
	}
	if len(m.Related) > 0 {
		if m.RelatedTitle != "" {
			put("\n%s:", m.RelatedTitle)
		}
		for _, l := range m.Related {
			put("- %s", withURL(l))
		}
	}
	for _, c := range m.Choices {
		put("- %s", c.Label)
	}
	if m.Mark != "" {
		put("%s", m.Mark)
	}
	s := strings.TrimSpace(b.String())
	if len(s) > maxPlain {
		s = cut(s, maxPlain) + "…"
	}
	if s == "" {
		s = "…"
	}
	return s
}

func withURL(l adapters.Link) string {
	s := l.Title
	if l.Detail != "" {
		s += " (" + l.Detail + ")"
	}
	if strings.HasPrefix(l.URL, "http") && l.URL != l.Title {
		s += " " + l.URL
	}
	return s
}
