package eval

import (
	"context"
	"flag"
	"log/slog"
	"path/filepath"
	"testing"

	"cairn/retrieval"
	"cairn/retrieval/glossary"
	"cairn/retrieval/lexical"
	"cairn/retrieval/vector"
)

var ablate = flag.Bool("ablate", false, "print what the glossary and the vectors add to each development set")

// TestAblation prints success@1 and @5 of every question file without the
// glossary, with it, and with vectors of the built-in embedder beside it.
func TestAblation(t *testing.T) {
	if !*ablate {
		t.Log("only with -ablate")
		return
	}
	root := shared(t)
	for _, set := range devSets(root) {
		lib := retrieval.Library{Name: set.name, Documents: readDocs(t, set.docs)}
		for _, v := range []struct {
			name string
			opts *retrieval.Options
		}{
			{"no glossary", &retrieval.Options{Glossary: new(glossary.Glossary)}},
			{"glossary", nil},
			{"with vectors", &retrieval.Options{Embedder: vector.NewConcepts(lexical.NewAnalyzer(glossary.Default()), 256)}},
		} {
			ix, _, err := retrieval.Build(context.Background(), slog.New(slog.DiscardHandler), []retrieval.Library{lib}, nil, v.opts)
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range set.queries {
				qs, err := ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				out, err := Run(t.Context(), ix, qs)
				if err != nil {
					t.Fatal(err)
				}
				f := Measure(out)
				r := f.Document
				if f.Passage.Questions > 0 {
					r = f.Passage
				}
				t.Logf("%-12s %-11s %-28s @1 %.3f  @5 %.3f", v.name, set.name, filepath.Base(file), r.Success1, r.Success5)
			}
		}
	}
}
