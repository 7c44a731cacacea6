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
		v.bad("access_token", fmt.Sprintf("%d characters", len(t)), "at least 12; `openssl rand -hex 24` makes one")
	}
	if u := c.Store.URL.Reveal(); u != "" && !strings.HasPrefix(u, "postgres://") && !strings.HasPrefix(u, "postgresql://") {
		v.bad("store.url", "another address", "postgres://…, or nothing for SQLite in the data directory")
	}
	v.slackTokens()
	if strings.ContainsFunc(strings.TrimPrefix(c.Discord.BotToken.Reveal(), "Bot "), unicode.IsSpace) {
		v.bad("discord.bot_token", "a token with white space in it", "the bot's token")
	}
	return errors.Join(v.errs...)
}

type validator struct {
	c    *Config
	errs []error
}

func (v *validator) bad(key, got, want string) {
	from := v.c.origins[key]
	for k := key; from == "" && strings.Contains(k, "["); { // a list from one variable
		k = k[:strings.LastIndexByte(k, '[')]
		from = v.c.origins[k]
	}
	if from != "" {
		from += ": "
	}
	v.errs = append(v.errs, fmt.Errorf("%s%s: got %s, want %s", from, key, got, want))
}

func (v *validator) between(key string, got, low, high int) {
	if got < low || got > high {
		v.bad(key, strconv.Itoa(got), fmt.Sprintf("%d to %d", low, high))
	}
}

func (v *validator) share(key string, got, low, high float64) {
	if !(got >= low && got <= high) {
		v.bad(key, fmt.Sprint(got), fmt.Sprintf("%v to %v", low, high))
	}
}

func (v *validator) atLeastZero(key string, got float64) {
	if got < 0 {
		v.bad(key, fmt.Sprint(got), "0 or more")
	}
}

func (v *validator) duration(key string, got, low, high time.Duration) {
	if got < low || got > high {
		v.bad(key, showDuration(got), showDuration(low)+" to "+showDuration(high))
	}
}

// retention allows 0, for ever, but nothing so short that duplicates pass.
func (v *validator) retention(key string, got time.Duration) {
	if got != 0 && got < time.Hour {
		v.bad(key, showDuration(got), "0 (for ever) or at least 1h")
	}
}

func (v *validator) oneOf(key, got string, want ...string) {
	if slices.Contains(want, got) {
		return
	}
	list := strings.Join(want, ", ")
	if best := nearest(got, want); best != "" {
		list += "; did you mean " + best + "?"
	}
	v.bad(key, quote(got), list)
}

func (v *validator) hostPort(key, got string) {
	host, port, err := net.SplitHostPort(got)
	n, perr := strconv.Atoi(port)
	if err != nil || perr != nil || n < 0 || n > 65535 || strings.ContainsAny(host, " /@") {
		v.bad(key, quote(got), "host:port, such as 127.0.0.1:8080")
	}
}

// webURL wants an http or https address and returns it. Errors show no user
// part, since that may hold a password.
func (v *validator) webURL(key, got string) *url.URL {
	u, err := url.Parse(got)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		v.bad(key, "something else", "an address that begins with http:// or https:// and has a host")
		return nil
	case u.User != nil:
		v.bad(key, "an address with a user or a password", "one without; keys have settings of their own")
		return nil
	case u.Fragment != "":
		v.bad(key, "an address with #", "one without")
		return nil
	}
	return u
}

func (v *validator) libraries() {
	names := map[string]int{}
	for i := range v.c.Libraries {
		l, key := &v.c.Libraries[i], fmt.Sprintf("libraries[%d]", i)
		if l.Path == "" {
			v.bad(key+".path", "nothing", "a directory, or builtin")
		}
		if len(l.Name) > 100 || strings.ContainsFunc(l.Name, unicode.IsControl) || l.Name == "." || l.Name == ".." {
			v.bad(key+".name", strconv.Quote(l.Name), "at most 100 printable characters")
		}
		if first, dup := names[l.Name]; dup && l.Name != "" {
			v.bad(key+".name", quote(l.Name)+", which libraries["+strconv.Itoa(first)+"] has", "a name of its own")
		}
		names[l.Name] = i
		if l.URL != "" {
			v.libraryURL(key+".url", l.URL)
		}
		for j, a := range l.Allow {
			adapter, id, limited := cut(a)
			if !slices.Contains([]string{"slack", "discord", "web", "terminal"}, adapter) || limited && (id == "" || strings.ContainsAny(id, " :#@<>")) {
				v.bad(fmt.Sprintf("%s.allow[%d]", key, j), quote(a), "an adapter (slack, discord, web, terminal), or adapter:id such as slack:C0123ABCD")
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
			v.bad(key, quote("{"+name), "only {path}, {line}, {end_line} and {commit}")
			return
		}
		plain = strings.Replace(plain, "{"+name+"}", "x", 1)
		rest = tail
	}
	u, err := url.Parse(plain)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		v.bad(key, quote(got), "an http or https address without a password, such as https://git.example.com/ops/blob/{commit}/{path}#L{line}")
	}
}

func (v *validator) web() {
	w := &v.c.Web
	if !(w.Rate == -1 || w.Rate > 0 && w.Rate <= 1e9) {
		v.bad("web.rate", fmt.Sprint(w.Rate), "more than 0, or -1 for no limit")
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
			v.bad(fmt.Sprintf("web.trusted_proxies[%d]", i), quote(p), "an address or a network, such as 10.0.0.0/8")
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
	v.token("slack.bot_token", s.BotToken.Reveal(), "xoxb-", "a bot token (xoxb-…)")
	v.token("slack.app_token", s.AppToken.Reveal(), "xapp-", "an app-level token (xapp-…)")
	if s.BotToken.IsZero() {
		return
	}
	if s.Mode == "socket" && s.AppToken.IsZero() {
		v.bad("slack.app_token", "nothing", "an app-level token (xapp-…) with connections:write, which socket mode needs; or `mode: http` with a signing secret")
	}
	if s.Mode == "http" && s.SigningSecret.IsZero() {
		v.bad("slack.signing_secret", "nothing", "the app's signing secret, which http mode needs")
	}
}

// token checks a token's prefix without showing the token. Tokens of tests and
// proxies may look otherwise; only the well-known mix-ups are refused.
func (v *validator) token(key, got, prefix, want string) {
	for _, other := range []string{"xoxb-", "xapp-", "xoxp-", "xoxe."} {
		if other != prefix && strings.HasPrefix(got, other) {
			v.bad(key, "a token that begins with "+other, want)
		}
	}
	if strings.ContainsFunc(got, unicode.IsSpace) {
		v.bad(key, "a token with white space in it", want)
	}
}

func (v *validator) discord() {
	d := &v.c.Discord
	v.webURL("discord.api_url", d.APIURL)
	v.share("discord.onboarding_confidence", d.OnboardingConfidence, 0, 1)
	if len(d.OnboardingChannels) > 0 && !d.MessageContent {
		v.bad("discord.message_content", "false", "true, since onboarding_channels are set and need that intent")
	}
}

func (v *validator) schedules() {
	names := map[string]bool{}
	for i := range v.c.Schedules {
		s, key := &v.c.Schedules[i], fmt.Sprintf("schedules[%d]", i)
		if s.Name == "" || len(s.Name) > 100 {
			v.bad(key+".name", quote(s.Name), "1 to 100 characters")
		}
		if names[s.Name] {
			v.bad(key+".name", quote(s.Name)+" for the second time", "a name of its own")
		}
		names[s.Name] = true
		if strings.TrimSpace(s.Cron) == "" { // what else is wrong with it, bot/schedule says
			v.bad(key+".cron", quote(s.Cron), "five fields (minute hour day month weekday), such as \"0 9 * * 1-5\"")
		}
		if _, err := time.LoadLocation(s.Zone); err != nil || s.Zone == "" || s.Zone == "Local" {
			v.bad(key+".zone", quote(s.Zone), "an IANA zone, such as Europe/Berlin")
		}
		v.oneOf(key+".adapter", s.Adapter, "slack", "discord")
		if to := s.To(); to.Channel == "" && to.User == "" || strings.ContainsAny(s.Destination, " #@<>") {
			v.bad(key+".destination", quote(s.Destination), "a channel's id, or user: and a person's id")
		}
		v.oneOf(key+".language", s.Language, "en", "zh")
		for j, q := range s.QuietDays {
			if _, err := time.Parse(time.DateOnly, q); err != nil && !slices.Contains(weekdays(), strings.ToLower(q)) {
				v.bad(fmt.Sprintf("%s.quiet_days[%d]", key, j), quote(q), "mon, tue, wed, thu, fri, sat, sun or a date such as 2026-12-25")
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
		v.bad("llm.first_token", showDuration(l.FirstToken), "at most llm.timeout, "+showDuration(l.Timeout))
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
		v.bad("llm.input_price", "0", "the model's prices, since a cost is bounded")
	}
}
