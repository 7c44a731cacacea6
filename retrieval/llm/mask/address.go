package mask

import (
	"iter"
	"net/netip"
	"strings"
)

var (
	// userinfo matches the user and password behind the scheme of an address.
	userinfo = compile(`^([^\s/@:"'\x60<>]{0,128})(?::([^\s/"'\x60<>]{1,256}))?@[A-Za-z0-9\[$<{_(]`)
	// driver matches the same in the addresses of Go's database drivers.
	driver = compile(`[\w.%-]{1,64}:([^\s:/"'\x60<>]{1,128})@(?:tcp|udp|unix)\(`)
)

// addresses finds passwords in addresses.
func (t *scan) addresses() {
	for _, i := range indexAll(t.text, "://") {
		i += len("://")
		at := userinfo().FindStringSubmatchIndex(t.text[i:min(len(t.text), i+400)])
		if at == nil {
			continue
		}
		user := t.text[i+at[2] : i+at[3]]
		if at[4] >= 0 {
			if v := t.text[i+at[4] : i+at[5]]; !standIn(v) {
				t.add(i+at[4], i+at[5], Password)
			}
		}
		// A token may stand in the user's place.
		if at[4] < 0 && len(user) >= 16 && randomised(user) || at[4] >= 0 && len(user) >= 24 && randomised(user) {
			t.add(i+at[2], i+at[3], Token)
		}
	}
	if t.has("@tcp(", "@udp(", "@unix(") {
		for _, at := range driver().FindAllStringSubmatchIndex(t.text, -1) {
			if !standIn(t.text[at[2]:at[3]]) {
				t.add(at[2], at[3], Password)
			}
		}
	}
}

var (
	ipv4 = compile(`[0-9]{1,3}(?:\.[0-9]{1,3}){3}`)
	// wellKnown are public resolvers and the like, which say nothing about
	// whose incident it is.
	wellKnown = map[string]bool{
		"8.8.8.8": true, "8.8.4.4": true, "1.1.1.1": true, "1.0.0.1": true, "9.9.9.9": true, "208.67.222.222": true, "208.67.220.220": true,
		"114.114.114.114": true, "114.114.115.115": true, "223.5.5.5": true, "223.6.6.6": true, "119.29.29.29": true, "180.76.76.76": true, "4.2.2.2": true, "1.2.4.8": true, "1.2.3.4": true, "5.6.7.8": true,
		"168.63.129.16": true, "2001:4860:4860::8888": true, "2001:4860:4860::8844": true, "2606:4700:4700::1111": true, "2400:3200::1": true,
	}
	// reserved are ranges that are private, for documents, or for protocols.
	reserved = prefixes("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "100.100.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
		"192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3", "2001:db8::/32", "2001::/23", "64:ff9b::/96", "3fff::/20")
	unicast6 = netip.MustParsePrefix("2000::/3")
)

func prefixes(s ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(s))
	for i, p := range s {
		out[i] = netip.MustParsePrefix(p)
	}
	return out
}

// public reports an address that belongs to somebody.
func public(a netip.Addr) bool {
	if a.Is6() && !unicast6.Contains(a) || wellKnown[a.String()] {
		return false
	}
	for _, p := range reserved {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// network finds public addresses.
func (t *scan) network() {
	for start, end := range t.spans(func(b byte) bool { return isDigit(b) || b == '.' }, len("1.1.1.1")) {
		for _, at := range ipv4().FindAllStringIndex(t.text[start:end], -1) {
			t.address4(start+at[0], start+at[1])
		}
	}
	for start, end := range t.spans(func(b byte) bool { return isHexByte(b) || b == ':' }, len("2::1")) {
		if strings.Count(t.text[start:end], ":") < 2 || t.text[start] == ':' ||
			start > 0 && (isWord(t.text[start-1]) || t.text[start-1] == '.') || end < len(t.text) && isWord(t.text[end]) {
			continue
		}
		v := t.text[start:end]
		a, err := netip.ParseAddr(v)
		if err != nil && strings.HasSuffix(v, ":") {
			end--
			a, err = netip.ParseAddr(v[:len(v)-1])
		}
		if err == nil && public(a) {
			t.add(start, end, Address)
		}
	}
}

// address4 judges what has the form of an IPv4 address.
func (t *scan) address4(start, end int) {
	if start > 0 && (isWord(t.text[start-1]) || strings.IndexByte(".-/", t.text[start-1]) >= 0 && !t.inAddress(start)) ||
		end < len(t.text) && (isWord(t.text[end]) || t.text[end] == '-' || t.text[end] == '.' && end+1 < len(t.text) && isWord(t.text[end+1])) {
		return
	}
	if a, err := netip.ParseAddr(t.text[start:end]); err == nil && public(a) && !t.isVersion(start) && !t.small(a, start, end) {
		t.add(start, end, Address)
	}
}

func isHexByte(b byte) bool { return isDigit(b) || 'a' <= b|0x20 && b|0x20 <= 'f' }

// spans yields the longest runs of such bytes, of n bytes and more.
func (t *scan) spans(in func(byte) bool, n int) iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		for i := 0; i < len(t.text); {
			if !in(t.text[i]) {
				i++
				continue
			}
			start := i
			for i < len(t.text) && in(t.text[i]) {
				i++
			}
			if i-start >= n && !yield(start, i) {
				return
			}
		}
	}
}

// inAddress reports that what stands before belongs to a URL or a list of
// addresses.
func (t *scan) inAddress(at int) bool {
	return strings.HasSuffix(t.text[:at], "//") || t.text[at-1] == '-' && at > 1 && isDigit(t.text[at-2])
}

// small reports a number that is a version or a heading's rather than an
// address: no part above 30, and nothing that speaks of the network.
func (t *scan) small(a netip.Addr, start, end int) bool {
	for _, part := range a.AsSlice() {
		if part > 30 {
			return false
		}
	}
	return !containsAny(t.before(start, 30), []string{"ip", "addr", "host", "://", "from", "server", "ping", "地址", "主机"}) && (end == len(t.text) || t.text[end] != ':' && t.text[end] != '/')
}

// isVersion reports that words before a number speak of a version.
func (t *scan) isVersion(at int) bool {
	b := t.before(at, 24)
	for _, w := range [...]string{"version", "release", "版本", "升级到", "upgrade to", "build", "driver", "firmware", "v", "chrome/", "oid", "section", "chapter"} {
		if strings.HasSuffix(strings.TrimRight(b, " :=\"'("), w) && (len(w) > 1 || strings.HasSuffix(b, w)) {
			return true
		}
	}
	return false
}
