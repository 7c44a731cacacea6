package web

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"cairn/adapters"
)

// Name is the adapter's name, in viewers and in libraries' allow lists.
const Name = "web"

// Web is the page and the API. Make one with [New]; it is an [http.Handler]
// for everything below "/".
type Web struct {
	lg    *slog.Logger
	asker adapters.Asker
	docs  adapters.Documents
	opts  Options

	mux       *http.ServeMux
	templates *templates
	requests  *limiter
	logins    *limiter
	inFlight  chan struct{}
	proxies   []netip.Prefix

	public                 *url.URL // nil without one
	publicHost             string
	listenHost, listenPort string
	listenAny              bool
}

// New returns the page. asker and docs must not be nil.
func New(lg *slog.Logger, asker adapters.Asker, docs adapters.Documents, opts *Options) (*Web, error) {
	o, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	if asker == nil || docs == nil {
		return nil, errors.New("web.New: got no asker or no documents, want both")
	}
	t, err := loadTemplates()
	if err != nil {
		return nil, err
	}
	s := &Web{
		lg: lg.With("component", "web"), asker: asker, docs: docs, opts: o,
		mux: http.NewServeMux(), templates: t,
		requests: newLimiter(o.Rate, o.Burst), logins: newLimiter(0.2, 5),
		inFlight: make(chan struct{}, o.MaxInFlight),
	}
	s.proxies, _ = parseNetworks(o.TrustedProxies)
	if o.PublicURL != "" {
		s.public, _ = url.Parse(o.PublicURL)
		s.publicHost = strings.ToLower(s.public.Host)
		s.publicHost = strings.TrimSuffix(s.publicHost, ":"+defaultPort(s.public.Scheme))
	}
	host, port, _ := net.SplitHostPort(o.Listen)
	s.listenHost, s.listenPort = strings.ToLower(host), port
	a, aerr := netip.ParseAddr(host)
	s.listenAny = host == "" || aerr == nil && a.IsUnspecified()
	s.mux.HandleFunc("GET /{$}", s.home)
	s.mux.HandleFunc("GET /ask", s.ask)
	s.mux.HandleFunc("POST /ask", s.ask)
	s.mux.HandleFunc("GET /ask/more", s.askMore)
	s.mux.HandleFunc("POST /api/ask", s.apiAsk)
	s.mux.HandleFunc("POST /feedback", s.feedback)
	s.mux.HandleFunc("GET /browse", s.browse)
	s.mux.HandleFunc("GET /browse/{$}", s.browse)
	s.mux.HandleFunc("GET /browse/{service}", s.browse)
	s.mux.HandleFunc("GET /d/{library}/{path...}", s.document)
	s.mux.HandleFunc("POST /logout", s.logout)
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, http.StatusNotFound, s.words(r).NoSuchPage)
	})
	return s, nil
}

// Handle mounts h beside the page's own routes, behind the same checks. It is
// called before the first request.
func (s *Web) Handle(pattern string, h http.Handler) { s.mux.Handle(pattern, h) }

// ServeHTTP serves the page, the API and their assets.
func (s *Web) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasPrefix(r.URL.Path, "/assets/"):
		r.Pattern = "/assets/"
		s.asset(w, r)
	case r.URL.Path == "/favicon.ico":
		r.Pattern = "/favicon.ico"
		http.Redirect(w, r, s.templates.assets["icon.svg"], http.StatusMovedPermanently)
	case r.URL.Path == "/login":
		r.Pattern = "/login"
		s.guard(w, r, http.HandlerFunc(s.login), false)
	default:
		s.guard(w, r, s.mux, true)
	}
}

// viewer says who looks. Without [Options.Identify] it is this browser, known
// by a random cookie, so that its second verdict replaces its first.
func (s *Web) viewer(w http.ResponseWriter, r *http.Request) adapters.Viewer {
	if s.opts.Identify != nil {
		if v, ok := s.opts.Identify(r); ok {
			return v
		}
	}
	const name = "cairn_browser"
	if c, err := r.Cookie(name); err == nil && len(c.Value) == 26 && !strings.ContainsAny(c.Value, ": ") {
		return adapters.Viewer{Adapter: Name, User: c.Value}
	}
	id := rand.Text()
	s.setCookie(w, r, name, id, 365*24*time.Hour)
	return adapters.Viewer{Adapter: Name, User: id}
}

func (s *Web) setCookie(w http.ResponseWriter, r *http.Request, name, value string, age time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(age / time.Second), HttpOnly: true,
		Secure: s.secure(r), SameSite: http.SameSiteLaxMode,
	})
}

// pageData is what every page's layout needs.
type pageData struct {
	W        *words
	Title    string
	Question string
	// Compact is a page whose question box stands in the header.
	Compact    bool
	LoggedIn   bool
	Nav        []adapters.Link
	SwitchURL  string
	Status     *adapters.StatusInfo
	Body       any
	BodyHTML   template.HTML
	BodyScroll bool
}

func (s *Web) page(r *http.Request, title string) pageData {
	w := s.words(r)
	p := pageData{
		W: w, Title: title, LoggedIn: !s.opts.AccessToken.IsZero() && s.authorized(r),
		Nav: s.opts.Nav[w.Lang], SwitchURL: s.switchURL(r, w),
	}
	return p
}

// switchURL is this page in the other language.
func (s *Web) switchURL(r *http.Request, w *words) string {
	path, q := r.URL.EscapedPath(), url.Values{}
	if r.Method == http.MethodGet {
		q = r.URL.Query()
	} else if question := r.PostFormValue("q"); r.URL.Path == "/ask" && question != "" && len(question) < 1500 {
		q.Set("q", question)
	} else {
		path = "/"
	}
	q.Set("lang", w.Other)
	return path + "?" + q.Encode()
}

// render writes a page; name is the template of its body.
func (s *Web) render(w http.ResponseWriter, r *http.Request, status int, name string, p pageData) {
	if l := r.URL.Query().Get("lang"); l == p.W.Lang && r.Method == http.MethodGet {
		s.setCookie(w, r, langCookie, l, 365*24*time.Hour)
	}
	b, err := s.templates.execute(name, p)
	if err != nil {
		s.lg.Error("page not rendered", "template", name, "err", err)
		http.Error(w, "internal error · 内部错误", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", p.W.Tag)
	h.Add("Vary", "Accept-Language, Cookie")
	w.WriteHeader(status)
	_, _ = w.Write(b)
}

// RenderPage writes body inside the page's frame, for handlers mounted by
// [Web.Handle]. body must be safe as it is.
func (s *Web) RenderPage(w http.ResponseWriter, r *http.Request, title string, body template.HTML) {
	p := s.page(r, title)
	p.Compact, p.BodyHTML = true, body
	s.render(w, r, http.StatusOK, "html", p)
}

// Lang is the language of the page's frame for the request, "en" or "zh".
func (s *Web) Lang(r *http.Request) string { return s.words(r).Lang }

// fail answers with a sentence, as JSON where the API was asked.
func (s *Web) fail(w http.ResponseWriter, r *http.Request, status int, sentence string) {
	if strings.HasPrefix(r.URL.Path, "/api/") || r.Method == http.MethodPost && strings.Contains(r.Header.Get("Accept"), "application/json") {
		writeJSON(w, status, apiError{Error: apiErrorBody{Status: status, Message: sentence}})
		return
	}
	p := s.page(r, http.StatusText(status))
	p.Compact = true
	p.Body = sentence
	s.render(w, r, status, "error", p)
}

type apiError struct {
	Error apiErrorBody `json:"error"`
}

type apiErrorBody struct {
	Status  int    `json:"status"`
	Message string `json:"message"`
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	b, err := marshal(v)
	if err != nil {
		http.Error(w, `{"error":{"status":500,"message":"internal error"}}`, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b)
}

// marshal keeps <, > and & as they are: the answer is JSON, not HTML.
func marshal(v any) ([]byte, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("writing JSON: %w", err)
	}
	return []byte(b.String()), nil
}

// notAnswered logs what is not the asker's own mistake.
func (s *Web) notAnswered(status int, err error) {
	if status >= http.StatusInternalServerError {
		s.lg.Warn("question not answered", "status", status, "err", err)
	}
}

// statusOf is the HTTP status of an asker's error.
func statusOf(ctx context.Context, err error) int {
	switch {
	case err == nil:
		return http.StatusOK
	case errors.Is(err, adapters.ErrEmptyQuestion):
		return http.StatusBadRequest
	case errors.Is(err, adapters.ErrQueueFull):
		return http.StatusServiceUnavailable
	case errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil:
		return http.StatusGatewayTimeout
	}
	return http.StatusInternalServerError
}
