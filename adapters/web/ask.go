package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"cairn/adapters"
)

// homeData is the first page's body.
type homeData struct {
	Examples []adapters.Prompt
	Services []adapters.ServiceEntry
	// AllServices counts them with those that only their own page lists.
	AllServices int
	Unanswered  []adapters.UnansweredEntry
}

// homeServices is how many services the first page lists.
const homeServices = 24

func (s *Web) home(w http.ResponseWriter, r *http.Request) {
	p := s.page(r, "")
	v := s.viewer(w, r)
	d := homeData{Examples: s.examples(r, v, p.W.Lang)}
	if s.opts.Titles != nil {
		d.Services = s.opts.Titles.Services(r.Context(), v)
		d.AllServices = len(d.Services)
		d.Services = largest(d.Services, homeServices)
	}
	if s.opts.Unanswered != nil {
		list, err := s.opts.Unanswered.Recent(r.Context(), v, 8)
		if err != nil {
			s.lg.Warn("unanswered questions not listed", "err", err)
		}
		d.Unanswered = list
	}
	if s.opts.Status != nil {
		st := s.opts.Status.Status(r.Context(), v)
		p.Status = &st
	}
	p.Body = d
	s.render(w, r, http.StatusOK, "home", p)
}

// largest returns the n services with the most runbooks, in their order.
func largest(services []adapters.ServiceEntry, n int) []adapters.ServiceEntry {
	if len(services) <= n {
		return services
	}
	byCount := slices.Clone(services)
	slices.SortStableFunc(byCount, func(a, b adapters.ServiceEntry) int { return b.Count - a.Count })
	kept := byCount[:n]
	return slices.DeleteFunc(slices.Clone(services), func(e adapters.ServiceEntry) bool { return !slices.Contains(kept, e) })
}

// maxExamples is how many questions the first page suggests.
const maxExamples = 4

func (s *Web) examples(r *http.Request, v adapters.Viewer, lang string) []adapters.Prompt {
	if len(s.opts.Examples[lang]) == 0 && s.opts.Prompts != nil {
		if out := s.opts.Prompts.Prompts(r.Context(), v, lang, maxExamples); len(out) > 0 {
			return out
		}
	}
	var out []adapters.Prompt
	for _, q := range s.exampleQuestions(r, v, lang) {
		out = append(out, adapters.Prompt{Title: q, Question: q})
	}
	return out
}

func (s *Web) exampleQuestions(r *http.Request, v adapters.Viewer, lang string) []string {
	if e := s.opts.Examples[lang]; len(e) > 0 {
		return e
	}
	if s.opts.Examples == nil && s.opts.Titles != nil {
		if out := s.titlesOfServices(r.Context(), v, lang, maxExamples); len(out) >= 2 {
			return out
		}
	}
	if lang == "zh" {
		return []string{"502 怎么排查", "k8s node NotReady 怎么排查", "redis 内存满了怎么办", "MySQL 主从延迟"}
	}
	return []string{"502 troubleshooting", "k8s node NotReady", "pod CrashLoopBackOff", "disk full"}
}

// titlesOfServices returns one title of each of the n largest services, which
// shows more of the library than its first n titles.
func (s *Web) titlesOfServices(ctx context.Context, v adapters.Viewer, lang string, n int) []string {
	services := slices.Clone(s.opts.Titles.Services(ctx, v))
	slices.SortStableFunc(services, func(a, b adapters.ServiceEntry) int { return b.Count - a.Count })
	var out []string
	for _, e := range services[:min(n, len(services))] {
		for _, t := range s.opts.Titles.ByService(ctx, v, e.Name, lang) {
			if t.Lang == lang || t.Lang == "" {
				out = append(out, t.Title)
				break
			}
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, t := range s.opts.Titles.Complete(ctx, v, "", lang, n) {
		out = append(out, t.Title)
	}
	return out
}

// ask answers the form. A question that another site led here is answered but
// not recorded as anybody's.
func (s *Web) ask(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		s.badForm(w, r, err)
		return
	}
	question := r.Form.Get("q")
	if strings.TrimSpace(question) == "" {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	p := s.page(r, short(question, 80))
	v := s.viewer(w, r)
	reply, err := s.asker.Ask(r.Context(), adapters.Question{
		Text: question, Lang: p.W.Lang, Viewer: v, Record: !foreign(r),
		Later: r.Form.Get("wait") == "" || foreign(r), // another site spends no model's budget
	})
	status := statusOf(r.Context(), err)
	if err != nil {
		s.notAnswered(status, err)
	}
	m := reply.Message
	if m.Text == "" && m.Title == "" && m.Lead == "" && len(m.Steps)+len(m.Quotes) == 0 {
		m = adapters.Message{Lang: p.W.Lang, Text: p.W.Internal, Lead: p.W.Internal}
	}
	p.Compact, p.Question = true, question
	d := s.answer(m, reply.Abstained, err != nil, question)
	if reply.Grows && m.AnswerID != "" {
		d.GrowURL = growURL(m)
		d.WaitURL = "/ask?" + url.Values{"q": {short(question, 1500)}, "wait": {"1"}}.Encode()
	}
	if (d.Abstained || d.Unsure) && s.opts.Titles != nil {
		d.Services = namedServices(question, s.opts.Titles.Services(r.Context(), v))
	}
	p.Body = d
	s.render(w, r, status, "answer", p)
}

func (s *Web) badForm(w http.ResponseWriter, r *http.Request, err error) {
	var tooBig *http.MaxBytesError
	if errors.As(err, &tooBig) {
		s.fail(w, r, http.StatusRequestEntityTooLarge, s.words(r).TooLarge)
		return
	}
	s.fail(w, r, http.StatusBadRequest, s.words(r).BadRequest)
}

// apiAsk answers {"question": "..."} with the object of `cairn ask --json`.
// Errors are {"error": {"status", "message"}}. A client that accepts
// text/event-stream gets the object as it grows.
func (s *Web) apiAsk(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.badForm(w, r, err)
		return
	}
	var in struct {
		Question *string `json:"question"`
	}
	if err := json.Unmarshal(body, &in); err != nil || in.Question == nil {
		s.fail(w, r, http.StatusBadRequest, s.words(r).BadJSON)
		return
	}
	q := adapters.Question{Text: *in.Question, Lang: s.words(r).Lang, Viewer: s.apiViewer(r), Record: true}
	if strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
		s.apiStream(w, r, q)
		return
	}
	reply, err := s.asker.Ask(r.Context(), q)
	if err != nil {
		status := statusOf(r.Context(), err)
		s.notAnswered(status, err)
		sentence := reply.Message.Text
		if sentence == "" {
			sentence = s.words(r).Internal
		}
		s.fail(w, r, status, sentence)
		return
	}
	writeJSON(w, http.StatusOK, reply.Object)
}

// apiViewer sets no cookie: programs do not keep them.
func (s *Web) apiViewer(r *http.Request) adapters.Viewer {
	if s.opts.Identify != nil {
		if v, ok := s.opts.Identify(r); ok {
			return v
		}
	}
	return adapters.Viewer{Adapter: Name}
}

func (s *Web) feedback(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		s.badForm(w, r, err)
		return
	}
	words := s.words(r)
	id, verdict := r.PostForm.Get("answer"), r.PostForm.Get("verdict")
	if s.opts.Feedback == nil || id == "" || len(id) > 200 || verdict != "up" && verdict != "down" {
		s.fail(w, r, http.StatusBadRequest, words.BadRequest)
		return
	}
	err := s.opts.Feedback.Feedback(r.Context(), s.viewer(w, r), id, verdict == "up")
	switch {
	case errors.Is(err, adapters.ErrNotFound):
		s.fail(w, r, http.StatusNotFound, words.NoSuchAnswer)
		return
	case err != nil:
		s.lg.Warn("feedback not recorded", "err", err)
		s.fail(w, r, http.StatusInternalServerError, words.Internal)
		return
	}
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		writeJSON(w, http.StatusOK, map[string]string{"message": words.Thanks})
		return
	}
	p := s.page(r, words.Thanks)
	p.Compact, p.Question = true, r.PostForm.Get("q")
	p.Body = words.Thanks
	s.render(w, r, http.StatusOK, "thanks", p)
}

// namedServices are the services whose names stand in the question as words, at
// most three: where there is no answer, their runbooks are the next best place.
func namedServices(question string, services []adapters.ServiceEntry) []adapters.ServiceEntry {
	latin := func(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }
	question = strings.ToLower(question[:min(len(question), 4096)])
	var out []adapters.ServiceEntry
	for _, e := range services {
		name := strings.ToLower(e.Name)
		for at := 0; name != "" && len(out) < 3; {
			i := strings.Index(question[at:], name)
			if i < 0 {
				break
			}
			start, end := at+i, at+i+len(name)
			if (start == 0 || !latin(question[start-1])) && (end == len(question) || !latin(question[end])) {
				out = append(out, e)
				break
			}
			at = end
		}
	}
	return out
}

// browseData is one service's runbooks, or without one all services.
type browseData struct {
	Service  string
	Titles   []adapters.TitleEntry
	Services []adapters.ServiceEntry
}

func (s *Web) browse(w http.ResponseWriter, r *http.Request) {
	d := browseData{Service: r.PathValue("service")}
	words := s.words(r)
	if s.opts.Titles != nil {
		v := s.viewer(w, r)
		if d.Service == "" {
			d.Services = s.opts.Titles.Services(r.Context(), v)
		} else {
			d.Titles = s.opts.Titles.ByService(r.Context(), v, d.Service, words.Lang)
		}
	}
	if len(d.Titles)+len(d.Services) == 0 {
		s.fail(w, r, http.StatusNotFound, words.NoSuchPage)
		return
	}
	for i := range d.Titles {
		// A page's own path, whatever the address in chat would be.
		t := &d.Titles[i]
		t.URL = DocumentPath(t.Library, t.Document, 0, 0)
		if t.Twin != nil {
			twin := *t.Twin
			twin.URL = DocumentPath(twin.Library, twin.Document, 0, 0)
			t.Twin = &twin
		}
	}
	title := d.Service
	if title == "" {
		title = words.Browse
	}
	p := s.page(r, title)
	p.Compact, p.Body = true, d
	s.render(w, r, http.StatusOK, "browse", p)
}

// servicePath is the page of a service, whatever its name holds ("ci/cd").
func servicePath(name string) string { return "/browse/" + escapeSegment(name) }

func (s *Web) askLogin(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="cairn"`)
	if strings.HasPrefix(r.URL.Path, "/api/") || r.Header.Get("Authorization") != "" {
		s.fail(w, r, http.StatusUnauthorized, s.words(r).NeedToken)
		return
	}
	next := "/"
	if r.Method == http.MethodGet {
		next = r.URL.RequestURI()
	}
	s.loginPage(w, r, http.StatusUnauthorized, next, "")
}

// loginData is the login form's.
type loginData struct{ Next, Problem string }

func (s *Web) loginPage(w http.ResponseWriter, r *http.Request, status int, next, problem string) {
	p := s.page(r, s.words(r).LogIn)
	p.Body = loginData{next, problem}
	s.render(w, r, status, "login", p)
}

func (s *Web) login(w http.ResponseWriter, r *http.Request) {
	next := localPath(r.URL.Query().Get("next"))
	if s.opts.AccessToken.IsZero() {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return
	}
	if r.Method != http.MethodPost {
		s.loginPage(w, r, http.StatusOK, next, "")
		return
	}
	if err := r.ParseForm(); err != nil {
		s.badForm(w, r, err)
		return
	}
	next = localPath(r.PostForm.Get("next"))
	if ok, _ := s.logins.take(s.client(r)); !ok {
		s.loginPage(w, r, http.StatusTooManyRequests, next, s.words(r).TooMany)
		return
	}
	if !equal(strings.TrimSpace(r.PostForm.Get("token")), s.opts.AccessToken.Reveal()) {
		s.lg.Warn("login refused", "client", s.client(r))
		s.loginPage(w, r, http.StatusForbidden, next, s.words(r).WrongToken)
		return
	}
	s.setCookie(w, r, sessionCookie, s.session(time.Now().Add(s.opts.Session)), s.opts.Session)
	http.Redirect(w, r, next, http.StatusSeeOther)
}

func (s *Web) logout(w http.ResponseWriter, r *http.Request) {
	s.setCookie(w, r, sessionCookie, "", -time.Second)
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

// localPath returns the path if it stays on this page, else "/".
func localPath(p string) string {
	u, err := url.Parse(p)
	if err != nil || !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\\r\n\t") ||
		u.Host != "" || u.Scheme != "" || u.Path == "/login" {
		return "/"
	}
	return p
}
