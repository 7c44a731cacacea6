package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/net/netutil"

	"cairn/adapters"
)

// Options bound the listener.
type Options struct {
	// Listen is the address. Defaults to 127.0.0.1:8080.
	Listen string
	// ReadTimeout is for a whole request with its body. Defaults to 30s.
	ReadTimeout time.Duration
	// WriteTimeout is for a whole answer; a handler that streams extends it
	// with [http.ResponseController]. Defaults to 90s.
	WriteTimeout time.Duration
	// IdleTimeout is for a connection between requests. Defaults to 2m.
	IdleTimeout time.Duration
	// MaxHeader is the size of a request's header in bytes. Defaults to 32768.
	MaxHeader int
	// MaxConnections is how many are open at a time. Defaults to 4096.
	MaxConnections int
	// Grace is how long requests in flight may take when Run is asked to stop.
	// Defaults to 15s.
	Grace time.Duration
	// Registry collects metrics. Defaults to a new one with those of Go and of
	// the process.
	Registry *prometheus.Registry
}

func (o *Options) validate() error {
	for _, d := range []struct {
		name string
		got  time.Duration
	}{{"ReadTimeout", o.ReadTimeout}, {"WriteTimeout", o.WriteTimeout}, {"IdleTimeout", o.IdleTimeout}, {"Grace", o.Grace}} {
		if d.got < 0 {
			return fmt.Errorf("server.Options.%s: got %v, want 0 or more", d.name, d.got)
		}
	}
	if o.MaxHeader < 0 || o.MaxConnections < 0 {
		return fmt.Errorf("server.Options: got MaxHeader %d and MaxConnections %d, want 0 or more", o.MaxHeader, o.MaxConnections)
	}
	return nil
}

func or[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

// A Server is the HTTP listener. Make one with [New].
type Server struct {
	lg       *slog.Logger
	opts     Options
	mux      *http.ServeMux
	metrics  *metrics
	registry *prometheus.Registry
	exporter http.Handler
	checks   []check
	listener net.Listener
	stopping atomic.Bool
}

type check struct {
	name  string
	ready func() error
}

// New returns a server with /healthz, /readyz and /metrics mounted.
func New(lg *slog.Logger, opts *Options) (*Server, error) {
	if opts == nil {
		opts = &Options{}
	}
	if err := opts.validate(); err != nil {
		return nil, err
	}
	o := *opts
	o.Listen = or(o.Listen, "127.0.0.1:8080")
	o.ReadTimeout = or(o.ReadTimeout, 30*time.Second)
	o.WriteTimeout = or(o.WriteTimeout, 90*time.Second)
	o.IdleTimeout = or(o.IdleTimeout, 2*time.Minute)
	o.MaxHeader = or(o.MaxHeader, 32<<10)
	o.MaxConnections = or(o.MaxConnections, 4096)
	o.Grace = or(o.Grace, 15*time.Second)
	if o.Registry == nil {
		o.Registry = prometheus.NewRegistry()
		o.Registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	}
	s := &Server{lg: lg.With("component", "server"), opts: o, mux: http.NewServeMux(), registry: o.Registry}
	var err error
	if s.metrics, err = newMetrics(o.Registry); err != nil {
		return nil, err
	}
	s.mux.HandleFunc("GET /healthz", s.healthz)
	s.mux.HandleFunc("GET /readyz", s.readyz)
	s.exporter = promhttp.HandlerFor(o.Registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
	s.mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) { s.exporter.ServeHTTP(w, r) })
	return s, nil
}

// Handle mounts h for the pattern, as [http.ServeMux.Handle] does.
func (s *Server) Handle(pattern string, h http.Handler) { s.mux.Handle(pattern, h) }

// Check adds a condition of readiness. ready returns nil or the reason why
// not; it does no I/O and its text holds no secret.
func (s *Server) Check(name string, ready func() error) {
	s.checks = append(s.checks, check{name, ready})
}

// GuardMetrics wraps /metrics, so that it asks for the access token as the
// page does.
func (s *Server) GuardMetrics(wrap func(http.Handler) http.Handler) { s.exporter = wrap(s.exporter) }

// Registry is where metrics are registered.
func (s *Server) Registry() prometheus.Registerer { return s.registry }

// Handler is everything that the server serves, for tests without a listener.
func (s *Server) Handler() http.Handler { return s.metrics.observe(s.recover(s.mux)) }

// Listen binds the address and returns it, which matters where the port is 0.
// Run binds it otherwise.
func (s *Server) Listen() (net.Addr, error) {
	if s.listener != nil {
		return s.listener.Addr(), nil
	}
	l, err := net.Listen("tcp", s.opts.Listen)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, adapters.Both("listening on %s: another program (or another cairn serve) has this port; stop it or choose another with --listen HOST:PORT: %v",
			"监听 %s：端口已被其他程序（或另一个 cairn serve）占用；请停掉它，或用 --listen HOST:PORT 换一个：%v").Err(s.opts.Listen, err)
	case errors.Is(err, os.ErrPermission):
		return nil, adapters.Both("listening on %s: this port needs privileges; choose one above 1023 with --listen HOST:PORT: %v",
			"监听 %s：该端口需要特权；请用 --listen HOST:PORT 选一个 1023 以上的端口：%v").Err(s.opts.Listen, err)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, adapters.Both("listening on %s: this machine does not have that address; choose another with --listen HOST:PORT: %v",
			"监听 %s：本机没有这个地址；请用 --listen HOST:PORT 换一个：%v").Err(s.opts.Listen, err)
	case err != nil:
		return nil, adapters.Both("listening on %s (see --listen): %v",
			"监听 %s（见 --listen）：%v").Err(s.opts.Listen, err)
	}
	s.listener = l
	return l.Addr(), nil
}

// Close gives the address up when Run was never called.
func (s *Server) Close() error {
	if s.listener == nil {
		return nil
	}
	return s.listener.Close()
}

// errStopped is the cause of the contexts of requests that outlast the grace.
var errStopped = errors.New("the server was stopped")

// Run serves until ctx ends, then lets requests in flight finish within the
// grace and returns ctx.Err(). All its goroutines have ended when it returns.
// To be called once.
func (s *Server) Run(ctx context.Context) error {
	if _, err := s.Listen(); err != nil {
		return err
	}
	// Requests live on when ctx ends, so that questions in flight are answered.
	base, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(errStopped)
	hs := &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: min(10*time.Second, s.opts.ReadTimeout),
		ReadTimeout:       s.opts.ReadTimeout,
		WriteTimeout:      s.opts.WriteTimeout,
		IdleTimeout:       s.opts.IdleTimeout,
		MaxHeaderBytes:    s.opts.MaxHeader,
		ErrorLog:          slog.NewLogLogger(s.lg.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return base },
	}
	served := make(chan error, 1)
	go func() { served <- hs.Serve(netutil.LimitListener(s.listener, s.opts.MaxConnections)) }()
	s.lg.Info("listening", "address", s.listener.Addr().String())

	select {
	case err := <-served:
		return fmt.Errorf("serving HTTP on %s: %w", s.opts.Listen, err)
	case <-ctx.Done():
	}
	s.stopping.Store(true)
	grace, done := context.WithTimeout(base, s.opts.Grace)
	defer done()
	if err := hs.Shutdown(grace); err != nil {
		s.lg.Warn("requests cut off at shutdown", "grace", s.opts.Grace, "err", err)
		cancel(errStopped)
		_ = hs.Close()
	}
	<-served
	return ctx.Err()
}
