package app

import (
	"context"
	"io/fs"
	"log/slog"
	"path"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"cairn/retrieval"
	"cairn/runbooks"
	"cairn/runbooks/library"
)

// articles returns the built-in library's files.
func articles(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := fs.WalkDir(library.FS, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(p) != ".md" {
			return err
		}
		raw, err := fs.ReadFile(library.FS, p)
		out[p] = string(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// hideQuestions removes those front matter questions that hide chooses.
func hideQuestions(t *testing.T, text string, hide func(question string) bool) string {
	t.Helper()
	var out []string
	inside := false
	for line := range strings.SplitSeq(text, "\n") {
		item, isItem := strings.CutPrefix(strings.TrimSpace(line), "- ")
		switch {
		case line == "questions:":
			inside = true
		case inside && isItem:
			var question string
			if err := yaml.Unmarshal([]byte(item), &question); err != nil {
				t.Fatalf("question %s: %v", item, err)
			}
			if hide(question) {
				continue
			}
		default:
			inside = false
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func buildIndex(t *testing.T, texts map[string]string) *retrieval.Index {
	t.Helper()
	lib := retrieval.Library{Name: "builtin"}
	for p, text := range texts {
		doc, err := runbooks.Parse(p, []byte(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		lib.Documents = append(lib.Documents, doc)
	}
	ix, _, err := retrieval.Build(context.Background(), slog.New(slog.DiscardHandler), []retrieval.Library{lib}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ix
}

// rank returns the place of the runbook, in either language, among the
// documents found, from 1; 0 when it is not among the first ten passages.
func rank(t *testing.T, ix *retrieval.Index, question, document string) int {
	t.Helper()
	r, err := ix.Search(context.Background(), retrieval.Query{Text: question, K: 20})
	if err != nil {
		t.Fatalf("search %q: %v", question, err)
	}
	place, seen := 0, map[string]bool{}
	for _, h := range r.Hits {
		slug := withoutLanguage(h.Document.Path)
		if !seen[slug] {
			seen[slug] = true
			place++
		}
		if slug == withoutLanguage(document) {
			return place
		}
	}
	return 0
}

func withoutLanguage(p string) string {
	_, rest, _ := strings.Cut(p, "/")
	return rest
}

// A tally counts how high the wanted runbook stood.
type tally struct{ asked, first, three, five int }

func (c *tally) add(place int) {
	c.asked++
	if place == 1 {
		c.first++
	}
	if place >= 1 && place <= 3 {
		c.three++
	}
	if place >= 1 && place <= 5 {
		c.five++
	}
}

func share(n, of int) float64 { return float64(n) / float64(max(of, 1)) }

// Every question that a runbook lists finds that runbook.
func TestListedQuestionsFindTheirRunbook(t *testing.T) {
	t.Parallel()
	texts := articles(t)
	ix := buildIndex(t, texts)
	var c tally
	for d := range ix.Documents() {
		for _, q := range d.Meta.Questions {
			place := rank(t, ix, q, d.Path)
			c.add(place)
			if place != 1 {
				t.Logf("%s stands at %d for %q", d.Path, place, q)
			}
		}
	}
	if first, three := share(c.first, c.asked), share(c.three, c.asked); first < 0.97 || three < 1 {
		t.Errorf("of %d questions %.3f find their runbook first and %.3f in the first three; want 0.97 and 1", c.asked, first, three)
	}
}

// A question like the listed ones, but not listed, finds the runbook too: each
// is asked of an index in which it is hidden.
func TestHiddenQuestionsFindTheirRunbook(t *testing.T) {
	t.Parallel()
	texts := articles(t)
	questions := map[string][]string{}
	most := 0
	for d := range buildIndex(t, texts).Documents() {
		questions[d.Path] = d.Meta.Questions
		most = max(most, len(d.Meta.Questions))
	}
	var c tally
	for n := range most {
		// A question that two documents list is hidden in both.
		these := map[string]bool{}
		for _, qs := range questions {
			if n < len(qs) {
				these[qs[n]] = true
			}
		}
		hidden := map[string]string{}
		for p, text := range texts {
			hidden[p] = hideQuestions(t, text, func(q string) bool { return these[q] })
		}
		ix := buildIndex(t, hidden)
		for p, qs := range questions {
			if n < len(qs) {
				place := rank(t, ix, qs[n], p)
				c.add(place)
				if place != 1 {
					t.Logf("%s stands at %d for the hidden %q", p, place, qs[n])
				}
			}
		}
	}
	first, three := share(c.first, c.asked), share(c.three, c.asked)
	t.Logf("of %d hidden questions %.3f find their runbook first and %.3f in the first three", c.asked, first, three)
	if first < 0.85 || three < 0.95 {
		t.Errorf("of %d hidden questions %.3f find their runbook first and %.3f in the first three; want at least 0.85 and 0.95", c.asked, first, three)
	}
}

// A question in the other language finds the runbook although that file's own
// questions are hidden and its twin is not there.
func TestQuestionsInTheOtherLanguage(t *testing.T) {
	t.Parallel()
	texts := articles(t)
	for _, lang := range []string{"en", "zh"} {
		only := map[string]string{}
		for p, text := range texts {
			if strings.HasPrefix(p, lang+"/") {
				only[p] = hideQuestions(t, text, func(string) bool { return true })
			}
		}
		ix := buildIndex(t, only)
		var c tally
		for d := range buildIndex(t, texts).Documents() {
			if strings.HasPrefix(d.Path, lang+"/") {
				continue
			}
			for _, q := range d.Meta.Questions {
				place := rank(t, ix, q, d.Path)
				c.add(place)
				if place == 0 || place > 5 {
					t.Logf("%s stands at %d in the other language for %q", d.Path, place, q)
				}
			}
		}
		five := share(c.five, c.asked)
		t.Logf("of %d questions to the %s library %.3f find their runbook in the first five", c.asked, lang, five)
		if five < 0.90 {
			t.Errorf("of %d questions to the %s library %.3f find their runbook in the first five; want at least 0.90", c.asked, lang, five)
		}
	}
}
