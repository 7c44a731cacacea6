package answer

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cairn/retrieval"
	"cairn/runbooks"
)

// A citation cannot lie: every passage of every document at hand is answered
// with, and every quote stands byte for byte at its lines.
func TestCitationsHold(t *testing.T) {
	t.Parallel()
	root := moduleRoot(t)
	corpora := map[string]string{
		"library":    filepath.Join(root, "runbooks", "library"),
		"documents":  filepath.Join(root, "..", "shared", "documents"),
		"prometheus": filepath.Join(root, "..", "shared", "eval", "prometheus", "docs"),
		"k8s-zh":     filepath.Join(root, "..", "shared", "eval", "k8s-zh", "docs"),
		"k8s-en":     filepath.Join(root, "..", "shared", "eval", "k8s-en", "docs"),
	}
	for name, dir := range corpora {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := os.Stat(dir); err != nil {
				if os.Getenv("CAIRN_TEST_ALL") == "1" {
					t.Fatalf("corpus is missing: %v", err)
				}
				t.Skipf("corpus is not here, set CAIRN_TEST_ALL=1 to insist: %v", err)
			}
			st := checkCorpus(t, dir)
			if st.documents == 0 {
				t.Skip("no documents in the corpus yet")
			}
			if st.dropped*1000 > st.steps {
				t.Errorf("%d of %d steps lost their text or a command to the check against the quote; first:\n%s", st.dropped, st.steps, st.first)
			}
			t.Logf("%d documents, %d passages, %d steps, %d citations", st.documents, st.passages, st.steps, st.citations)
		})
	}
}

// A question in the words of a cause under Fix is answered with that cause.
func TestCausesOfTheLibraryAreNamed(t *testing.T) {
	t.Parallel()
	causes := 0
	root := filepath.Join(moduleRoot(t), "runbooks", "library")
	err := filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(p) != ".md" {
			return err
		}
		raw, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		d, err := runbooks.Parse(filepath.Base(p), raw, nil)
		if err != nil {
			return err
		}
		l, ok := layoutOf(d)
		if !ok {
			return nil // a concept card
		}
		for _, c := range l.causes {
			causes++
			heading := d.Sections[c].Heading
			if got := l.namedCause(d, heading); got != c {
				t.Errorf("%s: %q names section %d, want %d", p, heading, got, c)
			}
		}
		if got := l.namedCause(d, d.Title); got >= 0 {
			t.Errorf("%s: the title alone names the cause %q", p, d.Sections[got].Heading)
		}
		return nil
	})
	if err != nil || causes == 0 {
		t.Errorf("%d causes, %v", causes, err)
	}
}

type corpusStats struct {
	documents, passages, steps, citations, dropped int
	first                                          string
}

func checkCorpus(t *testing.T, dir string) corpusStats {
	t.Helper()
	var st corpusStats
	err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		switch filepath.Ext(p) {
		case ".md", ".txt", ".html":
		default:
			return nil
		}
		raw, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, p)
		d, err := runbooks.Parse(filepath.ToSlash(rel), raw, nil)
		if err != nil {
			t.Logf("skipped: %v", err)
			return nil
		}
		st.documents++
		checkDocument(t, d, &st)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func checkDocument(t *testing.T, d *runbooks.Document, st *corpusStats) {
	t.Helper()
	for _, p := range runbooks.Passages(d) {
		st.passages++
		a := Compose(context.Background(), nil, sure(d, p), "how do I check this", nil)
		if p.Kind != runbooks.Boilerplate && len(a.Citations) == 0 {
			t.Errorf("%s:%d-%d: no citation for a passage:\n%s", d.Path, p.StartLine, p.EndLine, d.Slice(p.Span))
		}
		checkAnswer(t, d, a)
		st.steps += len(a.Steps)
		st.citations += len(a.Citations)
	}
	for i := range d.Sections {
		for _, src := range d.Sections[i].Steps {
			c, ok := Cite(d, "lib", nil, src.Span)
			bad := !ok || !runbooks.Folds(c.Quote, src.Text) || !runbooks.Folds(c.Quote, src.Expect) || !runbooks.Folds(c.Quote, src.IfNot)
			for _, cmd := range src.Commands {
				bad = bad || !runbooks.Folds(c.Quote, cmd.Text)
			}
			if bad {
				st.dropped++
				if st.first == "" {
					st.first = d.Path + "\n" + src.Text + "\n--- quote\n" + c.Quote
				}
			}
		}
	}
}

// checkAnswer checks what must hold for every answer, against the document
// with code of its own.
func checkAnswer(t *testing.T, d *runbooks.Document, a Answer) {
	t.Helper()
	lines := strings.Split(d.Text, "\n")
	for i, c := range a.Citations {
		if c.N != i+1 {
			t.Errorf("%s: citation %d has n %d", d.Path, i+1, c.N)
		}
		if c.StartLine < 1 || c.EndLine > len(lines) || c.EndLine < c.StartLine {
			t.Fatalf("%s: citation of lines %d-%d", d.Path, c.StartLine, c.EndLine)
		}
		if cited := strings.Join(lines[c.StartLine-1:c.EndLine], "\n"); !strings.Contains(cited, c.Quote) {
			t.Errorf("%s:%d-%d does not hold the quote %q", d.Path, c.StartLine, c.EndLine, c.Quote)
		}
		if c.StartColumn > 0 {
			if first := []rune(lines[c.StartLine-1]); !strings.HasPrefix(string(first[c.StartColumn-1:])+"\n", strings.SplitAfter(c.Quote, "\n")[0]) {
				t.Errorf("%s:%d: column %d is not where the quote begins", d.Path, c.StartLine, c.StartColumn)
			}
		}
	}
	for i, s := range a.Steps {
		if s.N != i+1 {
			t.Errorf("%s: step %d has n %d", d.Path, i+1, s.N)
		}
		if s.Citation < 1 || s.Citation > len(a.Citations) {
			t.Errorf("%s: step %d cites %d of %d", d.Path, s.N, s.Citation, len(a.Citations))
		}
	}
	if a.Steps == nil || a.Citations == nil || a.Related == nil {
		t.Errorf("%s: a list is nil", d.Path)
	}
}

func sure(d *runbooks.Document, p runbooks.Passage) retrieval.Result {
	return retrieval.Result{
		Hits: []retrieval.Hit{{Library: "lib", Document: d, Passage: p, Score: 1}}, Confidence: 0.9, Coverage: 0.9,
		Verdict: retrieval.Sure,
	}
}

func moduleRoot(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = parent
	}
}
