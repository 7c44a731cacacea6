package slack

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"

	"cairn/adapters"
)

// A Check is one line of `cairn doctor`.
type Check struct {
	Name   string
	OK     bool
	Detail string
	// Fix says what to do; empty when OK.
	Fix string
}

// maxSkew is how far the clocks may differ: requests from Slack are refused
// beyond five minutes.
const maxSkew = time.Minute

// Doctor checks tokens, scopes, the socket, channels and the clock against
// Slack, and speaks the language, "en" or "zh". It changes nothing there. To be
// called without Run, or beside it.
func (a *Adapter) Doctor(ctx context.Context, lang string) []Check {
	d := doctor{a, lang}
	out := d.checkTokens()
	signIn := adapters.Both("slack sign-in", "Slack 登录")
	var who *slackapi.AuthTestResponse
	err := a.call(ctx, "auth.test", "", func(ctx context.Context) error {
		var err error
		who, err = a.api.AuthTestContext(ctx)
		return err
	})
	if err != nil {
		return append(out, d.bad(signIn, err, fixFor(err)))
	}
	out = append(out, d.ok(signIn, adapters.Both("%s (%s) as %s (%s)", "%s（%s），身份 %s（%s）").With(who.Team, who.TeamID, who.User, who.UserID)))
	out = append(out, d.checkScopes(who.Header), d.checkClock(who.Header))
	if a.cfg.Mode == "socket" {
		out = append(out, d.checkSocket(ctx))
	} else {
		out = append(out, d.ok(adapters.Both("slack requests", "Slack 请求"), adapters.Both("http mode: Slack must reach /slack/events, /slack/commands and /slack/interactions at a public https address",
			"http 模式：Slack 必须能通过公网 https 地址访问 /slack/events、/slack/commands 和 /slack/interactions")))
	}
	out = append(out, d.checkMembership(ctx))
	seen := map[string]bool{}
	for _, id := range append(slices.Clone(a.cfg.OnboardingChannels), a.opts.Channels...) {
		if !seen[id] {
			out = append(out, d.checkChannel(ctx, id))
		}
		seen[id] = true
	}
	return out
}

// A doctor says in a language what it finds.
type doctor struct {
	*Adapter
	lang string
}

func (d doctor) ok(name, detail adapters.Text) Check {
	return Check{Name: name.In(d.lang), OK: true, Detail: detail.In(d.lang)}
}

func (d doctor) bad(name adapters.Text, what error, fix adapters.Text) Check {
	return Check{Name: name.In(d.lang), Detail: adapters.Explain(d.lang, what), Fix: fix.In(d.lang)}
}

func (d doctor) checkTokens() []Check {
	out := []Check{d.tokenCheck(adapters.Both("slack bot token", "Slack 机器人令牌"), d.cfg.BotToken, "xoxb-",
		adapters.Both("the bot token is under OAuth & Permissions and begins with xoxb-", "机器人令牌在 OAuth & Permissions 页面，以 xoxb- 开头"))}
	if d.cfg.Mode == "socket" {
		return append(out, d.tokenCheck(adapters.Both("slack app token", "Slack 应用令牌"), d.cfg.AppToken, "xapp-",
			adapters.Both("create an app-level token with connections:write under Basic Information; it begins with xapp-", "请在 Basic Information 页面创建带 connections:write 权限的应用级令牌，以 xapp- 开头")))
	}
	name := adapters.Both("slack signing secret", "Slack 签名密钥")
	if d.cfg.SigningSecret.IsZero() {
		return append(out, d.bad(name, adapters.Both("missing", "未设置").Err(), adapters.Both("set SLACK_SIGNING_SECRET; it is under Basic Information", "请设置 SLACK_SIGNING_SECRET，在 Basic Information 页面")))
	}
	return append(out, d.ok(name, adapters.Both("set", "已设置")))
}

func (d doctor) tokenCheck(name adapters.Text, s adapters.Secret, prefix string, fix adapters.Text) Check {
	if strings.HasPrefix(s.Reveal(), prefix) {
		return d.ok(name, adapters.Both("%s…", "%s…").With(prefix))
	}
	return d.bad(name, adapters.Both("does not begin with %s", "不是以 %s 开头").Err(prefix), fix)
}

func fixFor(err error) adapters.Text {
	switch adapters.KindOf(err) {
	case adapters.KindAuth:
		return adapters.Both("take the token anew from the app's page and check that the app is installed in the workspace", "请从应用页面重新复制令牌，并确认应用已安装到工作区")
	case adapters.KindPermission:
		return adapters.Both("add the scope under OAuth & Permissions and install the app again", "请在 OAuth & Permissions 页面添加该权限，并重新安装应用")
	case adapters.KindRateLimited:
		return adapters.Both("wait a minute and try again", "请过一分钟再试")
	}
	return adapters.Both("check the network, HTTPS_PROXY, and SLACK_API_URL", "请检查网络、HTTPS_PROXY 和 SLACK_API_URL")
}

// checkScopes compares the token's scopes with those of the manifest.
func (d doctor) checkScopes(h http.Header) Check {
	name := adapters.Both("slack scopes", "Slack 权限")
	granted := map[string]bool{}
	for s := range strings.SplitSeq(h.Get("X-OAuth-Scopes"), ",") {
		granted[strings.TrimSpace(s)] = true
	}
	if len(granted) == 1 && granted[""] {
		return d.ok(name, adapters.Both("Slack did not say which ones the token has", "Slack 没有返回令牌拥有的权限"))
	}
	var missing, why []string
	known, more := map[string]bool{"": true}, 0
	for _, s := range Scopes() {
		known[s.Name] = true
		if !granted[s.Name] {
			missing, why = append(missing, s.Name), append(why, s.Name+" ("+s.Why+")")
		}
	}
	for s := range granted {
		if !known[s] {
			more++
		}
	}
	switch {
	case len(missing) > 0:
		return d.bad(name, adapters.Both("missing: %[1]s", "缺少：%[2]s").Err(strings.Join(why, ", "), strings.Join(missing, "、")),
			adapters.Both("update the app from deploy/slack-manifest.yaml (App Manifest), then install it again", "请用 deploy/slack-manifest.yaml 更新应用（App Manifest），然后重新安装"))
	case more > 0:
		return d.ok(name, adapters.Both("all %d, and %d that Cairn does not need", "%d 项齐全，另有 %d 项 Cairn 用不到").With(len(Scopes()), more))
	}
	return d.ok(name, adapters.Both("all %d", "%d 项齐全").With(len(Scopes())))
}

func (d doctor) checkClock(h http.Header) Check {
	name := adapters.Both("slack clock", "Slack 时钟")
	at, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return d.ok(name, adapters.Both("Slack sent no time", "Slack 没有返回时间"))
	}
	skew := d.opts.Now().Sub(at).Abs().Round(time.Second)
	apart := adapters.Both("%v apart from Slack's", "与 Slack 相差 %v").With(skew)
	if skew > maxSkew {
		return d.bad(name, apart.Err(), adapters.Both("set the clock (NTP): signed requests are refused when it is five minutes off", "请校准时钟（NTP）：相差五分钟时签名请求会被拒绝"))
	}
	return d.ok(name, apart)
}

// checkSocket opens a WebSocket and closes it again. Slack sends what comes in
// between to other sockets or once more.
func (d doctor) checkSocket(ctx context.Context) Check {
	name := adapters.Both("slack socket", "Slack 长连接")
	var address string
	err := d.call(ctx, "apps.connections.open", "", func(ctx context.Context) error {
		var err error
		_, address, err = d.api.StartSocketModeContext(ctx)
		return err
	})
	if err != nil {
		fix := fixFor(err)
		if adapters.KindOf(err) == adapters.KindAuth {
			fix = adapters.Both("the app-level token needs connections:write (Basic Information, App-Level Tokens), and Socket Mode must be on", "应用级令牌需要 connections:write 权限（Basic Information 页面的 App-Level Tokens），并打开 Socket Mode")
		}
		return d.bad(name, err, fix)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.Replace(address, "ws", "http", 1), nil)
	if err != nil {
		return d.bad(name, adapters.Both("Slack gave an address that cannot be read", "Slack 返回的地址无法解析").Err(), adapters.Both("try again", "请重试"))
	}
	key := make([]byte, 16)
	rand.Read(key)
	for k, v := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": base64.StdEncoding.EncodeToString(key)} {
		req.Header.Set(k, v)
	}
	resp, err := d.opts.HTTPClient.Do(req)
	if err != nil {
		return d.bad(name, d.scrub(err), adapters.Both("let %s:443 through the firewall or proxy (WebSocket), or use mode: http", "请在防火墙或代理上放行 %s:443（WebSocket），或改用 mode: http").With(req.URL.Hostname()))
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusSwitchingProtocols {
		return d.bad(name, adapters.Both("answered %s to the WebSocket upgrade", "WebSocket 升级请求返回 %s").Err(resp.Status),
			adapters.Both("a proxy in between must let WebSocket upgrades through to %s", "中间的代理必须放行到 %s 的 WebSocket 升级").With(req.URL.Hostname()))
	}
	return d.ok(name, adapters.Both("WebSocket to %s opens", "到 %s 的 WebSocket 可以建立").With(req.URL.Host))
}

// checkMembership says in how many channels mentions are heard. None is no
// fault: direct messages and the command work without.
func (d doctor) checkMembership(ctx context.Context) Check {
	name := adapters.Both("slack channels", "Slack 频道")
	n, more := 0, false
	err := d.call(ctx, "users.conversations", "", func(ctx context.Context) error {
		found, cursor, err := d.api.GetConversationsForUserContext(ctx, &slackapi.GetConversationsForUserParameters{
			Types: []string{"public_channel", "private_channel"}, ExcludeArchived: true, Limit: 200,
		})
		n, more = len(found), cursor != ""
		return err
	})
	switch {
	case err != nil:
		return d.ok(name, adapters.Both("Slack did not say which channels Cairn is in: %v", "Slack 没有返回 Cairn 所在的频道：%v").With(err))
	case n == 0:
		return d.ok(name, adapters.Both("member of none yet: type /invite @cairn in a channel to use mentions there", "还没有加入任何频道：在频道里输入 /invite @cairn 之后才能 @ 它"))
	case more:
		return d.ok(name, adapters.Both("member of %d and more", "已加入 %d 个以上").With(n))
	}
	return d.ok(name, adapters.Both("member of %d", "已加入 %d 个").With(n))
}

func (d doctor) checkChannel(ctx context.Context, id string) Check {
	name := adapters.Both("slack channel %s", "Slack 频道 %s").With(id)
	var ch *slackapi.Channel
	err := d.call(ctx, "conversations.info", id, func(ctx context.Context) error {
		var err error
		ch, err = d.api.GetConversationInfoContext(ctx, &slackapi.GetConversationInfoInput{ChannelID: id})
		return err
	})
	switch {
	case err != nil:
		return d.bad(name, err, adapters.Both("check the id in the configuration; a private channel needs Cairn as a member: /invite @cairn", "请检查配置里的频道 id；私有频道需要先邀请 Cairn：/invite @cairn"))
	case !ch.IsMember && !ch.IsIM:
		return d.bad(name, adapters.Both("Cairn is not a member", "Cairn 不在频道里").Err(), adapters.Both("type /invite @cairn in the channel", "请在频道里输入 /invite @cairn"))
	}
	return d.ok(name, adapters.Both("member", "已加入"))
}
