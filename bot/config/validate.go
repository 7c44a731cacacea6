package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"cairn/adapters"
)

// Validate checks every setting and returns all that is wrong, each naming its
// key, what it got and what it wants. [Load] calls it.
func (c *Config) Validate() error {
	v := &validator{c: c}
	v.libraries()
	v.hostPort("listen", c.Listen)
	if c.PublicURL != "" {
		v.webURL("public_url", c.PublicURL)
	}
	v.web()
	v.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	v.oneOf("log.format", c.Log.Format, "text", "json")

	v.duration("index.rescan", c.Index.Rescan, time.Second, day)
	v.between("index.max_file_size", c.Index.MaxFileSize, 1<<10, 1<<30)
	v.between("index.max_files", c.Index.MaxFiles, 1, 10_000_000)

	v.between("questions.max_length", c.Questions.MaxLength, 100, 1<<20)
	v.duration("questions.timeout", c.Questions.Timeout, 100*time.Millisecond, 10*time.Minute)
	v.between("questions.workers", c.Questions.Workers, 1, 10_000)
	v.between("questions.queue", c.Questions.Queue, 1, 10_000_000)
	v.between("questions.per_user", c.Questions.PerUser, 1, 1_000_000)
	v.duration("questions.recover", c.Questions.Recover, 0, day)

	v.retention("retention.events", c.Retention.Events)
	v.retention("retention.questions", c.Retention.Questions)
	v.retention("retention.conversations", c.Retention.Conversations)
	v.retention("retention.deliveries", c.Retention.Deliveries)

	v.between("store.max_connections", c.Store.MaxConnections, 1, 1000)
	v.slack()
	v.discord()
	v.schedules()
	v.duration("tips.catch_up", c.Tips.CatchUp, 0, 7*day)
	v.duration("tips.recent_incidents", c.Tips.RecentIncidents, 0, 365*day)

	v.share("quiz.retention", c.Quiz.Retention, 0.7, 0.97)
	v.between("quiz.new_per_day", c.Quiz.NewPerDay, 0, 1000)
	v.between("quiz.max_per_day", c.Quiz.MaxPerDay, 1, 1000)
	v.between("quiz.freeze_days", c.Quiz.FreezeDays, 0, 31)
	v.duration("quiz.link_lifetime", c.Quiz.LinkLifetime, time.Minute, 365*day)
	v.llm()
	return errors.Join(v.errs...)
}

// ValidateServe checks what a long-running Cairn needs beyond [Config.Validate]:
// that each adapter switched on has all its tokens, and the store and the page
// theirs. [Load] calls it when [Options.Serve] is set.
func (c *Config) ValidateServe() error {
	v := &validator{c: c}
	if t := c.AccessToken.Reveal(); t != "" && len(t) < 12 {
		v.bad("access_token", both("%d characters", " %d 个字符").With(len(t)), both("at least 12; `openssl rand -hex 24` makes one", "至少 12 个字符；可用 `openssl rand -hex 24` 生成"))
	}
	if u := c.Store.URL.Reveal(); u != "" && !strings.HasPrefix(u, "postgres://") && !strings.HasPrefix(u, "postgresql://") {
		v.bad("store.url", both("another address", "其他地址"), both("postgres://…, or nothing for SQLite in the data directory", " postgres://…，留空则用数据目录里的 SQLite"))
	}
	v.slackTokens()
	if strings.ContainsFunc(strings.TrimPrefix(c.Discord.BotToken.Reveal(), "Bot "), unicode.IsSpace) {
		v.bad("discord.bot_token", both("a token with white space in it", "含有空白字符的令牌"), both("the bot's token", "机器人的令牌"))
	}
	return errors.Join(v.errs...)
}

type validator struct {
	c    *Config
	errs []error
}

// bad notes a wrong value. got and want are what stands there and what should,
// each as it is or as a text.
func (v *validator) bad(key string, got, want any) {
	from := v.c.origins[key]
	for k := key; from == "" && strings.Contains(k, "["); { // a list from one variable
		k = k[:strings.LastIndexByte(k, '[')]
		from = v.c.origins[k]
	}
	if s, plain := got.(string); plain {
		got = both("%s", " %s").With(s)
	}
	err := both("%s: got %s, want %s", "%s：现值为%s，应为%s").Err(key, got, want)
	if from != "" {
		err = within(from, err)
	}
	v.errs = append(v.errs, err)
}

func (v *validator) between(key string, got, low, high int) {
	if got < low || got > high {
		v.bad(key, strconv.Itoa(got), both("%d to %d", " %d 到 %d").With(low, high))
	}
}

func (v *validator) share(key string, got, low, high float64) {
	if !(got >= low && got <= high) {
		v.bad(key, fmt.Sprint(got), both("%v to %v", " %v 到 %v").With(low, high))
	}
}

func (v *validator) atLeastZero(key string, got float64) {
	if got < 0 {
		v.bad(key, fmt.Sprint(got), both("0 or more", "不小于 0 的数"))
	}
}

func (v *validator) duration(key string, got, low, high time.Duration) {
	if got < low || got > high {
		v.bad(key, showDuration(got), both("%s to %s", " %s 到 %s").With(showDuration(low), showDuration(high)))
	}
}

// retention allows 0, for ever, but nothing so short that duplicates pass.
func (v *validator) retention(key string, got time.Duration) {
	if got != 0 && got < time.Hour {
		v.bad(key, showDuration(got), both("0 (for ever) or at least 1h", " 0（永久保留）或至少 1h"))
	}
}

func (v *validator) oneOf(key, got string, want ...string) {
	if slices.Contains(want, got) {
		return
	}
	list := both("%s", " %s").With(strings.Join(want, ", "))
	if best := nearest(got, want); best != "" {
		list = both("%s; did you mean %s?", " %s；是不是想写 %s？").With(strings.Join(want, ", "), best)
	}
	v.bad(key, quote(got), list)
}

func (v *validator) hostPort(key, got string) {
	host, port, err := net.SplitHostPort(got)
	n, perr := strconv.Atoi(port)
	if err != nil || perr != nil || n < 0 || n > 65535 || strings.ContainsAny(host, " /@") {
		v.bad(key, quote(got), both("host:port, such as 127.0.0.1:8080", " host:port，例如 127.0.0.1:8080"))
	}
}

// webURL wants an http or https address and returns it. Errors show no user
// part, since that may hold a password.
func (v *validator) webURL(key, got string) *url.URL {
	u, err := url.Parse(got)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		v.bad(key, both("something else", "其他内容"), both("an address that begins with http:// or https:// and has a host", "以 http:// 或 https:// 开头且带主机名的地址"))
		return nil
	case u.User != nil:
		v.bad(key, both("an address with a user or a password", "带用户名或密码的地址"), both("one without; keys have settings of their own", "不带的；密钥有单独的配置项"))
		return nil
	case u.Fragment != "":
		v.bad(key, both("an address with #", "带 # 的地址"), both("one without", "不带 # 的地址"))
		return nil
	}
	return u
}

func (v *validator) libraries() {
	names := map[string]int{}
	for i := range v.c.Libraries {
		l, key := &v.c.Libraries[i], fmt.Sprintf("libraries[%d]", i)
		if l.Path == "" {
			v.bad(key+".path", both("nothing", "空"), both("a directory, or builtin", "目录，或 builtin"))
		}
		if len(l.Name) > 100 || strings.ContainsFunc(l.Name, unicode.IsControl) || l.Name == "." || l.Name == ".." {
			v.bad(key+".name", strconv.Quote(l.Name), both("at most 100 printable characters", "不超过 100 个可见字符"))
		}
		if first, dup := names[l.Name]; dup && l.Name != "" {
			v.bad(key+".name", both("%s, which libraries[%d] has", " %s，与 libraries[%d] 重复").With(quote(l.Name), first), both("a name of its own", "不重复的名字"))
		}
		names[l.Name] = i
		if l.URL != "" {
			v.libraryURL(key+".url", l.URL)
		}
		for j, a := range l.Allow {
			adapter, id, limited := cut(a)
			if !slices.Contains([]string{"slack", "discord", "web", "terminal"}, adapter) || limited && (id == "" || strings.ContainsAny(id, " :#@<>")) {
				v.bad(fmt.Sprintf("%s.allow[%d]", key, j), quote(a), both("an adapter (slack, discord, web, terminal), or adapter:id such as slack:C0123ABCD", "平台名（slack、discord、web、terminal），或 平台:id，例如 slack:C0123ABCD"))
			}
		}
	}
}

func (v *validator) libraryURL(key, got string) {
	plain := got
	for rest := got; ; {
		_, after, ok := strings.Cut(rest, "{")
		if !ok {
			break
		}
		name, tail, closed := strings.Cut(after, "}")
		if !closed || !slices.Contains([]string{"path", "line", "end_line", "commit"}, name) {
			v.bad(key, quote("{"+name), both("only {path}, {line}, {end_line} and {commit}", " {path}、{line}、{end_line}、{commit} 之一"))
			return
		}
		plain = strings.Replace(plain, "{"+name+"}", "x", 1)
		rest = tail
	}
	u, err := url.Parse(plain)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		v.bad(key, quote(got), both("an http or https address without a password, such as https://git.example.com/ops/blob/{commit}/{path}#L{line}", "不带密码的 http 或 https 地址，例如 https://git.example.com/ops/blob/{commit}/{path}#L{line}"))
	}
}

func (v *validator) web() {
	w := &v.c.Web
	if !(w.Rate == -1 || w.Rate > 0 && w.Rate <= 1e9) {
		v.bad("web.rate", fmt.Sprint(w.Rate), both("more than 0, or -1 for no limit", "大于 0 的数，或 -1 表示不限"))
	}
	v.between("web.burst", w.Burst, 1, 1_000_000_000)
	v.between("web.max_in_flight", w.MaxInFlight, 1, 1_000_000)
	v.between("web.max_body", w.MaxBody, 1<<10, 64<<20)
	v.duration("web.timeout", w.Timeout, 100*time.Millisecond, 10*time.Minute)
	v.duration("web.grace", w.Grace, 0, 10*time.Minute)
	v.duration("web.session", w.Session, time.Minute, 365*day)
	for i, p := range w.TrustedProxies {
		if _, err := netip.ParseAddr(p); err == nil {
			continue
		}
		if _, err := netip.ParsePrefix(p); err != nil {
			v.bad(fmt.Sprintf("web.trusted_proxies[%d]", i), quote(p), both("an address or a network, such as 10.0.0.0/8", "地址或网段，例如 10.0.0.0/8"))
		}
	}
}

func (v *validator) slack() {
	s := &v.c.Slack
	v.oneOf("slack.mode", s.Mode, "socket", "http")
	v.webURL("slack.api_url", s.APIURL)
	v.share("slack.onboarding_confidence", s.OnboardingConfidence, 0, 1)
}

func (v *validator) slackTokens() {
	s := &v.c.Slack
	v.token("slack.bot_token", s.BotToken.Reveal(), "xoxb-", both("a bot token (xoxb-…)", "机器人令牌（xoxb-…）"))
	v.token("slack.app_token", s.AppToken.Reveal(), "xapp-", both("an app-level token (xapp-…)", "应用级令牌（xapp-…）"))
	if s.BotToken.IsZero() {
		return
	}
	if s.Mode == "socket" && s.AppToken.IsZero() {
		v.bad("slack.app_token", both("nothing", "空"), both("an app-level token (xapp-…) with connections:write, which socket mode needs; or `mode: http` with a signing secret", "带 connections:write 权限的应用级令牌（xapp-…），socket 模式需要它；或改用 `mode: http` 加签名密钥"))
	}
	if s.Mode == "http" && s.SigningSecret.IsZero() {
		v.bad("slack.signing_secret", both("nothing", "空"), both("the app's signing secret, which http mode needs", "应用的签名密钥，http 模式需要它"))
	}
}

// token checks a token's prefix without showing the token. Tokens of tests and
// proxies may look otherwise; only the well-known mix-ups are refused.
func (v *validator) token(key, got, prefix string, want adapters.Text) {
	for _, other := range []string{"xoxb-", "xapp-", "xoxp-", "xoxe."} {
		if other != prefix && strings.HasPrefix(got, other) {
			v.bad(key, both("a token that begins with %s", "以 %s 开头的令牌").With(other), want)
		}
	}
	if strings.ContainsFunc(got, unicode.IsSpace) {
		v.bad(key, both("a token with white space in it", "含有空白字符的令牌"), want)
	}
}

func (v *validator) discord() {
	d := &v.c.Discord
	v.webURL("discord.api_url", d.APIURL)
	v.share("discord.onboarding_confidence", d.OnboardingConfidence, 0, 1)
	if len(d.OnboardingChannels) > 0 && !d.MessageContent {
		v.bad("discord.message_content", "false", both("true, since onboarding_channels are set and need that intent", " true：设置了 onboarding_channels，需要这个 intent"))
	}
}

func (v *validator) schedules() {
	names := map[string]bool{}
	for i := range v.c.Schedules {
		s, key := &v.c.Schedules[i], fmt.Sprintf("schedules[%d]", i)
		if s.Name == "" || len(s.Name) > 100 {
			v.bad(key+".name", quote(s.Name), both("1 to 100 characters", " 1 到 100 个字符"))
		}
		if names[s.Name] {
			v.bad(key+".name", both("%s for the second time", "重复的 %s").With(quote(s.Name)), both("a name of its own", "不重复的名字"))
		}
		names[s.Name] = true
		if strings.TrimSpace(s.Cron) == "" { // what else is wrong with it, bot/schedule says
			v.bad(key+".cron", quote(s.Cron), both("five fields (minute hour day month weekday), such as \"0 9 * * 1-5\"", "五个字段（分 时 日 月 周），例如 \"0 9 * * 1-5\""))
		}
		if _, err := time.LoadLocation(s.Zone); err != nil || s.Zone == "" || s.Zone == "Local" {
			v.bad(key+".zone", quote(s.Zone), both("an IANA zone, such as Europe/Berlin", " IANA 时区，例如 Asia/Shanghai"))
		}
		v.oneOf(key+".adapter", s.Adapter, "slack", "discord")
		if to := s.To(); to.Channel == "" && to.User == "" || strings.ContainsAny(s.Destination, " #@<>") {
			v.bad(key+".destination", quote(s.Destination), both("a channel's id, or user: and a person's id", "频道 id，或 user: 加个人 id"))
		}
		v.oneOf(key+".language", s.Language, "en", "zh")
		for j, q := range s.QuietDays {
			if _, err := time.Parse(time.DateOnly, q); err != nil && !slices.Contains(weekdays(), strings.ToLower(q)) {
				v.bad(fmt.Sprintf("%s.quiet_days[%d]", key, j), quote(q), both("mon, tue, wed, thu, fri, sat, sun or a date such as 2026-12-25", " mon、tue、wed、thu、fri、sat、sun，或日期如 2026-12-25"))
			}
		}
	}
}

func weekdays() []string { return []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} }

func (v *validator) llm() {
	l := &v.c.LLM
	v.webURL("llm.base_url", l.BaseURL)
	v.oneOf("llm.api_type", l.APIType, "openai", "azure")
	if l.RerankURL != "" {
		v.webURL("llm.rerank_url", l.RerankURL)
	}
	if l.Proxy != "" {
		v.webURL("llm.proxy", l.Proxy)
	}
	v.between("llm.embed_dimensions", l.EmbedDimensions, 0, 8192)
	v.oneOf("llm.send", l.Send, "passages", "titles", "nothing")
	v.oneOf("llm.audit_person", l.AuditPerson, "hash", "id")
	v.duration("llm.first_token", l.FirstToken, 100*time.Millisecond, 10*time.Minute)
	v.duration("llm.timeout", l.Timeout, 100*time.Millisecond, 10*time.Minute)
	if l.FirstToken > l.Timeout {
		v.bad("llm.first_token", showDuration(l.FirstToken), both("at most llm.timeout, %s", "不超过 llm.timeout，即 %s").With(showDuration(l.Timeout)))
	}
	v.between("llm.retries", l.Retries, 0, 10)
	v.between("llm.max_concurrent", l.MaxConcurrent, 1, 10_000)
	v.between("llm.max_tokens", l.MaxTokens, 16, 1_000_000)
	v.between("llm.tokens_per_hour", l.TokensPerHour, 0, 1<<40)
	v.between("llm.tokens_per_person_hour", l.TokensPerPersonHour, 0, 1<<40)
	v.atLeastZero("llm.cost_per_hour", l.CostPerHour)
	v.atLeastZero("llm.cost_per_person_hour", l.CostPerPersonHour)
	v.atLeastZero("llm.input_price", l.InputPrice)
	v.atLeastZero("llm.output_price", l.OutputPrice)
	v.atLeastZero("llm.embed_price", l.EmbedPrice)
	if (l.CostPerHour > 0 || l.CostPerPersonHour > 0) && l.InputPrice == 0 && l.OutputPrice == 0 && l.EmbedPrice == 0 {
		v.bad("llm.input_price", "0", both("the model's prices, since a cost is bounded", "模型的价格：设置了费用上限"))
	}
}
