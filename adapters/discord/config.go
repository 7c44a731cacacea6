package discord

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"cairn/adapters"
)

// Config is the adapter's part of the configuration.
type Config struct {
	// BotToken is the bot's token, with or without "Bot " before it.
	BotToken adapters.Secret `yaml:"bot_token"`
	// APIURL is scheme and host of the REST API; the gateway is looked up
	// there. Defaults to https://discord.com.
	APIURL string `yaml:"api_url"`
	// MessageContent asks for the privileged intent, which onboarding channels
	// and follow-ups without a mention need. Defaults to false.
	MessageContent bool `yaml:"message_content"`
	// OnboardingChannels are the ids of channels answered without a mention.
	OnboardingChannels []string `yaml:"onboarding_channels"`
	// OwnerGroup is the id of the role asked where Cairn has no answer.
	OwnerGroup string `yaml:"owner_group"`
}

// Options are what the adapter can do without. The zero value is the default.
type Options struct {
	// Titles completes questions and lists the library; nil turns both off.
	Titles adapters.Titles
	// Leaser keeps several replicas from holding the same shard; nil takes
	// every shard.
	Leaser Leaser
	// History is what earlier processes left behind; nil is nothing.
	History History
	// LeaseTTL is how long a lease lasts; it is renewed at a third of it.
	// Defaults to 15s.
	LeaseTTL time.Duration
	// HTTPClient makes every request but the WebSocket's. Defaults to one that
	// takes HTTPS_PROXY and NO_PROXY from the environment.
	HTTPClient *http.Client
	// CatchUp is how far back to look for questions when a session begins and
	// History does not tell when the last one ended. Defaults to 10m; negative
	// never looks for any.
	CatchUp time.Duration
	// Backoff is the first pause before a reconnect; it doubles up to
	// MaxBackoff, with jitter. Default to 500ms and 1m.
	Backoff    time.Duration
	MaxBackoff time.Duration
	// IdentifyEvery is the pause between two new sessions of a concurrency
	// bucket. Defaults to 5s, as Discord asks.
	IdentifyEvery time.Duration
	// InvalidSessionWait is the pause after a refused session. Defaults to a
	// random time between 1s and 5s, as Discord asks.
	InvalidSessionWait time.Duration
	// PerSecond is the global limit of requests. Defaults to 50.
	PerSecond int
	// TellAfter is the wait beyond which an asker is told that the answer is
	// late because of Discord's limit. Defaults to 30s.
	TellAfter time.Duration
	// EditEvery is the pause between two edits in a channel while an answer
	// grows. Defaults to 1.1s: Discord takes five in five seconds.
	EditEvery time.Duration
	// KeepCommands leaves the registered commands as they are.
	KeepCommands bool
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

const defaultAPIURL = "https://discord.com"

func (c Config) withDefaults() Config {
	if c.APIURL == "" {
		c.APIURL = defaultAPIURL
	}
	c.APIURL = strings.TrimRight(c.APIURL, "/")
	if t := strings.TrimSpace(c.BotToken.Reveal()); t != c.BotToken.Reveal() || strings.HasPrefix(t, "Bot ") {
		c.BotToken = adapters.NewSecret(strings.TrimSpace(strings.TrimPrefix(t, "Bot ")))
	}
	return c
}

// validate names the field and what it wants. No message holds a token.
func (c Config) validate() error {
	token := c.BotToken.Reveal()
	switch {
	case token == "":
		return adapters.Both("discord.bot_token: no bot token: set DISCORD_BOT_TOKEN (Developer Portal, Bot, Reset Token)", "discord.bot_token：没有机器人令牌：请设置 DISCORD_BOT_TOKEN（Developer Portal 的 Bot 页面，Reset Token）").Err()
	case strings.ContainsAny(token, " \t\r\n"):
		return adapters.Both("discord.bot_token: got a token with white space in it, want the bot's token alone", "discord.bot_token：令牌里有空白字符，只应有机器人的令牌").Err()
	case strings.HasPrefix(token, "xoxb-") || strings.HasPrefix(token, "xapp-"):
		return adapters.Both("discord.bot_token: got a Slack token, want the Discord bot's token", "discord.bot_token：这是 Slack 令牌，应为 Discord 机器人的令牌").Err()
	}
	u, err := url.Parse(c.APIURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.Path != "" || u.RawQuery != "" {
		return adapters.Both("discord.api_url: got %q, want scheme and host such as %s", "discord.api_url：%q 无效，应为协议加主机，例如 %s").Err(redactURL(c.APIURL), defaultAPIURL)
	}
	for i, ch := range c.OnboardingChannels {
		if !isID(ch) {
			return adapters.Both("discord.onboarding_channels[%d]: got %q, want a channel's id such as 1029384756102938475 (developer mode, right click, Copy Channel ID)", "discord.onboarding_channels[%d]：%q 无效，应为频道 id，例如 1029384756102938475（打开开发者模式，右键复制频道 ID）").Err(i, ch)
		}
	}
	if len(c.OnboardingChannels) > 0 && !c.MessageContent {
		return adapters.Both("discord.message_content: onboarding channels need it: set it to true and turn on the Message Content Intent in the Developer Portal", "discord.message_content：新人频道需要它：请设为 true，并在 Developer Portal 打开 Message Content Intent").Err()
	}
	if c.OwnerGroup != "" && !isID(c.OwnerGroup) {
		return adapters.Both("discord.owner_group: got %q, want a role's id such as 1029384756102938475", "discord.owner_group：%q 无效，应为身份组 id，例如 1029384756102938475").Err(c.OwnerGroup)
	}
	return nil
}

func redactURL(s string) string {
	if u, err := url.Parse(s); err == nil {
		return u.Redacted()
	}
	return "an address that cannot be read"
}

// isID reports whether s is a snowflake.
func isID(s string) bool {
	return len(s) >= 1 && len(s) <= 20 && strings.Trim(s, "0123456789") == ""
}

// usable reports whether an id may stand in a request's path. Discord's are
// snowflakes; what else comes from it is taken as it is, as long as it cannot
// lead elsewhere.
func usable(id string) bool {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return len(id) >= 1 && len(id) <= 100 && strings.Trim(id, letters) == ""
}

// usableToken is usable for an interaction's token, which has no fixed form.
func usableToken(token string) bool {
	return len(token) >= 1 && len(token) <= 2000 && strings.Trim(token, ".") != "" &&
		!strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("/\\?#%\"", r) })
}

func (o *Options) withDefaults() (Options, error) {
	var v Options
	if o != nil {
		v = *o
	}
	if v.PerSecond == 0 {
		v.PerSecond = globalPerSecond
	}
	if v.PerSecond < 2 {
		return v, fmt.Errorf("discord options: PerSecond: got %d, want 2 or more", v.PerSecond)
	}
	if v.CatchUp == 0 {
		v.CatchUp = 10 * time.Minute
	}
	for _, d := range []struct {
		name string
		at   *time.Duration
		def  time.Duration
	}{
		{"LeaseTTL", &v.LeaseTTL, 15 * time.Second}, {"Backoff", &v.Backoff, 500 * time.Millisecond}, {"MaxBackoff", &v.MaxBackoff, time.Minute},
		{"IdentifyEvery", &v.IdentifyEvery, 5 * time.Second}, {"TellAfter", &v.TellAfter, 30 * time.Second}, {"EditEvery", &v.EditEvery, 1100 * time.Millisecond}, {"InvalidSessionWait", &v.InvalidSessionWait, 0},
	} {
		if *d.at == 0 {
			*d.at = d.def
		}
		if *d.at < 0 {
			return v, fmt.Errorf("discord options: %s: got %v, want a positive duration", d.name, *d.at)
		}
	}
	if v.Now == nil {
		v.Now = time.Now
	}
	if v.HTTPClient == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = 128
		t.MaxConnsPerHost = 256
		t.ResponseHeaderTimeout = 20 * time.Second
		v.HTTPClient = &http.Client{Transport: t, Timeout: 30 * time.Second}
	}
	return v, nil
}

func component(lg *slog.Logger) *slog.Logger {
	if lg == nil {
		lg = slog.New(slog.DiscardHandler)
	}
	return lg.With("component", "discord")
}
