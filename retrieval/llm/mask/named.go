package mask

import (
	"regexp"
	"strings"
)

// How sure a name makes us that its value is a secret.
const (
	strong = iota + 1 // a password: any value but a stand-in
	weak              // a token or key: what looks random
)

// stems are where the names of secrets are recognised, with what must stand
// before the stem when it says nothing alone, joined by nothing, - or _.
var stems = []struct {
	stem   string
	name   func() *regexp.Regexp
	before []string
}{
	{"pass", compile(`^pass(?:words?|wd|phrase|code|wort|w)?`), nil},
	{"pwd", compile(`^pwd`), nil},
	{"secret", compile(`^secret`), nil},
	{"token", compile(`^token`), nil},
	{"key", compile(`^key(?:[_-]?id|[_-]?secret|-data)?`), []string{"api", "access", "secret", "private", "auth", "account", "shared", "encryption", "signing", "master", "storage", "license", "client", "app", "service", "consumer", "webhook", "signature", "hmac", "aes", "session", "cookie", "jwt", "deploy", "ssh", "storageaccount"}},
	{"credential", compile(`^credentials?`), nil},
	{"sig", compile(`^sig(?:nature)?`), nil},
	{"sess", compile(`^sess(?:ion)?[_-]?id`), nil},
	{"sid", compile(`^sid`), nil},
	{"psk", compile(`^psk`), nil},
	{"auth", compile(`^auth`), nil},
	{"community", compile(`^community(?: string)?`), nil},
	{"密码", compile(`^密码`), nil}, {"密碼", compile(`^密碼`), nil}, {"口令", compile(`^口令`), nil}, {"密钥", compile(`^密钥`), nil}, {"密鑰", compile(`^密鑰`), nil},
	{"秘钥", compile(`^秘钥`), nil}, {"令牌", compile(`^令牌`), nil}, {"凭证", compile(`^凭证`), nil}, {"凭据", compile(`^凭据`), nil}, {"私钥", compile(`^私钥`), nil}, {"授权码", compile(`^授权码`), nil}, {"验证码", compile(`^验证码`), nil},
}

// The patterns of what stands behind a name. They begin at its end and see a
// short piece of text each, so that their time is bounded.
var (
	// separator ends where the value begins.
	separator = compile(`(?i)^(?:["'\x60*\\]{0,3}\]?[ \t]{0,3}(?:=>|:=|==?|:|：|＝)[ \t]{0,20}|["'\x60]? ?(?:is|was|are|to) |["'\x60]?[ \t]{0,2},[ \t]{0,2}["']|\([ \t]?["']|["'\x60]? ?(?:都是|就是|还是|是|均为|统一为|设置为|设置成|为|改成|改为|设为|设成|重置为|叫)[：:]?[ \t]{0,3})`)
	// tag and property are XML's, environment is Kubernetes'.
	tag         = compile(`^>([^<>\n]{1,300})</`)
	property    = compile(`(?i)^["'][ \t]{1,4}(?:value|default)=["']([^"'\n]{1,300})["']`)
	environment = compile(`(?i)^["']?,?[ \t]{0,4}\r?\n[ \t-]{0,40}["']?value["']?:[ \t]{0,4}`)
)

var (
	// statement matches SQL and Redis.
	statement = compile(`(?i)\b(?:identified(?: with [\w'"]{1,40})?(?: by| as)|(?:with|encrypted|user [\w."'@%]{1,60}|role [\w."']{1,60}|login|set) password(?: for [\w'"@%.]{1,60})?|\bpassword\(|set requirepass|set masterauth|requirepass|masterauth|bindpw|rootpw|r[ow]community6?)[ =]{0,3}\(?[ ]?`)
	// header matches credentials in HTTP headers.
	header = compile(`(?i)\b(?:proxy-)?authorization["']?[ \t]{0,2}[:=：][ \t]{0,3}["']?(?:(?:bearer|basic|token|apikey|negotiate|digest|aws4-hmac-sha256|splunk|key|genie-?key)[ \t]+)?`)
	bearer = compile(`(?i)\b(?:bearer|basic)[ \t]+([A-Za-z0-9._~+/=-]{8,})`)
	cookie = compile(`(?i)\b(set-)?cookies?["']?[ \t]{0,2}[:=：][ \t]{0,3}["']?([\w.-]{1,60}=[^\n"'\x60]+)`)
	pair   = compile(`([\w.-]{1,60})=([^;\s]+)`)
	// piped matches what is echoed into a command that takes passwords.
	piped = compile(`(?i)\b(?:echo|printf|print)[ \t]+(?:-[a-z]+[ \t]+)?(?:["']([^"'\n]+)["']|([^\s"'|]+))[ \t]*\|[ \t]*(?:sudo[ \t]+)?(chpasswd|passwd[ \t]+--stdin|sudo[ \t]+-S|su\b|docker[ \t]+login|podman[ \t]+login|helm[ \t]+registry|skopeo[ \t]+login|cryptsetup|kinit|gpg\b|openssl\b)`)
)

var (
	keyPair   = compile(`(?i)\b[as]k["']?[ \t]{0,2}[:=：][ \t]{0,3}["']?([A-Za-z0-9+/=_-]{12,})`)
	shortName = compile(`(?i)\bpw["']?[ \t]{0,2}(?:[:=：]|is )[ \t]{0,3}["']?([^\s"'，。]{5,64})`)
	redisAuth = compile(`\bAUTH[ \t]+(?:[a-z][\w.-]*[ \t]+)?["']?([^\s"'，。]{5,})`)
	sent      = compile(`\bsend(?:_user)?[ \t]+(?:--[ \t]+)?["{]([^"\\}\n]{4,60})\\[rn]`)
	pgpass    = compile(`(?m)^[ \t]{0,8}[\w.*-]{1,80}:(?:[0-9]{1,5}|\*):[\w*.-]{1,64}:[\w*.-]{1,64}:(\S{3,})$`)
)

// nextOption matches where another option or field begins behind a value.
var nextOption = compile(`^(?:&(?:amp;)?|;|,)[ \t]*["']?[A-Za-z][\w .-]{0,40}["']?[ \t]*[=:]`)

// named finds values by the names before them.
func (t *scan) named() {
	for i := range stems {
		st := &stems[i]
		for from := 0; ; {
			at := strings.Index(t.lower[from:], st.stem)
			if at < 0 {
				break
			}
			at += from
			m := st.name().FindStringIndex(t.lower[at:min(len(t.lower), at+24)])
			if m == nil {
				from = at + len(st.stem)
				continue
			}
			end := at + m[1]
			from = end
			if st.before == nil || joinedTo(t.lower[max(0, at-16):at], st.before) {
				t.name(at, end)
			}
		}
	}
	if t.has("password", "identified", "requirepass", "masterauth", "bindpw", "rootpw", "community") {
		t.statements()
	}
	if t.has("echo", "print") && strings.Contains(t.text, "|") {
		t.piped()
	}
	t.bare()
	t.headers()
}

// bare finds secrets after short words that are names only in their forms.
func (t *scan) bare() {
	for _, b := range [...]struct {
		words   []string
		pattern func() *regexp.Regexp
		s       int
	}{
		{[]string{"ak:", "ak=", "sk:", "sk=", "ak：", "sk：", "ak ", "sk "}, keyPair, weak},
		{[]string{"pw:", "pw=", "pw is", "pw："}, shortName, strong},
		{[]string{"auth "}, redisAuth, strong},
		{[]string{"spawn", "expect"}, sent, strong},
		{[]string{"pgpass"}, pgpass, strong},
	} {
		if !t.has(b.words...) {
			continue
		}
		for _, at := range b.pattern().FindAllStringSubmatchIndex(t.text, -1) {
			if c := classesOf(t.text[at[2]:at[3]]); b.s == weak || c.digit && c.count() > 1 {
				t.judge(at[2], at[3], b.s)
			}
		}
	}
}

func joinedTo(before string, words []string) bool {
	before = strings.TrimRight(before, "-_")
	for _, w := range words {
		if strings.HasSuffix(before, w) {
			return true
		}
	}
	return false
}

// name looks behind a name for its value.
func (t *scan) name(start, end int) {
	rest := t.text[end:min(len(t.text), end+360)]
	if m := separator().FindStringIndex(rest[:min(len(rest), 48)]); m != nil {
		t.assigned(start, end, end+m[1])
		return
	}
	if rest == "" {
		return
	}
	s := strength(t.lower[start:end])
	switch rest[0] {
	case '>':
		if m := tag().FindStringSubmatchIndex(rest); m != nil {
			t.judge(end+m[2], end+m[3], s)
		}
		return
	case ' ', '\t':
		at := end + len(rest) - len(strings.TrimLeft(rest, " \t"))
		if s == strong && at < len(t.text) && !t.option(start) && t.separate(at, start) {
			return
		}
		if t.option(start) || strings.HasPrefix(strings.TrimSpace(t.before(start, 80)), "env ") {
			if vs, ve := t.value(at); !strings.HasPrefix(t.text[vs:ve], "-") {
				t.judge(vs, ve, s)
			}
			return
		}
	}
	if m := property().FindStringSubmatchIndex(rest); m != nil {
		t.judge(end+m[2], end+m[3], s)
	} else if m := environment().FindStringIndex(rest); m != nil {
		vs, ve := t.value(end + m[1])
		t.judge(vs, ve, s)
	}
}

// separate hides a password that follows its name after a space only: quoted,
// or in Chinese, and looking like one.
func (t *scan) separate(at, name int) bool {
	chinese := t.text[name] >= 0x80
	vs, ve := t.value(at)
	v := t.text[vs:ve]
	c := classesOf(v)
	if !(quoted(t.text, vs) || chinese) || !c.digit || !c.lower && !c.upper || len(v) < 5 || len(v) > 64 || strings.ContainsAny(v, " \t") {
		return false
	}
	t.judge(vs, ve, strong)
	return true
}

// option reports that the word around a place is an option, such as
// --docker-password.
func (t *scan) option(at int) bool {
	for at > 0 && (isWord(t.text[at-1]) || t.text[at-1] == '-') {
		at--
	}
	return t.text[at] == '-'
}

// statements finds passwords in SQL and in Redis' configuration.
func (t *scan) statements() {
	for _, at := range statement().FindAllStringIndex(t.text, -1) {
		start, end := t.value(at[1])
		s := t.lower[at[0]:at[1]]
		if quoted(t.text, start) || containsAny(s, []string{"requirepass", "masterauth", "bindpw", "rootpw", "community"}) && classesOf(t.text[start:end]).count() > 1 {
			t.judge(start, end, strong)
		}
	}
}

// piped finds passwords that are echoed into a command.
func (t *scan) piped() {
	for _, at := range piped().FindAllStringSubmatchIndex(t.text, -1) {
		i := 2
		if at[i] < 0 {
			i = 4
		}
		start, end := at[i], at[i+1]
		if strings.HasPrefix(t.lower[at[6]:], "chpasswd") {
			if _, after, ok := strings.Cut(t.text[start:end], ":"); ok {
				start = end - len(after)
			}
		}
		t.judge(start, end, strong)
	}
}

func quoted(text string, start int) bool {
	return start > 0 && (text[start-1] == '\'' || text[start-1] == '"')
}

// headers finds credentials and cookies of HTTP.
func (t *scan) headers() {
	if t.has("authorization") {
		for _, at := range header().FindAllStringIndex(t.text, -1) {
			start, end := t.value(at[1])
			scheme := strings.HasSuffix(t.text[at[0]:at[1]], " ") && len(strings.Fields(t.text[at[0]:at[1]])) > 1
			if v := t.text[start:end]; len(v) >= 6 && !standIn(v) && !label().MatchString(v) && (scheme || randomised(v)) {
				t.add(start, end, Token)
			}
		}
	}
	if t.has("bearer ", "basic ") {
		for _, at := range bearer().FindAllStringSubmatchIndex(t.text, -1) {
			v := strings.TrimRight(t.text[at[2]:at[3]], ".")
			if !standIn(v) && (randomised(v) || len(v) >= 16 && classesOf(v).count() > 1 && !label().MatchString(v)) {
				t.add(at[2], at[2]+len(v), Token)
			}
		}
	}
	if t.has("cookie") {
		for _, at := range cookie().FindAllStringSubmatchIndex(t.text, -1) {
			value := t.text[at[4]:at[5]]
			for i, p := range pair().FindAllStringSubmatchIndex(value, -1) {
				if i > 0 && at[2] >= 0 {
					break // attributes of Set-Cookie
				}
				if v := value[p[4]:p[5]]; len(v) >= 6 && !standIn(v) {
					t.add(at[4]+p[4], at[4]+p[5], Token)
				}
			}
		}
	}
}

// strength says how much a name tells.
func strength(name string) int {
	for _, w := range [...]string{"passw", "passphrase", "pwd", "requirepass", "masterauth", "密码", "密碼", "口令"} {
		if strings.Contains(name, w) {
			return strong
		}
	}
	if name == "pass" {
		return strong
	}
	return weak
}

// assigned judges what stands behind the name at [start, end) and a separator
// that ends at from.
func (t *scan) assigned(start, end, from int) {
	name, sep := t.lower[start:end], strings.TrimSpace(t.lower[end:from])
	joined := start > 0 && (isWord(t.text[start-1]) || t.text[start-1] == '-' || t.text[start-1] == '.')
	camel := start > 0 && isWord(t.text[start-1]) && t.text[start] >= 'A' && t.text[start] <= 'Z'
	switch name { // short names are parts of many words
	case "pass", "sid", "sig", "auth", "pwd", "psk":
		if joined && isWord(t.text[start-1]) && t.text[start-1] != '_' && !camel {
			return
		}
	case "community":
		if joined {
			return
		}
	}
	if last := end - 1; start > 0 && (t.text[start-1] == '"' || t.text[start-1] == '\'') && from < len(t.text) && t.text[from] == t.text[start-1] && t.text[from-1] != ' ' && !strings.ContainsRune(t.text[last+1:from], rune(t.text[start-1])) {
		return // the text ends behind the colon: expect "password:"
	}
	call := strings.HasPrefix(sep, "(") || strings.Contains(sep, ",")
	if call {
		from-- // before the quote
	}
	prose := strings.HasSuffix(t.lower[end:from], " ") && !strings.ContainsAny(sep, "=:：＝") || strings.ContainsFunc(sep, wide) && !strings.ContainsAny(sep, "：＝")
	vs, ve := t.value(from)
	v := t.text[vs:ve]
	isQuoted := quoted(t.text, vs)
	switch {
	case isQuoted && strings.HasPrefix(v, " "):
		return // the quote ends what was before: read -p 'the secret: ' S
	case vs > 0 && t.text[vs-1] == '`' && strings.Contains(v, " "):
		return // code in prose: password: `Permission denied (publickey)`
	}
	s := strength(name)
	c := classesOf(v)
	switch {
	case s == strong && !prose && t.second(ve):
		return
	case sep == "==" && !isQuoted:
		return // a comparison
	case (name == "pass" || name == "sid" || name == "auth" || name == "community" || name == "sig") && !c.lower && !c.upper:
		return // a number
	case name == "pass" && !joined && strings.HasSuffix(t.text[end:from], " ") && !isQuoted && (c.count() == 1 || label().MatchString(v)):
		return // "small ones pass: look at the MTU"
	case name == "sid" || name == "auth" || name == "sig" || name == "community" || name == "signature" || name == "验证码":
		s = weak
	}
	if prose && !isQuoted {
		// Words follow such names far more often than passwords do.
		if len(v) < 4 || !c.digit && !strings.ContainsAny(v, "!@#$%^&*") || label().MatchString(v) || s == weak && !randomised(v) {
			return
		}
	} else if !isQuoted && strings.HasSuffix(t.text[end:from], " ") && c.count() == 1 && !c.digit && t.sentence(ve) {
		return // "password: ask the team"
	}
	if s == strong && sep == "=" && standIn(v) && !templated(v) && len(v) >= 3 {
		t.add(vs, ve, Password) // password=root
		return
	}
	t.judge(vs, ve, s)
}

var secondWord = compile(`^[ \t]{1,2}/[ \t]{1,2}([^\s"'，。；,;]{4,64})`)

// second hides the password in "name / password" behind a label for both.
func (t *scan) second(at int) bool {
	m := secondWord().FindStringSubmatchIndex(t.text[at:min(len(t.text), at+80)])
	if m == nil {
		return false
	}
	v := t.text[at+m[2] : at+m[3]]
	if c := classesOf(v); c.count() < 2 || !c.digit && !c.symbol || standIn(v) {
		return false
	}
	t.judge(at+m[2], at+m[3], strong)
	return true
}

// sentence reports that words go on behind a value.
func (t *scan) sentence(at int) bool {
	rest := t.after(at, 80)
	trimmed := strings.TrimLeft(rest, " \t")
	if trimmed == rest || trimmed == "" {
		return false
	}
	return trimmed[0] != '#' && trimmed[0] != '|' && !strings.HasPrefix(trimmed, "//") && !strings.HasPrefix(trimmed, "-") && !strings.HasPrefix(trimmed, `\`) && !strings.ContainsAny(strings.Fields(trimmed)[0], "=:")
}

// judge hides the value of a name unless it only stands for one.
func (t *scan) judge(start, end, s int) {
	v := t.text[start:end]
	if standIn(v) || isPath(v) || strings.Contains(v, "://") {
		return
	}
	switch s {
	case strong:
		if len(v) < 3 {
			return
		}
		t.add(start, end, Password)
	case weak:
		if randomised(v) && !strings.HasPrefix(v, "0x") {
			t.add(start, end, Token)
		}
	}
}

// value returns the value that begins at a place: what is quoted, else up to
// a space, without punctuation that belongs to what surrounds it.
func (t *scan) value(at int) (start, end int) {
	s := t.text
	for at < len(s) && (s[at] == '\\' && at+1 < len(s) && (s[at+1] == '"' || s[at+1] == '\'')) {
		at++ // JSON within a string
	}
	if at < len(s) && (s[at] == '"' || s[at] == '\'' || s[at] == '`') {
		quote := s[at]
		for i := at + 1; i < len(s) && i-at < 1000 && s[i] != '\n'; i++ {
			if s[i] == '\\' && i+1 < len(s) && s[i+1] != quote && quote == '"' {
				i++
				continue
			}
			if s[i] == quote {
				e := i
				if s[i-1] == '\\' {
					e--
				}
				return at + 1, max(e, at+1)
			}
		}
		at++ // no closing quote
	}
	if strings.HasPrefix(s[at:], "“") || strings.HasPrefix(s[at:], "「") {
		at += len("“")
	}
	rest := s[at:min(len(s), at+1000)]
	n := strings.IndexAny(rest, " \t\r\n\"'`")
	if n < 0 {
		n = len(rest)
	}
	v := untilWide(rest[:n])
	for i := range len(v) {
		if (v[i] == '&' || v[i] == ';' || v[i] == ',') && nextOption().MatchString(rest[i:]) {
			v = v[:i]
			break
		}
	}
	for v != "" && strings.IndexByte(`.,;:)]}>|\*?`, v[len(v)-1]) >= 0 {
		if b := v[len(v)-1]; (b == '}' || b == ')' || b == '>' || b == ']') && strings.IndexByte(v, opening(b)) >= 0 {
			break
		}
		v = v[:len(v)-1]
	}
	return at, at + len(v)
}

func opening(b byte) byte {
	switch b {
	case '}':
		return '{'
	case ')':
		return '('
	case '>':
		return '<'
	}
	return '['
}
