package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cairn/adapters"
	"cairn/adapters/web"
)

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
