package server

import (
	"encoding/json"
	"errors"
	"net/http"
	"runtime/debug"
)

func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte("ok\n"))
}

// Ready returns nil when every check passes, else all the reasons joined.
func (s *Server) Ready() error {
	var errs []error
	for _, c := range s.checks {
		if err := c.ready(); err != nil {
			errs = append(errs, err)
		}
	}
	if s.stopping.Load() {
		errs = append(errs, errors.New("stopping"))
	}
	return errors.Join(errs...)
}

// readyz answers {"ready": bool, "checks": {name: "ok" or the reason}}, with
// status 503 when not ready.
func (s *Server) readyz(w http.ResponseWriter, _ *http.Request) {
	state := struct {
		Ready  bool              `json:"ready"`
		Checks map[string]string `json:"checks"`
	}{true, map[string]string{}}
	for _, c := range s.checks {
		state.Checks[c.name] = "ok"
		if err := c.ready(); err != nil {
			state.Checks[c.name], state.Ready = err.Error(), false
		}
	}
	if s.stopping.Load() {
		state.Checks["server"], state.Ready = "stopping", false
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if !state.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(state)
}

// recover makes a panic in a handler one failed request.
func (s *Server) recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler {
				panic(p)
			}
			s.metrics.panics.Inc()
			s.lg.Error("panic in a handler", "route", route(r), "panic", p, "stack", string(debug.Stack()))
			// Too late if the answer has begun; the connection then ends.
			w.Header().Set("Connection", "close")
			http.Error(w, "internal error · 内部错误", http.StatusInternalServerError)
		}()
		next.ServeHTTP(w, r)
	})
}
