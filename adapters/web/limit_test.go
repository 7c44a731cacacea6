package web_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"cairn/adapters"
	"cairn/adapters/web"
)

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
