package slack

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
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
// Slack. It changes nothing there. To be called without Run, or beside it.
func (a *Adapter) Doctor(ctx context.Context) []Check {
	out := a.checkTokens()
	var who *slackapi.AuthTestResponse
	err := a.call(ctx, "auth.test", "", func(ctx context.Context) error {
		var err error
		who, err = a.api.AuthTestContext(ctx)
		return err
	})
	if err != nil {
		return append(out, Check{Name: "slack sign-in", Detail: err.Error(), Fix: fixFor(err)})
	}
	out = append(out, Check{Name: "slack sign-in", OK: true, Detail: fmt.Sprintf("%s (%s) as %s (%s)", who.Team, who.TeamID, who.User, who.UserID)})
	out = append(out, checkScopes(who.Header), a.checkClock(who.Header))
	if a.cfg.Mode == "socket" {
		out = append(out, a.checkSocket(ctx))
	} else {
		out = append(out, Check{Name: "slack requests", OK: true, Detail: "http mode: Slack must reach /slack/events, /slack/commands and /slack/interactions at a public https address"})
	}
	out = append(out, a.checkMembership(ctx))
	seen := map[string]bool{}
	for _, id := range append(slices.Clone(a.cfg.OnboardingChannels), a.opts.Channels...) {
		if !seen[id] {
			out = append(out, a.checkChannel(ctx, id))
		}
		seen[id] = true
	}
	return out
}

func (a *Adapter) checkTokens() []Check {
	out := []Check{tokenCheck("slack bot token", a.cfg.BotToken, "xoxb-", "the bot token is under OAuth & Permissions and begins with xoxb-")}
	if a.cfg.Mode == "socket" {
		return append(out, tokenCheck("slack app token", a.cfg.AppToken, "xapp-", "create an app-level token with connections:write under Basic Information; it begins with xapp-"))
	}
	c := Check{Name: "slack signing secret", OK: !a.cfg.SigningSecret.IsZero(), Detail: "set"}
	if !c.OK {
		c.Detail, c.Fix = "missing", "set SLACK_SIGNING_SECRET; it is under Basic Information"
	}
	return append(out, c)
}

func tokenCheck(name string, s adapters.Secret, prefix, fix string) Check {
	if strings.HasPrefix(s.Reveal(), prefix) {
		return Check{Name: name, OK: true, Detail: prefix + "…"}
	}
	return Check{Name: name, Detail: "does not begin with " + prefix, Fix: fix}
}

func fixFor(err error) string {
	switch adapters.KindOf(err) {
	case adapters.KindAuth:
		return "take the token anew from the app's page and check that the app is installed in the workspace"
	case adapters.KindPermission:
		return "add the scope under OAuth & Permissions and install the app again"
	case adapters.KindRateLimited:
		return "wait a minute and try again"
	}
	return "check the network, HTTPS_PROXY, and SLACK_API_URL"
}

// checkScopes compares the token's scopes with those of the manifest.
func checkScopes(h http.Header) Check {
	c := Check{Name: "slack scopes"}
	granted := map[string]bool{}
	for s := range strings.SplitSeq(h.Get("X-OAuth-Scopes"), ",") {
		granted[strings.TrimSpace(s)] = true
	}
	if len(granted) == 1 && granted[""] {
		c.OK, c.Detail = true, "Slack did not say which ones the token has"
		return c
	}
	var missing, more []string
	known := map[string]bool{"": true}
	for _, s := range Scopes() {
		known[s.Name] = true
		if !granted[s.Name] {
			missing = append(missing, s.Name+" ("+s.Why+")")
		}
	}
	for s := range granted {
		if !known[s] {
			more = append(more, s)
		}
	}
	if len(missing) > 0 {
		c.Detail = "missing: " + strings.Join(missing, ", ")
		c.Fix = "update the app from deploy/slack-manifest.yaml (App Manifest), then install it again"
		return c
	}
	c.OK, c.Detail = true, fmt.Sprintf("all %d", len(Scopes()))
	if len(more) > 0 {
		c.Detail += fmt.Sprintf(", and %d that Cairn does not need", len(more))
	}
	return c
}

func (a *Adapter) checkClock(h http.Header) Check {
	c := Check{Name: "slack clock", OK: true}
	at, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		c.Detail = "Slack sent no time"
		return c
	}
	skew := a.opts.Now().Sub(at).Abs().Round(time.Second)
	c.Detail = fmt.Sprintf("%v apart from Slack's", skew)
	if skew > maxSkew {
		c.OK, c.Fix = false, "set the clock (NTP): signed requests are refused when it is five minutes off"
	}
	return c
}

// checkSocket opens a WebSocket and closes it again. Slack sends what comes in
// between to other sockets or once more.
func (a *Adapter) checkSocket(ctx context.Context) Check {
	c := Check{Name: "slack socket"}
	var address string
	err := a.call(ctx, "apps.connections.open", "", func(ctx context.Context) error {
		var err error
		_, address, err = a.api.StartSocketModeContext(ctx)
		return err
	})
	if err != nil {
		c.Detail, c.Fix = err.Error(), fixFor(err)
		if adapters.KindOf(err) == adapters.KindAuth {
			c.Fix = "the app-level token needs connections:write (Basic Information, App-Level Tokens), and Socket Mode must be on"
		}
		return c
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.Replace(address, "ws", "http", 1), nil)
	if err != nil {
		c.Detail = "Slack gave an address that cannot be read"
		return c
	}
	key := make([]byte, 16)
	rand.Read(key)
	for k, v := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": base64.StdEncoding.EncodeToString(key)} {
		req.Header.Set(k, v)
	}
	resp, err := a.opts.HTTPClient.Do(req)
	if err != nil {
		c.Detail, c.Fix = a.scrub(err).Error(), "let "+req.URL.Hostname()+":443 through the firewall or proxy (WebSocket), or use mode: http"
		return c
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusSwitchingProtocols {
		c.Detail, c.Fix = "answered "+resp.Status+" to the WebSocket upgrade", "a proxy in between must let WebSocket upgrades through to "+req.URL.Hostname()
		return c
	}
	c.OK, c.Detail = true, "WebSocket to "+req.URL.Host+" opens"
	return c
}

// checkMembership says in how many channels mentions are heard. None is no
// fault: direct messages and the command work without.
func (a *Adapter) checkMembership(ctx context.Context) Check {
	c := Check{Name: "slack channels", OK: true}
	n, more := 0, false
	err := a.call(ctx, "users.conversations", "", func(ctx context.Context) error {
		found, cursor, err := a.api.GetConversationsForUserContext(ctx, &slackapi.GetConversationsForUserParameters{
			Types: []string{"public_channel", "private_channel"}, ExcludeArchived: true, Limit: 200,
		})
		n, more = len(found), cursor != ""
		return err
	})
	switch {
	case err != nil:
		c.Detail = "Slack did not say which channels Cairn is in: " + err.Error()
	case n == 0:
		c.Detail = "member of none yet: type /invite @cairn in a channel to use mentions there"
	case more:
		c.Detail = fmt.Sprintf("member of %d and more", n)
	default:
		c.Detail = fmt.Sprintf("member of %d", n)
	}
	return c
}

func (a *Adapter) checkChannel(ctx context.Context, id string) Check {
	c := Check{Name: "slack channel " + id}
	var ch *slackapi.Channel
	err := a.call(ctx, "conversations.info", id, func(ctx context.Context) error {
		var err error
		ch, err = a.api.GetConversationInfoContext(ctx, &slackapi.GetConversationInfoInput{ChannelID: id})
		return err
	})
	switch {
	case err != nil:
		c.Detail, c.Fix = err.Error(), "check the id in the configuration; a private channel needs Cairn as a member: /invite @cairn"
	case !ch.IsMember && !ch.IsIM:
		c.Detail, c.Fix = "Cairn is not a member", "type /invite @cairn in the channel"
	default:
		c.OK, c.Detail = true, "member"
	}
	return c
}
