package quiz

import (
	"regexp"
	"strings"

	"cairn/adapters"
)

// hint is a command of ours in a text, as one types it in a message.
var hint = regexp.MustCompile("`(quiz|progress|subscribe|unsubscribe|path|tip)( [^`]*)?`")

// asTyped rewrites the commands that a message names so that they can be typed
// where the event came from: Slack has one slash command for all of them,
// Discord one for each, with named options.
func asTyped(m adapters.Message, ev adapters.Event) adapters.Message {
	var write func(name, rest string) string
	switch ev.Adapter {
	case "slack":
		write = func(name, rest string) string { return strings.TrimSpace("/cairn " + name + " " + rest) }
	case "discord":
		write = onDiscord
	default:
		return m
	}
	rewrite := func(s string) string {
		return hint.ReplaceAllStringFunc(s, func(h string) string {
			name, rest, _ := strings.Cut(strings.Trim(h, "`"), " ")
			return "`" + write(name, rest) + "`"
		})
	}
	m.Text, m.Lead = rewrite(m.Text), rewrite(m.Lead)
	notes := make([]string, len(m.Notes))
	for i, n := range m.Notes {
		notes[i] = rewrite(n)
	}
	if len(notes) > 0 {
		m.Notes = notes
	}
	return m
}

// onDiscord writes a command with its options as Discord's input line shows
// them.
func onDiscord(name, rest string) string {
	words := strings.Fields(rest)
	out := []string{"/" + name}
	option := func(key, value string) { out = append(out, key+":"+value) }
	switch {
	case name == "progress" && len(words) == 2 && words[0] == "board":
		return "/leaderboard join:" + words[1]
	case name == "progress" && len(words) > 0:
		return name + " " + rest // in a message to the bot
	}
	for i, w := range words {
		_, isTime := wallTime(w)
		switch {
		case name == "path" && i == 0:
			option("action", w)
		case name == "path":
			option("name", w)
		case name == "unsubscribe" || name == "subscribe" && (w == SubscribeCards || w == SubscribeTip || w == SubscribePath):
			option("kind", w)
		case isTime:
			option("time", w)
		case strings.Contains(w, "/"):
			option("zone", w)
		default:
			option("topic", w)
		}
	}
	return strings.Join(out, " ")
}
