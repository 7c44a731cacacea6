package lexical

import "strings"

func set(words ...string) map[string]bool {
	out := make(map[string]bool, len(words))
	for _, w := range words {
		out[w] = true
	}
	return out
}

var (
	// logKeys are keys that the lines of every log have.
	logKeys = set("level", "ts", "time", "timestamp", "caller", "msg", "message", "logger", "thread", "pid", "host", "hostname", "t", "s", "c", "id", "ctx", "attr")
	// labels are keys whose value names one thing of many.
	labels = set("host", "hostname", "id", "instance", "pod", "ip", "node", "nodename", "env", "environment", "region", "zone", "dc", "idc", "cluster", "tenant", "team", "owner", "topic", "group", "consumergroup",
		"container_id", "uid", "gid", "tid", "user", "trace_id", "traceid", "request_id", "requestid", "req_id", "span_id", "seq", "value", "current", "threshold", "date", "port_id")
	// kinds are what a name stands behind or before.
	kinds = set("cluster", "namespace", "pod", "instance", "node", "host", "job", "daemonset", "deployment", "statefulset", "container", "service", "device", "volume", "target",
		"clusters", "namespaces", "pods", "instances", "nodes", "hosts", "jobs", "targets")
	hanKinds = []string{"实例", "主机", "节点", "域名", "服务器", "集群", "容器", "应用", "机器"}
	// secretWords stand before a secret.
	secretWords = set("password", "passwd", "pwd", "token", "secret", "apikey", "api_key", "api-key", "access_key", "accesskey", "bearer")
	months      = set("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec",
		"january", "february", "march", "april", "june", "july", "august", "september", "october", "november", "december")
	sources = set("go", "java", "py", "js", "ts", "c", "cc", "cpp", "rb", "rs", "scala", "kt", "php")
	sites   = set("com", "cn", "net", "org", "corp", "internal", "lan")
	// standards are what a number behind a hyphen belongs to.
	standards = set("utf", "iso", "sha", "md", "x", "aes", "rsa", "ed", "raid", "exit", "http", "status", "code", "error", "ora", "rfc", "cve", "base", "ipv", "layer", "level", "version", "java", "jdk", "python", "php", "gcc", "log")
	// units of sizes, rates and times.
	units = set("%", "b", "kb", "mb", "gb", "tb", "kib", "mib", "gib", "tib", "kbps", "mbps", "gbps", "ms", "us", "ns", "s")
	// secretPrefixes begin tokens of well-known services.
	secretPrefixes = []string{"sk-", "ghp_", "gho_", "glpat-", "xoxa-", "xoxb-", "xoxp-", "xoxr-", "AKIA", "ASIA"}
)

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func isShortNumber(s string) bool { return isNumber(s) && len(s) <= 2 }

func isMonth(s string) bool {
	return s != "" && s[0] >= 'A' && s[0] <= 'Z' && months[strings.ToLower(s)]
}

// isName reports whether s is written as names of machines and resources are.
func isName(s string) bool {
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-") == ""
}

// isClock: 03:12, 03:12:44 and 03:12:44.117, also with a comma's rest cut off.
func isClock(s string) bool {
	parts := strings.Split(s, ":")
	if len(parts) < 2 || len(parts) > 3 || !isShortNumber(parts[0]) {
		return false
	}
	last := len(parts) - 1
	parts[last], _, _ = strings.Cut(parts[last], ".")
	for _, p := range parts[1:] {
		if len(p) != 2 || !isNumber(p) {
			return false
		}
	}
	return true
}

// isDate: 2026-11-29, 2026/11/29, 2026-11-29T03:12:44Z, 29-Nov-2026.
func isDate(s string) bool {
	if len(s) < 8 {
		return false
	}
	day, rest, _ := strings.Cut(s, "T")
	for _, sep := range []string{"-", "/", "."} {
		p := strings.Split(day, sep)
		if len(p) != 3 {
			continue
		}
		if isNumber(p[0]) && len(p[0]) == 4 && isShortNumber(p[1]) && isShortNumber(p[2]) {
			return rest == "" || hasDigit(rest)
		}
		year, _, _ := strings.Cut(p[2], ":")
		if isShortNumber(p[0]) && isMonth(p[1]) && isNumber(year) && len(year) == 4 {
			return true
		}
	}
	return false
}

// isQuantity: 4831220kB, 1.882s, 87.5%, 28817; not 502s, answers of that status.
func isQuantity(s string) bool {
	if len(s) == 4 && s[3] == 's' && (s[0] == '4' || s[0] == '5') && isNumber(s[:3]) {
		return false
	}
	n := 0
	for n < len(s) && (s[n] >= '0' && s[n] <= '9' || s[n] == '.') {
		n++
	}
	switch {
	case n == 0:
		return false
	case n == len(s):
		return n >= 5 && isNumber(s)
	}
	return units[strings.ToLower(s[n:])]
}

// ipv4 returns how long the address is that s begins with, 0 without one.
func ipv4(s string) int {
	n, dots, digits := 0, 0, 0
	for ; n < len(s); n++ {
		switch c := s[n]; {
		case c >= '0' && c <= '9':
			digits++
		case c == '.' && digits > 0 && digits <= 3 && dots < 3:
			dots, digits = dots+1, 0
		default:
			if dots != 3 || digits == 0 || digits > 3 {
				return 0
			}
			if c == '/' { // a network
				end := n + 1
				for end < len(s) && s[end] >= '0' && s[end] <= '9' {
					end++
				}
				return end
			}
			if c != ':' && c != '-' {
				return 0
			}
			return n
		}
	}
	if dots == 3 && digits > 0 && digits <= 3 {
		return n
	}
	return 0
}

// isAddress: a hardware address.
func isAddress(s string) bool {
	p := strings.Split(s, ":")
	if len(p) != 6 {
		return false
	}
	for _, x := range p {
		if len(x) != 2 || strings.Trim(x, "0123456789abcdefABCDEF") != "" {
			return false
		}
	}
	return true
}

// isHash: at least eight hexadecimal digits of both kinds, in groups maybe.
func isHash(s string) bool {
	s = strings.ReplaceAll(strings.TrimPrefix(s, "0x"), "-", "")
	return len(s) >= 8 && strings.Trim(s, "0123456789abcdefABCDEF") == "" && strings.ContainsAny(s, "abcdefABCDEF")
}

// isPlace: util.go:170.
func isPlace(s string) bool {
	name, line, ok := strings.Cut(s, ":")
	if !ok || !isNumber(strings.ReplaceAll(line, ":", "")) {
		return false
	}
	dot := strings.LastIndexByte(name, '.')
	return dot > 0 && sources[name[dot+1:]]
}

// isSerial: worker-3, pv-0042, prod-eu1: one of several.
func isSerial(s string) bool {
	dash := strings.LastIndexByte(s, '-')
	if dash <= 0 || strings.Trim(s[:dash], "abcdefghijklmnopqrstuvwxyz-") != "" {
		return false
	}
	if standards[s[:dash]] || systemNames()[s[:dash]] {
		return false // utf-8, mysql-8
	}
	number := strings.TrimLeft(s[dash+1:], "abcdefghijklmnopqrstuvwxyz")
	return isNumber(number) && len(s[dash+1:])-len(number) <= 3
}

// isShare: payments/api-7f9c, a name within a namespace.
func isShare(s string) bool {
	space, name, ok := strings.Cut(s, "/")
	return ok && !strings.Contains(name, "/") && strings.ContainsAny(name, "-0123456789") && !hasDigit(space) &&
		strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789./-") == "" && strings.ContainsAny(name, "abcdefghijklmnopqrstuvwxyz")
}

// isLogger: o.a.c.c.C, a package shortened to its letters.
func isLogger(s string) bool {
	return len(s) > 4 && s[1] == '.' && s[3] == '.' && strings.Trim(s[:1]+s[2:3], "abcdefghijklmnopqrstuvwxyz") == ""
}

// isSite: www.example.com.
func isSite(s string) bool {
	dot := strings.LastIndexByte(s, '.')
	return dot > 0 && sites[strings.ToLower(s[dot+1:])] && isName(s) && !strings.Contains(s, "/")
}

func isSecret(s string) bool {
	for _, p := range secretPrefixes {
		if len(s) >= len(p)+10 && strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
