package lexical

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/retrieval/glossary"
)

func terms(a *Analyzer, text string) []string {
	var out []string
	a.Words(new(Scratch), text, func(t *Token) {
		if t.Kind != Pair {
			out = append(out, string(t.Term))
		}
	})
	return out
}

func TestWords(t *testing.T) {
	t.Parallel()
	a := NewAnalyzer(nil)
	for _, c := range []struct {
		text string
		want string
	}{
		{"the nodes are failing", "node fail"},
		{"CrashLoopBackOff", "crashloopbackoff crash loop back off"},
		{"node_cpu_seconds_total", "nodecpusecondstot node cpu second total"},
		{"innodb_flush_log_at_trx_commit", "innodbflushlogattrxcommit innodb flush log trx commit"},
		{"kube-state-metrics", "kubestatemetr kube state metric"},
		{"HTTPServer PVCs", "httpserver http server pvcs"},
		{"1.12 and 11.2", "1.12 1 12 11.2 11 2"},
		{"/var/rc.local", "var rclocal rc local"},
		{"--max-time=10", "maxtim max time 10"},
		{"k8s node1", "k8s node1 node"},
		{"ＲＥＤＩＳ　５０２", "redi 502"},
		{"節點", "节 节点 点"},
		{"节点怎么驱逐", "节 节点 点 驱 驱逐 逐"},
		{"主从复制", "主 主从 从复 复 复制 制"},
		{"", ""},
		{strings.Repeat("a", 80), ""},
		{strings.Repeat("x", 300) + " ok", "ok"},
	} {
		if got := strings.Join(terms(a, c.text), " "); got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
}

func TestIdentifiersAreAlikeHoweverJoined(t *testing.T) {
	t.Parallel()
	a := NewAnalyzer(nil)
	for _, s := range []string{"KubeStateMetrics", "kube_state_metrics", "kube-state-metrics", "kubestatemetrics"} {
		if got := terms(a, s); !slices.Contains(got, "kubestatemetr") {
			t.Errorf("%s: %v lacks the whole", s, got)
		}
	}
}

func TestSmallTalk(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"thanks!": true, "你好": true, "hello bot": true, "+1": true, "哈哈哈哈": true, "ok": true, "good morning everyone": true, "what's your name": true, "": true, "!?": true,
		"502": false, "node": false, "hello, nginx is down": false, "你好，磁盘满了": false, "test redis": false, "今天 kafka 积压": false, "主从": false,
	} {
		if got := SmallTalk(text); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

func TestFuzzy(t *testing.T) {
	t.Parallel()
	f := NewFuzzy([]string{"kubernetes", "redis", "nginx", "elasticsearch", "mysql", "price", "kafka", "time", "timeout", "x1"})
	for w, want := range map[string]string{
		"kuberntes": "[kubernetes]", "kubernets": "[kubernetes]", "reids": "[redis]", "ngnix": "[nginx]", "elasticsaerch": "[elasticsearch]",
		"rice": "[]", "redi": "[]", "tiime": "[time]", "elastcsearch": "[elasticsearch]", "ngginx": "[nginx]", "ngin": "[]", "kafla": "[]", "tiem": "[time]", "timeuot": "[timeout]", "xx": "[]", "kubernetes": "[]",
	} {
		var got []string
		f.Find(w, func(s string, _ int) { got = append(got, s) })
		if fmt.Sprint(got) != want {
			t.Errorf("%s: got %v, want %s", w, got, want)
		}
	}
}

func TestDictAndPostings(t *testing.T) {
	t.Parallel()
	var words []string
	for i := range 500 {
		words = append(words, fmt.Sprintf("term%04d", i))
	}
	d := NewDict(words)
	if err := d.Validate(); err != nil {
		t.Fatal(err)
	}
	for i, w := range words {
		if id, ok := d.Find(w); !ok || int(id) != i || d.Term(id) != w {
			t.Fatalf("%s: got %d, %v", w, id, ok)
		}
	}
	if _, ok := d.Find("nope"); ok {
		t.Error("found a term that is not there")
	}
	units := [][]Posting{{{0, 10}, {3, 20}}, {}, {{3, 30}, {499, 1}}, {{0, 5}}}
	p := Invert(units, d.Len())
	if err := p.Validate(d.Len()); err != nil {
		t.Fatal(err)
	}
	if got := p.Impact(3, 2); got != 30 {
		t.Errorf("impact %d, want 30", got)
	}
	if got := p.Frequency(0, 1, 4); got != 1 {
		t.Errorf("frequency %d, want 1", got)
	}
	back := p.Revert([]bool{true, false, true, false})
	want := [][]Posting{units[0], nil, units[2], nil}
	if diff := cmp.Diff(want, back); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	d, tables := Merge([][]string{{"pod", "", "\x02ab\x00", "node", "longer than eight bytes"}, {"longer than eight", "pod", "\x02ab"}, nil})
	want := []string{"\x02ab", "\x02ab\x00", "longer than eight", "longer than eight bytes", "node", "pod"}
	var got []string
	for i := range d.Len() {
		got = append(got, d.Term(uint32(i)))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("terms: -want +got\n%s", diff)
	}
	if diff := cmp.Diff([][]uint32{{5, 0, 1, 4, 3}, {2, 5, 0}, {}}, tables); diff != "" {
		t.Errorf("numbers: -want +got\n%s", diff)
	}
}

func TestVocabTellsTermsApart(t *testing.T) {
	t.Parallel()
	v := NewVocab()
	terms := []string{"", "\x00", "\x00\x00", "a", "a\x00", "\x00a", "1234567", "12345678", "123456\x00", "\x01234567", "节点", "节点a", "节点ab"}
	for range 2 {
		for i, s := range terms {
			if got := v.ID([]byte(s)); int(got) != i {
				t.Errorf("%q: got %d, want %d", s, got, i)
			}
		}
	}
	if diff := cmp.Diff(terms, v.Terms()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func FuzzAnalyzer(f *testing.F) {
	a := NewAnalyzer(glossary.Default())
	for _, s := range []string{"CrashLoopBackOff 节点", "ｋ８ｓ ① Ⅳ", "a.b_c-D/e", "\xff\xfe节\x80", "jiedian", "A1B2c3", "1.2.3", "的了吗", "İstanbul ǅ ß", "\U0001F600\U00020000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n := 0
		a.Each(new(Scratch), s, func(tok *Token) {
			n++
			if tok.Start < 0 || tok.End > len(s) || tok.Start >= tok.End {
				t.Errorf("token %q at %d to %d of %d", tok.Term, tok.Start, tok.End, len(s))
			}
			if len(tok.Term) == 0 || tok.Kind != Concept && len(tok.Term) > maxTerm {
				t.Errorf("term %q", tok.Term)
			}
		})
		if n > 40*len(s)+16 {
			t.Errorf("%d tokens of %d bytes", n, len(s))
		}
		SmallTalk(s)
	})
}

func TestSpread(t *testing.T) {
	t.Parallel()
	for b := range 256 {
		got := spread(byte(b))
		for i := range 8 {
			if want := uint64(b >> i & 1); got>>(8*i)&0xff != want {
				t.Fatalf("byte %08b: bit %d is %d", b, i, got>>(8*i)&0xff)
			}
		}
	}
}

func TestSimilarTextsHaveSimilarHashes(t *testing.T) {
	t.Parallel()
	v := NewVocab()
	tally := NewTally(NewAnalyzer(nil), v)
	h := func(text string) uint64 {
		counts, n := tally.Count(text)
		var sum Sum
		sum.Add(Field{Weight: 1}, counts, n)
		return v.Similarity(Impacts(sum.Take()))
	}
	base := strings.Repeat("the kubelet on this node stopped posting status and pods were evicted after five minutes ", 2)
	more := "restart the service, read its journal, then look at certificates, disk pressure, memory pressure and the container runtime socket"
	near := bits.OnesCount64(h(base+more) ^ h(base+more+" again"))
	far := bits.OnesCount64(h(base+more) ^ h("redis reached maxmemory and evicts keys or refuses writes; raise the limit or find the big keys"))
	if near > 6 || far < 12 {
		t.Errorf("near texts differ in %d bits, others in %d", near, far)
	}
}

func TestLearnSpans(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"how do I learn Kafka": 1, "Kafka 怎么学": 1, "学习 kafka 看哪些文章": 2, "K8S 入门教程": 2, "where do I start with redis": 1,
		"kafka broker down": 0, "learned index broken": 0, "elearning_platform is slow": 0, "": 0, "学": 0,
		strings.Repeat("learn ", 100): 0,
	} {
		if got := len(LearnSpans(text)); got != want {
			t.Errorf("%.40q: %d spans, want %d", text, got, want)
		}
	}
}

func TestAimOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Aim{
		"What is a fencing token?":                                  Understand,
		"乐观锁和悲观锁有什么区别":                                              Understand,
		"为什么容器反复重启？":                                                Understand,
		"磁盘满了怎么处理":                                                  Repair,
		"The server does not answer, what do I do?":                 Repair,
		`"connect() failed (111: Connection refused)"`:              Repair,
		"ssh: connect to host: Connection timed out":                Repair,
		"Volumes let containers keep files which outlive the pod":   AnyAim,
		"Prometheus has failed to reload its configuration.":        AnyAim,
		"节点磁盘空间不足":                                                  AnyAim,
		"a line of a log. " + strings.Repeat("error: failed ", 200): AnyAim,
		"": AnyAim,
	} {
		if got := AimOf(text); got != want {
			t.Errorf("AimOf(%.40q) = %d, want %d", text, got, want)
		}
	}
}

func TestDefinition(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"What is a Pod?":                      "pod",
		"what's etcd":                         "etcd",
		"What are  QoS classes ?":             "qos classes",
		"explain the TCP handshake":           "tcp handshake",
		"what does idempotence mean?":         "idempotence",
		"Pod 是什么？":                            "pod",
		"什么是脑裂":                               "脑裂",
		"prometheus是干什么的":                     "prometheus",
		"「什么是 etcd」":                          "etcd",
		"What’s a Pod?":                       "pod",
		"what is the “Pod”?":                  "pod",
		"请问什么是 Pod？":                          "pod",
		"请问，Pod 是什么呢？":                        "pod",
		"什么是脑裂呢":                              "脑裂",
		"\xffwhat is \xff":                    "",
		"？？":                                  "",
		"etcd":                                "",
		"what is":                             "",
		"什么是":                                 "",
		"what happened to etcd":               "",
		"pod 起不来是什么原因":                        "",
		"what is " + strings.Repeat("x", 200): "",
	} {
		if got := Definition(text); got != want {
			t.Errorf("Definition(%.40q) = %q, want %q", text, got, want)
		}
	}
	for title, want := range map[string]string{"The Pod": "pod", "Pod 是什么": "pod", "What is a Service mesh?": "service mesh", "What’s a Pod?": "pod", "什么是 Pod？": "pod", "什么是脑裂": "脑裂", "etcd": "etcd", "A/B testing": "a/b testing", "": ""} {
		if got := Subject(title); got != want {
			t.Errorf("Subject(%q) = %q, want %q", title, got, want)
		}
	}
}

func TestOrdinary(t *testing.T) {
	t.Parallel()
	for _, w := range []string{"restart", "disk", "节点", "磁盘"} {
		if !Ordinary(w) {
			t.Errorf("%q is not ordinary", w)
		}
	}
	for _, w := range []string{"avocado", "gluster", "糖醋", ""} {
		if Ordinary(w) {
			t.Errorf("%q is ordinary", w)
		}
	}
}
