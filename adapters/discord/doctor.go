package discord

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"cairn/adapters"
)

// A Check is one finding about the connection.
type Check struct {
	Name   string
	OK     bool
	Detail string
	// Fix says what to do; empty when OK.
	Fix string
}

// The application's flags that say that the message content intent is on, for
// verified applications and for others.
const (
	flagContent        = 1 << 18
	flagContentLimited = 1 << 19
)

// InviteURL is the link that adds the bot to a server with exactly the
// permissions that it needs.
func InviteURL(app string) string {
	var sum int64
	for _, p := range needed() {
		sum |= p.bit
	}
	v := url.Values{"client_id": {app}, "scope": {"bot applications.commands"}, "permissions": {fmt.Sprint(sum)}}
	return "https://discord.com/oauth2/authorize?" + v.Encode()
}

// Diagnose looks whether the adapter would work with the configuration: the
// token, the intents, the servers it is in, its permissions in the onboarding
// channels. It sends nothing. The invite link is a check of its own.
func Diagnose(ctx context.Context, lg *slog.Logger, cfg Config, opts *Options) []Check {
	a, err := New(lg, cfg, opts)
	if err != nil {
		return []Check{{Name: "Discord configuration", Detail: err.Error(), Fix: "correct the value; docs/adapters/discord.md says where to find it"}}
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var out []Check
	add := func(name string, ok bool, detail, fix string) {
		if ok {
			fix = ""
		}
		out = append(out, Check{Name: name, OK: ok, Detail: detail, Fix: fix})
	}
	var app struct {
		ID    string    `json:"id"`
		Name  string    `json:"name"`
		Bot   *wireUser `json:"bot"`
		Flags int       `json:"flags"`
	}
	if err := a.call(ctx, request{op: "look up the application", method: "GET", path: "/applications/@me", out: &app, repeatable: true}); err != nil {
		fix := "check the network, HTTPS_PROXY and DISCORD_API_URL"
		if adapters.KindOf(err) == adapters.KindAuth {
			fix = "set DISCORD_BOT_TOKEN to the bot's token: Developer Portal, Bot, Reset Token"
		}
		add("Discord token", false, err.Error(), fix)
		return out
	}
	a.identify(app.ID, "")
	if app.Bot != nil {
		a.identify("", app.Bot.ID)
	}
	add("Discord token", true, "application "+cut(oneLine(app.Name), 80)+" ("+app.ID+")", "")

	on := app.Flags&(flagContent|flagContentLimited) != 0
	switch {
	case a.cfg.MessageContent:
		add("Discord message content intent", on, word(on), "turn on Message Content Intent in the Developer Portal under Bot, or set discord.message_content to false")
	case on:
		add("Discord message content intent", true, "on in the portal but not used (discord.message_content is false)", "")
	default:
		add("Discord message content intent", true, "off, not needed: mentions, direct messages and commands work without it", "")
	}

	var p plan
	if err := a.call(ctx, request{op: "look up the gateway", method: "GET", path: "/gateway/bot", out: &p, repeatable: true}); err != nil {
		add("Discord gateway", false, err.Error(), "check the network and DISCORD_API_URL")
	} else if err := a.checkGateway(p.URL); err != nil {
		add("Discord gateway", false, err.Error(), "check DISCORD_API_URL")
	} else {
		add("Discord gateway", p.Limit.Remaining > 0 || p.Limit.Total == 0, fmt.Sprintf("%d shards, %d of %d sessions left today", max(p.Shards, 1), p.Limit.Remaining, p.Limit.Total),
			"wait "+(time.Duration(p.Limit.ResetAfter)*time.Millisecond).Round(time.Minute).String()+" and look why Cairn begins so many sessions")
	}

	var guilds []struct {
		ID          string `json:"id"`
		Name        string `json:"name"`
		Permissions bitset `json:"permissions"`
	}
	if err := a.call(ctx, request{op: "list the servers", method: "GET", path: "/users/@me/guilds", out: &guilds, repeatable: true}); err != nil {
		add("Discord servers", false, err.Error(), "try again")
	} else {
		add("Discord servers", len(guilds) > 0, fmt.Sprintf("in %d", len(guilds)), "invite the bot: "+InviteURL(app.ID))
		for i, g := range guilds {
			if i == 20 {
				break
			}
			lacks := lacking(g.Permissions.bits())
			add("Discord permissions in "+cut(oneLine(g.Name), 60), lacks == "", ifEmpty(lacks, "all that are needed", "missing: "+lacks), "grant them to the bot's role, or invite it again: "+InviteURL(app.ID))
		}
	}
	for _, id := range a.cfg.OnboardingChannels {
		var c wireChannel
		err := a.call(ctx, request{op: "read channel " + id, method: "GET", path: "/channels/" + id, out: &c, repeatable: true})
		detail := "#" + c.Name
		if err != nil {
			var d *adapters.DeliveryError
			if detail = err.Error(); errors.As(err, &d) && d.Kind == adapters.KindPermission {
				detail = "the bot may not see it"
			}
		}
		add("Discord onboarding channel "+id, err == nil, detail, "check the id, and give the bot's role View Channels there")
	}
	add("Discord invite link", true, InviteURL(app.ID), "")
	return out
}

// lacking names what is missing of the permissions needed.
func lacking(have int64) string {
	const administrator = 1 << 3
	if have&administrator != 0 {
		return ""
	}
	var names []string
	for _, n := range needed() {
		if have&n.bit == 0 {
			names = append(names, n.name)
		}
	}
	return strings.Join(names, ", ")
}

func word(on bool) string {
	if on {
		return "on"
	}
	return "off in the Developer Portal, though discord.message_content is true"
}

func ifEmpty(s, empty, other string) string {
	if s == "" {
		return empty
	}
	return other
}
