package slack

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"cairn/adapters"
)

// Config is the adapter's part of the configuration.
type Config struct {
	// Mode is "socket" (Socket Mode, no public address) or "http" (Events
	// API). Defaults to socket.
	Mode string `yaml:"mode"`
	// BotToken is the bot user's token, xoxb-…
	BotToken adapters.Secret `yaml:"bot_token"`
	// AppToken is the app-level token, xapp-…, which Socket Mode needs.
	AppToken adapters.Secret `yaml:"app_token"`
	// SigningSecret proves that requests come from Slack; http mode needs it.
	SigningSecret adapters.Secret `yaml:"signing_secret"`
	// APIURL is the prefix of the method names. Defaults to
	// https://slack.com/api/; GovSlack is https://slack-gov.com/api/.
	APIURL string `yaml:"api_url"`
	// OnboardingChannels are the ids of channels answered without a mention.
	OnboardingChannels []string `yaml:"onboarding_channels"`
	// OwnerGroup is the id of the user group asked where Cairn has no answer.
	OwnerGroup string `yaml:"owner_group"`
}

// Options are what the adapter can do without. The zero value is the default.
type Options struct {
	// Prompts gives the suggested prompts; nil suggests none.
	Prompts adapters.Prompter
	// Channels are what Doctor looks at beside the onboarding channels, such
	// as where schedules send.
	Channels []string
	// HTTPClient makes every request but the WebSocket's. Defaults to one that
	// takes HTTPS_PROXY and NO_PROXY from the environment.
	HTTPClient *http.Client
	// Connections is how many sockets are held open, so that Slack's regular
	// refresh of one leaves another: an event that finds no socket comes a
	// minute later. Slack allows 10 for all replicas. Defaults to 2.
	Connections int
	// PingTimeout is how long a socket may stay without Slack's ping before it
	// counts as dead. Defaults to 30s.
	PingTimeout time.Duration
	// Backoff is the first pause before a reconnect; it doubles up to
	// MaxBackoff, with jitter. Default to 200ms and 30s.
	Backoff    time.Duration
	MaxBackoff time.Duration
	// EditEvery is the least time between two edits, or two appends, of an
	// answer that grows. Defaults to 1.2s: Slack takes 50 edits a minute.
	EditEvery time.Duration
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

const defaultAPIURL = "https://slack.com/api/"

var errNoToken = adapters.Both("no bot token: set SLACK_BOT_TOKEN (xoxb-…)", "没有机器人令牌：请设置 SLACK_BOT_TOKEN（xoxb-…）").Err()

func (c Config) withDefaults() Config {
	if c.Mode == "" {
		c.Mode = "socket"
	}
	if c.APIURL == "" {
		c.APIURL = defaultAPIURL
	}
	if !strings.HasSuffix(c.APIURL, "/") {
		c.APIURL += "/"
	}
	return c
}

// validate names the field and what it wants. No message holds a token.
func (c Config) validate() error {
	switch {
	case c.Mode != "socket" && c.Mode != "http":
		return adapters.Both("slack.mode: got %q, want socket or http", "slack.mode：%q 无效，应为 socket 或 http").Err(c.Mode)
	case c.BotToken.IsZero():
		return errNoToken
	case strings.HasPrefix(c.BotToken.Reveal(), "xapp-"):
		return adapters.Both("slack.bot_token: got an app-level token (xapp-…), want the bot token (xoxb-…); the two may be swapped", "slack.bot_token：这是应用级令牌（xapp-…），应为机器人令牌（xoxb-…）；两者可能写反了").Err()
	case strings.HasPrefix(c.BotToken.Reveal(), "xoxp-"):
		return adapters.Both("slack.bot_token: got a user token (xoxp-…), want the bot token (xoxb-…)", "slack.bot_token：这是用户令牌（xoxp-…），应为机器人令牌（xoxb-…）").Err()
	case c.Mode == "socket" && c.AppToken.IsZero():
		return adapters.Both("slack.app_token: socket mode needs an app-level token (xapp-…) with connections:write: set SLACK_APP_TOKEN, or mode: http with a signing secret", "slack.app_token：socket 模式需要带 connections:write 权限的应用级令牌（xapp-…）：请设置 SLACK_APP_TOKEN，或改用 mode: http 加签名密钥").Err()
	case c.Mode == "socket" && strings.HasPrefix(c.AppToken.Reveal(), "xoxb-"):
		return adapters.Both("slack.app_token: got a bot token (xoxb-…), want an app-level token (xapp-…); the two may be swapped", "slack.app_token：这是机器人令牌（xoxb-…），应为应用级令牌（xapp-…）；两者可能写反了").Err()
	case c.Mode == "http" && c.SigningSecret.IsZero():
		return adapters.Both("slack.signing_secret: http mode needs the app's signing secret: set SLACK_SIGNING_SECRET", "slack.signing_secret：http 模式需要应用的签名密钥：请设置 SLACK_SIGNING_SECRET").Err()
	}
	if u, err := url.Parse(c.APIURL); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return adapters.Both("slack.api_url: got %q, want an http or https address such as %s", "slack.api_url：%q 无效，应为 http 或 https 地址，例如 %s").Err(c.APIURL, defaultAPIURL)
	}
	id := regexp.MustCompile(`^[A-Z0-9]{2,40}$`)
	for i, ch := range c.OnboardingChannels {
		if !id.MatchString(ch) {
			return adapters.Both("slack.onboarding_channels[%d]: got %q, want a channel id such as C0123ABCD (channel details, at the bottom)", "slack.onboarding_channels[%d]：%q 无效，应为频道 id，例如 C0123ABCD（见频道详情底部）").Err(i, ch)
		}
	}
	if c.OwnerGroup != "" && !id.MatchString(c.OwnerGroup) {
		return adapters.Both("slack.owner_group: got %q, want a user group id such as S0123ABCD", "slack.owner_group：%q 无效，应为用户组 id，例如 S0123ABCD").Err(c.OwnerGroup)
	}
	return nil
}

func (o *Options) withDefaults() (Options, error) {
	var v Options
	if o != nil {
		v = *o
	}
	if v.Connections == 0 {
		v.Connections = 2
	}
	if v.Connections < 1 || v.Connections > 10 {
		return v, fmt.Errorf("slack options: Connections: got %d, want 1 to 10", v.Connections)
	}
	for _, d := range []struct {
		name string
		at   *time.Duration
		def  time.Duration
	}{{"PingTimeout", &v.PingTimeout, 30 * time.Second}, {"Backoff", &v.Backoff, 200 * time.Millisecond}, {"MaxBackoff", &v.MaxBackoff, 30 * time.Second}, {"EditEvery", &v.EditEvery, 1200 * time.Millisecond}} {
		if *d.at == 0 {
			*d.at = d.def
		}
		if *d.at < 0 {
			return v, fmt.Errorf("slack options: %s: got %v, want a positive duration", d.name, *d.at)
		}
	}
	if v.Now == nil {
		v.Now = time.Now
	}
	if v.HTTPClient == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = 64
		t.ResponseHeaderTimeout = 20 * time.Second
		v.HTTPClient = &http.Client{Transport: t, Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	return v, nil
}

func component(lg *slog.Logger) *slog.Logger {
	if lg == nil {
		lg = slog.New(slog.DiscardHandler)
	}
	return lg.With("component", "slack")
}
