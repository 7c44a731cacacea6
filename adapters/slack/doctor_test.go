package slack

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"cairn/adapters/slack/slacktest"
)

func TestDoctor(t *testing.T) {
	t.Parallel()
	check := func(r *rig, name string) Check {
		for _, c := range r.Doctor(r.ctx, "en") {
			if strings.Contains(c.Detail+c.Fix, "secret-") || strings.Contains(c.Detail+c.Fix, slacktest.BotToken) {
				t.Errorf("%s shows a secret: %+v", c.Name, c)
			}
			if c.OK == (c.Fix != "") {
				t.Errorf("%+v: want a fix where it fails, and only there", c)
			}
			if c.Name == name {
				return c
			}
		}
		t.Fatalf("no check %q", name)
		return Check{}
	}
	bothLanguages := func(r *rig) {
		for _, lang := range []string{"en", "zh"} {
			for _, c := range r.Doctor(r.ctx, lang) {
				if !strings.HasPrefix(c.Name, "slack") && !strings.HasPrefix(c.Name, "Slack") || hasHan(c.Name) != (lang == "zh") || c.Fix != "" && hasHan(c.Fix) != (lang == "zh") {
					t.Errorf("in %s: %+v", lang, c)
				}
			}
		}
	}
	good := newRig(t, rigOptions{config: Config{OnboardingChannels: []string{"C1"}}})
	for _, c := range good.Doctor(good.ctx, "en") {
		if !c.OK {
			t.Errorf("on a good day: %+v", c)
		}
	}
	if c := check(good, "slack channels"); !strings.Contains(c.Detail, "none yet") {
		t.Errorf("got %+v", c)
	}
	good.slack.AddChannel("GIN", "group", "U1", slacktest.BotUser)
	if c := check(good, "slack channels"); c.Detail != "member of 1" {
		t.Errorf("got %+v", c)
	}
	good.slack.Fail("users.conversations", slacktest.Fault{Error: "unknown_method"})
	if c := check(good, "slack channels"); !c.OK {
		t.Errorf("got %+v, want no failure where Slack does not say", c)
	}
	bad := newRig(t, rigOptions{
		server: slacktest.Options{Scopes: "chat:write,admin"}, config: Config{OnboardingChannels: []string{"GOUT"}},
		opts:  Options{Channels: []string{"GOUT", "GTIPS"}, Now: func() time.Time { return time.Now().Add(10 * time.Minute) }},
		setup: func(s *slacktest.Server) { s.AddChannel("GOUT", "group", "U1"); s.AddChannel("GTIPS", "group", "U1") },
	})
	if c := check(bad, "slack scopes"); c.OK || !strings.Contains(c.Detail, "app_mentions:read") || strings.Contains(c.Detail, "chat:write (") {
		t.Errorf("got %+v", c)
	}
	if c := check(bad, "slack clock"); c.OK || !strings.Contains(c.Detail, "10m") {
		t.Errorf("got %+v", c)
	}
	if c := check(bad, "slack channel GOUT"); c.OK || !strings.Contains(c.Fix, "/invite") {
		t.Errorf("got %+v", c)
	}
	if c := check(bad, "slack channel GTIPS"); c.OK {
		t.Errorf("got %+v, want where the tips go checked too", c)
	}
	bothLanguages(good)
	bothLanguages(bad)
	bad.slack.Fail("apps.connections.open", slacktest.Fault{Error: "missing_scope", Needed: "connections:write"})
	if c := check(bad, "slack socket"); c.OK || !strings.Contains(c.Detail, "connections:write") {
		t.Errorf("got %+v", c)
	}
	bad.slack.Fail("auth.test", slacktest.Fault{Error: "account_inactive"})
	if c := check(bad, "slack sign-in"); c.OK {
		t.Errorf("got %+v", c)
	}
}

func hasHan(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}
