package mask

import "strings"

// How a command takes a secret.
type place struct {
	flag string
	// attached means that the value is glued to the flag (-psecret), next
	// that it is the next word.
	attached, next bool
	// behind is what the secret stands behind within the value, such as ":"
	// in user:password; "" means that all of it is secret.
	behind string
}

// programs are commands that take secrets, with where. Long options whose
// names speak (--password) are found by [scan.named].
var programs = map[string][]place{
	"mysql": {{flag: "-p", attached: true}}, "mariadb": {{flag: "-p", attached: true}}, "mysqldump": {{flag: "-p", attached: true}},
	"mysqladmin": {{flag: "-p", attached: true}, {flag: "password", next: true}}, "mariadb-dump": {{flag: "-p", attached: true}}, "mariadb-admin": {{flag: "-p", attached: true}},
	"mysqlcheck": {{flag: "-p", attached: true}}, "mysqlimport": {{flag: "-p", attached: true}}, "mysqlshow": {{flag: "-p", attached: true}},
	"mysqlbinlog": {{flag: "-p", attached: true}}, "mysqlslap": {{flag: "-p", attached: true}}, "mycli": {{flag: "-p", attached: true, next: true}},
	"xtrabackup": {{flag: "-p", attached: true}}, "mydumper": {{flag: "-p", attached: true, next: true}}, "obclient": {{flag: "-p", attached: true}},
	"pt-query-digest": {{flag: "-p", attached: true, next: true}}, "pt-table-checksum": {{flag: "-p", attached: true, next: true}}, "pt-online-schema-change": {{flag: "-p", attached: true, next: true}},
	"redis-cli": {{flag: "-a", attached: true, next: true}, {flag: "--pass", next: true}, {flag: "auth", next: true}}, "valkey-cli": {{flag: "-a", attached: true, next: true}, {flag: "auth", next: true}},
	"redis-benchmark": {{flag: "-a", next: true}},
	"curl":            {{flag: "-u", attached: true, next: true, behind: ":"}, {flag: "--user", next: true, behind: ":"}, {flag: "-U", next: true, behind: ":"}, {flag: "--proxy-user", next: true, behind: ":"}},
	"http":            {{flag: "-a", next: true, behind: ":"}, {flag: "--auth", next: true, behind: ":"}},
	"lftp":            {{flag: "-u", next: true, behind: ","}},
	"sshpass":         {{flag: "-p", attached: true, next: true}},
	"docker":          login, "podman": login, "nerdctl": login, "buildah": login, "skopeo": login, "crane": login, "oras": login, "helm": login, "oc": login, "az": login, "cf": login, "argocd": login, "faas-cli": login,
	"mongo": {{flag: "-p", attached: true, next: true}}, "mongosh": {{flag: "-p", attached: true, next: true}}, "mongodump": {{flag: "-p", attached: true, next: true}}, "mongorestore": {{flag: "-p", attached: true, next: true}},
	"mongoexport": {{flag: "-p", attached: true, next: true}}, "mongostat": {{flag: "-p", attached: true, next: true}}, "mongotop": {{flag: "-p", attached: true, next: true}},
	"ldapsearch": {{flag: "-w", attached: true, next: true}}, "ldapadd": {{flag: "-w", next: true}}, "ldapmodify": {{flag: "-w", next: true}}, "ldapwhoami": {{flag: "-w", next: true}}, "ldappasswd": {{flag: "-w", next: true}, {flag: "-s", next: true}},
	"openssl":  {{flag: "-passin", next: true, behind: "pass:"}, {flag: "-passout", next: true, behind: "pass:"}, {flag: "-pass", next: true, behind: "pass:"}, {flag: "-k", next: true}},
	"ipmitool": {{flag: "-P", attached: true, next: true}}, "racadm": {{flag: "-p", next: true}}, "snmpwalk": snmp, "snmpget": snmp, "snmpbulkwalk": snmp,
	"sqlcmd": {{flag: "-P", attached: true, next: true}}, "bcp": {{flag: "-P", next: true}}, "cqlsh": {{flag: "-p", next: true}}, "nodetool": {{flag: "-pw", next: true}},
	"influx": {{flag: "-password", next: true}, {flag: "-t", next: true}}, "etcdctl": {{flag: "--user", next: true, behind: ":"}},
	"zip": {{flag: "-P", next: true}}, "unzip": {{flag: "-P", next: true}}, "7z": {{flag: "-p", attached: true}}, "keytool": {{flag: "-storepass", next: true}, {flag: "-keypass", next: true}},
	"smbclient": {{flag: "-U", next: true, behind: "%"}}, "rabbitmqadmin": {{flag: "-p", next: true}}, "vault": {{flag: "login", next: true}}, "mc": nil, "rabbitmqctl": nil, "htpasswd": nil, "sqlplus": nil, "rman": nil,
	"taos": {{flag: "-p", attached: true}}, "gsql": {{flag: "-W", attached: true, next: true}}, "beeline": {{flag: "-p", next: true}}, "kadmin": {{flag: "-w", next: true}}}

var (
	login = []place{{flag: "-p", attached: true, next: true}}
	snmp  = []place{{flag: "-c", attached: true, next: true}, {flag: "-A", next: true}, {flag: "-X", next: true}}
)

// needsLogin are programs whose -p is a password only behind "login".
var needsLogin = map[string]bool{"docker": true, "podman": true, "nerdctl": true, "buildah": true, "skopeo": true, "crane": true, "oras": true, "helm": true, "oc": true, "az": true, "cf": true, "argocd": true, "faas-cli": true}

// A word is one of a command line, without its quotes.
type word struct {
	start, end int
	text       string
}

const maxWords = 64

// commands finds secrets at the places where commands take them.
func (t *scan) commands() {
	for from := 0; from < len(t.text); {
		end := strings.IndexByte(t.text[from:], '\n')
		if end < 0 {
			end = len(t.text)
		} else {
			end += from
		}
		// A line that goes on belongs together.
		for next := end; end < len(t.text) && end > from && strings.HasSuffix(strings.TrimRight(t.text[from:end], " \r"), `\`) && end-from < 4096; end = next {
			if i := strings.IndexByte(t.text[end+1:], '\n'); i >= 0 {
				next = end + 1 + i
			} else {
				next = len(t.text)
			}
		}
		t.line(from, end)
		from = end + 1
	}
}

// line looks for commands in one line.
func (t *scan) line(from, end int) {
	for at := from; at < end; {
		name, start, stop := t.program(at, end)
		if stop < 0 {
			return
		}
		if places, ok := programs[name]; ok {
			t.arguments(name, places, words(t.text, stop, end))
		}
		at = max(stop, start+1)
	}
}

// program returns the next word that could name a command.
func (t *scan) program(at, end int) (name string, start, stop int) {
	s := t.lower
	for at < end && !isWord(s[at]) {
		at++
	}
	if at >= end {
		return "", 0, -1
	}
	stop = at
	for stop < end && (isWord(s[stop]) || s[stop] == '-') {
		stop++
	}
	if at > 0 && s[at-1] == '-' || stop < end && s[stop] != ' ' && s[stop] != '\t' && s[stop] != '.' {
		return "", at, stop
	}
	name = strings.TrimSuffix(s[at:stop], ".exe")
	if strings.HasPrefix(s[stop:min(end, stop+4)], ".exe") || strings.HasPrefix(s[stop:min(end, stop+3)], ".sh") {
		stop = strings.IndexAny(s[stop:end], " \t") + stop
		if stop < at+len(name) {
			return "", at, end
		}
	}
	return name, at, stop
}

// words splits what follows a command at spaces, up to where it ends.
func words(text string, from, end int) []word {
	var out []word
	for i := from; i < end && len(out) < maxWords; {
		switch c := text[i]; {
		case c == ' ' || c == '\t' || c == '\\' || c == '\n' || c == '\r':
			i++
		case c == '|' || c == ';' || c == '&' || c == '`' || c == '#' && len(out) > 0 && text[i-1] == ' ':
			return out
		default:
			start := i
			var quote byte
			i, quote = wordEnd(text, i, end)
			last := i
			if quote != 0 { // never closed: an apostrophe
				last = start
				for last < end && text[last] != ' ' && text[last] != '\t' && text[last] != '\n' {
					last++
				}
				i = last
			}
			w := word{start, last, text[start:last]}
			if n := len(w.text); n >= 2 && (w.text[0] == '"' || w.text[0] == '\'') && w.text[n-1] == w.text[0] {
				w = word{start + 1, last - 1, w.text[1 : n-1]}
			}
			out = append(out, w)
		}
	}
	return out
}

// wordEnd returns where the word at i ends, and the quote that it leaves open.
func wordEnd(text string, i, end int) (int, byte) {
	var quote byte
	for ; i < end; i++ {
		switch c := text[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '|' || c == ';' || c == '`',
			c == '&' && (i+1 == end || text[i+1] == '&' || text[i+1] == ' '):
			return i, 0
		}
	}
	return end, quote
}

// arguments hides the secrets among a command's words.
func (t *scan) arguments(name string, places []place, args []word) {
	if needsLogin[name] && !hasWord(args, "login") {
		return
	}
	for i, a := range args {
		for _, p := range places {
			switch {
			case a.text == p.flag && p.next && i+1 < len(args) && !strings.HasPrefix(args[i+1].text, "-"):
				t.argument(args[i+1], p.behind)
			case p.attached && len(a.text) > len(p.flag) && strings.HasPrefix(a.text, p.flag) && !strings.HasPrefix(a.text, "--"):
				w := word{a.start + len(p.flag), a.end, a.text[len(p.flag):]}
				if q := w.text[0]; (q == '"' || q == '\'') && len(w.text) > 2 && w.text[len(w.text)-1] == q {
					w = word{w.start + 1, w.end - 1, w.text[1 : len(w.text)-1]}
				}
				t.argument(w, p.behind)
			}
		}
	}
	t.positional(name, args)
}

// positional hides secrets that a command takes at fixed places.
func (t *scan) positional(name string, args []word) {
	at := func(first string, n int) {
		for i, a := range args {
			if strings.EqualFold(a.text, first) && i+n < len(args) {
				t.argument(args[i+n], "")
			}
		}
	}
	switch name {
	case "rabbitmqctl":
		at("add_user", 2)
		at("change_password", 2)
		at("authenticate_user", 2)
	case "mc":
		at("set", 4)
		at("set", 3)
	case "htpasswd":
		for i, a := range args {
			if strings.HasPrefix(a.text, "-") && strings.Contains(a.text, "b") && i+1 < len(args) {
				t.argument(args[len(args)-1], "")
				break
			}
		}
	case "sqlplus", "rman":
		for _, a := range args {
			user, rest, ok := strings.Cut(a.text, "/")
			if ok && user != "" && rest != "" && !strings.HasPrefix(a.text, "/") {
				pass, _, _ := strings.Cut(rest, "@")
				start := a.start + len(user) + 1
				t.argument(word{start, start + len(pass), pass}, "")
			}
		}
	}
}

func hasWord(args []word, w string) bool {
	for _, a := range args {
		if a.text == w {
			return true
		}
	}
	return false
}

// argument hides one argument, or what stands behind a mark in it.
func (t *scan) argument(w word, behind string) {
	start := w.start
	if behind != "" {
		i := strings.Index(w.text, behind)
		if i < 0 {
			return
		}
		start += i + len(behind)
		w.text = w.text[i+len(behind):]
	}
	v := untilWide(w.text)
	v = strings.TrimRight(v, ",)")
	if len(v) < 3 || templated(v) || isPath(v) {
		return
	}
	t.add(start, start+len(v), Password)
}
