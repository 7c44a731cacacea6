package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	slackapi "github.com/slack-go/slack"

	"cairn/adapters"
)

// Handler serves /slack/events, /slack/commands and /slack/interactions for
// the http mode. Every request must carry Slack's signature and a timestamp of
// the last five minutes. In socket mode it refuses everything.
func (a *Adapter) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /slack/events", a.serve(a.serveEvent))
	mux.HandleFunc("POST /slack/commands", a.serve(a.serveCommand))
	mux.HandleFunc("POST /slack/interactions", a.serve(a.serveInteraction))
	return mux
}

// HTTPMode reports whether Handler is to be mounted.
func (a *Adapter) HTTPMode() bool { return a.cfg.Mode == "http" }

type decodeFunc func(w http.ResponseWriter, r *http.Request, body []byte) (d decoded, answered bool, err error)

func (a *Adapter) serve(decode decodeFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !a.HTTPMode() {
			http.NotFound(w, r)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			http.Error(w, "request too large or broken off", http.StatusRequestEntityTooLarge)
			return
		}
		if err := a.verify(r.Header, body); err != nil {
			a.lg.Warn("request refused", "path", r.URL.Path, "err", err)
			http.Error(w, "signature or timestamp refused", http.StatusUnauthorized)
			return
		}
		d, answered, err := decode(w, r, body)
		if answered {
			return
		}
		if err != nil {
			// Sent again it would be no better.
			a.lg.Warn("request not understood", "path", r.URL.Path, "err", err)
			w.Header().Set("X-Slack-No-Retry", "1")
			w.WriteHeader(http.StatusOK)
			return
		}
		a.pending.Add(1)
		defer a.pending.Add(-1)
		a.mu.Lock()
		h := a.handler
		a.mu.Unlock()
		if h == nil || !a.acceptSafely(r.Context(), h, d) {
			http.Error(w, "not recorded, send it again", http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusOK)
	}
}

func (a *Adapter) acceptSafely(ctx context.Context, h adapters.Handler, d decoded) (ok bool) {
	defer func() {
		if p := recover(); p != nil {
			a.lg.Error("panic while accepting", "panic", fmt.Sprint(p))
			ok = false
		}
	}()
	// The client may hang up after three seconds; the record is kept.
	return a.accept(context.WithoutCancel(ctx), h, d)
}

func (a *Adapter) verify(header http.Header, body []byte) error {
	v, err := slackapi.NewSecretsVerifier(header, a.cfg.SigningSecret.Reveal())
	if err != nil {
		return err
	}
	if _, err := v.Write(body); err != nil {
		return err
	}
	return v.Ensure()
}

func (a *Adapter) serveEvent(w http.ResponseWriter, _ *http.Request, body []byte) (decoded, bool, error) {
	var head struct {
		Type      string `json:"type"`
		Challenge string `json:"challenge"`
	}
	if err := json.Unmarshal(body, &head); err == nil && head.Type == "url_verification" {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		io.WriteString(w, cut(head.Challenge, 500))
		return decoded{}, true, nil
	}
	if head.Type == "app_rate_limited" {
		a.lg.Error("Slack drops events: more than 30,000 an hour")
	}
	d, err := a.decoder().callback(body)
	return d, false, err
}

func (a *Adapter) serveCommand(w http.ResponseWriter, r *http.Request, body []byte) (decoded, bool, error) {
	v, err := url.ParseQuery(string(body))
	if err != nil {
		return decoded{}, false, fmt.Errorf("slash command: %w", errMalformed)
	}
	if v.Get("ssl_check") == "1" {
		w.WriteHeader(http.StatusOK)
		return decoded{}, true, nil
	}
	d, err := a.decoder().commandForm(v, requestID(r))
	return d, false, err
}

func (a *Adapter) serveInteraction(_ http.ResponseWriter, r *http.Request, body []byte) (decoded, bool, error) {
	v, err := url.ParseQuery(string(body))
	if err != nil {
		return decoded{}, false, fmt.Errorf("interaction: %w", errMalformed)
	}
	d, err := a.decoder().interaction([]byte(v.Get("payload")), requestID(r))
	return d, false, err
}

// requestID names a request that carries no trigger: a signature covers its
// time and its body.
func requestID(r *http.Request) string {
	return strings.TrimPrefix(r.Header.Get("X-Slack-Signature"), "v0=")
}
