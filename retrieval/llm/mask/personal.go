package mask

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

var (
	// mailHost matches what stands behind the @ of a mailbox.
	mailHost = compile(`^(?:[A-Za-z0-9-]{1,63}\.){1,6}[A-Za-z]{2,24}`)
	// machines are the users of addresses that are no mailboxes: git, ssh.
	machines = map[string]bool{
		"root": true, "git": true, "ubuntu": true, "ec2-user": true, "centos": true, "debian": true, "core": true, "postgres": true,
		"mysql": true, "oracle": true, "opc": true, "deploy": true, "jenkins": true, "user": true, "username": true, "you": true, "name": true, "systemd": true, "hdfs": true, "etcd": true,
		"admin@": true, "vagrant": true, "azureuser": true, "ops": true, "elastic": true, "redis": true, "kafka": true, "getty": true, "app": true, "replica": true, "repl": true, "host": true,
	}
	// units are endings that systemd and others use.
	units = map[string]bool{
		"service": true, "timer": true, "socket": true, "target": true, "mount": true, "slice": true, "scope": true, "device": true, "path": true, "local": true, "localdomain": true,
		"example": true, "test": true, "invalid": true, "localhost": true, "internal": true, "lan": true, "corp": true, "svc": true, "js": true, "ts": true, "go": true, "sock": true, "conf": true, "arpa": true, "sh": true, "py": true,
	}
)

// emails finds mailboxes; those of example domains, and logins at machines,
// stay.
func (t *scan) emails() {
	if !strings.Contains(t.text, "@") {
		return
	}
	last := 0
	for _, at := range indexAll(t.text, "@") {
		m := mailHost().FindStringIndex(t.text[at+1 : min(len(t.text), at+260)])
		if m == nil {
			continue
		}
		start, end := at, at+1+m[1]
		for start > last && at-start < 64 && (isWord(t.text[start-1]) || strings.IndexByte(".%+-", t.text[start-1]) >= 0) {
			start--
		}
		last = at
		for start < end && strings.IndexByte(".%+-", t.text[start]) >= 0 {
			start++
		}
		user, host, _ := strings.Cut(t.lower[start:end], "@")
		tld := host[strings.LastIndexByte(host, '.')+1:]
		switch {
		case machines[user] || units[tld] || user == "":
			continue
		case host == "example.com" || host == "example.org" || host == "example.net" || strings.HasSuffix(host, ".example.com") || strings.HasSuffix(host, ".example.org") || strings.HasSuffix(host, ".example.net") || strings.HasSuffix(host, ".cluster.local"):
			continue
		case start > 0 && (t.text[start-1] == '/' || t.text[start-1] == ':' || t.text[start-1] == '@') && t.inURL(start):
			continue // the user of an address, not a mailbox
		case end < len(t.text) && (t.text[end] == ':' && end+1 < len(t.text) && (isWord(t.text[end+1]) || t.text[end+1] == '/' || t.text[end+1] == '~')):
			continue // scp and git
		case t.login(start):
			continue
		case end < len(t.text) && t.text[end] == '(':
			continue
		}
		t.add(start, end, Email)
	}
}

// inURL reports that a scheme stands before on the same word.
func (t *scan) inURL(at int) bool {
	b := t.before(at, 100)
	return strings.Contains(b[strings.LastIndexAny(b, " \t\"'")+1:], "://") && !strings.HasSuffix(b, "mailto:")
}

// login reports that ssh or a relative stands before.
func (t *scan) login(at int) bool {
	for _, w := range strings.Fields(t.before(at, 80)) {
		switch strings.Trim(w, "`$\"'(") {
		case "ssh", "scp", "sftp", "rsync", "ssh-copy-id", "mosh", "sshfs", "ssh-keygen", "autossh", "kinit":
			return true
		}
	}
	return false
}

var (
	digits = compile(`^\+?\(?[0-9][0-9 ().-]{5,28}[0-9Xx]`)
	plain  = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "", "+", "")
)

// numbers finds telephone numbers, identity cards and bank cards: each by its
// own form and checksum, and by words before it where the form says little.
func (t *scan) numbers() {
	for i := 0; i < len(t.text); i++ {
		if !isDigit(t.text[i]) {
			continue
		}
		start := i
		for start > 0 && i-start < 2 && (t.text[start-1] == '(' || t.text[start-1] == '+') {
			start--
		}
		m := digits().FindStringIndex(t.text[start:min(len(t.text), start+36)])
		if m == nil {
			for i+1 < len(t.text) && isWord(t.text[i+1]) {
				i++
			}
			continue
		}
		end := start + m[1]
		i = end - 1
		if start > 0 && (isWord(t.text[start-1]) || strings.IndexByte("./-$#@", t.text[start-1]) >= 0 || t.text[start-1] == ':' && start > 1 && isDigit(t.text[start-2])) {
			continue
		}
		if end < len(t.text) && (isWord(t.text[end]) || t.text[end] == '-' && end+1 < len(t.text) && isWord(t.text[end+1])) {
			continue
		}
		raw := t.text[start:end]
		if kind, n := t.number(raw, start); kind != "" {
			t.add(start, start+n, kind)
			continue
		}
		// Several numbers on one line, with spaces between.
		from := start
		for w := range strings.SplitSeq(raw, " ") {
			if len(w) >= 10 && len(w) < len(raw) {
				if kind, n := t.number(w, from); kind != "" {
					t.add(from, from+n, kind)
				}
			}
			from += len(w) + 1
		}
	}
}

// number classifies one number and returns how many bytes of it count.
func (t *scan) number(raw string, at int) (Kind, int) {
	d := plain.Replace(raw)
	n := len(raw)
	grouped := strings.Contains(raw, " ") || strings.Contains(raw, "-")
	if c := d[len(d)-1]; c == 'x' || c == 'X' {
		if !grouped && idCard(d) {
			return IDCard, n
		}
		return "", 0
	}
	switch {
	case !grouped && idCard(d):
		return IDCard, n
	case (!grouped || wellGrouped(raw)) && bankCard(d) && (t.near(at, n, cardWords) || cardPrefix(d) && !t.near(at, n, otherWords)):
		return Card, n
	case t.phone(raw, d, at):
		return Phone, n
	}
	return "", 0
}

var (
	cardWords  = []string{"card", "卡号", "银行卡", "卡", "visa", "mastercard", "unionpay", "银联", "账号", "account"}
	phoneWords = []string{"phone", "tel", "mobile", "cell", "call ", "fax", "whatsapp", "contact", "hotline", "pager", "sms", "电话", "手机", "座机", "热线", "传真", "联系", "拨打", "致电", "短信", "微信", "号码", "机主", "打给", "dial"}
	otherWords = []string{"offset", "storage", "cpu", "disk", "bytes", "size", "lsn", "position", "pos ", "字节", "偏移", "inode", "memory", "内存", "count", "total", "timestamp", "时间戳", "id=", "id:", "id ", "seq", "序列", "number of", "capacity", "limit", "usage", "used", "free", "lag", "epoch", "xid", "txid", "version", "serial", "channel", "snowflake", "trace", "order", "订单", "行", "rows", "qps", "大小", "="}
)

// near reports that one of the words stands shortly before or after.
func (t *scan) near(at, n int, words []string) bool {
	b, a := t.before(at, 30), t.after(at+n, 12)
	for _, w := range words {
		if strings.Contains(b, w) || strings.Contains(a, w) {
			return true
		}
	}
	return false
}

// phone reports a telephone number: Chinese mobiles and numbers with their
// country by their form, others where a word speaks of one.
func (t *scan) phone(raw, d string, at int) bool {
	plus := strings.HasPrefix(raw, "+")
	if strings.Contains(raw, "..") || strings.Count(raw, ".") > 0 && !t.near(at, len(raw), phoneWords) {
		return false
	}
	m := strings.TrimPrefix(strings.TrimPrefix(d, "0086"), "86")
	if len(m) == 11 && m[0] == '1' && m[1] >= '3' && (len(d) == 11 || plus || strings.HasPrefix(d, "0086") || len(d) == 13) && mobileGroups(raw) {
		if len(d) == 13 && !plus && !strings.ContainsAny(raw, " -") && !t.near(at, len(raw), phoneWords) {
			return false // a time in milliseconds
		}
		return t.near(at, len(raw), phoneWords) || plus || !strings.HasSuffix(m, "000") && !multiple(m) && !t.near(at, len(raw), otherWords)
	}
	switch {
	case plus:
		if len(d) < 9 || len(d) > 15 || d[0] == '0' {
			return false
		}
		return strings.ContainsAny(raw, " -(") && t.groups(raw) || t.near(at, len(raw), phoneWords) || !t.lineStart(at)
	case !t.near(at, len(raw), phoneWords):
		return false
	case strings.HasPrefix(d, "400") || strings.HasPrefix(d, "800"):
		return len(d) == 10
	case d[0] == '0':
		return len(d) >= 10 && len(d) <= 13
	default:
		return (len(d) == 10 && d[0] >= '2' || len(d) == 7 || len(d) == 8) && strings.ContainsAny(raw, "-( ") && !dated(raw)
	}
}

var groupsOf = compile(`[0-9]+`)

// groups reports that a number is written in groups of two and more digits.
func (t *scan) groups(raw string) bool {
	for i, g := range groupsOf().FindAllString(raw, -1) {
		if i > 0 && len(g) < 2 {
			return false
		}
	}
	return true
}

// mobileGroups reports the ways that a mobile's eleven digits are grouped.
func mobileGroups(raw string) bool {
	g := groupsOf().FindAllString(raw, -1)
	switch tail := g[len(g)-1]; {
	case len(g) == 1:
		return true
	case len(tail) == 11:
		return len(g) == 2
	default:
		return len(tail) == 4 && len(g) >= 3 || len(tail) == 8 && len(g) <= 3
	}
}

func (t *scan) lineStart(at int) bool { return strings.TrimSpace(t.before(at, 200)) == "" }

// multiple reports a number of bytes, such as 16 GiB.
func multiple(d string) bool {
	n := 0
	for i := range len(d) {
		n = n*10 + int(d[i]-'0')
	}
	return n%1024 == 0
}

// dated reports a date.
func dated(raw string) bool {
	for _, layout := range [...]string{"2006-01-02", "2006-1-2", "02-01-2006"} {
		if _, err := time.Parse(layout, raw); err == nil {
			return true
		}
	}
	return false
}

// idCard reports a Chinese identity card: region, date of birth, and the check
// character of GB 11643.
func idCard(d string) bool {
	if len(d) != 18 || d[0] < '1' || d[0] > '8' {
		return false
	}
	born, err := time.Parse("20060102", d[6:14])
	if err != nil || born.Year() < 1900 || born.After(time.Now()) {
		return false
	}
	sum, weight := 0, 1
	for i := 17; i >= 0; i-- {
		v := 10
		if i < 17 || d[i] != 'X' && d[i] != 'x' {
			if !isDigit(d[i]) {
				return false
			}
			v = int(d[i] - '0')
		}
		sum += v * weight
		weight = weight * 2 % 11
	}
	return sum%11 == 1
}

// bankCard reports a number of a card's length whose last digit checks by
// Luhn's rule.
func bankCard(d string) bool {
	if len(d) < 14 || len(d) > 19 || d[0] < '3' || d[0] > '6' {
		return false
	}
	sum, distinct := 0, 0
	for i := range len(d) {
		v := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
		distinct |= 1 << (d[i] - '0')
	}
	return sum%10 == 0 && distinct&(distinct-1) != 0
}

// cardPrefix reports an issuer that gives cards of this length.
func cardPrefix(d string) bool {
	switch {
	case len(d) == 16:
		return d[0] == '4' || d[0] == '5' && d[1] >= '1' && d[1] <= '5' || strings.HasPrefix(d, "62")
	case len(d) == 15:
		return strings.HasPrefix(d, "34") || strings.HasPrefix(d, "37")
	}
	return len(d) == 19 && strings.HasPrefix(d, "62")
}

// wellGrouped reports the groups that cards are printed in.
func wellGrouped(raw string) bool {
	g := groupsOf().FindAllString(raw, -1)
	for i, p := range g {
		if i < len(g)-1 && len(p) != 4 && len(p) != 6 {
			return false
		}
	}
	return len(g) >= 3
}

var (
	platform = compile(`<@[!&]?([UW]?[A-Z0-9]{6,20})(?:\|[^>\n]{0,80})?>`)
	mention  = compile(`[@＠]([A-Za-z][A-Za-z0-9._-]{1,38}[A-Za-z0-9]|\p{Han}{2,4})`)
	labelled = compile(`(?:姓名|联系人|经办人|机主|申请人|负责人|值班人|持卡人|户名)[ \t]{0,2}(?:[:：=是为]|叫)[ \t]{0,2}(\p{Han}{2,4})`)
	// asking are words that stand before a person who is mentioned.
	asking = []string{"ask", "ping", "cc", "contact", "by", "from", "thanks", "thank", "tell", "call", "page", "paged", "with", "to", "and", "owner", "oncall", "on-call", "hi", "hey", "hello", "assigned", "notify", "fyi",
		"找", "联系", "通知", "请", "问", "负责人", "值班", "由", "让", "叫", "谢谢", "感谢", "和", "给", "麻烦", "抄送", "艾特"}
	// notPeople follow an @ in other meanings.
	notPeople = map[string]bool{"everyone": true, "here": true, "channel": true, "all": true, "daily": true, "hourly": true, "weekly": true, "monthly": true, "yearly": true, "reboot": true, "timestamp": true, "version": true, "latest": true, "sha256": true, "type": true, "id": true, "param": true, "return": true, "user": true, "override": true, "所有人": true, "全体成员": true}
	// surnames are the most common ones; names after a label begin with one.
	surnames = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦傅方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤欧阳"
)

// people finds who is mentioned: by a platform's mark, by an @ where somebody
// is spoken to, and by a label.
func (t *scan) people() {
	if t.has("<@") {
		t.match(platform(), Person)
	}
	if strings.ContainsAny(t.text, "@＠") {
		for _, at := range mention().FindAllStringSubmatchIndex(t.text, -1) {
			if notPeople[t.lower[at[2]:at[3]]] || at[0] > 0 && !boundary(runeBefore(t.text, at[0])) {
				continue
			}
			if end := at[3]; end < len(t.text) && strings.IndexByte("/@(:=", t.text[end]) >= 0 {
				continue
			}
			if t.spokenTo(at[0]) {
				t.add(at[2], at[3], Person)
			}
		}
	}
	if !t.has("姓名", "联系人", "经办人", "机主", "申请人", "负责人", "值班人", "持卡人", "户名") {
		return
	}
	for _, at := range labelled().FindAllStringSubmatchIndex(t.text, -1) {
		first, _ := utf8.DecodeRuneInString(t.text[at[2]:])
		if strings.ContainsRune(surnames, first) {
			t.add(at[2], at[3], Person)
		}
	}
}

func boundary(r rune) bool {
	return unicode.IsSpace(r) || wide(r) || strings.ContainsRune("(,;:\"'[", r)
}

func (t *scan) spokenTo(at int) bool {
	b := strings.TrimRight(t.before(at, 40), " \t,:：，(（")
	for _, w := range asking {
		if strings.HasSuffix(b, w) {
			if rest := b[:len(b)-len(w)]; w[0] >= 0x80 || rest == "" || !isWord(rest[len(rest)-1]) {
				return true
			}
		}
	}
	return false
}
