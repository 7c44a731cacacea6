package mask

import (
	"regexp"
	"strings"
)

// A format is the shape of one vendor's secrets.
type format struct {
	kind Kind
	// words are what a text must hold, in lower case, for the pattern to be
	// tried at all; one of them suffices.
	words []string
	// pattern matches the secret, in its first group where it has one. It
	// takes the end of the text for a secret that was cut.
	pattern func() *regexp.Regexp
	// check, when set, judges a match.
	check func(string) bool
	// least, when set, is the length of the run of letters, digits and _.-
	// that the secret stands in: only such runs are looked at.
	least int
}

// formats are the vendors' shapes, from their documentation of tokens and key
// prefixes.
var formats = []format{
	// AWS access key ids; the last letters are base32.
	shape(Token, `\b(?:AKIA|ASIA|ABIA|ACCA)(?:[A-Z0-9]{16}\b|[A-Z0-9]{4,15}$)`, "akia", "asia", "abia", "acca"),
	// Alibaba Cloud AccessKey ids.
	shape(Token, `\bLTAI[A-Za-z0-9]{12,26}\b`, "ltai"),
	// Tencent Cloud SecretIds.
	shape(Token, `\bAKID[A-Za-z0-9]{16,32}\b`, "akid"),
	// GitHub: classic and fine-grained tokens.
	shape(Token, `\bgh[pousr]_(?:[A-Za-z0-9]{20,}|[A-Za-z0-9]{4,}$)`, "ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
	shape(Token, `\bgithub_pat_(?:[A-Za-z0-9_]{20,}|[A-Za-z0-9_]{4,}$)`, "github_pat_"),
	// GitLab: personal, deploy, runner, CI job, trigger, feed and agent tokens.
	shape(Token, `\bgl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat|ffct)-(?:[A-Za-z0-9_.-]{18,}|[A-Za-z0-9_-]{4,}$)`, "glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-", "glsoat-", "glffct-"),
	// Slack: bot, user, app-level, configuration and legacy tokens.
	shape(Token, `\bxox[abcdeoprs](?:\.xox[bp])?-(?:[A-Za-z0-9-]{10,}|[A-Za-z0-9-]{4,}$)`, "xox"),
	shape(Token, `\bxapp-(?:[0-9]-[A-Za-z0-9-]{10,}|[0-9A-Za-z-]{4,}$)`, "xapp-"),
	// Discord: bot and user tokens are a base64 id, a time and a signature.
	{kind: Token, words: []string{"."}, pattern: compile(`\b[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,45}`), least: 58},
	// Telegram: the bot's id and 35 characters.
	shape(Token, `\b(?:bot)?([0-9]{8,10}:AA[A-Za-z0-9_-]{32,34})\b`, ":aa"),
	// Google: API keys, OAuth client secrets, access and refresh tokens.
	shape(Token, `\bAIza(?:[A-Za-z0-9_-]{30,40}|[A-Za-z0-9_-]{4,}$)`, "aiza"),
	shape(Token, `\bGOCSPX-[A-Za-z0-9_-]{20,40}`, "gocspx-"),
	shape(Token, `\bya29\.[A-Za-z0-9_.-]{20,}`, "ya29."),
	shape(Token, `\b1//0[A-Za-z0-9_-]{30,}`, "1//0"),
	// OpenAI, Anthropic, DeepSeek, DashScope, OpenRouter and others.
	{kind: Token, words: []string{"sk-"}, pattern: compile(`\bsk-(?:[A-Za-z0-9_-]{20,}|[A-Za-z0-9_-]{6,}$)`), check: notName},
	// Stripe: secret, restricted and webhook keys.
	shape(Token, `\b(?:sk|rk)_(?:live|test|prod)_(?:[A-Za-z0-9]{16,}|[A-Za-z0-9]{4,}$)`, "sk_", "rk_"),
	shape(Token, `\bwhsec_[A-Za-z0-9+/=]{20,100}`, "whsec_"),
	// Package registries.
	shape(Token, `\bnpm_(?:[A-Za-z0-9]{30,50}|[A-Za-z0-9]{8,}$)`, "npm_"),
	shape(Token, `\bpypi-(?:Ag[A-Za-z0-9_-]{30,}|Ag[A-Za-z0-9_-]{4,}$)`, "pypi-"),
	shape(Token, `\brubygems_[a-f0-9]{40,60}`, "rubygems_"),
	shape(Token, `\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{20,60}`, "dckr_"),
	// Platforms and monitoring.
	shape(Token, `\bhf_[A-Za-z]{30,40}`, "hf_"),
	shape(Token, `\bgsk_[A-Za-z0-9]{40,60}`, "gsk_"),
	shape(Token, `\bhv[sbr]\.[A-Za-z0-9_-]{20,}`, "hvs.", "hvb.", "hvr."),
	shape(Token, `\bglc_[A-Za-z0-9+/=]{30,}`, "glc_"),
	shape(Token, `\bglsa_[A-Za-z0-9]{30,34}_[a-fA-F0-9]{8}`, "glsa_"),
	shape(Token, `\b(?:dop|doo|dor)_v1_[a-f0-9]{60,70}`, "_v1_"),
	shape(Token, `\bSG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{30,64}`, "sg."),
	shape(Token, `\bNRAK-[A-Z0-9]{20,40}`, "nrak-"),
	shape(Token, `\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}`, "shpat_", "shpca_", "shppa_", "shpss_"),
	shape(Token, `\bATATT3[A-Za-z0-9_=-]{50,}`, "atatt3"),
	shape(Token, `\blin_api_[A-Za-z0-9]{30,60}`, "lin_api_"),
	shape(Token, `\bsntr(?:ys|yu)_[A-Za-z0-9+/=_-]{40,}`, "sntrys_", "sntryu_"),
	shape(Token, `\bdp\.(?:pt|st|ct|sa)\.[A-Za-z0-9._-]{30,80}`, "dp."),
	shape(Token, `\bpul-[a-f0-9]{40}\b`, "pul-"),
	shape(Token, `\btskey-[a-z]{2,10}-[A-Za-z0-9-]{10,80}`, "tskey-"),
	shape(Token, `\bkey-[0-9a-f]{32}\b`, "key-"),
	{kind: Token, pattern: compile(`\b(?:AC|SK)[a-f0-9]{32}\b`), least: 34},
	shape(Token, `\beyJrIjoi[A-Za-z0-9+/=]{30,}`, "eyjrijoi"),
	shape(Token, `\bsha256~[A-Za-z0-9_-]{43}`, "sha256~"),
	// Kubernetes: bootstrap tokens.
	{kind: Token, words: []string{"."}, pattern: compile(`\b[a-z0-9]{6}\.[a-z0-9]{16}\b`), check: bootstrap, least: 23},
	// JSON Web Tokens, also without their signature.
	shape(Token, `\beyJ[A-Za-z0-9_-]{8,}(?:\.eyJ[A-Za-z0-9_-]{4,})(?:\.[A-Za-z0-9_-]*)?`, "eyj"),
	// Hashed passwords, of crypt and LDAP.
	{kind: Password, words: []string{"$1$", "$5$", "$6$", "$7$", "$y$", "$2", "$apr1$", "$argon2", "$pbkdf2"}, pattern: compile(`\$(?:1|5|6|7|y|2[abxy]|apr1|argon2id?|pbkdf2[a-z0-9-]*)\$[A-Za-z0-9./$=,+-]{20,}`), check: func(string) bool { return true }},
	{kind: Password, words: []string{"sha}", "sha256}", "sha512}", "crypt}", "md5}"}, pattern: compile(`\{(?:S?SHA(?:256|512)?|CRYPT|S?MD5)\}[A-Za-z0-9+/=.$]{16,}`), check: func(string) bool { return true }},
	// Webhooks: what stands behind the host is the secret.
	shape(Webhook, `hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/([A-Za-z0-9_/+-]{8,})`, "hooks.slack"),
	shape(Webhook, `discord(?:app)?\.com/api/(?:v[0-9]+/)?webhooks/([0-9]{5,20}/[A-Za-z0-9_-]{8,120})`, "/webhooks/"),
	shape(Webhook, `(?:oapi|api)\.dingtalk\.com/robot/send\?access_token=([A-Za-z0-9]{8,100})`, "dingtalk.com"),
	shape(Webhook, `qyapi\.weixin\.qq\.com/cgi-bin/webhook/[a-z_]{1,20}\?key=([A-Za-z0-9-]{8,60})`, "qyapi.weixin"),
	shape(Webhook, `open\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/(?:v2/)?hook/([A-Za-z0-9-]{8,80})`, "/open-apis/bot/"),
	shape(Webhook, `\.webhook\.office\.com/webhookb2/([A-Za-z0-9@/-]{20,})`, "webhook.office"),
	shape(Webhook, `events\.pagerduty\.com/integration/([a-f0-9]{32})/`, "pagerduty.com"),
	shape(Webhook, `api\.day\.app/([A-Za-z0-9]{15,40})`, "api.day.app"),
	shape(Webhook, `sctapi\.ftqq\.com/([A-Za-z0-9]{10,60})\.send`, "ftqq.com"),
}

func shape(kind Kind, pattern string, words ...string) format {
	return format{kind: kind, words: words, pattern: compile(pattern)}
}

// notName tells OpenAI's keys from names that begin alike, such as
// sk-learn-something-or-other.
func notName(s string) bool {
	c := classesOf(s[3:])
	return c.digit && (c.upper || c.lower) && !label().MatchString(s)
}

// bootstrap tells kubeadm's tokens from hosts and versions.
func bootstrap(s string) bool {
	a, b, _ := strings.Cut(s, ".")
	return classesOf(a).digit && classesOf(b).digit && classesOf(b).lower && entropy(b) > 2.5 && !isHex(a+b) || classesOf(a).digit && classesOf(b).digit && classesOf(b).lower && entropy(b) >= 3
}

// tokens finds secrets by their vendors' shapes.
func (t *scan) tokens() {
	var runs [][2]int
	for start, end := range t.spans(func(b byte) bool { return isWord(b) || b == '.' || b == '-' }, 23) {
		runs = append(runs, [2]int{start, end})
	}
	for i := range formats {
		f := &formats[i]
		if f.words != nil && !t.has(f.words...) {
			continue
		}
		if f.least == 0 {
			t.tokensIn(f, 0, len(t.text))
			continue
		}
		for _, r := range runs {
			if r[1]-r[0] >= f.least {
				t.tokensIn(f, r[0], r[1])
			}
		}
	}
}

// tokensIn finds one format's secrets in a part of the text.
func (t *scan) tokensIn(f *format, from, to int) {
	for _, at := range f.pattern().FindAllStringSubmatchIndex(t.text[from:to], -1) {
		start, end := at[0], at[1]
		if len(at) > 2 && at[2] >= 0 {
			start, end = at[2], at[3]
		}
		v := t.text[from+start : from+end]
		if f.check == nil && !standIn(strings.TrimLeft(v, "ghpoxnsabkry_-")) || f.check != nil && f.check(v) {
			t.add(from+start, from+end, f.kind)
		}
	}
}
