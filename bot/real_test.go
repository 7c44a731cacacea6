package bot

import (
	"context"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cairn/adapters"
	"cairn/bot/store/sqlite"
	"cairn/retrieval"
	"cairn/runbooks"
)

// The bot with the real index over the built-in library and the real store.
func TestWithRealParts(t *testing.T) {
	t.Parallel()
	lg := slog.New(slog.DiscardHandler)
	lib := retrieval.Library{Name: "builtin"}
	root := filepath.Join("..", "runbooks", "library")
	err := filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(p) != ".md" {
			return err
		}
		raw, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		d, err := runbooks.Parse(filepath.ToSlash(rel), raw, nil)
		if err != nil {
			return err
		}
		lib.Documents = append(lib.Documents, d)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	ix, _, err := retrieval.Build(context.Background(), lg, []retrieval.Library{lib}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	st, err := sqlite.Open(context.Background(), lg, filepath.Join(t.TempDir(), "state.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	o := onboarding("G1")
	o.Observer = newWatcher()
	b, err := New(lg, func() Index { return ix }, st, o)
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, store: newMemoryStore(), chat: newPlatform(), bot: b, events: o.Observer.(*watcher)}
	b.Attach("chat", f.chat)
	f.run()
	defer f.stop()

	if m := f.say(f.ask("502 troubleshooting")); !strings.Contains(m.Title, "502") || len(m.Steps) == 0 {
		t.Errorf("got %q", m.Text)
	}
	if m := f.say(f.in("q1", "ann", "what about 504?")); !strings.Contains(m.Title, "504") {
		t.Errorf("a follow-up got %q understood as %q", m.Title, m.UnderstoodAs)
	}
	if m := f.say(f.ask("k8s node NotReady 怎么排查")); m.Lang != "zh" || len(m.Citations) == 0 || !strings.Contains(m.Citations[0].Label, "zh/") {
		t.Errorf("a Chinese question got %q from %+v", m.Title, m.Citations)
	}
	for _, q := range []string{"nginx 502 或者 504", "nginx 502 or 504"} {
		m := f.say(f.ask(q))
		labels := ""
		for _, c := range m.Citations {
			labels += c.Label + " "
		}
		if !strings.Contains(labels, "http-502.md") || !strings.Contains(labels, "http-504.md") {
			t.Errorf("%q cites %s", q, labels)
		}
	}
	if m := f.say(f.ask("红烧肉怎么做才不腻")); len(m.Steps) != 0 {
		t.Errorf("a recipe got %q", m.Title)
	}
	if m := f.say(f.newcomer("new", "how do I book the flux capacitor meeting room?")); m.Notify != "G1" {
		t.Errorf("owners were not asked: %q", m.Text)
	}
	f.settle()
	if gaps, err := ListGaps(context.Background(), st, b.opts.Now().AddDate(0, 0, -1)); err != nil || len(gaps) < 2 {
		t.Errorf("gaps are %v, %v", gaps, err)
	}
	if got := b.Complete(context.Background(), adapters.Viewer{}, "redis", "en", 3); len(got) == 0 {
		t.Error("no titles for redis")
	}
	// Whoever presses a suggestion gets the runbook that it names.
	for _, lang := range []string{"en", "zh"} {
		prompts := b.Prompts(context.Background(), adapters.Viewer{}, lang, 4)
		if len(prompts) != 4 {
			t.Errorf("%s: %d suggestions", lang, len(prompts))
		}
		for _, p := range prompts {
			t.Logf("%s: %s: %s", lang, p.Title, p.Question)
			if m := f.say(f.ask(p.Question)); m.Title != p.Title || m.Lang != lang {
				t.Errorf("suggestion %q leads to %q, want %q", p.Question, m.Title, p.Title)
			}
		}
	}
}
