package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"cairn/adapters/web"
)

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
	for _, path := range []string{"/d/builtin/none.md", "/d/builtin/", "/d/builtin", "/browse/none", "/browse/kubernetes/x"} {
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
