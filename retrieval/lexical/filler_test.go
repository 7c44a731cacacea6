package lexical

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pieces returns what the ranges cover.
func pieces(text string, spans [][2]int) []string {
	var out []string
	for _, s := range spans {
		out = append(out, text[s[0]:s[1]])
	}
	return out
}

func TestFillerSpans(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"site is slow since lunch":                      {"since lunch"},
		"Hi team, anyone know why nginx fails? Thanks!": {"Hi team", "anyone know", "Thanks"},
		"thanksgiving todayish":                         nil,
		"大佬们帮忙看看，redis 突然连不上了":                          {"大佬们", "帮忙看看", "突然"},
		"ＨＩ":          nil,
		"节点 NotReady": nil,
		"":            nil,
		"各位好，請問 etcd 怎麼辦，謝謝": {"各位好", "請問", "怎麼辦", "謝謝"},
		"since lunch":                  {"since lunch"},
		"can anyone help me with etcd": {"can anyone help me"},
	} {
		if diff := cmp.Diff(want, pieces(text, FillerSpans(text))); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

// Every phrase of the list is found, alone and between others, and stands there
// once.
func TestFillerList(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for line := range strings.Lines(fillerText) {
		p := strings.TrimSpace(line)
		if p == "" || p[0] == '#' {
			continue
		}
		if seen[p] {
			t.Errorf("%q stands there twice", p)
		}
		seen[p] = true
		if p != strings.ToLower(p) {
			t.Errorf("%q is not in lower case", p)
		}
		text := "etcd " + p + " etcd"
		if got := pieces(text, FillerSpans(text)); !slices.Equal(got, []string{p}) {
			t.Errorf("%q: got %q", p, got)
		}
	}
	if len(seen) < 500 {
		t.Errorf("%d phrases", len(seen))
	}
}

func TestMachineSpans(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"Nov 29 03:12:44 web07 kernel: [1284411.302117] Out of memory": {"Nov 29", "03:12:44", "web07", "[1284411.302117]"},
		"2026-11-29T03:02:11.114Z apply took too long":                 {"2026-11-29T03:02:11.114Z"},
		"11月 29 08:31:02 dhcpd[771]: no free leases":                   {"11月", "08:31:02", "[771]"},
		"dial tcp 10.0.0.1:6443: connect: connection refused":          {"10.0.0.1"},
		"from 3c:52:82:aa:01:9f via eth0":                              {"3c:52:82:aa:01:9f"},
		"anon-rss:3920044kB and took 1.882s":                           {"3920044kB", "1.882s"},
		"host=db1 metric=mem.used.percent value=97":                    {"db1", "97"},
		"error: x\n\tat java.net.Socket.connect(Socket.java:12)\nmore": {"\tat java.net.Socket.connect(Socket.java:12)"},
		"etcdserver/util.go:170":                                       {"etcdserver/util.go:170"},
		`{"level":"warn","msg":"apply"}`:                               {`"level"`, `"msg"`},
		"Killed process 28817 (gunicorn) 00257":                        {"28817", "gunicorn", "00257"},
		"deploy@10.3.0.7: Permission denied (publickey)":               {"deploy@10.3.0.7"},
		"mysql -u root --password=Tr0ub4dor fails":                     {"Tr0ub4dor"},
		"invalid token: expired":                                       nil,
		"clone with ghp_a8Jh2kPq0ZxWv7 denied":                         {"ghp_a8Jh2kPq0ZxWv7"},
		"utf-8 and sha-256 on mysql-8, exit-137":                       nil,
		"2 times not-ready node, i/o target":                           nil,
		"worker-3 and prod-eu1":                                        {"worker-3", "prod-eu1"},
		"reason=OOMKilled 502 exit code 137":                           nil,
		"8080 3306 k8s 1.29 nginx":                                     nil,
		"Ceph HEALTH_WARN":                                             nil,
		"MariaDB 10 and Marathon 1 after March 3":                      {"March 3"},
		"Sept 9, 29-Nov-2026":                                          {"Sept 9", "29-Nov-2026"},
		"502s and 404s for 300s":                                       {"300s"},
		"":                                                             nil,
	} {
		if diff := cmp.Diff(want, pieces(text, MachineSpans(text))); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

// FuzzSpans checks that ranges lie in the text, in order and apart.
func FuzzSpans(f *testing.F) {
	for _, s := range []string{"", "hi team, 10.0.0.1 2026-11-29 大佬们", "\xff今天\xfe", "İstanbul today", "at a(b)\n at c.d(e", strings.Repeat("今天1.2.3.4 ", 50)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for name, spans := range map[string][][2]int{"filler": FillerSpans(text), "machine": MachineSpans(text)} {
			at := 0
			for _, s := range spans {
				if s[0] < at || s[1] <= s[0] || s[1] > len(text) {
					t.Fatalf("%s: %v in %q", name, spans, text)
				}
				at = s[1]
			}
		}
	})
}
