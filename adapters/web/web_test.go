package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
	"golang.org/x/tools/txtar"

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

var update = flag.Bool("update", false, "rewrite the golden parts of testdata")

// TestGoldens renders testdata/*.txtar: message.json becomes the page's
// article.
func TestGoldens(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var reply struct {
				adapters.Message
				Abstained bool
			}
			if err := json.Unmarshal(ar.Files[0].Data, &reply); err != nil {
				t.Fatal(err)
			}
			f := &fake{ask: func(context.Context, adapters.Question) (adapters.Reply, error) {
				return adapters.Reply{Message: reply.Message, Abstained: reply.Abstained}, nil
			}}
			page := do(newWeb(t, f, nil), request("GET", "/ask?q=question", "")).Body.String()
			inert(t, name, page)
			_, article, _ := strings.Cut(page, "<article")
			article, _, _ = strings.Cut(article, "</article>")
			got := regexp.MustCompile(`\n\s*\n+`).ReplaceAllString("<article"+article+"</article>\n", "\n")
			if *update {
				ar.Files = []txtar.File{ar.Files[0], {Name: "want.html", Data: []byte(got)}}
				if err := os.WriteFile(name, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(ar.Files[len(ar.Files)-1].Data), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestHiddenCharactersAreShownAndCopied(t *testing.T) {
	t.Parallel()
	body := do(newWeb(t, &fake{}, nil), request("GET", "/ask?q=hostile", "")).Body.String()
	if !strings.Contains(body, `<bdi class="ctl" data-name="U+202E">`) || !strings.Contains(body, `data-name="U+001B"`) {
		t.Error("hidden characters of a command are not shown")
	}
	if got, want := commandText(t, body, 1), "ls \u202ecod\u202c\r\x1b[2J"; got != want {
		t.Errorf("copies %q, want %q", got, want)
	}
}

// TestHostileTextIsInert parses the pages: no element or link may come from a
// document's text.
func TestHostileTextIsInert(t *testing.T) {
	t.Parallel()
	s := newWeb(t, &fake{}, nil)
	for _, path := range []string{"/ask?q=hostile", "/d/builtin/hostile.md", "/ask?q=" + url.QueryEscape(attack), "/", "/browse/kubernetes", "/d/" + url.PathEscape(attack) + "/old.md"} {
		w := do(s, request("GET", path, ""))
		inert(t, path, w.Body.String())
	}
}

func inert(t *testing.T, name, page string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		attr := map[string]string{}
		for _, a := range n.Attr {
			attr[a.Key] = a.Val
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc" {
				t.Errorf("%s: <%s> has %s", name, n.Data, a.Key)
			}
		}
		switch n.Data {
		case "script":
			if n.FirstChild != nil || !strings.HasPrefix(attr["src"], "/assets/app.") {
				t.Errorf("%s: a script: %v", name, attr)
			}
		case "img", "link":
			if !strings.HasPrefix(attr["src"]+attr["href"], "/assets/") {
				t.Errorf("%s: <%s> of %q", name, n.Data, attr["src"]+attr["href"])
			}
		case "svg", "iframe", "object", "embed", "style", "base":
			t.Errorf("%s: <%s>", name, n.Data)
		case "a":
			u, err := url.Parse(attr["href"])
			if err != nil || u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" || strings.HasPrefix(attr["href"], "//") {
				t.Errorf("%s: a link to %q", name, attr["href"])
			}
		}
	}
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

func TestAPI(t *testing.T) {
	t.Parallel()
	f := &fake{}
	s := newWeb(t, f, nil)
	w := do(s, request("POST", "/api/ask", `{"question":"k8s node <NotReady> 怎么排查"}`, "Content-Type", "application/json"))
	if w.Code != 200 || w.Header().Get("Content-Type") != "application/json; charset=utf-8" || !strings.Contains(w.Body.String(), `"question":"k8s node <NotReady> 怎么排查"`) {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	if w.Header().Get("Set-Cookie") != "" {
		t.Error("the API sets a cookie")
	}
	for _, c := range []struct {
		body string
		want int
	}{
		{`{"question":""}`, 400}, {`{"question":" \n\t"}`, 400},
		{`{}`, 400}, {``, 400}, {`[]`, 400}, {`{"question":5}`, 400},
		{`{"question":"broken"}`, 500},
		{`{"question":"` + strings.Repeat("a", 600<<10) + `"}`, 413},
	} {
		w := do(s, request("POST", "/api/ask", c.body))
		if w.Code != c.want {
			t.Errorf("%.40s: got %d, want %d", c.body, w.Code, c.want)
		}
		var e struct {
			Error *struct {
				Status  int
				Message string
			}
		}
		if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil {
			t.Errorf("%.40s: %v: %s", c.body, err, w.Body)
		} else if c.want != 200 && (e.Error == nil || e.Error.Status != c.want || e.Error.Message == "") {
			t.Errorf("%.40s: got %s", c.body, w.Body)
		}
	}
	if w := do(s, request("GET", "/api/ask", "")); w.Code == 200 {
		t.Error("GET /api/ask is answered")
	}
}

func TestErrorsOfTheAsker(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want int
	}{
		{fmt.Errorf("ask: %w", adapters.ErrEmptyQuestion), 400}, {adapters.ErrQueueFull, 503}, {context.DeadlineExceeded, 504}, {errors.New("secret detail"), 500},
	} {
		f := &fake{ask: func(context.Context, adapters.Question) (adapters.Reply, error) { return adapters.Reply{}, c.err }}
		s := newWeb(t, f, nil)
		for _, r := range []*http.Request{request("GET", "/ask?q=x", ""), request("POST", "/api/ask", `{"question":"x"}`)} {
			w := do(s, r)
			if w.Code != c.want || strings.Contains(w.Body.String(), "secret detail") {
				t.Errorf("%v: got %d %s", c.err, w.Code, w.Body)
			}
		}
	}
	w := do(newWeb(t, &fake{}, nil), request("GET", "/ask?q=broken", ""))
	if w.Code != 500 || !strings.Contains(w.Body.String(), "The index is being built") {
		t.Errorf("the reply's sentence is not shown: %d", w.Code)
	}
}

func TestRequestsEndInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{ask: func(ctx context.Context, _ adapters.Question) (adapters.Reply, error) {
			<-ctx.Done()
			return adapters.Reply{}, ctx.Err()
		}}
		start := time.Now()
		w := do(newWeb(t, f, func(o *web.Options) { o.Timeout = 3 * time.Second }), request("POST", "/api/ask", `{"question":"x"}`))
		if took := time.Since(start); w.Code != 504 || took != 3*time.Second {
			t.Errorf("got %d after %v", w.Code, took)
		}
	})
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newWeb(t, &fake{}, func(o *web.Options) { o.Rate, o.Burst, o.TrustedProxies = 1, 3, []string{"10.0.0.0/8"} })
		ask := func(remote string, header ...string) *httptest.ResponseRecorder {
			r := request("POST", "/api/ask", `{"question":"x"}`, header...)
			r.RemoteAddr = remote
			return do(s, r)
		}
		for range 3 {
			if w := ask("127.0.0.1:1"); w.Code != 200 {
				t.Fatalf("within the burst: %d", w.Code)
			}
		}
		w := ask("127.0.0.1:2")
		if w.Code != 429 || w.Header().Get("Retry-After") == "" {
			t.Errorf("beyond the burst: got %d", w.Code)
		}
		if w := ask("127.0.0.1:3", "X-Forwarded-For", "9.9.9.9"); w.Code != 429 {
			t.Errorf("a client chose its own address: %d", w.Code)
		}
		if w := ask("127.0.0.2:1"); w.Code != 200 {
			t.Errorf("another client: got %d", w.Code)
		}
		for i := range 4 { // behind the proxy, each client has its own
			if w := ask("10.0.0.1:1", "X-Forwarded-For", fmt.Sprintf("1.1.1.1, 9.9.9.%d, 10.0.0.7", i)); w.Code != 200 {
				t.Errorf("client %d behind the proxy: got %d", i, w.Code)
			}
		}
		for range 3 {
			ask("[2001:db8:1:2::1]:1")
		}
		if w := ask("[2001:db8:1:2:ffff::1]:1"); w.Code != 429 {
			t.Errorf("another address of the same IPv6 network: got %d", w.Code)
		}
		if w := do(s, request("GET", "/assets/none.css", "")); w.Code != 404 {
			t.Errorf("assets count: got %d", w.Code)
		}
		time.Sleep(time.Second)
		if w := ask("127.0.0.1:1"); w.Code != 200 {
			t.Errorf("a second later: got %d", w.Code)
		}
	})
}

func TestTooManyAtOnce(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}), make(chan struct{})
	f := &fake{ask: func(context.Context, adapters.Question) (adapters.Reply, error) {
		arrived <- struct{}{}
		<-release
		return adapters.Reply{Object: "ok"}, nil
	}}
	s := newWeb(t, f, func(o *web.Options) { o.MaxInFlight = 1 })
	first := make(chan int)
	go func() { first <- do(s, request("POST", "/api/ask", `{"question":"x"}`)).Code }()
	<-arrived
	if w := do(s, request("POST", "/api/ask", `{"question":"x"}`)); w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("the second at once: got %d, want 503", w.Code)
	}
	close(release)
	if got := <-first; got != 200 {
		t.Errorf("the first: got %d", got)
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		listen, public, host string
		want                 bool
	}{
		{"127.0.0.1:8080", "", "127.0.0.1:8080", true},
		{"127.0.0.1:8080", "", "localhost:8080", true},
		{"127.0.0.1:8080", "", "LOCALHOST", true},
		{"127.0.0.1:8080", "", "[::1]:8080", true},
		{"127.0.0.1:8080", "", "evil.example", false},
		{"127.0.0.1:8080", "", "evil.example:8080", false},
		{"127.0.0.1:8080", "", "localhost.evil.example", false},
		{"127.0.0.1:8080", "", "127.0.0.1.evil.example", false},
		{"127.0.0.1:8080", "", "evil.localhost", false},
		{"127.0.0.1:8080", "", "", false},
		{"127.0.0.1:8080", "https://cairn.example.com", "cairn.example.com", true},
		{"127.0.0.1:8080", "https://cairn.example.com/", "Cairn.Example.com:443", true},
		{"127.0.0.1:8080", "https://cairn.example.com", "cairn.example.com.evil.example", false},
		{"10.1.2.3:80", "", "10.1.2.3", true},
		{"10.1.2.3:8080", "", "10.1.2.3:8080", true},
		{"10.1.2.3:8080", "", "10.1.2.3:9999", false},
		{"10.1.2.3:8080", "", "10.9.9.9:8080", false},
		{"0.0.0.0:8080", "", "10.1.2.3:8080", true}, // the address it came in on
		{"0.0.0.0:8080", "", "10.9.9.9:8080", false},
		{":8080", "", "evil.example:8080", false},
	} {
		s := newWeb(t, &fake{}, func(o *web.Options) { o.Listen, o.PublicURL = c.listen, c.public })
		r := request("GET", "/", "", "Host", c.host)
		r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(&net.TCPAddr{IP: net.ParseIP("10.1.2.3"), Port: 8080})))
		w := do(s, r)
		if got := w.Code == 200; got != c.want {
			t.Errorf("listen %s, public %q, host %q: got %d", c.listen, c.public, c.host, w.Code)
		}
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	s := newWeb(t, &fake{}, func(o *web.Options) { o.PublicURL = "https://cairn.example.com" })
	for _, c := range []struct {
		header []string
		want   int
	}{
		{nil, 200},
		{[]string{"Origin", "http://127.0.0.1:8080", "Sec-Fetch-Site", "same-origin"}, 200},
		{[]string{"Origin", "https://cairn.example.com"}, 200}, // a proxy that rewrites Host
		{[]string{"Origin", "https://cairn.example.com", "Host", "cairn.example.com"}, 200},
		{[]string{"Origin", "http://localhost:3000"}, 403},
		{[]string{"Origin", "https://evil.example"}, 403},
		{[]string{"Origin", "null"}, 403},
		{[]string{"Sec-Fetch-Site", "cross-site"}, 403},
		{[]string{"Sec-Fetch-Site", "same-site"}, 403},
	} {
		for _, path := range []string{"/ask", "/api/ask", "/feedback", "/login", "/logout"} {
			body := "q=node&answer=a1&verdict=up"
			want := c.want
			if path == "/api/ask" {
				body = `{"question":"x"}`
			}
			w := do(s, request("POST", path, body, c.header...))
			if w.Code == 303 && want == 200 {
				continue
			}
			if w.Code != want {
				t.Errorf("%s %v: got %d, want %d", path, c.header, w.Code, want)
			}
		}
	}
}

func TestForeignLinksAreNotRecorded(t *testing.T) {
	t.Parallel()
	f := &fake{}
	do(newWeb(t, f, nil), request("GET", "/ask?q=spam", "", "Sec-Fetch-Site", "cross-site"))
	if q := f.asked(); len(q) != 1 || q[0].Record {
		t.Errorf("asked %+v, want one that is not recorded", q)
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	s := newWeb(t, &fake{}, nil)
	for _, path := range []string{"/", "/ask?q=node", "/nothing", "/d/builtin/en/kubernetes/node_notready.md"} {
		h := do(s, request("GET", path, "")).Header()
		csp := h.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || strings.Contains(csp, "http") {
			t.Errorf("%s: the policy is %q", path, csp)
		}
		for k, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "Cache-Control": "no-store"} {
			if got := h.Get(k); got != want {
				t.Errorf("%s: %s is %q, want %q", path, k, got, want)
			}
		}
	}
}

func TestAssets(t *testing.T) {
	t.Parallel()
	s := newWeb(t, &fake{}, func(o *web.Options) { o.AccessToken = token })
	page := do(s, request("GET", "/login", "")).Body.String()
	found := regexp.MustCompile(`/assets/[a-z]+\.[\w-]{12}\.(css|js|svg)`).FindAllString(page, -1)
	if len(found) < 3 {
		t.Fatalf("the page names %q", found)
	}
	for _, a := range found {
		w := do(s, request("GET", a, ""))
		if w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Body.Len() == 0 {
			t.Errorf("%s: got %d %v", a, w.Code, w.Header())
		}
		if w2 := do(s, request("GET", a, "", "If-None-Match", w.Header().Get("ETag"))); w2.Code != 304 {
			t.Errorf("%s again: got %d, want 304", a, w2.Code)
		}
		if strings.Contains(w.Body.String(), "://") && !strings.HasSuffix(a, ".svg") {
			t.Errorf("%s names another host", a)
		}
	}
	if w := do(s, request("GET", "/assets/../web.go", "")); w.Code == 200 {
		t.Error("a path leads out of the assets")
	}
}

// TestContrast computes the contrast of the palette's pairs of text and ground
// in both schemes; 4.5 is what small text needs to be read by everybody.
func TestContrast(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("assets/style.css")
	if err != nil {
		t.Fatal(err)
	}
	light, rest, ok := strings.Cut(string(b), "@media (prefers-color-scheme: dark)")
	if !ok {
		t.Fatal("there is no dark scheme")
	}
	dark, _, _ := strings.Cut(rest, "*, *::before")
	variable := regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{6})`)
	for name, css := range map[string]string{"light": light, "dark": dark} {
		lum := map[string]float64{}
		for _, m := range variable.FindAllStringSubmatch(css, -1) {
			v, err := strconv.ParseUint(m[2], 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			channel := func(shift int) float64 {
				c := float64(v>>shift&0xff) / 255
				if c <= 0.04045 {
					return c / 12.92
				}
				return math.Pow((c+0.055)/1.055, 2.4)
			}
			lum[m[1]] = 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0)
		}
		for _, pair := range []string{
			"ink bg", "ink card", "soft bg", "soft card", "faint bg", "faint card", "accent bg", "accent card", "accent accent-soft", "accent-ink accent",
			"ink code-bg", "cmd-ink cmd-bg", "cmd-ink cmd-btn", "red bg", "red red-soft", "bg red", "amber bg", "amber amber-soft", "ink amber-soft", "ink mark",
		} {
			fg, bg, _ := strings.Cut(pair, " ")
			a, ok1 := lum[fg]
			b, ok2 := lum[bg]
			if !ok1 || !ok2 {
				t.Errorf("%s: %s is not in the palette", name, pair)
				continue
			}
			if got := (max(a, b) + 0.05) / (min(a, b) + 0.05); got < 4.5 {
				t.Errorf("%s: %s has contrast %.2f, want 4.5", name, pair, got)
			}
		}
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	f := &fake{}
	s := newWeb(t, f, func(o *web.Options) { o.AccessToken = token })
	api := func(header ...string) int {
		return do(s, request("POST", "/api/ask", `{"question":"x"}`, header...)).Code
	}
	for _, c := range []struct {
		header []string
		want   int
	}{
		{nil, 401}, {[]string{"Authorization", "Bearer " + token.Reveal()}, 200}, {[]string{"Authorization", "bearer " + token.Reveal()}, 200},
		{[]string{"Authorization", "Bearer wrong"}, 401}, {[]string{"Authorization", "Bearer "}, 401}, {[]string{"Authorization", token.Reveal()}, 401},
		{[]string{"Cookie", "cairn_session=9999999999.AAAA"}, 401}, {[]string{"Cookie", "cairn_session=" + token.Reveal()}, 401},
	} {
		if got := api(c.header...); got != c.want {
			t.Errorf("%v: got %d, want %d", c.header, got, c.want)
		}
	}
	for _, path := range []string{"/", "/ask?q=x", "/d/builtin/old.md", "/browse/kubernetes", "/nothing"} {
		w := do(s, request("GET", path, ""))
		if w.Code != 401 || !strings.Contains(w.Body.String(), `name="token"`) {
			t.Errorf("%s without a token: got %d", path, w.Code)
		}
	}
	if len(f.asked()) != 2 {
		t.Errorf("asked %d times, want 2", len(f.asked()))
	}
	guarded := s.Protect(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "metrics") }))
	if w := do(guarded, request("GET", "/metrics", "")); w.Code != 401 {
		t.Errorf("Protect: got %d, want 401", w.Code)
	}
	if w := do(guarded, request("GET", "/metrics", "", "Authorization", "Bearer "+token.Reveal())); w.Code != 200 || w.Body.String() != "metrics" {
		t.Errorf("Protect with the token: got %d", w.Code)
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		s := newWeb(t, f, func(o *web.Options) {
			o.AccessToken, o.PublicURL, o.Session = token, "https://cairn.example.com", time.Hour
		})
		login := func(tok, next string) *httptest.ResponseRecorder {
			return do(s, request("POST", "/login", url.Values{"token": {tok}, "next": {next}}.Encode(), "Host", "cairn.example.com"))
		}
		if w := login("wrong", "/"); w.Code != 403 || w.Header().Get("Set-Cookie") != "" {
			t.Errorf("a wrong token: got %d", w.Code)
		}
		w := login(" "+token.Reveal()+" ", "/ask?q=redis")
		c := w.Result().Cookies()
		if w.Code != 303 || w.Header().Get("Location") != "/ask?q=redis" || len(c) != 1 {
			t.Fatalf("got %d %v", w.Code, w.Header())
		}
		if !c[0].HttpOnly || !c[0].Secure || c[0].SameSite != http.SameSiteLaxMode || strings.Contains(c[0].Value, token.Reveal()) {
			t.Errorf("the cookie is %+v", c[0])
		}
		get := func(cookie string) int {
			return do(s, request("GET", "/", "", "Host", "cairn.example.com", "Cookie", "cairn_session="+cookie)).Code
		}
		if got := get(c[0].Value); got != 200 {
			t.Errorf("with the cookie: got %d", got)
		}
		other := newWeb(t, f, func(o *web.Options) { o.AccessToken = adapters.NewSecret("another-token-entirely") })
		if got := do(other, request("GET", "/", "", "Cookie", "cairn_session="+c[0].Value)).Code; got != 401 {
			t.Errorf("after the token changed: got %d, want 401", got)
		}
		time.Sleep(time.Hour)
		if got := get(c[0].Value); got != 401 {
			t.Errorf("after the session's end: got %d, want 401", got)
		}
		for _, next := range []string{"https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "", "/a\r\nSet-Cookie: x=y", "/login"} {
			if got := login(token.Reveal(), next).Header().Get("Location"); got != "/" {
				t.Errorf("next %q leads to %q", next, got)
			}
			time.Sleep(time.Minute)
		}
		for range 5 {
			login("wrong", "/")
		}
		if w := login(token.Reveal(), "/"); w.Code != 429 {
			t.Errorf("after five wrong tokens: got %d, want 429", w.Code)
		}
	})
}

// TestLeaksNoSecret looks for the token in all that is logged and answered,
// and for questions in what is logged above debug.
func TestLeaksNoSecret(t *testing.T) {
	t.Parallel()
	var logged, answered strings.Builder
	lg := slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelInfo}))
	f := &fake{}
	s, err := web.New(lg, f, f, &web.Options{AccessToken: token, Feedback: f, Rate: -1})
	if err != nil {
		t.Fatal(err)
	}
	auth := []string{"Authorization", "Bearer " + token.Reveal()}
	for _, r := range []*http.Request{
		request("POST", "/login", "token="+token.Reveal()), request("POST", "/login", "token=x"+token.Reveal()),
		request("GET", "/login?next="+token.Reveal()[:4], ""), request("GET", "/", ""), request("GET", "/", "", auth...),
		request("GET", "/ask?q=broken+zebra", "", auth...), request("POST", "/api/ask", `{"question":"broken zebra"}`, auth...),
		request("POST", "/api/ask", `{"question":"x"}`, "Authorization", "Bearer x"+token.Reveal()),
	} {
		w := do(s, r)
		fmt.Fprintln(&answered, w.Header(), w.Body)
	}
	if strings.Contains(logged.String()+answered.String(), token.Reveal()) {
		t.Error("the token is logged or answered")
	}
	if logged.Len() == 0 || strings.Contains(logged.String(), "zebra") {
		t.Errorf("the log should name failures without the question:\n%s", logged.String())
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

func TestDocument(t *testing.T) {
	t.Parallel()
	s := newWeb(t, &fake{}, nil)
	get := func(path string) string {
		t.Helper()
		w := do(s, request("GET", path, ""))
		if w.Code != 200 {
			t.Fatalf("%s: got %d", path, w.Code)
		}
		return w.Body.String()
	}
	lines := func(body string) []string {
		return regexp.MustCompile(`class="line cited[a-z ]*" id="L(\d+)"`).FindAllString(body, -1)
	}
	body := get("/d/builtin/en/kubernetes/node_notready.md?lines=26-30")
	if got := lines(body); len(got) != 5 {
		t.Errorf("highlighted: %q", got)
	}
	for _, want := range []string{`id="L26-L30"`, "Lines 26–30 are cited", "https://git.example.com/", "  --delete-emptydir-data   # &#34;keeps&#34; &lt;pods&gt; &amp; volumes"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"x", "0", "-1", "30-26x", "99999-1", "1-2-3", "%00"} {
		get("/d/builtin/en/kubernetes/node_notready.md?lines=" + bad)
	}
	if body := get("/d/builtin/old.md"); !strings.Contains(body, "The file has changed since") {
		t.Error("a stale document does not say so")
	}
	body = get("/d/builtin/long.txt?lines=7000")
	if len(lines(body)) != 1 || !strings.Contains(body, ">line 7000") || strings.Contains(body, ">line 1\n") || !strings.Contains(body, "of 10000") {
		t.Error("the part with the cited line is not shown")
	}
	if !strings.Contains(body, `href="/d/builtin/long.txt?from=`) {
		t.Error("no way to the other parts")
	}
	body = get("/d/builtin/%E7%9B%AE%E5%BD%95/%E5%8D%95%E8%A1%8C.md?lines=1&columns=601-609")
	if !strings.Contains(body, ">这里是引用的部分。</mark>") {
		t.Error("the cited columns are not marked")
	}
	w := do(s, request("GET", "/d/builtin/hostile.md?plain=1", ""))
	if w.Header().Get("Content-Type") != "text/plain; charset=utf-8" || !strings.Contains(w.Header().Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("plain text: %v", w.Header())
	}
	for _, path := range []string{"/d/builtin/none.md", "/d/builtin/", "/d/builtin", "/browse/none"} {
		if w := do(s, request("GET", path, "")); w.Code != 404 && w.Code != 307 {
			t.Errorf("%s: got %d, want 404", path, w.Code)
		}
	}
}

func TestDocumentPath(t *testing.T) {
	t.Parallel()
	var got [2]string
	mux := http.NewServeMux()
	mux.HandleFunc("GET /d/{library}/{path...}", func(_ http.ResponseWriter, r *http.Request) {
		got = [2]string{r.PathValue("library"), r.PathValue("path")}
	})
	for _, c := range [][2]string{{"builtin", "en/a.md"}, {"/srv/my docs", "目录/a b#c?d%e.md"}, {"a", "x/../y.md"}, {"..", "..md"}} {
		p := web.DocumentPath(c[0], c[1], 3, 5)
		u, err := url.Parse(p)
		if err != nil || u.Query().Get("lines") != "3-5" || u.Fragment != "L3" {
			t.Errorf("%q: %v %v", p, u, err)
		}
		got = [2]string{}
		mux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", p, nil))
		if got != c && !strings.Contains(c[0]+c[1], "..") {
			t.Errorf("%q leads to %q, want %q", p, got, c)
		}
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

func TestCheckListen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		listen   string
		token    adapters.Secret
		insecure bool
		want     bool
	}{
		{"127.0.0.1:8080", adapters.Secret{}, false, true},
		{"127.9.9.9:8080", adapters.Secret{}, false, true},
		{"[::1]:8080", adapters.Secret{}, false, true},
		{"localhost:8080", adapters.Secret{}, false, true},
		{":8080", adapters.Secret{}, false, false},
		{"0.0.0.0:8080", adapters.Secret{}, false, false},
		{"[::]:8080", adapters.Secret{}, false, false},
		{"10.0.0.1:8080", adapters.Secret{}, false, false},
		{"cairn.example.com:8080", adapters.Secret{}, false, false},
		{"localhost.evil.example:8080", adapters.Secret{}, false, false},
		{"0.0.0.0:8080", token, false, true},
		{"0.0.0.0:8080", adapters.Secret{}, true, true},
		{"8080", token, true, false},
	} {
		err := web.CheckListen(c.listen, c.token, c.insecure)
		if (err == nil) != c.want {
			t.Errorf("%s, token %v, insecure %v: got %v", c.listen, !c.token.IsZero(), c.insecure, err)
		}
	}
	if err := web.CheckListen("0.0.0.0:80", adapters.Secret{}, false); !errors.Is(err, web.ErrOpen) || !strings.Contains(err.Error(), "--insecure") {
		t.Errorf("got %v", err)
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

// FuzzAnswer renders messages with any text in every place.
func FuzzAnswer(f *testing.F) {
	f.Add(attack, "javascript:alert(1)", "ls \u202e")
	f.Add("`a` b", "https://a.example/x?y#z", "a\r\nb\x00c")
	f.Add("\xff\xfe", "/\\evil", "")
	f.Fuzz(func(t *testing.T, text, link, command string) {
		l := adapters.Link{Title: text, URL: link, Detail: text}
		fk := &fake{ask: func(context.Context, adapters.Question) (adapters.Reply, error) {
			return adapters.Reply{Message: adapters.Message{
				Lang: "zh", Text: text, Title: text, TitleURL: link, Lead: text, Warnings: []string{text}, AnswerID: text,
				Steps: []adapters.Step{{N: 1, Section: text, Before: []string{text}, Text: text, Commands: []adapters.Command{{Text: command, Lang: text}}, Expect: text,
					Risk: adapters.Risk(text), RiskLabel: text, Links: []adapters.Link{l}, Citation: 1}},
				Quotes: []adapters.Quote{{Text: text, Citation: 1}}, Citations: []adapters.Citation{{N: 1, Label: text, Heading: []string{text}, URL: link}},
				Related: []adapters.Link{l}, Choices: []adapters.Button{{Label: text}}, Feedback: &adapters.Feedback{UpLabel: text},
			}}, nil
		}}
		w := do(newWeb(t, fk, nil), request("GET", "/ask?q=x", ""))
		if w.Code != 200 {
			t.Fatalf("got %d: %s", w.Code, w.Body)
		}
		inert(t, "answer", w.Body.String())
		if got := commandText(t, w.Body.String(), 1); !strings.ContainsAny(command, "\x00") && got != strings.ToValidUTF8(command, "\ufffd") && strings.ToValidUTF8(command, "") == command {
			t.Errorf("copies %q, want %q", got, command)
		}
	})
}

// FuzzDocument asks for documents in odd ways.
func FuzzDocument(f *testing.F) {
	f.Add("builtin", "old.md", "1-5", "2-3", "7")
	f.Add("..", "../../etc/passwd", "9999999999999999999", "-", "L1")
	s := newWeb(f, &fake{}, nil)
	f.Fuzz(func(t *testing.T, library, path, lines, columns, from string) {
		p := web.DocumentPath(library, path, 0, 0) + "?" + url.Values{"lines": {lines}, "columns": {columns}, "from": {from}}.Encode()
		if _, err := url.ParseRequestURI(p); err != nil {
			t.Fatalf("%q: %v", p, err)
		}
		w := do(s, request("GET", p, ""))
		if w.Code >= 500 {
			t.Errorf("%q: got %d", p, w.Code)
		}
		inert(t, p, w.Body.String())
	})
}

// BenchmarkAPI asks over loopback, as a load test does, so that what it shows
// is the listener and the page's checks without the search.
func BenchmarkAPI(b *testing.B) {
	srv := httptest.NewServer(newWeb(b, &fake{ask: func(context.Context, adapters.Question) (adapters.Reply, error) {
		return adapters.Reply{Object: map[string]string{"title": "x"}}, nil
	}}, nil))
	defer srv.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			res, err := client.Post(srv.URL+"/api/ask", "application/json", strings.NewReader(`{"question":"502 troubleshooting"}`))
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, res.Body)
			res.Body.Close()
			if res.StatusCode != 200 {
				b.Errorf("got %d", res.StatusCode)
				return
			}
		}
	})
}

func BenchmarkAnswerPage(b *testing.B) {
	s := newWeb(b, &fake{}, nil)
	for b.Loop() {
		do(s, request("GET", "/ask?q=node", ""))
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
