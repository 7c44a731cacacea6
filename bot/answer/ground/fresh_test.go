package ground_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"cairn/bot/answer/ground/groundtest"
)

var (
	trueKinds  = []string{"paraphrase", "translation", "merge"}
	falseKinds = []string{
		"number", "unit", "negation", "order", "condition", "scope", "cause",
		"host", "actor", "flag", "action", "invented", "injection",
	}
	freedoms = []string{"near", "moderate", "free"}
)

// TestFreshForm checks the later files as data: the checker takes no part.
func TestFreshForm(t *testing.T) {
	t.Parallel()
	books := libraryByTitle(t)
	for _, set := range []struct{ lang, name, prefix, split string }{
		{"en", "fresh", "enf", "dev"}, {"zh", "fresh", "zhf", "dev"},
		{"en", "third", "ent", "dev"}, {"zh", "third", "zht", "dev"},
		{"en", "fourth", "enq", "holdout"}, {"zh", "fourth", "zhq", "holdout"},
	} {
		lang, lines := set.lang, readFresh(t, set.lang+"-"+set.name)
		var held, falses, passages, standing int
		texts := make(map[string]bool)
		for i, l := range lines {
			if want := fmt.Sprintf("%s-%03d", set.prefix, i+1); l.ID != want {
				t.Fatalf("%s line %d: id %q, want %q", lang, i+1, l.ID, want)
			}
			if err := checkForm(&l, lang, set.split); err != nil {
				t.Errorf("%s: %v", l.ID, err)
			}
			if texts[l.Text] {
				t.Errorf("%s: its sentence stands there twice", l.ID)
			}
			texts[l.Text] = true
			if l.Label {
				held++
			} else {
				falses++
			}
			for _, e := range l.Evidence {
				if len(e.Heading) == 0 || strings.TrimSpace(e.Text) == "" {
					t.Errorf("%s: evidence without heading or text", l.ID)
					continue
				}
				bodies, ok := books[e.Heading[0]]
				if !ok {
					continue // a team note, written for the set
				}
				passages++
				if slices.ContainsFunc(bodies, func(b string) bool { return strings.Contains(b, e.Text) }) {
					standing++
				}
			}
		}
		if held < 150 || falses < held {
			t.Errorf("%s: %d true and %d false sentences", lang, held, falses)
		}
		// Runbooks are edited and the labels stay valid, so some drift is no fault;
		// passages that never stood in their runbook are.
		if passages < len(lines)/2 || standing*10 < passages*9 {
			t.Errorf("%s: %d of %d library passages stand in their runbook", lang, standing, passages)
		}
	}
}

func checkForm(l *groundtest.Sentence, lang, split string) error {
	han := strings.ContainsFunc(l.Text, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	switch {
	case l.Lang != lang || han != (lang == "zh"):
		return fmt.Errorf("lang %q, want a sentence in %q", l.Lang, lang)
	case l.Split != split:
		return fmt.Errorf("split %q, want %s", l.Split, split)
	case len(l.Evidence) == 0:
		return fmt.Errorf("no evidence")
	case l.Label && !slices.Contains(trueKinds, l.Kind), !l.Label && !slices.Contains(falseKinds, l.Kind):
		return fmt.Errorf("label %v with kind %q", l.Label, l.Kind)
	case l.Label && !slices.Contains(freedoms, l.Freedom), !l.Label && l.Freedom != "":
		return fmt.Errorf("label %v with freedom %q", l.Label, l.Freedom)
	}
	return nil
}

func readFresh(t *testing.T, name string) []groundtest.Sentence {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "grounding", name+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var lines []groundtest.Sentence
	for row := range bytes.Lines(data) {
		dec := json.NewDecoder(bytes.NewReader(row))
		dec.DisallowUnknownFields()
		var l groundtest.Sentence
		if err := dec.Decode(&l); err != nil {
			t.Fatalf("%s line %d: %v", name, len(lines)+1, err)
		}
		lines = append(lines, l)
	}
	return lines
}

// libraryByTitle gives each runbook's text under its title; both languages may share one.
func libraryByTitle(t *testing.T) map[string][]string {
	t.Helper()
	books := make(map[string][]string)
	root := filepath.Join("..", "..", "..", "runbooks", "library")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".md" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(data)) {
			if title, ok := strings.CutPrefix(line, "# "); ok {
				title = strings.TrimSpace(title)
				books[title] = append(books[title], string(data))
				break
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return books
}
