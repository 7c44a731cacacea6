package llm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// firstPause doubles with every try, with jitter.
	firstPause = 300 * time.Millisecond
	maxPause   = 5 * time.Second
	// maxAnswer bounds an answer that is not streamed, and each stream.
	maxAnswer = 8 << 20
)

// A transport sends requests again where that may help, bounds what comes
// back, and sets the key.
type transport struct {
	next    http.RoundTripper
	key     Key
	azure   bool
	retries int
	now     func() time.Time
}

func newTransport(cfg Config) (*transport, error) {
	next := cfg.Transport
	if next == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		if cfg.Proxy != "" {
			u, err := url.Parse(cfg.Proxy)
			if err != nil {
				return nil, errors.New("llm.Config.Proxy: not an address")
			}
			t.Proxy = http.ProxyURL(u)
		}
		t.MaxIdleConnsPerHost = cfg.MaxConcurrent
		t.ResponseHeaderTimeout = cfg.Timeout
		next = t
	}
	return &transport{next: next, key: cfg.Key, azure: cfg.Azure, retries: cfg.Retries, now: cfg.Now}, nil
}

// A statusError is an answer that is no success, after all tries.
type statusError struct {
	status     int
	retryAfter time.Duration
}

func (e *statusError) Error() string {
	return fmt.Sprintf("the server answered %d %s", e.status, http.StatusText(e.status))
}

// RoundTrip implements http.RoundTripper. It returns an error for every status
// of 400 and more, so that no server's text reaches a log.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	for try := 0; ; try++ {
		resp, err := t.once(req)
		var status *statusError
		switch {
		case err == nil:
			return resp, nil
		case req.Context().Err() != nil:
			return nil, context.Cause(req.Context())
		case errors.As(err, &status) && status.status != http.StatusTooManyRequests && status.status < 500:
			return nil, err
		case try >= t.retries || req.GetBody == nil && req.Body != nil:
			return nil, err
		}
		if !t.pause(req.Context(), try, status) {
			return nil, err
		}
	}
}

// once sends the request one time.
func (t *transport) once(req *http.Request) (*http.Response, error) {
	out := req.Clone(req.Context())
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, fmt.Errorf("repeat the request's body: %w", err)
		}
		out.Body = body
	}
	out.Header.Del("Authorization")
	out.Header.Del("api-key")
	if t.key != nil {
		if secret := t.key.Reveal(); secret != "" && t.azure {
			out.Header.Set("api-key", secret)
		} else if secret != "" {
			out.Header.Set("Authorization", "Bearer "+secret)
		}
	}
	resp, err := t.next.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 400 {
		io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
		resp.Body.Close()
		return nil, &statusError{resp.StatusCode, retryAfter(resp.Header, t.now())}
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	if strings.HasSuffix(req.URL.Path, "/chat/completions") && strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		return asStream(resp)
	}
	return resp, nil
}

// pause waits before the next try; false means that the wait would outlast
// the deadline.
func (t *transport) pause(ctx context.Context, try int, status *statusError) bool {
	wait := min(firstPause<<try, maxPause)
	wait = wait/2 + rand.N(wait/2+1)
	if status != nil && status.retryAfter > 0 {
		wait = status.retryAfter
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// retryAfter reads the header's seconds or date; zero where there is none.
func retryAfter(h http.Header, now time.Time) time.Duration {
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil && ms > 0 && ms < 1e9 {
		return time.Duration(ms * float64(time.Millisecond))
	}
	v := h.Get("Retry-After")
	if s, err := strconv.ParseFloat(v, 64); err == nil && s > 0 && s < 1e6 {
		return time.Duration(s * float64(time.Second))
	}
	if at, err := http.ParseTime(v); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}

// classify turns an error of the SDK or the transport into an [*Error].
func classify(op string, err error) *Error {
	var (
		e      *Error
		status *statusError
		timeo  net.Error
	)
	switch {
	case errors.As(err, &e):
		if e.Op == "" {
			e.Op = op
		}
		return e
	case errors.As(err, &status):
		r := ReasonRequest
		switch {
		case status.status == http.StatusTooManyRequests:
			r = ReasonRateLimited
		case status.status == http.StatusUnauthorized, status.status == http.StatusForbidden:
			r = ReasonAuth
		case status.status >= 500:
			r = ReasonServer
		}
		return &Error{Reason: r, Op: op, Err: status, Status: status.status, RetryAfter: status.retryAfter}
	case errors.Is(err, errFirstToken), errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeo) && timeo.Timeout():
		return &Error{Reason: ReasonTimeout, Op: op, Err: errors.New("no answer in time")}
	case errors.Is(err, context.Canceled):
		return &Error{Reason: ReasonCanceled, Op: op, Err: context.Canceled}
	default:
		return &Error{Reason: ReasonServer, Op: op, Err: scrub(err)}
	}
}

// scrub keeps of an error what holds no address and no text of the server.
func scrub(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return fmt.Errorf("%s %s: %w", op.Op, op.Net, op.Err)
	}
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return errors.New("the connection broke")
}
