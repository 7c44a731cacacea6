package runbooks

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every passage that the evaluation of real documents wants must be one that
// Passages makes, within the part of it that counts.
func TestGoldPassages(t *testing.T) {
	t.Parallel()
	docs := shared(t, "documents")
	f, err := os.Open(filepath.Join(shared(t, "eval", "documents"), "queries.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fold := func(s string) string { return strings.Join(strings.Fields(s), "") }
	passages := map[string][]string{}
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var q struct {
			ID   string
			Gold []struct{ Doc, Contains string }
		}
		if err := json.Unmarshal(sc.Bytes(), &q); err != nil {
			t.Fatal(err)
		}
		for k, g := range q.Gold {
			if passages[g.Doc] == nil {
				raw, err := os.ReadFile(filepath.Join(docs, g.Doc))
				if err != nil {
					t.Fatal(err)
				}
				d, err := Parse(g.Doc, raw, nil)
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range Passages(d) {
					text := []rune(d.Slice(p.Span))
					passages[g.Doc] = append(passages[g.Doc], fold(string(text[:min(len(text), 1200)])))
				}
			}
			found := false
			for _, p := range passages[g.Doc] {
				found = found || strings.Contains(p, fold(g.Contains))
			}
			if !found {
				t.Errorf("%s gold %d: no passage of %s holds it in its first 1,200 characters", q.ID, k, g.Doc)
			}
		}
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}
}

// The five real documents hold what each kind is known for.
func TestRealDocuments(t *testing.T) {
	t.Parallel()
	links, steps, menus, codes := 0, 0, 0, 0
	files(t, shared(t, "documents"), func(rel string, raw []byte) {
		d, err := Parse(rel, raw, nil)
		if err != nil {
			t.Fatal(err)
		}
		if d.Lang != Chinese {
			t.Errorf("%s: language %q", rel, d.Lang)
		}
		for i := range d.Sections {
			s := &d.Sections[i]
			steps += len(s.Steps)
			if s.Boilerplate {
				menus += len(s.Blocks)
			}
			for _, b := range s.Blocks {
				switch {
				case b.Kind == Link && b.URL != "":
					links++
				case b.Kind == Code:
					codes++
				}
			}
		}
	})
	for what, got := range map[string][2]int{"links": {links, 250}, "steps": {steps, 120}, "lines of menus": {menus, 60}, "blocks of code": {codes, 40}} {
		if got[0] < got[1] {
			t.Errorf("%s: %d, want at least %d", what, got[0], got[1])
		}
	}
	t.Log("links", links, "steps", steps, "menus", menus, "codes", codes)
}
