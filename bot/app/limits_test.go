package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"cairn/adapters"
	"cairn/adapters/discord"
	"cairn/adapters/discord/discordtest"
	"cairn/adapters/slack"
	"cairn/adapters/slack/slacktest"
	"cairn/bot"
	"cairn/bot/answer"
	"cairn/runbooks"
)

// everyAnswer renders an answer for every place of every runbook of the
// library and of the messy documents.
func everyAnswer(t *testing.T) []adapters.Message {
	t.Helper()
	texts := articles(t)
	if dir, ok := sharedIfPresent("documents"); ok {
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			raw, err := os.ReadFile(filepath.Join(dir, f.Name()))
			if err != nil {
				t.Fatal(err)
			}
			texts["documents/"+f.Name()] = string(raw)
		}
	} else {
		t.Log("without ../shared/documents: the library's runbooks only")
	}
	var out []adapters.Message
	for path, text := range texts {
		doc, err := runbooks.Parse(path, []byte(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, p := range runbooks.Passages(doc) {
			a, ok := answer.Open(doc, "library", p.StartLine, "what now", &answer.Options{
				Links: answer.Links{Page: "https://cairn.example.com", Outward: true},
			})
			key := fmt.Sprint(a.Title, len(a.Steps), a.Citations)
			if !ok || seen[key] {
				continue
			}
			seen[key] = true
			m := bot.Message(a, &bot.RenderOptions{AnswerID: "abcdefghijklmnopqrstuvwxyz", Feedback: true, Share: true, More: true})
			for out = append(out, m); m.FirstStep+8 < len(m.Steps); out = append(out, m) { // the pages behind "steps 9-16"
				m.FirstStep += 8
			}
		}
	}
	return out
}

// sharedIfPresent is a folder beside the checkout, where it is there.
func sharedIfPresent(name string) (string, bool) {
	for _, up := range []string{"../../../shared", "../../shared"} {
		if dir := filepath.Join(up, name); isDir(dir) {
			return dir, true
		}
	}
	return "", false
}

func isDir(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.IsDir()
}

// Every answer that can come out of the library stays within Slack's and
// Discord's limits, documented and observed.
func TestEveryAnswerFitsThePlatforms(t *testing.T) {
	t.Parallel()
	messages := everyAnswer(t)
	if len(messages) < 50 {
		t.Fatalf("%d answers, want many", len(messages))
	}
	lg := slog.New(slog.DiscardHandler)

	onSlack := slacktest.Start(nil)
	defer onSlack.Close()
	onSlack.AddChannel("C1", "public", "U1")
	s, err := slack.New(lg, slack.Config{
		BotToken: adapters.NewSecret(slacktest.BotToken), AppToken: adapters.NewSecret(slacktest.AppToken), APIURL: onSlack.URL(),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	onDiscord := discordtest.Start(nil)
	defer onDiscord.Close()
	d, err := discord.New(lg, discord.Config{BotToken: adapters.NewSecret(discordtest.Token), APIURL: onDiscord.URL()}, &discord.Options{PerSecond: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		if _, err := s.Send(context.Background(), adapters.Destination{Channel: "C1"}, m); err != nil {
			t.Fatalf("Slack, %q: %v", m.Title, err)
		}
		if _, err := d.Send(context.Background(), adapters.Destination{Channel: discordtest.General}, m); err != nil {
			t.Fatalf("Discord, %q: %v", m.Title, err)
		}
	}
	if p := onSlack.Problems(); len(p) > 0 {
		t.Errorf("Slack would have refused %d of %d: %.600q", len(p), len(messages), p)
	}
	if p := onDiscord.Problems(); len(p) > 0 {
		t.Errorf("Discord would have refused %d of %d: %.600q", len(p), len(messages), p)
	}
	t.Logf("%d answers sent to both", len(messages))
}
