package app

import (
	"bytes"
	_ "embed"
	"errors"
	"html/template"
	"net/http"
	"sync"
	"time"

	"cairn/adapters"
	"cairn/adapters/web"
	"cairn/bot/quiz"
	"cairn/bot/server"
	"cairn/bot/tips"
)

// studyCookie holds the token of a browser's session. It opens one person's
// progress and nothing else.
const studyCookie = "cairn_study"

//go:embed study.html
var studyHTML string

var studyTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("study").Parse(studyHTML)) // tested; a constant
})

// A studyPage serves today's tip, the paths, and the progress of the person
// that a personal link has tied the browser to.
type studyPage struct {
	*study
	page *web.Web
}

// mountStudy adds the study page to the web page.
func (y *study) mountStudy(_ *server.Server, page *web.Web) {
	sp := &studyPage{y, page}
	page.Handle("GET /study", http.HandlerFunc(sp.show))
	page.Handle("GET /me/{token}", http.HandlerFunc(sp.enter))
	page.Handle("POST /study/forget", http.HandlerFunc(sp.forget))
}

// studyNav are the links to the page.
func studyNav() map[string][]adapters.Link {
	return map[string][]adapters.Link{
		"en": {{Title: "Study", URL: "/study"}},
		"zh": {{Title: "学习", URL: "/study"}},
	}
}

// studyData is what the template shows.
type studyData struct {
	ZH       bool
	Tip      *adapters.Message
	Paths    []quiz.Path
	Person   bool
	Progress quiz.Progress
	Chart    template.HTML
}

func (sp *studyPage) show(w http.ResponseWriter, r *http.Request) {
	lang := sp.page.Lang(r)
	viewer := adapters.Viewer{Adapter: web.Name}
	d := studyData{ZH: lang == "zh"}
	if c, err := r.Cookie(studyCookie); err == nil {
		v, err := sp.quiz.Session(r.Context(), c.Value)
		switch {
		case err == nil:
			viewer, d.Person = v, true
		case !errors.Is(err, quiz.ErrNoSession):
			sp.s.lg.Error("study session not read", "err", err)
		}
	}
	_, m, err := sp.tips.Today(r.Context(), lang, viewer)
	if err == nil {
		d.Tip = &m
	} else if !errors.Is(err, tips.ErrNone) {
		sp.s.lg.Error("tip of the day not chosen", "err", err)
	}
	d.Paths = sp.quiz.PathsFor(viewer)
	if d.Person {
		if d.Progress, err = sp.quiz.Progress(r.Context(), viewer); err != nil {
			sp.s.lg.Error("progress not read", "err", err)
			d.Person = false
		} else {
			d.Chart = template.HTML(quiz.Chart(d.Progress.Days, lang)) // numbers and our own words only
		}
	}
	var body bytes.Buffer
	if err := studyTemplate().Execute(&body, d); err != nil {
		sp.s.lg.Error("study page not rendered", "err", err)
		http.Error(w, "internal error · 内部错误", http.StatusInternalServerError)
		return
	}
	title := "Study"
	if d.ZH {
		title = "学习"
	}
	w.Header().Set("Cache-Control", "no-store")
	sp.page.RenderPage(w, r, title, template.HTML(body.String())) // made by html/template
}

// enter ties the browser to the person whose link it is.
func (sp *studyPage) enter(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	session, expires, err := sp.quiz.Enter(r.Context(), r.PathValue("token"))
	if err != nil {
		text := "This link is not valid any more. Ask for a new one in chat with “progress”."
		if sp.page.Lang(r) == "zh" {
			text = "这个链接已经失效。在聊天里发送“进度”可以拿到新的链接。"
		}
		if !errors.Is(err, quiz.ErrNoSession) {
			sp.s.lg.Error("personal link not read", "err", err)
		}
		sp.page.RenderPage(w, r, "", template.HTML("<p>"+template.HTMLEscapeString(text)+"</p>"))
		return
	}
	sp.setSession(w, r, session, expires)
	http.Redirect(w, r, "/study", http.StatusSeeOther)
}

// forget unties this browser.
func (sp *studyPage) forget(w http.ResponseWriter, r *http.Request) {
	sp.setSession(w, r, "", time.Unix(1, 0))
	http.Redirect(w, r, "/study", http.StatusSeeOther)
}

func (sp *studyPage) setSession(w http.ResponseWriter, r *http.Request, value string, expires time.Time) {
	http.SetCookie(w, &http.Cookie{
		Name: studyCookie, Value: value, Path: "/", Expires: expires, HttpOnly: true,
		SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil || sp.s.overTLS(),
	})
}

// overTLS reports whether people reach the page through TLS.
func (s *session) overTLS() bool {
	return len(s.cfg.PublicURL) > 8 && s.cfg.PublicURL[:8] == "https://"
}
