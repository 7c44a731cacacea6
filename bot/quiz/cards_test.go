package quiz

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"cairn/runbooks"
	"cairn/runbooks/library"
)

var update = flag.Bool("update", false, "rewrite the goldens")

func parse(t testing.TB, path, text string) *runbooks.Document {
	t.Helper()
	d, err := runbooks.Parse(path, []byte(text), nil)
	if err != nil {
		t.Fatalf("parse %s: %v", path, err)
	}
	return d
}

func builtin(t testing.TB) Library {
	t.Helper()
	l := Library{Name: "builtin"}
	err := fs.WalkDir(library.FS, ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".md" {
			return err
		}
		b, err := library.FS.ReadFile(path)
		if err == nil {
			l.Documents = append(l.Documents, parse(t, path, string(b)))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestGenerateGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("goldens: %v, %v", files, err)
	}
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lib, want := Library{Name: "lib"}, ""
		var in []txtar.File
		for _, f := range ar.Files {
			if f.Name == "want" {
				want = string(f.Data)
				continue
			}
			in = append(in, f)
			lib.Documents = append(lib.Documents, parse(t, f.Name, string(f.Data)))
		}
		var b strings.Builder
		for _, c := range generate(t, lib) {
			fmt.Fprintf(&b, "%s %s:%d-%d\n  ? %s\n  = %s\n", c.Kind, c.Document, c.StartLine, c.EndLine, c.Front, strings.ReplaceAll(c.Answer, "\n", "\n    "))
			for _, w := range c.Wrong {
				fmt.Fprintf(&b, "  - %s\n", w)
			}
		}
		if *update {
			ar.Files = append(in, txtar.File{Name: "want", Data: []byte(b.String())})
			if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if diff := cmp.Diff(want, b.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

// The id outlives changes of the answer and of everything around it; the hash
// tells that the words have changed.
func TestIDsSurviveChanges(t *testing.T) {
	t.Parallel()
	ar, err := txtar.ParseFile("testdata/runbook.txtar")
	if err != nil {
		t.Fatal(err)
	}
	make := func(edit func(string) string) map[string]Card {
		lib := Library{Name: "lib"}
		for _, f := range ar.Files {
			text := string(f.Data)
			if f.Name == "want" {
				continue
			}
			if f.Name == "a/disk.md" {
				text = edit(text)
			}
			lib.Documents = append(lib.Documents, parse(t, f.Name, text))
		}
		out := map[string]Card{}
		for _, c := range generate(t, lib) {
			out[c.ID] = c
		}
		return out
	}
	before := make(func(s string) string { return s })
	moved := make(func(s string) string { return strings.Replace(s, "# Disk full", "A new paragraph.\n\n# Disk full", 1) })
	if len(before) != len(moved) {
		t.Errorf("%d cards, after moving lines %d", len(before), len(moved))
	}
	for id, c := range before {
		m, ok := moved[id]
		if !ok || m.Hash() != c.Hash() || m.StartLine == c.StartLine {
			t.Errorf("after moving lines card %s %q became %+v", c.Kind, c.Front, m)
		}
	}
	reworded := make(func(s string) string {
		return strings.Replace(s, "2. Move the endless file to another disk with room.", "2. Compress the endless file onto another disk.", 1)
	})
	changed := 0
	for id, c := range before {
		r, ok := reworded[id]
		if ok && r.Hash() != c.Hash() {
			changed++
		}
		if !ok && c.Front != "Move the endless file to another disk with room." {
			t.Errorf("rewording a step lost the card %q", c.Front)
		}
	}
	if changed == 0 {
		t.Error("rewording an answer changed no hash")
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	roadmap := "# Linux\n\n## Basics\n\n"
	for i := range 4 {
		roadmap += fmt.Sprintf("- [Lesson %d on the shell](https://example.org/shell/%d)\n", i, i)
	}
	roadmap += "\n## Networks\n\n"
	for i := range 4 {
		roadmap += fmt.Sprintf("- [Packet filters part %d](https://example.org/net/%d)\n", i, i)
	}
	tagged := "---\ntitle: First week\ntags: [learning-path]\n---\n# First week\n\n## Day one\n\n- Read the on-call guide\n- Meet the team\n\n## Day two\n\n- [Bad](javascript:alert(1))\n"
	libs := []Library{{Name: "lib", Documents: []*runbooks.Document{parse(t, "x/Linux Ops.md", roadmap), parse(t, "week.md", tagged)}}}
	got := Paths(append(libs, builtin(t)))
	if len(got) != 4 || got[2].Document != "en/path/linux-operations.md" || got[3].Document != "zh/path/linux-operations.md" {
		t.Fatalf("%d paths, want the two of this library and the built-in one in both languages: %+v", len(got), got)
	}
	if p := got[0]; p.ID != "linux-ops" || p.Units() != 8 || len(p.Stages) != 2 || p.Stages[1].Title != "Networks" || p.Stages[0].Units[0].URL != "https://example.org/shell/0" {
		t.Errorf("the roadmap became %+v", p)
	}
	for _, s := range got[1].Stages {
		for _, u := range s.Units {
			if strings.HasPrefix(u.URL, "javascript") {
				t.Errorf("unit %q keeps the address %s", u.Title, u.URL)
			}
		}
	}
}

// A team's own roadmap, a text dump of titled links under headings, becomes a
// path that keeps every link.
func TestRoadmap(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob("../../../shared/documents/000_*")
	if len(files) == 0 {
		if os.Getenv("CAIRN_TEST_ALL") == "1" {
			t.Fatal("no roadmap beside the checkout")
		}
		t.Skip("no roadmap beside the checkout")
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	d := parse(t, filepath.Base(files[0]), string(b))
	paths := Paths([]Library{{Name: "documents", Documents: []*runbooks.Document{d}}})
	if len(paths) != 1 {
		t.Fatalf("%d paths", len(paths))
	}
	p := paths[0]
	if p.Units() < 300 || len(p.Stages) < 10 || p.Lang != "zh" || p.Name != strings.ToLower(d.Title) {
		t.Errorf("the path %q has %d units in %d stages", p.Name, p.Units(), len(p.Stages))
	}
	for _, st := range p.Stages {
		for _, u := range st.Units {
			if !strings.HasPrefix(u.URL, "http") || !strings.Contains(d.Text, u.URL) {
				t.Errorf("unit %q lost its link: %q", u.Title, u.URL)
			}
			if lines := d.Slice(d.LineSpan(u.StartLine, u.EndLine)); !strings.Contains(lines, u.URL) {
				t.Errorf("unit %q does not stand at lines %d-%d", u.Title, u.StartLine, u.EndLine)
			}
		}
	}
	if got, ok := findPath(paths, string([]rune(d.Title)[:5]), "zh"); !ok || got.ID != p.ID {
		t.Errorf("the path is not found by the beginning of its title")
	}
}

func FuzzPress(f *testing.F) {
	f.Add("0123456789abcdef.01234567.0123.3")
	f.Add("....")
	f.Fuzz(func(t *testing.T, v string) {
		p, ok := parsePress(v)
		if !ok {
			return
		}
		if again, ok := parsePress(p.String()); !ok || again != p {
			t.Errorf("%q was read as %+v and then as %+v", v, p, again)
		}
	})
}

func FuzzGenerate(f *testing.F) {
	f.Add("---\nservice: x\nquestions: [a]\n---\n# T\n## First look\n1. one `x`\n2. two\n3. three\n")
	f.Add("# 什么是 Pod\n\n最小的单位\n\n- [a](http://b)\n")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := runbooks.Parse("a.md", []byte(text), nil)
		if err != nil {
			return
		}
		for _, c := range deckFor(t, Library{Name: "l", Documents: []*runbooks.Document{d}}).cards {
			if _, err := json.Marshal(c); err != nil || c.StartLine < 1 || c.EndLine > d.LineCount() {
				t.Errorf("card %+v of a document of %d lines: %v", c, d.LineCount(), err)
			}
		}
	})
}

func generate(t *testing.T, libs ...Library) []Card {
	t.Helper()
	cards, err := Generate(t.Context(), libs)
	if err != nil {
		t.Fatal(err)
	}
	return cards
}

func deckFor(t *testing.T, libs ...Library) *deck {
	t.Helper()
	d, err := newDeck(t.Context(), libs)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A program that is asked to stop waits for no cards.
func TestCardsStopWithTheirContext(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	lib := builtin(t)
	if _, err := r.s.Sync(ctx, []Library{lib}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if change, err := r.s.Sync(t.Context(), []Library{lib}); err != nil || change.Added == 0 {
		t.Errorf("afterwards: got %+v, %v, want all cards", change, err)
	}
}
