package web

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// errTimeout is the cause of a request's end at [Options.Timeout].
var errTimeout = errors.New("the page's time limit for one request")

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func securityHeaders(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	// Not no-referrer: browsers would send forms with "Origin: null".
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	h.Set("Cache-Control", "no-store")
}

// Protect gives h the page's checks: host, origin, token, rate, size and time.
func (s *Web) Protect(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.guard(w, r, h, true) })
}

// guard runs h if the request may pass. Requests without a session see the
// login page when auth is set.
func (s *Web) guard(w http.ResponseWriter, r *http.Request, h http.Handler, auth bool) {
	securityHeaders(w.Header())
	if !s.hostAllowed(r) {
		http.Error(w, "This host name is not allowed here. Set public_url to the address that you use.\n"+
			"不允许使用这个主机名访问，请把 public_url 设为你使用的地址。", http.StatusMisdirectedRequest)
		return
	}
	if !s.originAllowed(r) {
		s.fail(w, r, http.StatusForbidden, s.words(r).CrossSite)
		return
	}
	if ok, wait := s.requests.take(s.client(r)); !ok {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
		s.fail(w, r, http.StatusTooManyRequests, s.words(r).TooMany)
		return
	}
	if auth && !s.authorized(r) {
		s.askLogin(w, r)
		return
	}
	select {
	case s.inFlight <- struct{}{}:
		defer func() { <-s.inFlight }()
	default:
		w.Header().Set("Retry-After", "1")
		s.fail(w, r, http.StatusServiceUnavailable, s.words(r).Busy)
		return
	}
	ctx, cancel := context.WithTimeoutCause(r.Context(), s.opts.Timeout, errTimeout)
	defer cancel()
	// The server's own limit may be shorter than this page's.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(s.opts.Timeout + 15*time.Second))
	r2 := r.WithContext(ctx)
	r2.Body = http.MaxBytesReader(w, r.Body, s.opts.MaxBody)
	h.ServeHTTP(w, r2)
	r.Pattern = r2.Pattern // for the metrics outside
}

// hostAllowed reports whether the Host header is one that this page answers
// to: a loopback name, the listening address, the public URL's host. Where the
// page listens on all addresses, the address that the request came in on is
// allowed as well; a name never is, since anybody can point a name here.
func (s *Web) hostAllowed(r *http.Request) bool {
	return s.nameAllowed(r, r.Host)
}

func (s *Web) nameAllowed(r *http.Request, hostport string) bool {
	if hostport == "" || len(hostport) > 300 {
		return false
	}
	hostport = strings.ToLower(hostport)
	host, port := hostport, ""
	if h, p, err := net.SplitHostPort(hostport); err == nil {
		host, port = h, p
	}
	host = strings.Trim(host, "[]")
	if isLoopback(host) {
		return true
	}
	if s.public != nil {
		if hostport == s.publicHost || host == strings.ToLower(s.public.Hostname()) && (port == "" || port == defaultPort(s.public.Scheme)) {
			return true
		}
	}
	if host == s.listenHost && host != "" && !s.listenAny {
		return port == s.listenPort || port == ""
	}
	if s.listenAny {
		a, err := netip.ParseAddr(host)
		if err != nil {
			return false
		}
		local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
		if !ok {
			return false
		}
		l, err := netip.ParseAddrPort(local.String())
		return err == nil && l.Addr().Unmap() == a.Unmap()
	}
	return false
}

// originAllowed refuses what another site makes a browser send. Reads pass:
// what they answer, another site cannot see.
func (s *Web) originAllowed(r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true // no browser, or an old one with a same-origin form
	}
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	// Behind a proxy the scheme differs; the host must be the one asked.
	return s.nameAllowed(r, u.Host) && sameHost(u.Host, r.Host, s.publicHost)
}

func defaultPort(scheme string) string {
	if scheme == "https" {
		return "443"
	}
	return "80"
}

func sameHost(origin, host, public string) bool {
	origin, host = strings.ToLower(origin), strings.ToLower(host)
	return origin == host || public != "" && origin == public
}

// foreign reports that another site led here, so that what is asked is not
// recorded as somebody's question.
func foreign(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return false
	}
	return true
}

// client names who a request counts against: the address, for IPv6 its /64.
func (s *Web) client(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return "unknown"
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return "unknown"
	}
	a = a.Unmap()
	if s.trusted(a) {
		// From the right: what the nearest proxy wrote is the last.
		list := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for i := len(list) - 1; i >= 0; i-- {
			f, err := netip.ParseAddr(strings.TrimSpace(list[i]))
			if err != nil {
				break
			}
			if a = f.Unmap(); !s.trusted(a) {
				break
			}
		}
	}
	if a.Is6() {
		p, _ := a.WithZone("").Prefix(64)
		return p.String()
	}
	return a.String()
}

func (s *Web) trusted(a netip.Addr) bool {
	for _, p := range s.proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

const sessionCookie = "cairn_session"

// authorized reports whether the request has the token or a session.
func (s *Web) authorized(r *http.Request) bool {
	token := s.opts.AccessToken.Reveal()
	if token == "" {
		return true
	}
	if scheme, got, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		return equal(strings.TrimSpace(got), token)
	}
	c, err := r.Cookie(sessionCookie)
	return err == nil && s.validSession(c.Value, time.Now())
}

// equal compares in constant time, whatever the lengths.
func equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// session makes a cookie's value: when it ends, signed with a key made from
// the token, so that a new token ends all sessions and no state is kept.
func (s *Web) session(until time.Time) string {
	end := strconv.FormatInt(until.Unix(), 10)
	return end + "." + s.sign(end)
}

func (s *Web) sign(text string) string {
	mac := hmac.New(sha256.New, []byte("cairn web session 1\x00"+s.opts.AccessToken.Reveal()))
	mac.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (s *Web) validSession(value string, now time.Time) bool {
	end, mac, ok := strings.Cut(value, ".")
	if !ok || subtle.ConstantTimeCompare([]byte(mac), []byte(s.sign(end))) != 1 {
		return false
	}
	unix, err := strconv.ParseInt(end, 10, 64)
	return err == nil && now.Before(time.Unix(unix, 0))
}

// secure reports whether cookies are to stay on https.
func (s *Web) secure(r *http.Request) bool {
	return r.TLS != nil || strings.HasPrefix(r.Header.Get("Origin"), "https://") || s.public != nil && s.public.Scheme == "https" && strings.EqualFold(r.Host, s.public.Host)
}
