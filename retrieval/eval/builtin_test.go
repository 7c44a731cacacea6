package eval

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cairn/retrieval"
	"cairn/runbooks"
)

// builtinSet is the built-in library with the questions of its front matter
// hidden, and these questions: what people ask in their own words. A question
// of a document in one language is right with its twin in the other.
func builtinSet(tb testing.TB) (*retrieval.Index, []Question) {
	tb.Helper()
	texts, qs := builtinTexts(tb)
	lib := retrieval.Library{Name: "builtin"}
	for p, text := range texts {
		doc, err := runbooks.Parse(p, []byte(text), nil)
		if err != nil {
			tb.Fatal(err)
		}
		lib.Documents = append(lib.Documents, doc)
	}
	ix, _, err := retrieval.Build(context.Background(), slog.New(slog.DiscardHandler), []retrieval.Library{lib}, nil, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return ix, qs
}

// builtinTexts returns the built-in documents by path, their questions hidden,
// and these.
func builtinTexts(tb testing.TB) (map[string]string, []Question) {
	tb.Helper()
	dir := "../../runbooks/library"
	texts := map[string]string{}
	var qs []Question
	for _, lang := range []string{"en", "zh"} {
		err := filepath.WalkDir(filepath.Join(dir, lang), func(p string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(p) != ".md" {
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
			path := filepath.ToSlash(rel)
			doc, err := runbooks.Parse(path, raw, nil)
			if err != nil {
				return err
			}
			twin := "zh" + strings.TrimPrefix(path, "en")
			if lang == "zh" {
				twin = "en" + strings.TrimPrefix(path, "zh")
			}
			for _, q := range doc.Meta.Questions {
				qs = append(qs, Question{ID: path, Query: q, Gold: []Gold{{Doc: path}, {Doc: twin}}})
			}
			texts[path] = hideQuestions(string(raw))
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	return texts, qs
}

// hideQuestions drops the questions of a front matter.
func hideQuestions(text string) string {
	var out []string
	inside := false
	for line := range strings.SplitSeq(text, "\n") {
		switch {
		case line == "questions:":
			inside = true
			continue
		case inside && strings.HasPrefix(line, "  "):
			continue
		}
		inside = false
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func TestBuiltinLibraryAnswersHiddenQuestions(t *testing.T) {
	t.Parallel()
	ix, qs := builtinSet(t)
	out, err := Run(t.Context(), ix, qs)
	if err != nil {
		t.Fatal(err)
	}
	f := Measure(out)
	t.Logf("built-in, questions hidden  n=%d  @1 %.3f  @3 %.3f  @5 %.3f  refused %.3f  ece %.3f %+v", f.Answerable, f.Document.Success1, f.Document.Success3, f.Document.Success5, f.Abstain.RefusedAnswerable, f.CalibrationError, f.Bands)
	if os.Getenv("CAIRN_EVAL_MISSES") != "" {
		for i, o := range out {
			if !o.Right() || o.Verdict == retrieval.Abstain {
				t.Logf("   %s d%d %v %.2f %s  got %s", o.ID, o.Document, o.Verdict, o.Coverage, qs[i].Query, o.First)
			}
		}
	}
	if f.Document.Success1 < 0.9 || f.Document.Success3 < 0.97 {
		t.Errorf("success@1 %.3f and @3 %.3f, want 0.9 and 0.97", f.Document.Success1, f.Document.Success3)
	}
}
