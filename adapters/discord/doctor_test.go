package discord

import (
	"net/url"
	"os"
	"strings"
	"testing"
	"unicode"

	"cairn/adapters"
	"cairn/adapters/discord/discordtest"
)

func TestDiagnose(t *testing.T) {
	t.Parallel()
	find := func(checks []Check, name string) Check {
		t.Helper()
		for _, c := range checks {
			if strings.HasPrefix(c.Name, name) {
				if c.OK != (c.Fix == "") {
					t.Errorf("%+v: a fix belongs to what is not in order, and to it alone", c)
				}
				return c
			}
		}
		t.Fatalf("no check %q in %+v", name, checks)
		return Check{}
	}
	s := discordtest.Start(nil)
	defer s.Close()
	cfg := Config{BotToken: adapters.NewSecret(discordtest.Token), APIURL: s.URL(), MessageContent: true, OnboardingChannels: []string{discordtest.General, "100000000000000098"}}
	checks := Diagnose(t.Context(), nil, cfg, "en", nil)
	for _, name := range []string{"Discord token", "Discord message content", "Discord gateway", "Discord servers", "Discord permissions in Test", "Discord onboarding channel " + discordtest.General} {
		if c := find(checks, name); !c.OK {
			t.Errorf("%+v", c)
		}
	}
	if find(checks, "Discord onboarding channel 100000000000000098").OK {
		t.Error("a channel that is not there is in order")
	}
	for _, c := range Diagnose(t.Context(), nil, cfg, "zh", nil) {
		if !hasHan(c.Name) || c.Fix != "" && !hasHan(c.Fix) {
			t.Errorf("in Chinese: %+v", c)
		}
	}
	link, err := url.Parse(find(checks, "Discord invite link").Detail)
	if err != nil || link.Query().Get("client_id") != discordtest.App || link.Query().Get("scope") != "bot applications.commands" || link.Query().Get("permissions") != "309237730304" {
		t.Errorf("invite link: %v, %v", link, err)
	}

	off := discordtest.Start(&discordtest.Options{NoMessageContent: true})
	defer off.Close()
	cfg.APIURL = off.URL()
	if find(Diagnose(t.Context(), nil, cfg, "en", nil), "Discord message content").OK {
		t.Error("the intent is off but counts as in order")
	}
	cfg.BotToken = adapters.NewSecret("another-token-123")
	c := find(Diagnose(t.Context(), nil, cfg, "en", nil), "Discord token")
	if c.OK || strings.Contains(c.Detail, "another-token") {
		t.Errorf("%+v", c)
	}
	cfg.BotToken = adapters.Secret{}
	if c := find(Diagnose(t.Context(), nil, cfg, "en", nil), "Discord configuration"); c.OK {
		t.Errorf("%+v", c)
	}
}

func hasHan(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

func TestConfig(t *testing.T) {
	t.Parallel()
	ok := Config{BotToken: adapters.NewSecret(" Bot abc.def ")}
	if a, err := New(nil, ok, nil); err != nil || a.cfg.BotToken.Reveal() != "abc.def" || a.cfg.APIURL != defaultAPIURL {
		t.Errorf("%v", err)
	}
	for want, c := range map[string]Config{
		"DISCORD_BOT_TOKEN":                 {},
		"white space":                       {BotToken: adapters.NewSecret("a b")},
		"Slack token":                       {BotToken: adapters.NewSecret("xoxb-1")},
		"discord.api_url":                   {BotToken: adapters.NewSecret("a"), APIURL: "discord.com"},
		"such as https":                     {BotToken: adapters.NewSecret("a"), APIURL: "https://discord.com/api"},
		"discord.onboarding_channels[0]":    {BotToken: adapters.NewSecret("a"), OnboardingChannels: []string{"#general"}, MessageContent: true},
		"discord.message_content":           {BotToken: adapters.NewSecret("a"), OnboardingChannels: []string{"1"}},
		"discord.owner_group: got \"@ops\"": {BotToken: adapters.NewSecret("a"), OwnerGroup: "@ops"},
	} {
		if _, err := New(nil, c, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if _, err := New(nil, ok, &Options{Backoff: -1}); err == nil {
		t.Error("a negative backoff is taken")
	}
}

// The pages in both languages name what an operator compares with: the
// permissions, the settings, the invite link.
func TestPages(t *testing.T) {
	t.Parallel()
	var rows [2]int
	for i, page := range []string{"../../docs/adapters/discord.md", "../../docs/adapters/discord.zh.md"} {
		raw, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		text := string(raw)
		want := []string{"permissions=309237730304&scope=bot+applications.commands", "DISCORD_BOT_TOKEN_FILE", "DISCORD_API_URL", "CAIRN_DISCORD_MESSAGE_CONTENT", "CAIRN_DISCORD_ONBOARDING_CHANNELS", "CAIRN_DISCORD_OWNER_GROUP", "onboarding_confidence"}
		for _, p := range needed() {
			want = append(want, "| "+p.name+" |")
		}
		for _, c := range ownCommands() {
			want = append(want, "/"+c.name)
		}
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s lacks %q", page, w)
			}
		}
		rows[i] = strings.Count(text, "\n|") + strings.Count(text, "\n#") + strings.Count(text, "\n- ")
	}
	if rows[0] != rows[1] {
		t.Errorf("the pages have %d and %d rows, headings and points: one of them is behind", rows[0], rows[1])
	}
}
