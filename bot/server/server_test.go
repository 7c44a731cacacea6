package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"cairn/bot/server"
	"cairn/internal/leaktest"
)

func TestMain(m *testing.M) { os.Exit(leaktest.Run(m)) }

func newServer(t *testing.T, opts *server.Options) *server.Server {
	t.Helper()
	s, err := server.New(slog.New(slog.DiscardHandler), opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func get(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w
}

func TestHealthAndReadiness(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	var index, slack error
	s.Check("index", func() error { return index })
	s.Check("slack", func() error { return slack })
	if w := get(t, s.Handler(), "/healthz"); w.Code != 200 || w.Body.String() != "ok\n" {
		t.Errorf("healthz: got %d %q", w.Code, w.Body)
	}
	if w := get(t, s.Handler(), "/readyz"); w.Code != 200 || s.Ready() != nil {
		t.Errorf("readyz: got %d, %v", w.Code, s.Ready())
	}
	slack = errors.New("no connection for 12s")
	w := get(t, s.Handler(), "/readyz")
	var got struct {
		Ready  bool
		Checks map[string]string
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if w.Code != 503 || got.Ready || got.Checks["slack"] != "no connection for 12s" || got.Checks["index"] != "ok" {
		t.Errorf("readyz: got %d %s", w.Code, w.Body)
	}
	if !errors.Is(s.Ready(), slack) {
		t.Errorf("Ready: got %v, want %v", s.Ready(), slack)
	}
	if w := get(t, s.Handler(), "/healthz"); w.Code != 200 {
		t.Errorf("healthz while unready: got %d, want 200", w.Code)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	inner := http.NewServeMux()
	inner.HandleFunc("GET /d/{library}/{path...}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) })
	s.Handle("/", inner)
	for _, path := range []string{"/d/a/secret-one.md", "/d/a/secret-two.md"} {
		get(t, s.Handler(), path)
	}
	r := httptest.NewRequest("BREW", "/pot", nil)
	s.Handler().ServeHTTP(httptest.NewRecorder(), r)
	body := get(t, s.Handler(), "/metrics").Body.String()
	for _, want := range []string{
		`cairn_http_request_duration_seconds_count{code="404",method="GET",route="/d/{library}/{path...}"} 2`,
		`method="other"`, "go_goroutines", "cairn_http_requests_in_flight 1",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("metrics lack %q:\n%s", want, body)
		}
	}
	if strings.Contains(body, "secret-one") || strings.Contains(body, "BREW") {
		t.Error("a path or a method from outside became a label")
	}
}

func TestMetricsAreGuarded(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	s.GuardMetrics(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) })
	})
	if w := get(t, s.Handler(), "/metrics"); w.Code != 401 {
		t.Errorf("got %d, want 401", w.Code)
	}
	if w := get(t, s.Handler(), "/healthz"); w.Code != 200 {
		t.Errorf("healthz: got %d, want 200", w.Code)
	}
}

func TestPanicIsOneFailedRequest(t *testing.T) {
	t.Parallel()
	s := newServer(t, nil)
	s.Handle("/boom", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") }))
	if w := get(t, s.Handler(), "/boom"); w.Code != 500 || strings.Contains(w.Body.String(), "boom") {
		t.Errorf("got %d %q", w.Code, w.Body)
	}
	if body := get(t, s.Handler(), "/metrics").Body.String(); !strings.Contains(body, "cairn_http_panics_total 1") {
		t.Error("the panic is not counted")
	}
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := newServer(t, &server.Options{Listen: l.Addr().String()})
	err = s.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), l.Addr().String()) || !strings.Contains(err.Error(), "--listen") {
		t.Errorf("got %v, want the address and the flag", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// start runs s and returns its address and a function that stops it.
func start(t *testing.T, s *server.Server) (addr string, stop func() error) {
	t.Helper()
	a, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return a.String(), func() error { cancel(); return <-done }
}

func TestStopAnswersRequestsInFlight(t *testing.T) {
	t.Parallel()
	s := newServer(t, &server.Options{Listen: "127.0.0.1:0"})
	arrived, release := make(chan struct{}), make(chan struct{})
	s.Handle("/slow", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-release
		if r.Context().Err() != nil {
			w.WriteHeader(500)
		}
		_, _ = io.WriteString(w, "answered")
	}))
	addr, stop := start(t, s)
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
	<-arrived
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	for s.Ready() == nil { // until it stops accepting
		runtime.Gosched()
	}
	select {
	case err := <-stopped:
		t.Fatalf("stopped before the request was answered: %v", err)
	default:
	}
	close(release)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	if res.StatusCode != 200 || string(body) != "answered" {
		t.Errorf("got %d %q, want the answer", res.StatusCode, body)
	}
	if err := <-stopped; !errors.Is(err, context.Canceled) {
		t.Errorf("Run: got %v, want %v", err, context.Canceled)
	}
}

func TestStopEndsWithTheGrace(t *testing.T) {
	t.Parallel()
	s := newServer(t, &server.Options{Listen: "127.0.0.1:0", Grace: time.Millisecond})
	arrived, ended := make(chan struct{}), make(chan error, 1)
	s.Handle("/stuck", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
		ended <- context.Cause(r.Context())
	}))
	addr, stop := start(t, s)
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET /stuck HTTP/1.1\r\nHost: x\r\n\r\n")
	<-arrived
	if err := stop(); !errors.Is(err, context.Canceled) {
		t.Errorf("Run: got %v", err)
	}
	if cause := <-ended; cause == nil {
		t.Error("the stuck request's context did not end")
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	_, err := server.New(slog.New(slog.DiscardHandler), &server.Options{Grace: -1})
	if err == nil || !strings.Contains(err.Error(), "Grace") {
		t.Errorf("got %v, want an error that names Grace", err)
	}
}

func TestLargeHeaderIsRefused(t *testing.T) {
	t.Parallel()
	s := newServer(t, &server.Options{Listen: "127.0.0.1:0", MaxHeader: 1024})
	addr, stop := start(t, s)
	defer func() { _ = stop() }()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: "+strings.Repeat("a", 16<<10)+"\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("got %d, want 431", res.StatusCode)
	}
}
