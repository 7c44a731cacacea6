package web_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cairn/adapters"
	"cairn/adapters/web"
)

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
