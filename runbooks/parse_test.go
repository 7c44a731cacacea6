package runbooks

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// shared returns the folder beside the module that holds real documents and
// evaluation sets; a test that needs it skips without it, or fails when
// CAIRN_TEST_ALL=1 asks for everything.
func shared(t testing.TB, parts ...string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = up
	}
	p := filepath.Join(append([]string{dir, "..", "shared"}, parts...)...)
	if _, err := os.Stat(p); err != nil {
		if os.Getenv("CAIRN_TEST_ALL") == "1" {
			t.Fatalf("CAIRN_TEST_ALL=1: %v", err)
		}
		t.Skipf("needs ../shared beside the module: %v", err)
	}
	return p
}

// files calls f for every regular file below dir.
func files(t testing.TB, dir string, f func(rel string, raw []byte)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(p string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		f(filepath.ToSlash(rel), raw)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// check reports what in d breaks the contract of [Document] and [Passage].
func check(t testing.TB, d *Document) {
	t.Helper()
	ok := func(what string, s Span) bool {
		t.Helper()
		if s.Start < 0 || s.End < s.Start || s.End > len(d.Text) {
			t.Errorf("%s: %s span %v out of range %d", d.Path, what, s, len(d.Text))
			return false
		}
		if s.End < len(d.Text) && !utf8.RuneStart(d.Text[s.End]) || s.Start < len(d.Text) && !utf8.RuneStart(d.Text[s.Start]) {
			t.Errorf("%s: %s span %v cuts a character", d.Path, what, s)
			return false
		}
		return true
	}
	for i := range d.Sections {
		s := &d.Sections[i]
		ok("section", s.Span)
		ok("body", s.Body)
		last := s.Span.Start
		for j := range s.Blocks {
			b := &s.Blocks[j]
			if !ok("block", b.Span) {
				continue
			}
			if b.Span.Start < last || b.Span.End > s.Span.End {
				t.Errorf("%s: block %v outside its section %v or before its forerunner's end %d: %q", d.Path, b.Span, s.Span, last, b.Text)
			}
			last = b.Span.End
		}
		for j := range s.Steps {
			ok("step", s.Steps[j].Span)
			for _, c := range s.Steps[j].Commands {
				ok("command", c.Span)
			}
		}
	}
	for _, p := range Passages(d) {
		ok("passage", p.Span)
		if p.Span.Len() == 0 {
			t.Errorf("%s: empty passage", d.Path)
		}
	}
}

func TestSharedDocuments(t *testing.T) {
	t.Parallel()
	for _, set := range []string{"documents", "eval/prometheus/docs", "eval/k8s-en/docs", "eval/k8s-zh/docs"} {
		files(t, shared(t, strings.Split(set, "/")...), func(rel string, raw []byte) {
			d, err := Parse(rel, raw, nil)
			if err != nil {
				t.Error(err)
				return
			}
			check(t, d)
		})
	}
}
