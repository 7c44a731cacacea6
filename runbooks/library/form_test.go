package library

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"mvdan.cc/sh/v3/syntax"

	"cairn/runbooks"
	"cairn/runbooks/lint"
	"cairn/runbooks/risk"
)

// A topic is a line of docs/library_slugs.md.
type topic struct{ area, slug, kind, en, zh string }

// topics reads the table of slugs.
func topics(t *testing.T) map[string]topic {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", "library_slugs.md"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]topic{}
	for _, line := range strings.Split(string(raw), "\n") {
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if len(cells) != 4 || !strings.Contains(cells[0], "/") || cells[1] == "kind" {
			continue
		}
		area, slug, _ := strings.Cut(cells[0], "/")
		if _, dup := all[slug]; dup {
			t.Errorf("docs/library_slugs.md lists %s twice", slug)
		}
		all[slug] = topic{area: area, slug: slug, kind: cells[1], en: cells[2], zh: cells[3]}
	}
	if len(all) < 151 {
		t.Fatalf("docs/library_slugs.md holds %d topics, want at least 151", len(all))
	}
	return all
}

// documents parses every file of one language, by slug.
func documents(t *testing.T, lang string) map[string]*runbooks.Document {
	t.Helper()
	docs := map[string]*runbooks.Document{}
	err := fs.WalkDir(FS, lang, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := FS.ReadFile(p)
		if err != nil {
			return err
		}
		d, err := runbooks.Parse(p, raw, nil)
		if err != nil {
			return err
		}
		docs[strings.TrimSuffix(path.Base(p), ".md")] = d
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

// headings are the second-level headings of a kind in their order.
func headings(kind, lang string) []string {
	switch {
	case kind == "incident" && lang == "en":
		return []string{"Symptoms", "First look", "Diagnose", "Fix", "Verify", "Prevent"}
	case kind == "incident":
		return []string{"症状", "快速检查", "诊断", "处理", "验证", "预防"}
	case kind == "concept" && lang == "en":
		return []string{"In one paragraph", "How it works", "In an incident", "Common mistakes"}
	case kind == "concept":
		return []string{"一句话说清", "工作原理", "故障中何时重要", "常见误区"}
	}
	return nil
}

func each(t *testing.T, f func(t *testing.T, lang string, tp topic, d *runbooks.Document)) {
	t.Helper()
	all := topics(t)
	for _, lang := range []string{"en", "zh"} {
		for slug, d := range documents(t, lang) {
			t.Run(lang+"/"+slug, func(t *testing.T) {
				tp, ok := all[slug]
				if !ok {
					t.Fatalf("%s is not in docs/library_slugs.md", d.Path)
				}
				f(t, lang, tp, d)
			})
		}
	}
}

func TestFrontMatter(t *testing.T) {
	t.Parallel()
	all := topics(t)
	word := regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)
	each(t, func(t *testing.T, lang string, tp topic, d *runbooks.Document) {
		m := d.Meta
		if m.Err != nil {
			t.Fatal(m.Err)
		}
		if want := lang + "/" + tp.area + "/" + tp.slug + ".md"; d.Path != want {
			t.Errorf("path is %s, the table says %s", d.Path, want)
		}
		title := map[string]string{"en": tp.en, "zh": tp.zh}[lang]
		if m.Title != title {
			t.Errorf("title is %q, the table says %q", m.Title, title)
		}
		if string(d.Lang) != lang {
			t.Errorf("detected language %q, want %q", d.Lang, lang)
		}
		if !word.MatchString(m.Service) {
			t.Errorf("service %q is not one lower-case word", m.Service)
		}
		for _, tag := range m.Tags {
			if !word.MatchString(tag) {
				t.Errorf("tag %q is not a lower-case word", tag)
			}
		}
		if tp.kind == "concept" && !slices.Contains(m.Tags, "concept") {
			t.Error("a concept card needs the tag concept")
		}
		severities := []string{"critical", "high", "medium", "low"}
		if tp.kind != "incident" {
			severities = []string{"info"}
		}
		if !slices.Contains(severities, m.Severity) {
			t.Errorf("severity %q, want one of %v", m.Severity, severities)
		}
		if _, err := time.Parse(time.DateOnly, m.Reviewed); err != nil {
			t.Errorf("reviewed: %v", err)
		}
		if n := len(m.Questions); n < 3 || n > 6 {
			t.Errorf("%d questions, want 3 to 6", n)
		}
		if len(m.References) == 0 {
			t.Error("no references")
		}
		for _, r := range m.References {
			if r.Name == "" || !strings.HasPrefix(r.URL, "https://") || strings.ContainsAny(r.URL, " <>") {
				t.Errorf("reference %q %q is not a name with an https address", r.Name, r.URL)
			}
		}
		if len(m.Related) == 0 {
			t.Error("no related documents")
		}
		for _, slug := range m.Related {
			if _, ok := all[slug]; !ok || slug == tp.slug {
				t.Errorf("related %q is not another slug of the library", slug)
			}
		}
	})
}

func TestStructure(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, lang string, tp topic, d *runbooks.Document) {
		want := headings(tp.kind, lang)
		if want == nil {
			return
		}
		var got []string
		count := map[string]int{}
		group, causes, rollbacks := "", 0, 0
		rollback := map[string]string{"en": "Rollback", "zh": "回滚"}[lang]
		for _, s := range d.Sections {
			switch {
			case s.Level == 2:
				got = append(got, s.Heading)
				group = s.Heading
			case s.Level == 3 && len(want) == 6 && group == want[3]:
				causes++
			case s.Level == 4 && s.Heading == rollback:
				rollbacks++
			}
			for i, st := range s.Steps {
				if st.Label == "-" || st.Label == "*" {
					continue
				}
				if st.Depth > 0 {
					continue
				}
				count[group]++
				checkStep(t, d, i, st, len(want) == 6 && (group == want[1] || group == want[2]))
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("second-level headings (-want +got):\n%s", diff)
			return
		}
		if tp.kind == "concept" {
			if len(count) > 0 {
				t.Errorf("a card has no ordered lists, found steps under %v", count)
			}
			return
		}
		if n := count[want[1]]; n < 3 || n > 5 {
			t.Errorf("%s has %d steps, want 3 to 5", want[1], n)
		}
		if n := count[want[2]]; n < 4 || n > 8 {
			t.Errorf("%s has %d steps, want 4 to 8", want[2], n)
		}
		if causes < 2 || causes > 5 || causes != rollbacks {
			t.Errorf("%d causes with %d rollbacks, want 2 to 5 causes, each with a rollback", causes, rollbacks)
		}
		if count[want[4]] == 0 {
			t.Errorf("%s has no step", want[4])
		}
	})
}

func checkStep(t *testing.T, d *runbooks.Document, i int, st runbooks.Step, diagnostic bool) {
	t.Helper()
	line, _ := d.Lines(st.Span)
	if st.Label != fmt.Sprintf("%d.", i+1) {
		t.Errorf("line %d: step is labelled %q, want %d.", line, st.Label, i+1)
	}
	if st.Text == "" {
		t.Errorf("line %d: no instruction", line)
	}
	if diagnostic && (st.Expect == "" || len(fenced(st)) != 1) {
		t.Errorf("line %d: a diagnostic step has one fence and an Expect line", line)
	}
	if len(fenced(st)) > 1 {
		t.Errorf("line %d: %d fences, at most one belongs to a step", line, len(fenced(st)))
	}
}

// fenced returns the commands of a step that stand in fences.
func fenced(st runbooks.Step) []runbooks.Command {
	var out []runbooks.Command
	for _, c := range st.Commands {
		if c.Lang != "" {
			out = append(out, c)
		}
	}
	return out
}

// twin is what both languages have in common: the steps of each section with
// their fences, comments left out.
func twin(d *runbooks.Document) []string {
	var out []string
	for _, s := range d.Sections {
		out = append(out, fmt.Sprintf("level %d", s.Level))
		for _, st := range s.Steps {
			if strings.TrimRight(st.Label, ".") == "" || strings.Trim(st.Label, "0123456789.") != "" {
				continue
			}
			mark := ""
			if st.Marked {
				mark = " destructive"
			}
			out = append(out, "step "+st.Label+mark)
			for _, c := range fenced(st) {
				out = append(out, c.Lang)
				for _, line := range strings.Split(c.Text, "\n") {
					if !strings.HasPrefix(strings.TrimSpace(line), "#") {
						out = append(out, line)
					}
				}
			}
		}
	}
	return out
}

func TestTwins(t *testing.T) {
	t.Parallel()
	en, zh := documents(t, "en"), documents(t, "zh")
	for slug, z := range zh {
		if en[slug] == nil {
			t.Errorf("%s has no English twin", z.Path)
		}
	}
	for slug, e := range en {
		z := zh[slug]
		if z == nil {
			t.Errorf("%s has no Chinese twin", e.Path)
			continue
		}
		if diff := cmp.Diff(twin(e), twin(z)); diff != "" {
			t.Errorf("%s: steps differ between the languages (-en +zh):\n%s", slug, diff)
		}
		if diff := cmp.Diff(
			[]any{e.Meta.Service, e.Meta.Tags, e.Meta.Severity, e.Meta.Alerts, e.Meta.Related, e.Meta.Reviewed},
			[]any{z.Meta.Service, z.Meta.Tags, z.Meta.Severity, z.Meta.Alerts, z.Meta.Related, z.Meta.Reviewed},
		); diff != "" {
			t.Errorf("%s: front matter differs between the languages (-en +zh):\n%s", slug, diff)
		}
	}
}

func TestFences(t *testing.T) {
	t.Parallel()
	placeholder := regexp.MustCompile(`<([a-z][a-z0-9-]*)>`)
	known := []string{"bash", "sql", "yaml", "json", "ini", "nginx", "conf", "text", "dockerfile", "toml", "go", "java", "python", "xml", "promql", "javascript", "lua", "groovy"}
	each(t, func(t *testing.T, _ string, _ topic, d *runbooks.Document) {
		for _, s := range d.Sections {
			for _, b := range s.Blocks {
				if b.Kind != runbooks.Code {
					continue
				}
				line, _ := d.Lines(b.Span)
				if !slices.Contains(known, b.Lang) {
					t.Errorf("line %d: fence language %q is none of %v", line, b.Lang, known)
				}
				if b.Lang != "bash" {
					continue
				}
				src := placeholder.ReplaceAllString(b.Text, "$1")
				if _, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(src), ""); err != nil {
					t.Errorf("line %d: %v in\n%s", line, err, src)
				}
			}
		}
	})
}

// TestSentences keeps documents of one language from being copies of each
// other: no two share over 40% of their sentences.
func TestSentences(t *testing.T) {
	t.Parallel()
	end := regexp.MustCompile(`[.!?。！？；;]\s*|\n`)
	for _, lang := range []string{"en", "zh"} {
		sets := map[string]map[string]bool{}
		for slug, d := range documents(t, lang) {
			set := map[string]bool{}
			for _, s := range d.Sections {
				for _, b := range s.Blocks {
					if b.Kind == runbooks.Code {
						continue
					}
					for _, x := range end.Split(b.Text, -1) {
						if x = strings.Join(strings.Fields(strings.ToLower(x)), " "); len(x) > 12 {
							set[x] = true
						}
					}
				}
			}
			sets[slug] = set
		}
		for a, sa := range sets {
			for b, sb := range sets {
				if a >= b {
					continue
				}
				shared := 0
				for x := range sa {
					if sb[x] {
						shared++
					}
				}
				if smaller := min(len(sa), len(sb)); shared*100 > smaller*40 {
					t.Errorf("%s: %s and %s share %d of %d sentences", lang, a, b, shared, smaller)
				}
			}
		}
	}
}

// TestDestructive wants the mark wherever a command destroys something, and
// no alarm where nothing stands under it.
func TestDestructive(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ string, _ topic, d *runbooks.Document) {
		for _, s := range d.Sections {
			for _, st := range s.Steps {
				level := risk.Safe
				for _, c := range fenced(st) {
					l, _ := risk.Classify(c.Text, c.Lang)
					level = risk.Max(level, l)
				}
				line, _ := d.Lines(st.Span)
				if level == risk.Destructive && !st.Marked {
					t.Errorf("line %d: the command is destructive and the step has no mark: %s", line, st.Text)
				}
				if st.Marked && level == risk.Safe {
					t.Errorf("line %d: the step is marked destructive and its command is safe: %s", line, st.Text)
				}
			}
		}
	})
}

// TestLint holds the library to the rules that users' own runbooks are held
// to. A related slug may be one that the table lists and nobody has written.
func TestLint(t *testing.T) {
	t.Parallel()
	all := topics(t)
	var docs []*runbooks.Document
	for _, lang := range []string{"en", "zh"} {
		for _, d := range documents(t, lang) {
			docs = append(docs, d)
		}
	}
	reviewed := time.Date(2026, time.November, 30, 0, 0, 0, 0, time.UTC)
	opts := &lint.Options{Bilingual: true, Now: func() time.Time { return reviewed }}
	for _, f := range lint.Run(docs, opts) {
		if slug := f.Message[strings.LastIndexByte(f.Message, ' ')+1:]; f.Rule == "related" && all[slug].slug != "" {
			continue
		}
		t.Errorf("%s:%d: %s: %s", f.Path, f.Line, f.Rule, f.Message)
	}
}
