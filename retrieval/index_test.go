package retrieval

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/retrieval/glossary"
	"cairn/retrieval/lexical"
	"cairn/retrieval/vector"
	"cairn/runbooks"
)

var quiet = slog.New(slog.DiscardHandler)

func parse(tb testing.TB, path, text string) *runbooks.Document {
	tb.Helper()
	d, err := runbooks.Parse(path, []byte(text), nil)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// corpus is a small library in both languages.
func corpus(tb testing.TB) []*runbooks.Document {
	tb.Helper()
	return []*runbooks.Document{
		parse(tb, "en/web/bad-gateway.md", "---\nquestions:\n  - site shows bad gateway after a deploy\n---\n# HTTP 502 Bad Gateway\n\nThe proxy got no usable answer from the upstream.\n\n## First look\n\n1. Read the error log of nginx.\n   ```bash\n   tail -n 20 /var/log/nginx/error.log\n   ```\n2. Ask the upstream directly.\n"),
		parse(tb, "zh/web/bad-gateway.md", "# HTTP 502 网关错误\n\n代理没有从上游得到可用的响应。\n\n## 初步检查\n\n1. 查看 nginx 的错误日志。\n   ```bash\n   tail -n 20 /var/log/nginx/error.log\n   ```\n2. 直接访问上游。\n"),
		parse(tb, "en/kubernetes/node-notready.md", "# Node NotReady\n\nThe kubelet stopped reporting.\n\n## First look\n\n1. List the nodes.\n   ```bash\n   kubectl get nodes\n   ```\n2. Restart the kubelet when it hangs.\n"),
		parse(tb, "zh/kubernetes/node-notready.md", "# 节点 NotReady\n\nkubelet 不再上报状态。\n\n## 初步检查\n\n1. 列出节点。\n   ```bash\n   kubectl get nodes\n   ```\n2. kubelet 卡住时重启它。\n"),
		parse(tb, "en/databases/redis-memory.md", "# Redis out of memory\n\nRedis reached maxmemory and evicts keys or refuses writes.\n\n## First look\n\n1. Read the memory section.\n   ```bash\n   redis-cli info memory\n   ```\n"),
	}
}

func mustBuild(tb testing.TB, prev *Index, opts *Options, libs ...Library) *Index {
	tb.Helper()
	ix, _, err := Build(context.Background(), quiet, libs, prev, opts)
	if err != nil {
		tb.Fatal(err)
	}
	return ix
}

func save(tb testing.TB, ix *Index) []byte {
	tb.Helper()
	var b bytes.Buffer
	n, err := ix.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		tb.Fatalf("WriteTo: %d bytes of %d: %v", n, b.Len(), err)
	}
	return b.Bytes()
}

func find(tb testing.TB, ix *Index, text string) *Result {
	tb.Helper()
	r, err := ix.Search(context.Background(), Query{Text: text, Explain: true})
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func first(tb testing.TB, ix *Index, text string) string {
	tb.Helper()
	r := find(tb, ix, text)
	if len(r.Hits) == 0 {
		return ""
	}
	return r.Hits[0].Document.Path
}

func TestSavedIndexFindsTheSame(t *testing.T) {
	t.Parallel()
	ix := mustBuild(t, nil, nil, Library{Name: "a", Documents: corpus(t)}, Library{Name: "empty"})
	data := save(t, ix)
	for shift := range 2 { // aligned and not
		buf := make([]byte, shift+len(data))
		copy(buf[shift:], data)
		loaded, err := Load(buf[shift:], nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range []string{"502", "redis evicts keys", "节点", "kubectl get nodes"} {
			want, got := find(t, ix, q), find(t, loaded, q)
			if len(want.Hits) == 0 {
				t.Fatalf("%s: no hits", q)
			}
			if diff := cmp.Diff(fmt.Sprint(refs(want)), fmt.Sprint(refs(got))); diff != "" {
				t.Errorf("%s: -built +loaded\n%s", q, diff)
			}
		}
		if diff := cmp.Diff(slices.Collect(ix.Documents()), slices.Collect(loaded.Documents())); diff != "" {
			t.Errorf("documents: -built +loaded\n%s", diff)
		}
		if !bytes.Equal(save(t, loaded), data) {
			t.Error("saving a loaded index gives other bytes")
		}
	}
}

// Which worker takes which document, and so how terms are numbered on the way,
// is up to chance. It must not show.
func TestEqualInputGivesEqualBytes(t *testing.T) {
	t.Parallel()
	words := strings.Fields("node pod disk memory queue broker 节点 磁盘 certificate replica timeout restart evicts 驱逐 backup")
	var docs []*runbooks.Document
	for i := range 64 {
		var b strings.Builder
		fmt.Fprintf(&b, "# %s %s\n", words[i%len(words)], words[i*7%len(words)])
		for j := range 60 {
			fmt.Fprintf(&b, "\n%s %s the %s of shard%d.", words[(i+j)%len(words)], words[(i*j)%len(words)], words[(3*i+5*j)%len(words)], i*j%50)
		}
		docs = append(docs, parse(t, fmt.Sprintf("%d.md", i), b.String()))
	}
	opts := &Options{Embedder: vector.NewConcepts(lexical.NewAnalyzer(glossary.Default()), 64)}
	want := save(t, mustBuild(t, nil, opts, Library{Name: "a", Documents: docs}))
	for range 4 {
		if !bytes.Equal(want, save(t, mustBuild(t, nil, opts, Library{Name: "a", Documents: docs}))) {
			t.Fatal("the same documents gave other bytes")
		}
	}
}

func refs(r *Result) []string {
	var out []string
	for _, h := range r.Hits {
		out = append(out, fmt.Sprintf("%s/%s:%d %.4f", h.Library, h.Document.Path, h.Passage.StartLine, h.Score))
	}
	return out
}

func TestPartsSumToTheScore(t *testing.T) {
	t.Parallel()
	ix := mustBuild(t, nil, nil, Library{Name: "a", Documents: corpus(t)})
	for _, q := range []string{"502 bad gateway", "节点 NotReady 怎么排查", "redis evicts keys", "kubelet"} {
		for _, h := range find(t, ix, q).Hits {
			sum := 0.0
			for _, p := range h.Parts {
				sum += p.Value
			}
			if d := sum - h.Score; d > 1e-4 || d < -1e-4 {
				t.Errorf("%s: %s: parts sum to %g, score is %g", q, h.Document.Path, sum, h.Score)
			}
		}
	}
}

func TestKeptDocumentsGiveTheSameIndex(t *testing.T) {
	t.Parallel()
	docs := corpus(t)
	whole := mustBuild(t, nil, nil, Library{Name: "a", Documents: docs})
	old := mustBuild(t, nil, nil, Library{Name: "a", Documents: append(slices.Clone(docs[:4]), parse(t, "gone.md", "# Gone\n\nUniquely vanishing words.\n"))})
	var keep []string
	for _, d := range docs[:4] {
		keep = append(keep, d.Path)
	}
	next, stats, err := Build(t.Context(), quiet, []Library{{Name: "a", Documents: docs[4:], Keep: keep}}, old, nil)
	if err != nil {
		t.Fatal(err)
	}
	if stats.Analyzed != 1 || stats.Kept != 4 {
		t.Errorf("analysed %d and kept %d, want 1 and 4", stats.Analyzed, stats.Kept)
	}
	if !bytes.Equal(save(t, whole), save(t, next)) {
		t.Error("an update gives other bytes than a build from nothing")
	}
	if _, _, err := Build(t.Context(), quiet, []Library{{Name: "a", Keep: []string{"nope.md"}}}, old, nil); err == nil {
		t.Error("keeping an unknown document gave no error")
	}
}

func TestLibrariesNotNamedDoNotCount(t *testing.T) {
	t.Parallel()
	docs := corpus(t)
	secret := []*runbooks.Document{parse(t, "s.md", "# Redis out of memory\n\nredis redis maxmemory evicts keys kubelet\n")}
	both := mustBuild(t, nil, nil, Library{Name: "secret", Documents: secret}, Library{Name: "a", Documents: docs})
	alone := mustBuild(t, nil, nil, Library{Name: "a", Documents: docs})
	for _, q := range []string{"redis evicts keys", "kubelet", "502", "节点"} {
		want := find(t, alone, q)
		got, err := both.Search(t.Context(), Query{Text: q, Libraries: []string{"a"}})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(refs(want), refs(got)); diff != "" {
			t.Errorf("%s: -alone +limited\n%s", q, diff)
		}
		if want.Coverage != got.Coverage || want.Confidence != got.Confidence {
			t.Errorf("%s: confidence %g/%g, alone %g/%g", q, got.Confidence, got.Coverage, want.Confidence, want.Coverage)
		}
		none, err := both.Search(t.Context(), Query{Text: q, Libraries: []string{}})
		if err != nil || len(none.Hits) > 0 || none.Verdict != Abstain {
			t.Errorf("%s: no library allowed: %d hits, %v, %v", q, len(none.Hits), none.Verdict, err)
		}
	}
}

func TestLoadRefusesDamage(t *testing.T) {
	t.Parallel()
	ix := mustBuild(t, nil, nil, Library{Name: "a", Documents: corpus(t)})
	data := save(t, ix)
	for _, n := range []int{0, 4, 15, 40, len(data) / 2, len(data) - 1} {
		if _, err := Load(data[:n], nil); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%d bytes: got %v, want ErrCorrupt", n, err)
		}
	}
	bad := bytes.Clone(data)
	bad[len(bad)/2] ^= 1
	if _, err := Load(bad, nil); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a flipped bit: got %v, want ErrCorrupt", err)
	}
	other := mustBuild(t, nil, &Options{Embedder: letters{}}, Library{Name: "a", Documents: corpus(t)})
	if _, err := Load(save(t, other), nil); !errors.Is(err, ErrFingerprint) {
		t.Errorf("other embedder: got %v, want ErrFingerprint", err)
	}
}

// letters embeds texts by their letters.
type letters struct{}

func (letters) Model() string { return "letters-26" }

func (letters) Embed(_ context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i, t := range texts {
		v := make([]float32, 26)
		for _, r := range strings.ToLower(t) {
			if r >= 'a' && r <= 'z' {
				v[r-'a']++
			}
		}
		out[i] = unit(v)
	}
	return out, nil
}

func TestFindsAcrossLanguages(t *testing.T) {
	t.Parallel()
	ix := mustBuild(t, nil, nil, Library{Name: "a", Documents: corpus(t)})
	for q, want := range map[string]string{
		"502 bad gateway":       "en/web/bad-gateway.md",
		"网关错误怎么办":               "zh/web/bad-gateway.md",
		"node not ready":        "en/kubernetes/node-notready.md",
		"节点 NotReady 怎么排查":      "zh/kubernetes/node-notready.md",
		"redis 内存满了":            "en/databases/redis-memory.md",
		"redis-cli info memory": "en/databases/redis-memory.md",
	} {
		if got := first(t, ix, q); got != want {
			t.Errorf("%s: got %s, want %s", q, got, want)
		}
	}
}

func TestReadsMisspeltNames(t *testing.T) {
	t.Parallel()
	ix := mustBuild(t, nil, nil, Library{Name: "a", Documents: corpus(t)})
	for q, want := range map[string]string{
		"reids evicts keys":   "en/databases/redis-memory.md",
		"kubelte not ready":   "en/kubernetes/node-notready.md",
		"ｒｅｄｉｓ ｍａｘｍｅｍｏｒｙ":     "en/databases/redis-memory.md",
		"節點 NotReady":         "zh/kubernetes/node-notready.md",
		"maxmemry reached":    "en/databases/redis-memory.md",
		"jiedian 怎么 NotReady": "zh/kubernetes/node-notready.md",
	} {
		if got := first(t, ix, q); got != want {
			t.Errorf("%s: got %s, want %s", q, got, want)
		}
	}
}

// TestLanguagesDoNotSinkEachOther adds many documents in one language and
// looks whether the other's still come first in the same order.
func TestLanguagesDoNotSinkEachOther(t *testing.T) {
	t.Parallel()
	var zh, en []*runbooks.Document
	for i := range 300 {
		zh = append(zh, parse(t, fmt.Sprintf("z%d.md", i), fmt.Sprintf("# 第 %d 篇 nginx 说明\n\nkubelet 与 redis 的日常维护记录，编号 %d，内容包括节点、内存和日志。\n", i, i)))
		en = append(en, parse(t, fmt.Sprintf("e%d.md", i), fmt.Sprintf("# Note %d about nginx\n\nDaily upkeep of the kubelet and of redis, number %d: nodes, memory and logs.\n", i, i)))
	}
	base := corpus(t)
	for q, more := range map[string][]*runbooks.Document{
		"redis evicts keys at maxmemory": zh, "proxy got no usable answer from upstream": zh, "kubelet stopped reporting": zh,
		"代理没有从上游得到响应": en, "kubelet 不再上报状态": en,
	} {
		before := first(t, mustBuild(t, nil, nil, Library{Name: "a", Documents: base}), q)
		after := first(t, mustBuild(t, nil, nil, Library{Name: "a", Documents: append(slices.Clone(base), more...)}), q)
		if before == "" || before != after {
			t.Errorf("%s: got %s, with many documents in the other language %s", q, before, after)
		}
	}
}

// TestLinksDoNotSwamp puts a roadmap of links beside a runbook.
func TestLinksDoNotSwamp(t *testing.T) {
	t.Parallel()
	var links strings.Builder
	links.WriteString("# Roadmap\n\n## Redis\n\n")
	for i := range 12 {
		fmt.Fprintf(&links, "- [Redis series %d: memory](https://example.com/redis/%d)\n", i, i)
	}
	ix := mustBuild(t, nil, nil, Library{Name: "a", Documents: append(corpus(t), parse(t, "roadmap.md", links.String()))})
	if got := first(t, ix, "redis out of memory"); got != "en/databases/redis-memory.md" {
		t.Errorf("got %s first", got)
	}
}

// What was taken in once stays, however long it is: another glossary analyses
// again what is kept.
func TestKeepsLargeDocuments(t *testing.T) {
	t.Parallel()
	const path = "large.md"
	d, err := runbooks.Parse(path, []byte("# Quokka alarm\n\n1. Feed it.\n"+strings.Repeat(" ", 17<<20)+"\n"), &runbooks.Options{MaxBytes: 20 << 20})
	if err != nil {
		t.Fatal(err)
	}
	words, err := glossary.Load(strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	ix := mustBuild(t, nil, nil, Library{Name: "a", Documents: append(corpus(t), d)})
	ix = mustBuild(t, ix, &Options{Glossary: words}, Library{Name: "a", Keep: []string{path}})
	if r := find(t, ix, "quokka alarm"); len(r.Hits) == 0 || r.Hits[0].Document.Path != path {
		t.Errorf("%+v", r)
	}
}
