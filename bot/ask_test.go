package bot

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"cairn/adapters"
	"cairn/bot/answer"
)

func TestBadInputGetsASentence(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	for name, tc := range map[string]struct{ text, want string }{
		"empty":          {"", "Ask me something"},
		"spaces":         {" \n\t　 ", "Ask me something"},
		"100 kB":         {strings.Repeat("nginx 502 ", 10_240), "(100 kB)"},
		"emoji":          {"🔥🔥🙈", "cannot read a question"},
		"punctuation":    {"??? !!! ...", "cannot read a question"},
		"stop words":     {"what is it about", "too general"},
		"zh stop words":  {"怎么办呢", "太笼统"},
		"zh what":        {"这个是什么问题？", "太笼统"},
		"controls":       {"\x00\x01\x07\x1b", "Ask me something"},
		"overrides":      {"\u202e\u2066\u200b\u200f", "Ask me something"},
		"half a rune":    {"\xff\xfe", "Ask me something"},
		"zero width":     {"\u200b\u200d\ufeff", "Ask me something"},
		"unknown matter": {"flux capacitor", "will not guess"},
	} {
		r, err := f.bot.Ask(context.Background(), adapters.Question{Text: tc.text})
		if empty := tc.want == "Ask me something"; errors.Is(err, adapters.ErrEmptyQuestion) != empty || err != nil && !empty {
			t.Errorf("%s: %v", name, err)
		}
		if !r.Abstained || !strings.Contains(r.Message.Text, tc.want) {
			t.Errorf("%s: abstained %v, said %q, want %q in it", name, r.Abstained, r.Message.Text, tc.want)
		}
		checkObject(t, name, r.Object)
	}
}

// An empty mention or direct message gets a short help.
func TestEmptyMentionGetsHelp(t *testing.T) {
	t.Parallel()
	f := setup(t, nil).run()
	for locale, want := range map[string][]string{
		"en-US": {"Ask me something", "502 troubleshooting", "`help`"},
		"zh-CN": {"请说一下问题", "502 怎么排查", "`help`"},
	} {
		for _, surface := range []adapters.Surface{adapters.SurfaceMention, adapters.SurfaceDirect} {
			ev := f.ask(" \u200b")
			ev.Surface, ev.User.Locale = surface, locale
			m := f.say(ev)
			for _, w := range want {
				if !strings.Contains(m.Text, w) {
					t.Errorf("%s, %v: said %q, want %q in it", locale, surface, m.Text, w)
				}
			}
		}
	}
}

// checkObject checks what the contract says about every answer object.
func checkObject(t *testing.T, name string, object any) {
	t.Helper()
	raw, err := json.Marshal(object)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if strings.Contains(string(raw), ":null") {
		t.Errorf("%s: a list is null in %s", name, raw)
	}
	a := object.(answer.Answer)
	if a.Abstained && (a.Title != "" || a.Document != "" || a.Library != "" || len(a.Steps)+len(a.Citations) > 0 || len(a.Related) > 3) {
		t.Errorf("%s: an abstention has %s", name, raw)
	}
}

func TestHiddenCharactersDoNotCount(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	r, err := f.bot.Ask(context.Background(), adapters.Question{Text: "ng\u200binx \u202eanswers\u202c 502\x00"})
	if err != nil || r.Message.Title != "nginx answers 502" {
		t.Errorf("got %q, %v", r.Message.Text, err)
	}
}

func TestAskForAPage(t *testing.T) {
	t.Parallel()
	f := setup(t, &Options{PublicURL: "http://127.0.0.1:8080"})
	q := adapters.Question{Text: "nginx answers 502", Viewer: adapters.Viewer{Adapter: "web", User: "browser"}, Record: true}
	r, err := f.bot.Ask(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Message.Citations[0].URL; !strings.HasPrefix(got, "/d/team/nginx.md?lines=") {
		t.Errorf("the page links to %q", got)
	}
	a := r.Object.(answer.Answer)
	if a.Citations[0].URL != "" {
		t.Errorf("a loopback address %q went out", a.Citations[0].URL)
	}
	if r.Message.AnswerID == "" || len(r.Message.Buttons) != 1 {
		t.Errorf("id %q, buttons %+v", r.Message.AnswerID, r.Message.Buttons)
	}
	if err := f.bot.Feedback(context.Background(), q.Viewer, r.Message.AnswerID, true); err != nil {
		t.Error(err)
	}
	q.Record = false
	n := len(f.store.questions)
	if r, _ := f.bot.Ask(context.Background(), q); r.Message.AnswerID != "" || len(f.store.questions) != n {
		t.Error("an unrecorded question was recorded")
	}
}

func TestNoIndexYet(t *testing.T) {
	t.Parallel()
	b, err := New(slog.New(slog.DiscardHandler), func() Index { return nil }, newMemoryStore(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := b.Ask(context.Background(), adapters.Question{Text: "nginx 502"})
	if err == nil || !strings.Contains(r.Message.Text, "still being read") {
		t.Errorf("got %q, %v", r.Message.Text, err)
	}
	if got := b.Complete(context.Background(), adapters.Viewer{}, "x", "", 5); len(got) != 0 {
		t.Errorf("completed %v without an index", got)
	}
	if s := b.Status(context.Background(), adapters.Viewer{}); s.Documents != 0 {
		t.Errorf("counted %d documents", s.Documents)
	}
}

func TestTitles(t *testing.T) {
	t.Parallel()
	f := setup(t, nil)
	ctx, v := context.Background(), adapters.Viewer{}
	for prefix, want := range map[string]string{
		"nginx": "nginx answers 502", "504": "nginx answers 504", "full redis": "redis memory is full", "节点": "k8s 节点 NotReady", "web": "nginx answers 502", "VAULT": "vault is sealed",
	} {
		got := f.bot.Complete(ctx, v, prefix, "", 1)
		if len(got) != 1 || got[0].Title != want {
			t.Errorf("Complete(%q) = %v, want %q", prefix, got, want)
		}
	}
	if got := f.bot.Complete(ctx, v, "", "zh", 10); len(got) != 5 || got[0].Lang != "zh" {
		t.Errorf("an empty prefix in Chinese gives %v", got)
	}
	if got := f.bot.Complete(ctx, v, strings.Repeat("界", 100_000), "", 5); len(got) != 0 {
		t.Errorf("a huge prefix gives %v", got)
	}
	if got := f.bot.ByService(ctx, v, "Nginx", "en"); len(got) != 2 {
		t.Errorf("ByService = %v", got)
	}
	p, err := f.bot.Document(ctx, v, "team", "nginx.md")
	if err != nil || p.Title != "nginx answers 502" || !strings.Contains(p.Text, "Bad Gateway") {
		t.Errorf("Document = %+v, %v", p, err)
	}
}

func TestStaleDocumentsWarn(t *testing.T) {
	t.Parallel()
	f := setup(t, &Options{Staleness: func(_, path string) string {
		if path == "nginx.md" {
			return "changed"
		}
		return ""
	}})
	r, err := f.bot.Ask(context.Background(), adapters.Question{Text: "nginx answers 502"})
	if err != nil || len(r.Message.Warnings) != 1 || !strings.Contains(r.Message.Warnings[0], "nginx.md has changed") {
		t.Errorf("warnings are %q, %v", r.Message.Warnings, err)
	}
	p, err := f.bot.Document(context.Background(), adapters.Viewer{}, "team", "nginx.md")
	if err != nil || p.Stale == "" {
		t.Errorf("document page says %q, %v", p.Stale, err)
	}
}

func FuzzAsk(f *testing.F) {
	for _, s := range []string{"nginx 502", "那 kubelet 挂了呢", "\u202e", "", "what about it?", "`<!channel>`", "![x](javascript:alert(1))", "/cairn help"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		fx := setup(t, nil)
		r, err := fx.bot.Ask(context.Background(), adapters.Question{Text: text})
		if empty := clean(text) == ""; errors.Is(err, adapters.ErrEmptyQuestion) != empty || err != nil && !empty {
			t.Fatalf("Ask(%q): %v", text, err)
		}
		checkObject(t, text, r.Object)
		if r.Message.Text == "" || strings.ContainsFunc(r.Message.Text, hidden) {
			t.Errorf("Ask(%q) says %q", text, r.Message.Text)
		}
		prev := followUp{question: "k8s node NotReady", service: "kubernetes"}
		if got, _ := rewrite(clean(text), prev, []string{"kubernetes", "redis"}); len(got) > len(text)+200 {
			t.Errorf("rewrite(%q) grew to %d bytes", text, len(got))
		}
	})
}
