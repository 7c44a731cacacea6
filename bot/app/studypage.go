package app

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
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
	return template.Must(template.New("study").Funcs(web.Funcs()).Parse(studyHTML)) // tested; a constant
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
	Paths    []pathView
	Person   bool
	Progress quiz.Progress
	Figures  []figure
	Ways     []wayView
	// Chart is of twelve weeks, Narrow of the last five, for phones.
	Chart, Narrow template.HTML
}

// narrowDays are shown where the page is narrow.
const narrowDays = 35

// A figure is one of the person's figures.
type figure struct {
	Name, Detail string
	Value        int
}

// A unitView is one thing to learn; Page is its document on this page.
type unitView struct {
	Title, URL, Page string
	Done             bool
}

type stageView struct {
	// Part is the heading above, where it is another one than the stage's
	// before.
	Title, Part string
	Units       []unitView
	Done        int
}

type pathView struct {
	Title  string
	Units  int
	Open   bool // the person is on it
	Stages []stageView
}

// A wayView is how far the person is on a path.
type wayView struct {
	Title       string
	Done, Units int
	Next        *unitView
}

func unitOf(library string, u quiz.Unit, done bool) unitView {
	v := unitView{Title: u.Title, URL: u.URL, Done: done}
	if u.Document != "" {
		v.Page = documentPage(library, u.Document)
	}
	return v
}

// documentPage is the address of a document on this page.
func documentPage(library, path string) string {
	return "/d/" + url.PathEscape(library) + "/" + (&url.URL{Path: path}).EscapedPath()
}

// pathViews are the paths in the page's language, and those that have no
// counterpart in it.
func pathViews(paths []quiz.Path, lang string, mine []quiz.PathStatus) (out []pathView) {
	translated := map[string]bool{}
	for _, p := range paths {
		translated[p.Name] = translated[p.Name] || p.Lang == lang
	}
	for _, p := range paths {
		if p.Lang != lang && translated[p.Name] {
			continue
		}
		var finished map[string]bool
		v := pathView{Title: p.Title, Units: p.Units(), Open: len(paths) == 1}
		for _, m := range mine {
			if m.ID == p.ID {
				finished, v.Open = m.Finished, true
			}
		}
		part := ""
		for _, st := range p.Stages {
			sv := stageView{Title: st.Title}
			if n := len(st.Heading); n > 2 && st.Heading[n-2] != part {
				part = st.Heading[n-2]
				sv.Part = part
			}
			for _, u := range st.Units {
				if finished[u.ID] {
					sv.Done++
				}
				sv.Units = append(sv.Units, unitOf(p.Library, u, finished[u.ID]))
			}
			v.Stages = append(v.Stages, sv)
		}
		out = append(out, v)
	}
	return out
}

func wayViews(mine []quiz.PathStatus) (out []wayView) {
	for _, m := range mine {
		w := wayView{Title: m.Title, Done: m.Done, Units: m.Units}
		if m.Next.Title != "" {
			next := unitOf(m.Library, m.Next, false)
			w.Next = &next
		}
		out = append(out, w)
	}
	return out
}

func figures(p quiz.Progress, zh bool) []figure {
	if zh {
		return []figure{
			{Name: "待复习", Value: p.Due}, {Name: "已掌握", Value: p.Known, Detail: fmt.Sprintf("看过 %d", p.Seen)},
			{Name: "连续天数", Value: p.Streak, Detail: fmt.Sprintf("最长 %d", p.Longest)}, {Name: "可用休息日", Value: p.Freezes},
		}
	}
	return []figure{
		{Name: "Cards due", Value: p.Due}, {Name: "Cards known", Value: p.Known, Detail: fmt.Sprintf("of %d seen", p.Seen)},
		{Name: "Days in a row", Value: p.Streak, Detail: fmt.Sprintf("longest %d", p.Longest)}, {Name: "Days off in reserve", Value: p.Freezes},
	}
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
	tip, m, err := sp.tips.Today(r.Context(), lang, viewer)
	if err == nil {
		// The page's own document page shows the lines whatever the library's
		// address is.
		page := documentPage(tip.Library, tip.Document) + fmt.Sprintf("?lines=%d-%d", tip.StartLine, tip.EndLine)
		for i := range m.Citations {
			m.Citations[i].URL = page
		}
		d.Tip = &m
	} else if !errors.Is(err, tips.ErrNone) {
		sp.s.lg.Error("tip of the day not chosen", "err", err)
	}
	if d.Person {
		if d.Progress, err = sp.quiz.Progress(r.Context(), viewer); err != nil {
			sp.s.lg.Error("progress not read", "err", err)
			d.Person = false
		} else {
			days := d.Progress.Days
			d.Chart = template.HTML(quiz.Chart(days, lang)) // numbers and our own words only
			d.Narrow = template.HTML(quiz.Chart(days[max(len(days)-narrowDays, 0):], lang))
			d.Figures, d.Ways = figures(d.Progress, d.ZH), wayViews(d.Progress.Paths)
		}
	}
	d.Paths = pathViews(sp.quiz.PathsFor(viewer), lang, d.Progress.Paths)
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
