package glossary

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func load(t *testing.T, text string) *Glossary {
	t.Helper()
	g, err := Load(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

const sample = `节点, 结点 = node
持久卷 = persistent volume, pv{volume|存储|@user}
持久卷声明 = persistent volume claim, PersistentVolumeClaim
崩溃循环 = CrashLoopBackOff
卷{存储} = volume
驱逐 = evict, eviction
排查 = troubleshoot
节点导出器 = node exporter
超时 = timeout, time out
缓存 = cache
重试 = retry
备份失败 = backup failure
故障域 = failure zone
坏盘 = failed disk{raid}
无法启动 = failed to start
`

func TestMatch(t *testing.T) {
	t.Parallel()
	g := load(t, sample)
	for _, tc := range []struct {
		name, text string
		want       []string // id:text, ~ before an inner one, % before pinyin
	}{
		{"plural and past", "evicted from Nodes", []string{"evict:evicted", "node:Nodes"}},
		{"gerund that drops an e", "caching, cached", []string{"cache:caching", "cache:cached"}},
		{"y becomes ies", "retries and retried", []string{"retry:retries", "retry:retried"}},
		{"word border", "nodejs denodes", nil},
		{"snake case", "kube_node_info", []string{"node:node"}},
		{"camel case", "kubeNodeInfo", []string{"node:Node"}},
		{"camel case as one word", "crashloopbackoff CrashLoopBackOff crash_loop_back_off", []string{
			"crashloopbackoff:crashloopbackoff", "crashloopbackoff:CrashLoopBackOff", "crashloopbackoff:crash_loop_back_off"}},
		{"camel case of a lower-case form", "TimeOut", []string{"timeout:TimeOut"}},
		{"plural of an identifier", "PersistentVolumeClaims", []string{"persistent-volume-claim:PersistentVolumeClaims", "~persistent-volume:PersistentVolume", "~volume:Volume"}},
		{"number at the end", "node12", []string{"node:node12"}},
		{"hyphen", "node-exporter", []string{"node-exporter:node-exporter", "~node:node"}},
		{"comma parts", "node, exporter", []string{"node:node"}},
		{"sentence parts", "This is a node. Exporter", []string{"node:node"}},
		{"inner Han form", "持久卷声明", []string{"persistent-volume-claim:持久卷声明", "~persistent-volume:持久卷"}},
		{"failure turned round", "failing backups, the backup fails, BackupFailed", []string{
			"backup-failure:failing backups", "backup-failure:backup fails", "backup-failure:BackupFailed"}},
		{"failure turned round keeps its context", "disk failure, disk failed in the raid", []string{"failed-disk:disk failure", "failed-disk:disk failed"}},
		{"a thing named after failures is not turned round", "zone failure, failed zone", nil},
		{"failure to do something is not turned round", "to start failed", nil},
		{"context absent", "pv 用法", nil},
		{"context word", "pv 存储", []string{"persistent-volume:pv"}},
		{"context area", "pv on the node", []string{"persistent-volume:pv", "node:node"}},
		{"context is not the form itself", "卷", nil},
		{"traditional", "節點驅逐", []string{"node:節點", "evict:驅逐"}},
		{"full width", "ＮＯＤＥ　超時", []string{"node:ＮＯＤＥ", "timeout:超時"}},
		{"pinyin", "jiedian paicha", []string{"%node:jiedian", "%troubleshoot:paicha"}},
		{"pinyin without spaces", "jiedianpaicha", []string{"%node:jiedian", "%troubleshoot:paicha"}},
		{"pinyin apart", "jie dian qu zhu", []string{"%node:jie dian", "%evict:qu zhu"}},
		{"broken bytes", "\xffnode\xc3\x28", []string{"node:node"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, m := range g.Match(tc.text) {
				s := m.ID + ":" + tc.text[m.Start:m.End]
				if m.Inner {
					s = "~" + s
				}
				if m.Pinyin {
					s = "%" + s
				}
				got = append(got, s)
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("Match(%q), -want +got:\n%s", tc.text, d)
			}
		})
	}
}

// Every form of the built-in glossary is found in a text that consists of it
// and of what its context asks for.
func TestEveryFormIsFound(t *testing.T) {
	t.Parallel()
	g := Default()
	for i, c := range g.Concepts() {
		for _, l := range []Lang{ZH, EN} {
			for _, f := range c.Forms(l) {
				text := f.Text
				for _, x := range f.Context {
					if !strings.HasPrefix(x, "@") {
						text += "; " + x
						continue
					}
					for _, d := range g.Concepts() {
						if "@"+d.Area == x && d.ID != c.ID && d.EN[0].Context == nil {
							text += "; " + d.EN[0].Text
							break
						}
					}
				}
				if !slices.ContainsFunc(g.Match(text), func(m Match) bool { return m.Concept == i && m.Start <= 1 && !m.Pinyin }) {
					t.Errorf("%s: %q is not found in %q", c.ID, f.Text, text)
				}
			}
		}
	}
}

func TestMatchIsBounded(t *testing.T) {
	t.Parallel()
	g := Default()
	for _, unit := range []string{"a", "A", "aB", "节", "jiedian", "jie ", "node ", "shi", "\xff", "重启", "PersistentVolumeClaim"} {
		text := strings.Repeat(unit, 2*MaxText/len(unit))
		ms := g.Match(text)
		if len(ms) > 40*maxMatches {
			t.Errorf("%d matches for a flood of %q", len(ms), unit)
		}
		if n := len(ms); n > 0 && ms[n-1].End > MaxText {
			t.Errorf("a match ends at %d, beyond MaxText, for %q", ms[n-1].End, unit)
		}
	}
}

func FuzzMatch(f *testing.F) {
	for _, s := range []string{"k8s node NotReady 怎么排查", "jiedian buke daoda", "PersistentVolumeClaims stuck", "記憶體不足 ＯＯＭ", "\xff\xfe節", "IPv6 HTTPServer PVCs 5xx"} {
		f.Add(s)
	}
	g := Default()
	f.Fuzz(func(t *testing.T, text string) {
		last := -1
		for _, m := range g.Match(text) {
			if m.Start < last || m.Start >= m.End || m.End > len(text) {
				t.Fatalf("span %d:%d after %d in %d bytes", m.Start, m.End, last, len(text))
			}
			last = m.Start
			if c := g.Concepts()[m.Concept]; c.ID != m.ID || m.Form >= len(c.Forms(m.Lang)) {
				t.Fatalf("match %+v does not fit its concept", m)
			}
		}
		if s := Simplify(text); utf8.ValidString(text) && utf8.RuneCountInString(s) != utf8.RuneCountInString(text) {
			t.Fatalf("Simplify(%q) = %q has another length", text, s)
		}
	})
}

func FuzzLoad(f *testing.F) {
	f.Add(sample)
	f.Add("[x] 节 = node^0.5, pv{a|@b}^1\n= \n#\n节点 = {}")
	f.Fuzz(func(t *testing.T, text string) {
		g, err := Load(strings.NewReader(text))
		if err != nil {
			return
		}
		g.Lint()
		g.Match(text)
		if d := cmp.Diff(g.Hash(), new(Glossary).Merge(g).Hash()); d != "" {
			t.Error("merging into nothing changes the glossary")
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	text := strings.Repeat("The kubelet evicts pods when node_memory_MemAvailable falls; 节点内存压力导致 Pod 被驱逐，检查持久卷声明和存储类。CrashLoopBackOff in jiedian paicha of the kube-system namespace. ", 100)
	g := Default()
	g.Match(text)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		g.Match(text)
	}
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		parseDefault()
	}
}

func BenchmarkIndex(b *testing.B) {
	cs := Default().Concepts()
	for b.Loop() {
		buildIndex(cs)
	}
}

func ExampleGlossary_Match() {
	for _, m := range Default().Match("k8s 节点 NotReady") {
		if !m.Inner {
			fmt.Println(m.ID)
		}
	}
	// Output:
	// kubernetes
	// node
	// not-ready
}
