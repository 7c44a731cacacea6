package mask

import (
	"regexp"
	"strings"
)

var (
	arn     = compile(`\barn:aws[a-z-]{0,12}:[a-z0-9-]{1,40}:[a-z0-9-]{0,30}:([0-9]{12})\b`)
	ecr     = compile(`\b([0-9]{12})\.dkr\.ecr\.`)
	account = compile(`(?i)(?:account|owner|payer|账号|账户|帐号|主账号|uin|uid)[ _-]?(?:id|number|no\.?)?["']?[ \t]{0,2}(?:[:=：]|is|为|是)?[ \t]{0,3}["']?\b([0-9]{12}|[0-9]{16})\b`)
	aliArn  = compile(`\bacs:[a-z0-9*-]{1,30}:[a-z0-9*-]{0,30}:([0-9]{16})\b`)
	// resource matches ids of clouds' machines, networks and databases.
	resource = compile(`^(?:i|vpc|subnet|sg|vol|eni|ami|rtb|igw|nat|ngw|eipalloc|snap|acl|pcx|tgw|vpce|vsw|eip|lb|alb|nlb|rm|r|dds|pc|d|s|m|ins|cls|lbl|cdb|crs|disk)-([a-z0-9]{8,24})$`)
	uuid     = compile(`(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`)
	// examples are numbers that the vendors' documents use.
	examples = map[string]bool{"123456789012": true, "111122223333": true, "444455556666": true, "111111111111": true, "000000000000": true, "999999999999": true, "012345678901": true, "210987654321": true, "555555555555": true, "602401143452": true}
)

// accounts finds the ids of cloud accounts and of what is in them.
func (t *scan) accounts() {
	id := func(re *regexp.Regexp) {
		for _, at := range re.FindAllStringSubmatchIndex(t.text, -1) {
			if v := t.text[at[2]:at[3]]; !examples[v] {
				t.add(at[2], at[3], Account)
			}
		}
	}
	if t.has("arn:aws") {
		id(arn())
	}
	if t.has("acs:") {
		id(aliArn())
	}
	if t.has(".dkr.ecr.") {
		id(ecr())
	}
	if t.has("account", "owner", "payer", "账号", "账户", "帐号", "uin", "uid") {
		id(account())
	}
	for start, end := range t.spans(func(b byte) bool { return isWord(b) || strings.IndexByte("-.@", b) >= 0 }, len("i-00000000")) {
		for end > start && strings.IndexByte("-.@", t.text[end-1]) >= 0 {
			end--
		}
		if end-start <= 33 {
			if m := resource().FindStringSubmatch(t.text[start:end]); m != nil && cloudID(m[1]) {
				t.add(start, end, Account)
			}
		}
	}
	if t.has("subscription", "tenant", "订阅", "租户") {
		for _, at := range uuid().FindAllStringIndex(t.text, -1) {
			b := t.before(at[0], 40)
			if v := t.text[at[0]:at[1]]; strings.Trim(v, "0-") != "" && (strings.Contains(b, "subscription") || strings.Contains(b, "tenant") || strings.Contains(b, "订阅") || strings.Contains(b, "租户")) {
				t.add(at[0], at[1], Account)
			}
		}
	}
}

// cloudID tells a resource's id from a word behind a letter: AWS writes 8 or
// 17 hexadecimal digits, Alibaba Cloud 17 to 22 letters and digits, Tencent
// Cloud 8.
func cloudID(v string) bool {
	c := classesOf(v)
	if !c.digit || strings.HasPrefix(v, "1234567") || strings.HasPrefix(v, "0123456") || strings.Trim(v, "x0") == "" || strings.HasPrefix(v, "0abc") || strings.HasPrefix(v, "abc123") {
		return false
	}
	n := 0
	for i := range len(v) {
		if isDigit(v[i]) {
			n++
		}
	}
	switch {
	case isHex(v) && (len(v) == 8 || len(v) == 17):
		return c.lower && n >= 2 || len(v) == 17
	case len(v) >= 17 && len(v) <= 22:
		return c.lower && n >= 3
	}
	return len(v) == 8 && c.lower && n >= 2 && n <= 6
}

var (
	// hints are words that make a long random string a secret.
	hints = []string{"key", "secret", "token", "credential", "password", "passwd", "auth", "signature", "bearer", "akia", "asia", "access", "cookie", "session", "密钥", "秘钥", "令牌", "凭证", "凭据", "密码", "口令", "签名", "ak/sk", "私钥", "泄露", "leak"}
	// publics are words before strings that are long and random and no secret.
	publics = []string{"sha1", "sha256", "sha512", "md5", "digest", "checksum", "commit", "revision", "etag", "fingerprint", "hash", "image", "@sha", "certificate", "crt", "x509", "ca-data", "public", "ssh-rsa", "ssh-ed25519", "ecdsa-", "-cert-hash", "integrity", "trace", "request id", "requestid", "uuid", "container", "pod/", "摘要", "公钥", "指纹", "提交"}
	block   = compile(`(?m)(?:^[ \t]{0,12}[A-Za-z0-9+/]{60,76}={0,2}\r?$\n?){2,}`)
)

// random finds long strings without a name of their own that look made by
// chance, where a word nearby speaks of a secret.
func (t *scan) random() {
	if t.has(hints...) {
		for start, end := range t.spans(func(b byte) bool { return isWord(b) || strings.IndexByte("+/-", b) >= 0 }, 20) {
			v := strings.Trim(t.text[start:end], "-_/")
			c := classesOf(v)
			if len(v) < 20 || !c.digit || !c.lower || !c.upper || entropy(v) < 3.8 || strings.Count(v, "/") > 3 || runs(v) || strings.HasPrefix(v, "LS0tLS1CRUdJTi") {
				continue
			}
			if start > 0 && t.text[start-1] == '#' {
				continue // an anchor
			}
			b := t.lower[max(0, start-90):start]
			if strings.Contains(v, "/") && t.inURL(start) {
				continue // the path of an address
			}
			if containsAny(b, hints) && !containsAny(b[max(0, len(b)-40):], publics) {
				t.add(start, end, Secret)
			}
		}
	}
	// The middle of a key that was cut at both ends.
	if !t.lines64() {
		return
	}
	for _, at := range block().FindAllStringIndex(t.text, -1) {
		if strings.Contains(t.lower[max(0, at[0]-60):at[0]], "certificate") {
			continue
		}
		if v := t.text[at[0]:at[1]]; classesOf(v).upper && classesOf(v).lower && classesOf(v).digit && entropy(v) > 4.5 {
			t.add(at[0], at[1], Key)
		}
	}
}

// lines64 reports a run as long as the lines of keys.
func (t *scan) lines64() bool {
	for range t.spans(isBase64Byte, 60) {
		return true
	}
	return false
}

func containsAny(s string, words []string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// runs reports that a string is made of words: letters stay in their kind for
// long, as in names and paths.
func runs(v string) bool {
	changes := 0
	for i := 1; i < len(v); i++ {
		a, b := classesOf(v[i-1:i]), classesOf(v[i:i+1])
		if a != b {
			changes++
		}
	}
	return changes*5 < len(v)*2
}
