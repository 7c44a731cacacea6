package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"cairn/adapters"
	"cairn/adapters/web"
)

func TestAskByForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ method, path, body string }{
		{"POST", "/ask", "q=" + url.QueryEscape("redis 内存满了怎么办")},
		{"GET", "/ask?q=" + url.QueryEscape("redis 内存满了怎么办"), ""},
	} {
		f := &fake{}
		w := do(newWeb(t, f, nil), request(c.method, c.path, c.body, "Accept-Language", "zh-CN,zh;q=0.9"))
		if w.Code != 200 || !strings.Contains(w.Body.String(), "redis-cli --bigkeys -i 0.1") {
			t.Errorf("%s: got %d\n%s", c.method, w.Code, w.Body)
		}
		q := f.asked()
		if len(q) != 1 || q[0].Text != "redis 内存满了怎么办" || q[0].Lang != "zh" || !q[0].Record || q[0].Viewer.Adapter != "web" || q[0].Viewer.User == "" {
			t.Errorf("%s: asked %+v", c.method, q)
		}
	}
}

func TestLinesInAFragmentReachTheServer(t *testing.T) {
	t.Parallel()
	body := do(newWeb(t, &fake{}, nil), request("GET", "/ask?q=redis", "")).Body.String()
	if want := `href="/d/builtin/zh/redis/memory.md?lines=12-30#L12"`; !strings.Contains(body, want) {
		t.Errorf("the page lacks %q", want)
	}
}

func TestAnswerPage(t *testing.T) {
	t.Parallel()
	body := do(newWeb(t, &fake{}, nil), request("GET", "/ask?q=node", "")).Body.String()
	for _, want := range []string{
		`<h2 id="section-1">First look</h2>`, `<h2 id="section-2">Diagnose</h2>`,
		`<ol class="steps" role="list" start="3">`, `class="step destructive"`, "Destructive: evicts pods", "Check the target before you run it",
		`href="/d/builtin/en/kubernetes/node_notready.md?lines=26-30#L26"`, "en/kubernetes/node_notready.md:26-30",
		"Causes and fixes", "Very likely", "It helped", "<b>Expect</b> every node is <code>Ready</code>", "<b>If not</b>",
		`<html lang="en">`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if n := strings.Count(body, ">First look</h2>"); n != 1 {
		t.Errorf("the heading stands %d times, want once", n)
	}
	if got := commandText(t, body, 5); got != drain {
		t.Errorf("the command's text is %q, want %q", got, drain)
	}
}

// commandText is what a script copies of the last command of a step.
func commandText(t *testing.T, page string, step int) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var text func(n *html.Node) string
	text = func(n *html.Node) string {
		if n.Type == html.TextNode {
			return n.Data
		}
		var b strings.Builder
		for c := range n.ChildNodes() {
			b.WriteString(text(c))
		}
		return b.String()
	}
	got, inStep := "", false
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for _, a := range n.Attr {
			if a.Key == "id" && strings.HasPrefix(a.Val, "step-") {
				inStep = a.Val == fmt.Sprint("step-", step)
			}
		}
		if inStep && n.Data == "code" && n.Parent.Data == "pre" {
			got = text(n)
		}
	}
	return got
}

func TestLongQuestionHasAShortTitle(t *testing.T) {
	t.Parallel()
	body := do(newWeb(t, &fake{}, nil), request("POST", "/ask", "q="+strings.Repeat("%E9%97%AE+", 20_000))).Body.String()
	_, title, _ := strings.Cut(body, "<title>")
	title, _, _ = strings.Cut(title, "</title>")
	if n := len([]rune(title)); n > 100 {
		t.Errorf("the title has %d characters", n)
	}
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	s := newWeb(t, &fake{}, nil)
	for _, c := range []struct {
		path   string
		header []string
		want   string
	}{
		{"/", nil, "en"},
		{"/", []string{"Accept-Language", "zh-CN,zh;q=0.9,en;q=0.8"}, "zh-Hans"},
		{"/", []string{"Accept-Language", "de,en;q=0.5,zh;q=0.2"}, "en"},
		{"/", []string{"Accept-Language", "fr;q=1, zh;q=0.1"}, "zh-Hans"},
		{"/", []string{"Accept-Language", ";;,,q=x"}, "en"},
		{"/?lang=zh", []string{"Accept-Language", "en"}, "zh-Hans"},
		{"/", []string{"Accept-Language", "en", "Cookie", "cairn_lang=zh"}, "zh-Hans"},
		{"/?lang=xx", []string{"Accept-Language", "en"}, "en"},
	} {
		w := do(s, request("GET", c.path, "", c.header...))
		if !strings.Contains(w.Body.String(), `<html lang="`+c.want+`">`) {
			t.Errorf("%s %v: want %s", c.path, c.header, c.want)
		}
		if set := strings.Contains(strings.Join(w.Header().Values("Set-Cookie"), " "), "cairn_lang=zh"); set != (c.path == "/?lang=zh") {
			t.Errorf("%s: the switch's cookie is set: %v", c.path, set)
		}
	}
	body := do(s, request("GET", "/ask?q=a+b&lang=en", "")).Body.String()
	if !strings.Contains(body, `href="/ask?lang=zh&amp;q=a&#43;b"`) {
		t.Error("the switch does not keep the question")
	}
}

func TestFeedback(t *testing.T) {
	t.Parallel()
	f := &fake{}
	s := newWeb(t, f, nil)
	post := func(body string, header ...string) *httptest.ResponseRecorder {
		return do(s, request("POST", "/feedback", body, header...))
	}
	if w := post("answer=a1&verdict=down&q=node"); w.Code != 200 || !strings.Contains(w.Body.String(), "Thank you") || !strings.Contains(w.Body.String(), `value="node"`) {
		t.Errorf("got %d", w.Code)
	}
	if w := post("answer=a1&verdict=up", "Accept", "application/json"); w.Code != 200 || !json.Valid(w.Body.Bytes()) {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	if len(f.feedback) != 2 {
		t.Errorf("two browsers gave %d verdicts", len(f.feedback))
	}
	for body, want := range map[string]int{"answer=none&verdict=up": 404, "answer=a1&verdict=maybe": 400, "": 400, "answer=a1": 400} {
		if w := post(body); w.Code != want {
			t.Errorf("%q: got %d, want %d", body, w.Code, want)
		}
	}
}

func TestMountedPages(t *testing.T) {
	t.Parallel()
	s := newWeb(t, &fake{}, func(o *web.Options) {
		o.Nav = map[string][]adapters.Link{"en": {{Title: "Study", URL: "/study"}}}
	})
	s.Handle("GET /study", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.RenderPage(w, r, "Study", "<h1>Today</h1>")
	}))
	w := do(s, request("GET", "/study", ""))
	if w.Code != 200 || !strings.Contains(w.Body.String(), "<h1>Today</h1>") || !strings.Contains(w.Body.String(), `<a href="/study">Study</a>`) {
		t.Errorf("got %d\n%s", w.Code, w.Body)
	}
	if w := do(s, request("GET", "/study", "", "Host", "evil.example")); w.Code != 421 {
		t.Errorf("a foreign host: got %d, want 421", w.Code)
	}
}

func TestPatternsReachTheMetrics(t *testing.T) {
	t.Parallel()
	s := newWeb(t, &fake{}, nil)
	for path, want := range map[string]string{"/d/builtin/old.md": "GET /d/{library}/{path...}", "/assets/x.css": "/assets/", "/": "GET /{$}"} {
		r := request("GET", path, "")
		do(s, r)
		if r.Pattern != want {
			t.Errorf("%s: pattern %q, want %q", path, r.Pattern, want)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for _, o := range []web.Options{{Listen: "x"}, {PublicURL: "cairn"}, {PublicURL: "https://x/sub"}, {Burst: -1}, {MaxBody: 5}, {TrustedProxies: []string{"proxy"}}, {MaxInFlight: -1}} {
		if _, err := web.New(slog.New(slog.DiscardHandler), &fake{}, &fake{}, &o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}

type prompter func(v adapters.Viewer, lang string, n int) []adapters.Prompt

func (p prompter) Prompts(_ context.Context, v adapters.Viewer, lang string, n int) []adapters.Prompt {
	return p(v, lang, n)
}

// The first page suggests what the bot finds useful: it shows the runbook's
// title and asks its question. Configured examples win; with nothing to
// suggest, titles stand there.
func TestFirstPageSuggests(t *testing.T) {
	t.Parallel()
	prompts := prompter(func(_ adapters.Viewer, lang string, n int) []adapters.Prompt {
		if lang == "zh" {
			return nil
		}
		return []adapters.Prompt{{Title: `A & "B"`, Question: "why <b> fails"}}[:min(n, 1)]
	})
	s := newWeb(t, &fake{}, func(o *web.Options) { o.Prompts = prompts })
	body := do(s, request("GET", "/?lang=en", "")).Body.String()
	if want := `value="why &lt;b&gt; fails" type="submit">A &amp; &#34;B&#34;</button>`; !strings.Contains(body, want) {
		t.Errorf("the page does not suggest %s", want)
	}
	if n := strings.Count(body, `class="chip" name="q"`); n != 1 {
		t.Errorf("%d suggestions, want 1", n)
	}
	if n := strings.Count(do(s, request("GET", "/?lang=zh", "")).Body.String(), `class="chip" name="q"`); n < 2 {
		t.Errorf("with no suggestion in this language: %d examples, want titles or common questions", n)
	}
	s = newWeb(t, &fake{}, func(o *web.Options) {
		o.Prompts, o.Examples = prompts, map[string][]string{"en": {"ours"}}
	})
	if body := do(s, request("GET", "/?lang=en", "")).Body.String(); !strings.Contains(body, `value="ours" type="submit">ours</button>`) || strings.Contains(body, "fails") {
		t.Error("configured examples do not win")
	}
}
