package web_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cairn/adapters"
	"cairn/adapters/web"
)

// A fake is everything that the page is given. Its answers hang on words in
// the question.
type fake struct {
	mu        sync.Mutex
	questions []adapters.Question
	feedback  map[string]bool // viewer and answer -> helpful
	ask       func(ctx context.Context, q adapters.Question) (adapters.Reply, error)
	services  []adapters.ServiceEntry // instead of the usual ones
}

var (
	_ adapters.Asker         = (*fake)(nil)
	_ adapters.Documents     = (*fake)(nil)
	_ adapters.Titles        = (*fake)(nil)
	_ adapters.Status        = (*fake)(nil)
	_ adapters.Unanswered    = (*fake)(nil)
	_ adapters.FeedbackTaker = (*fake)(nil)
)

func (f *fake) Ask(ctx context.Context, q adapters.Question) (adapters.Reply, error) {
	f.mu.Lock()
	f.questions = append(f.questions, q)
	f.mu.Unlock()
	if f.ask != nil {
		return f.ask(ctx, q)
	}
	m := answerEN()
	switch {
	case strings.TrimSpace(q.Text) == "":
		return adapters.Reply{Message: adapters.Message{Lang: "en", Text: "Ask something."}, Abstained: true}, adapters.ErrEmptyQuestion
	case strings.Contains(q.Text, "redis"):
		m = answerZH()
	case strings.Contains(q.Text, "pod"):
		m = conceptEN()
	case strings.Contains(q.Text, "candidates"):
		m = candidatesZH()
	case strings.Contains(q.Text, "unsure"):
		m = adapters.Message{Lang: "en", Text: "Which one?", Confidence: "possible", Lead: "Several runbooks may fit. Which one do you mean?", RelatedTitle: "Closest titles",
			Related: []adapters.Link{{Title: "HTTP 502 Bad Gateway", Detail: "en/web/http-502.md:34", URL: "/d/builtin/en/web/http-502.md#L34-L85"}, {Title: "HTTP 504 Gateway Timeout", Detail: "en/web/http-504.md:34", URL: "/d/builtin/en/web/http-504.md#L34"}}}
	case strings.Contains(q.Text, "short"):
		m = adapters.Message{Lang: "en", Text: "Disk full", Title: "Disk full", Steps: []adapters.Step{{N: 1, Text: "Look.", Citation: 1, Commands: []adapters.Command{
			{Text: "df -h"}, {Text: "df --human-readable --print-type --exclude-type=tmpfs --exclude-type=devtmpfs"},
		}}}, Citations: []adapters.Citation{{N: 1, Label: "a.md:1"}}}
	case strings.Contains(q.Text, "rollout"):
		m = rolloutEN()
	case strings.Contains(q.Text, "weather"):
		return adapters.Reply{Message: abstainEN(), Abstained: true, Object: map[string]any{"abstained": true}}, nil
	case strings.Contains(q.Text, "long"):
		m = longEN()
	case strings.Contains(q.Text, "hostile"):
		m = hostile()
	case strings.Contains(q.Text, "broken"):
		return adapters.Reply{Message: adapters.Message{Lang: "en", Text: "The index is being built. Ask again in a moment."}}, errors.New("no index")
	}
	return adapters.Reply{Message: m, Object: map[string]any{"question": q.Text, "title": m.Title, "abstained": false}}, nil
}

func (f *fake) asked() []adapters.Question {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.questions)
}

func (f *fake) Document(_ context.Context, _ adapters.Viewer, library, path string) (adapters.DocumentPage, error) {
	d := adapters.DocumentPage{Library: library, Path: path, Title: "Kubernetes node NotReady", Lang: "en"}
	switch path {
	case "en/kubernetes/node_notready.md":
		d.SourceURL = "https://git.example.com/ops/blob/main/en/kubernetes/node_notready.md"
		d.Text = documentText
	case "old.md":
		d.Text, d.Stale = documentText, "The file has changed since it was indexed at 02:14."
	case "hostile.md":
		d.Title, d.SourceURL = attack, "javascript:document.title='owned'"
		d.Text = attack + "\n<script>document.title='owned'</script>\n[x](javascript:alert(1))\nrm -rf \u202e/ecivres\u202c\n"
	case "long.txt":
		d.Title = "A long log"
		var b strings.Builder
		for i := range 10_000 {
			fmt.Fprintf(&b, "line %d\n", i+1)
		}
		d.Text = b.String()
	case "one line.md", "目录/单行.md":
		d.Title = "一行的文档"
		d.Text = strings.Repeat("前面的文字。", 100) + "这里是引用的部分。" + strings.Repeat("后面的文字。", 100) + "\n"
	default:
		return adapters.DocumentPage{}, adapters.ErrNotFound
	}
	return d, nil
}

func (f *fake) Complete(_ context.Context, _ adapters.Viewer, _, lang string, n int) []adapters.TitleEntry {
	titles := []string{"HTTP 502 from nginx", "Kubernetes node NotReady", "Redis memory and eviction", "Disk full"}
	if lang == "zh" {
		titles = []string{"nginx 返回 502", "Kubernetes 节点 NotReady", "Redis 内存与淘汰", "磁盘写满"}
	}
	var out []adapters.TitleEntry
	for _, t := range titles[:min(n, len(titles))] {
		out = append(out, adapters.TitleEntry{Title: t, Library: "builtin"})
	}
	return out
}

func (f *fake) Services(context.Context, adapters.Viewer) []adapters.ServiceEntry {
	if f.services != nil {
		return f.services
	}
	return []adapters.ServiceEntry{{Name: "docker", Count: 4}, {Name: "kafka", Count: 3}, {Name: "kubernetes", Count: 9}, {Name: "linux", Count: 8}, {Name: "mysql", Count: 6}, {Name: "nginx", Count: 4}, {Name: "redis", Count: 5}}
}

func (f *fake) ByService(_ context.Context, _ adapters.Viewer, service, lang string) []adapters.TitleEntry {
	if service == "ci/cd" {
		return []adapters.TitleEntry{{Title: "Pipeline stuck", Library: "builtin", Document: "pipeline.md", Lang: "en"}}
	}
	if service != "kubernetes" {
		return nil
	}
	en := adapters.TitleEntry{Title: "Kubernetes node NotReady", Library: "builtin", Document: "en/kubernetes/node_notready.md", Lang: "en", URL: "javascript:alert(1)"}
	zh := adapters.TitleEntry{Title: "Kubernetes 节点 NotReady", Library: "builtin", Document: "zh/kubernetes/node_notready.md", Lang: "zh", URL: "javascript:alert(1)"}
	first, twin := en, zh
	if lang == "zh" {
		first, twin = zh, en
	}
	first.Twin = &twin
	return []adapters.TitleEntry{first, {Title: "Pod CrashLoopBackOff", Library: "builtin", Document: "en/kubernetes/crashloopbackoff.md", Lang: "en"}}
}

func (f *fake) Status(context.Context, adapters.Viewer) adapters.StatusInfo {
	return adapters.StatusInfo{Version: "0.1.0", Documents: 214, Passages: 3180, IndexedAt: time.Date(2026, 5, 4, 3, 2, 0, 0, time.UTC), Stale: 1,
		Adapters: map[string]string{"slack": "", "discord": "no connection for 12s"}}
}

func (f *fake) Recent(context.Context, adapters.Viewer, int) ([]adapters.UnansweredEntry, error) {
	return []adapters.UnansweredEntry{{Question: "ceph 的 pg 一直 stuck", Count: 3}, {Question: "<b>argocd out of sync</b>", Count: 1}}, nil
}

func (f *fake) Feedback(_ context.Context, v adapters.Viewer, id string, helpful bool) error {
	if id != "a1" {
		return adapters.ErrNotFound
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.feedback == nil {
		f.feedback = map[string]bool{}
	}
	f.feedback[v.User+" "+id] = helpful
	return nil
}

var token = adapters.NewSecret("correct-horse-battery-staple")

func newWeb(t testing.TB, f *fake, change func(*web.Options)) *web.Web {
	t.Helper()
	return newAsker(t, f, f, change)
}

func newAsker(t testing.TB, asker adapters.Asker, f *fake, change func(*web.Options)) *web.Web {
	t.Helper()
	o := &web.Options{Rate: -1, Titles: f, Status: f, Unanswered: f, Feedback: f}
	if change != nil {
		change(o)
	}
	s, err := web.New(slog.New(slog.DiscardHandler), asker, f, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// request makes one as a browser on this machine would.
func request(method, path, body string, header ...string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = "127.0.0.1:8080"
	r.RemoteAddr = "127.0.0.1:40000"
	if method == "POST" && !strings.HasPrefix(path, "/api/") {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
			continue
		}
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func do(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func cite(n, from, to int, heading ...string) adapters.Citation {
	path := "en/kubernetes/node_notready.md"
	return adapters.Citation{
		N: n, Label: fmt.Sprintf("%s:%d-%d", path, from, to), Heading: heading,
		URL: web.DocumentPath("builtin", path, from, to),
	}
}

const drain = "kubectl drain NODE \\\n  --ignore-daemonsets \\\n  --delete-emptydir-data   # \"keeps\" <pods> & volumes"

func answerEN() adapters.Message {
	return adapters.Message{
		Lang: "en", Text: "Kubernetes node NotReady", Title: "Kubernetes node NotReady",
		TitleURL: "/d/builtin/en/kubernetes/node_notready.md", Confidence: "Very likely", AnswerID: "a1",
		Steps: []adapters.Step{
			{N: 1, Section: "First look", Text: "List the nodes and look for `NotReady`. Note since when.", Risk: adapters.Safe, Citation: 1,
				Commands: []adapters.Command{{Text: "kubectl get nodes -o wide", Lang: "bash"}}, Expect: "every node is `Ready`", IfNot: "go on with step 2 for each node that is not"},
			{N: 2, Section: "First look", Text: "Read the conditions of the node: `MemoryPressure`, `DiskPressure`, `PIDPressure` and `Ready` say which part is ill.", Risk: adapters.Safe, Citation: 1,
				Commands: []adapters.Command{{Text: "kubectl describe node NODE | sed -n '/Conditions/,/Addresses/p'"}, {Text: "kubectl get events --field-selector involvedObject.name=NODE --sort-by=.lastTimestamp --all-namespaces | tail -n 20"}}},
			{N: 3, Section: "Diagnose", Text: "On the node, see whether the kubelet runs and what it says.", Risk: adapters.Safe, Citation: 2,
				Commands: []adapters.Command{{Text: "systemctl status kubelet --no-pager\njournalctl -u kubelet --since -15min --no-pager | tail -n 50"}}, Expect: "`active (running)` and no line that repeats"},
			{N: 4, Section: "Diagnose", Text: "Restart the kubelet if it hangs. Running containers go on.", Risk: adapters.Caution, RiskLabel: "Caution: restarts a service", Citation: 2,
				Commands: []adapters.Command{{Text: "systemctl restart kubelet"}}, Expect: "the node is `Ready` within a minute"},
			{N: 5, Section: "Diagnose", Text: "If it does not come back, move its pods away.", Risk: adapters.Destructive, RiskLabel: "Destructive: evicts pods", Citation: 3,
				Commands: []adapters.Command{{Text: drain}}, Links: []adapters.Link{{Title: "Safely drain a node", URL: "https://kubernetes.io/docs/tasks/administer-cluster/safely-drain-node/"}}},
		},
		Citations: []adapters.Citation{
			cite(1, 8, 14, "Kubernetes node NotReady", "First look"),
			cite(2, 16, 24, "Kubernetes node NotReady", "Diagnose"),
			cite(3, 26, 30, "Kubernetes node NotReady", "Diagnose", "The node does not come back"),
		},
		RelatedTitle: "Causes and fixes",
		Related: []adapters.Link{
			{Title: "The disk is full", URL: web.DocumentPath("builtin", "en/kubernetes/node_notready.md", 34, 38), Detail: "en/kubernetes/node_notready.md:34"},
			{Title: "Pod CrashLoopBackOff", URL: "/d/builtin/en/kubernetes/crashloopbackoff.md", Detail: "en/kubernetes/crashloopbackoff.md:1"},
		},
		Feedback: &adapters.Feedback{UpLabel: "👍 It helped", DownLabel: "👎 Wrong runbook"},
	}
}

// rolloutEN has options, paths and placeholders at which browsers break lines,
// and words that no phone is wide enough for.
func rolloutEN() adapters.Message {
	return adapters.Message{
		Lang: "en", Text: "Rolling back", Title: "Rolling back", AnswerID: "a1",
		Steps: []adapters.Step{
			{N: 1, Section: "Fix", Text: "Go back with `kubectl rollout undo deploy/api --to-revision=2 --dry-run=server`, then `kubectl -n payments-production rollout status deploy/payments-api-gateway --timeout=120s`.", Risk: adapters.Caution, Citation: 1,
				Commands: []adapters.Command{
					{Text: "kubectl rollout undo deploy/api --to-revision=2"},
					{Text: "kubectl -n payments-production rollout undo deploy/payments-api --to-revision=2 --dry-run=server -o wide"},
					{Text: "curl -sS http://<upstream-host>:<port>/<path>?pretty=true | grep -vE 'a-b|c-d' && cat /etc/nginx/conf.d/<站点-配置>.conf"},
					{Text: `kubectl get deploy -o jsonpath='{.spec.replicas}{"\t"}{.spec.progressDeadlineSeconds}{"\t"}{.spec.minReadySeconds}{"\n"}' | tail -n 4`},
				}, Expect: "`UP-TO-DATE` equals `--replicas`; nothing in `/var/log/containers/payments-api-gateway-production-7d9f.log` repeats"},
		},
		Citations: []adapters.Citation{cite(1, 26, 30, "Kubernetes node NotReady", "Diagnose")},
	}
}

func answerZH() adapters.Message {
	return adapters.Message{
		Lang: "zh", Text: "Redis 内存满了怎么办", Title: "Redis 内存满了怎么办", TitleURL: "/d/builtin/zh/redis/memory.md", Confidence: "很有把握", AnswerID: "a1",
		UnderstoodAs: "redis 内存 满 怎么办",
		Warnings:     []string{"这个文件在建立索引之后有改动，下面是索引时的内容。"},
		Steps: []adapters.Step{
			{N: 1, Section: "先看现象", Text: "确认内存用量和上限（`used_memory` 与 `maxmemory`），再看淘汰策略；如果 `maxmemory` 是 0，说明没有限制，真正的上限是这台机器的物理内存。", Risk: adapters.Safe, Citation: 1,
				Commands: []adapters.Command{{Text: "redis-cli INFO memory | grep -E 'used_memory_human|maxmemory'"}}, Expect: "`used_memory` 小于 `maxmemory` 的 80%"},
			{N: 2, Section: "定位原因", Before: []string{"先找大键，再看有没有没设过期时间的键。"}, Text: "找出最大的键。扫描会占用 CPU，请在从库上执行。", Risk: adapters.Caution, Citation: 1,
				Commands: []adapters.Command{{Text: "redis-cli --bigkeys -i 0.1"}}},
			{N: 3, Section: "处理", Text: "只在确认数据可以丢失时清空。", Risk: adapters.Destructive, Citation: 1,
				Commands: []adapters.Command{{Text: "redis-cli -n 0 FLUSHDB ASYNC"}}, IfNot: "扩容内存，或者调整 `maxmemory-policy`"},
		},
		Citations:    []adapters.Citation{{N: 1, Label: "zh/redis/memory.md:12-30", Heading: []string{"Redis 内存满了怎么办", "处理"}, URL: "/d/builtin/zh/redis/memory.md#L12-L30"}},
		RelatedTitle: "相关", Related: []adapters.Link{{Title: "Redis 主从复制延迟", URL: "/d/builtin/zh/redis/replication.md", Detail: "zh/redis/replication.md:1"}},
		Feedback: &adapters.Feedback{UpLabel: "👍 有帮助", DownLabel: "👎 不对"}, Mark: "未使用模型",
	}
}

func conceptEN() adapters.Message {
	return adapters.Message{
		Lang: "en", Text: "Pod", Title: "What a Pod is", Confidence: "Likely", AnswerID: "a1",
		Quotes: []adapters.Quote{{Citation: 1, Text: "A Pod is one or more containers that share\n    - a network namespace, so they reach each other on localhost\n    - volumes, which outlive any one of the containers\n\nIt is scheduled as one and dies as one.",
			Links: []adapters.Link{{Title: "Pods", URL: "https://kubernetes.io/docs/concepts/workloads/pods/"}}}},
		Citations: []adapters.Citation{cite(1, 3, 8, "What a Pod is")},
		Feedback:  &adapters.Feedback{UpLabel: "👍 It helped", DownLabel: "👎 Wrong"},
	}
}

func abstainEN() adapters.Message {
	return adapters.Message{
		Lang: "en", Text: "I found nothing reliable.", Lead: "None of the documents answers this reliably, so here are no steps. The question is kept, and the owners will see it. These come closest:",
		RelatedTitle: "Closest titles",
		Related: []adapters.Link{
			{Title: "Disk full", URL: "/d/builtin/en/linux/disk_full.md", Detail: "en/linux/disk_full.md:1"},
			{Title: "High load", URL: "/d/builtin/en/linux/high_load.md", Detail: "en/linux/high_load.md:1"},
		},
	}
}

func candidatesZH() adapters.Message {
	return adapters.Message{
		Lang: "zh", Text: "可能是这几篇", Confidence: "不太确定", Lead: "有几篇文档都可能对，请选一篇：",
		Choices: []adapters.Button{{ID: "candidate", Value: "a:1", Label: "MySQL 主从复制延迟"}, {ID: "candidate", Value: "a:2", Label: "MySQL 主从复制中断"}, {ID: "candidate", Value: "a:3", Label: "Redis 主从复制延迟"}},
	}
}

func longEN() adapters.Message {
	m := answerEN()
	base := m.Steps
	m.Steps = nil
	for i := range 40 {
		s := base[i%len(base)]
		s.N, s.Section = i+1, fmt.Sprintf("Part %d with a heading that is long enough to need a second line on a phone", i/10+1)
		m.Steps = append(m.Steps, s)
	}
	m.Steps[0].Text = strings.Repeat("averyveryverylongwordwithoutanyblank", 12)
	return m
}

const attack = `<script>document.title='owned'</script><img src=x onerror="document.title='owned'">"><svg onload=document.title='owned'>{{.}}`

func hostile() adapters.Message {
	js := "javascript:document.title='owned'"
	l := adapters.Link{Title: attack, URL: js, Detail: attack}
	return adapters.Message{
		Lang: "en", Text: attack, Title: attack, TitleURL: js, Confidence: attack, Lead: attack, UnderstoodAs: attack, Warnings: []string{attack}, AnswerID: attack,
		Steps: []adapters.Step{{N: 1, Section: attack, Before: []string{attack}, Text: "`" + attack + "` " + attack, Commands: []adapters.Command{{Text: attack, Lang: attack}, {Text: "ls \u202ecod\u202c\r\x1b[2J"}},
			Expect: attack, IfNot: attack, Risk: adapters.Destructive, RiskLabel: attack, Citation: 1,
			Links: []adapters.Link{l, {Title: "data", URL: "data:text/html,<script>alert(1)</script>"}, {Title: "proto", URL: "//evil.example/x"}, {Title: "split", URL: "java\nscript:alert(1)"}, {Title: "vb", URL: "vbscript:x"}}}},
		Quotes:    []adapters.Quote{{Text: attack, Links: []adapters.Link{l}, Citation: 1}},
		Notes:     []string{attack},
		Citations: []adapters.Citation{{N: 1, Label: attack, Heading: []string{attack}, URL: js}},
		Related:   []adapters.Link{l}, RelatedTitle: attack, Choices: []adapters.Button{{ID: "x", Label: attack}},
		Feedback: &adapters.Feedback{UpLabel: attack, DownLabel: attack}, Mark: attack,
	}
}

var documentText = func() string {
	lines := []string{
		"---", "title: Kubernetes node NotReady", "service: kubernetes", "---", "", "# Kubernetes node NotReady", "",
		"## First look", "", "1. List the nodes and look for `NotReady`. Note since when.", "", "   ```bash", "   kubectl get nodes -o wide", "   ```", "",
		"## Diagnose", "", "3. On the node, see whether the kubelet runs and what it says.", "", "   ```bash", "   systemctl status kubelet --no-pager", "   journalctl -u kubelet --since -15min --no-pager | tail -n 50", "   ```", "",
		"   Expect: `active (running)` and no line that repeats.", "## The node does not come back", "", "5. If it does not come back, move its pods away.", "", "   " + strings.ReplaceAll(drain, "\n", "\n   "),
	}
	for i := range 60 {
		lines = append(lines, fmt.Sprintf("Further text %d, so that there is something to scroll to below the lines that are cited.", i+1))
	}
	return strings.Join(lines, "\n") + "\n"
}()
