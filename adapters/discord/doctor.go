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
// channels. It says so in the language, "en" or "zh", and sends nothing. The
// invite link is a check of its own.
func Diagnose(ctx context.Context, lg *slog.Logger, cfg Config, lang string, opts *Options) []Check {
	d := doctor{lang: lang}
	a, err := New(lg, cfg, opts)
	if err != nil {
		d.bad(adapters.Both("Discord configuration", "Discord 配置"), err, adapters.Both("correct the value; docs/adapters/discord.md says where to find it", "请修正这个值；在哪里找到它见 docs/adapters/discord.zh.md"))
		return d.out
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	d.a = a
	app, ok := d.checkToken(ctx)
	if !ok {
		return d.out
	}
	d.checkContent(app.Flags&(flagContent|flagContentLimited) != 0)
	d.checkSessions(ctx)
	d.checkServers(ctx, app.ID)
	d.checkChannels(ctx)
	d.ok(adapters.Both("Discord invite link", "Discord 邀请链接"), adapters.Both("%s", "%s").With(InviteURL(app.ID)))
	return d.out
}

// A doctor collects in a language what it finds.
type doctor struct {
	a    *Adapter
	lang string
	out  []Check
}

func (d *doctor) ok(name, detail adapters.Text) {
	d.out = append(d.out, Check{Name: name.In(d.lang), OK: true, Detail: detail.In(d.lang)})
}

func (d *doctor) bad(name adapters.Text, what error, fix adapters.Text) {
	d.out = append(d.out, Check{Name: name.In(d.lang), Detail: adapters.Explain(d.lang, what), Fix: fix.In(d.lang)})
}

// either is ok or bad with the same words.
func (d *doctor) either(ok bool, name, detail, fix adapters.Text) {
	if ok {
		d.ok(name, detail)
	} else {
		d.bad(name, detail.Err(), fix)
	}
}

type wireApplication struct {
	ID    string    `json:"id"`
	Name  string    `json:"name"`
	Bot   *wireUser `json:"bot"`
	Flags int       `json:"flags"`
}

func (d *doctor) checkToken(ctx context.Context) (app wireApplication, ok bool) {
	name := adapters.Both("Discord token", "Discord 令牌")
	if err := d.a.call(ctx, request{op: "look up the application", method: "GET", path: "/applications/@me", out: &app, repeatable: true}); err != nil {
		fix := adapters.Both("check the network, HTTPS_PROXY and DISCORD_API_URL", "请检查网络、HTTPS_PROXY 和 DISCORD_API_URL")
		if adapters.KindOf(err) == adapters.KindAuth {
			fix = adapters.Both("set DISCORD_BOT_TOKEN to the bot's token: Developer Portal, Bot, Reset Token", "请把 DISCORD_BOT_TOKEN 设为机器人的令牌：Developer Portal 的 Bot 页面，Reset Token")
		}
		d.bad(name, err, fix)
		return app, false
	}
	d.a.identify(app.ID, "")
	if app.Bot != nil {
		d.a.identify("", app.Bot.ID)
	}
	d.ok(name, adapters.Both("application %s (%s)", "应用 %s（%s）").With(cut(oneLine(app.Name), 80), app.ID))
	return app, true
}

// checkContent looks at the message content intent.
func (d *doctor) checkContent(on bool) {
	name := adapters.Both("Discord message content intent", "Discord 消息内容 intent")
	switch {
	case d.a.cfg.MessageContent && on:
		d.ok(name, adapters.Both("on", "已打开"))
	case d.a.cfg.MessageContent:
		d.bad(name, adapters.Both("off in the Developer Portal, though discord.message_content is true", "Developer Portal 里没有打开，但 discord.message_content 是 true").Err(),
			adapters.Both("turn on Message Content Intent in the Developer Portal under Bot, or set discord.message_content to false", "请在 Developer Portal 的 Bot 页面打开 Message Content Intent，或把 discord.message_content 设为 false"))
	case on:
		d.ok(name, adapters.Both("on in the portal but not used (discord.message_content is false)", "Developer Portal 里已打开，但没有用到（discord.message_content 是 false）"))
	default:
		d.ok(name, adapters.Both("off, not needed: mentions, direct messages and commands work without it", "未打开，也不需要：@、私信和命令不依赖它"))
	}
}

// checkSessions looks at the gateway and how many sessions it still allows.
func (d *doctor) checkSessions(ctx context.Context) {
	name := adapters.Both("Discord gateway", "Discord 网关")
	var p plan
	if err := d.a.call(ctx, request{op: "look up the gateway", method: "GET", path: "/gateway/bot", out: &p, repeatable: true}); err != nil {
		d.bad(name, err, adapters.Both("check the network and DISCORD_API_URL", "请检查网络和 DISCORD_API_URL"))
	} else if err := d.a.checkGateway(p.URL); err != nil {
		d.bad(name, err, adapters.Both("check DISCORD_API_URL", "请检查 DISCORD_API_URL"))
	} else {
		d.either(p.Limit.Remaining > 0 || p.Limit.Total == 0, name,
			adapters.Both("%d shards, %d of %d sessions left today", "%d 个分片，今天还剩 %d / %d 个会话").With(max(p.Shards, 1), p.Limit.Remaining, p.Limit.Total),
			adapters.Both("wait %s and look why Cairn begins so many sessions", "请等待 %s，并查明 Cairn 为什么频繁新建会话").With((time.Duration(p.Limit.ResetAfter) * time.Millisecond).Round(time.Minute).String()))
	}
}

// checkServers looks which servers the bot is in, and at its permissions there.
func (d *doctor) checkServers(ctx context.Context, app string) {
	name := adapters.Both("Discord servers", "Discord 服务器")
	var guilds []struct {
		ID          string `json:"id"`
		Name        string `json:"name"`
		Permissions bitset `json:"permissions"`
	}
	if err := d.a.call(ctx, request{op: "list the servers", method: "GET", path: "/users/@me/guilds", out: &guilds, repeatable: true}); err != nil {
		d.bad(name, err, adapters.Both("try again", "请重试"))
		return
	}
	d.either(len(guilds) > 0, name, adapters.Both("in %d", "已加入 %d 个").With(len(guilds)), adapters.Both("invite the bot: %s", "请邀请机器人：%s").With(InviteURL(app)))
	for _, g := range guilds[:min(len(guilds), 20)] {
		lacks := lacking(g.Permissions.bits())
		detail := adapters.Both("all that are needed", "齐全")
		if lacks != "" {
			detail = adapters.Both("missing: %s", "缺少：%s").With(lacks)
		}
		d.either(lacks == "", adapters.Both("Discord permissions in %s", "Discord 权限：%s").With(cut(oneLine(g.Name), 60)), detail,
			adapters.Both("grant them to the bot's role, or invite it again: %s", "请把这些权限授予机器人的角色，或重新邀请：%s").With(InviteURL(app)))
	}
}

// checkChannels looks whether the bot sees the onboarding channels.
func (d *doctor) checkChannels(ctx context.Context) {
	for _, id := range d.a.cfg.OnboardingChannels {
		name := adapters.Both("Discord onboarding channel %s", "Discord 新人频道 %s").With(id)
		var c wireChannel
		err := d.a.call(ctx, request{op: "read channel " + id, method: "GET", path: "/channels/" + id, out: &c, repeatable: true})
		var failed *adapters.DeliveryError
		switch {
		case err == nil:
			d.ok(name, adapters.Both("#%s", "#%s").With(c.Name))
			continue
		case errors.As(err, &failed) && failed.Kind == adapters.KindPermission:
			err = adapters.Both("the bot may not see it", "机器人无权查看").Err()
		}
		d.bad(name, err, adapters.Both("check the id, and give the bot's role View Channels there", "请检查 id，并授予机器人的角色在该频道的 View Channels 权限"))
	}
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
