package eval

import (
	"context"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"cairn/retrieval"
	"cairn/runbooks"
)

// shared returns the folder of the development sets; the test is skipped where
// it is absent.
func shared(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	for err == nil {
		if _, serr := os.Stat(filepath.Join(dir, "go.mod")); serr == nil {
			break
		}
		up := filepath.Dir(dir)
		if up == dir {
			tb.Fatal("no go.mod above the test")
		}
		dir = up
	}
	p := filepath.Join(filepath.Dir(dir), "shared")
	if _, err := os.Stat(filepath.Join(p, "eval")); err != nil {
		if os.Getenv("CAIRN_TEST_ALL") != "" {
			tb.Fatalf("the development sets are absent: %v", err)
		}
		tb.Skipf("the development sets are absent: %v", err)
	}
	return p
}

// A devSet is a library with the question files that belong to it.
type devSet struct {
	name, docs string
	queries    []string
}

func devSets(root string) []devSet {
	e := filepath.Join(root, "eval")
	q := func(set string, names ...string) []string {
		var out []string
		for _, n := range names {
			out = append(out, filepath.Join(e, set, n))
		}
		return out
	}
	return []devSet{
		{"prometheus", filepath.Join(e, "prometheus/docs"), q("prometheus", "queries.jsonl", "queries-rendered.jsonl", "queries-names.jsonl", "queries-zh.jsonl")},
		{"k8s-zh", filepath.Join(e, "k8s-zh/docs"), q("k8s-zh", "queries-en.jsonl", "queries-titles-en.jsonl")},
		{"k8s-en", filepath.Join(e, "k8s-en/docs"), q("k8s-en", "queries-zh.jsonl", "queries-titles-zh.jsonl")},
		{"documents", filepath.Join(root, "documents"), q("documents", "queries.jsonl")},
	}
}

var (
	builtMu sync.Mutex
	built   = map[string]*retrieval.Index{}
)

func buildSet(tb testing.TB, name, dir string) *retrieval.Index {
	tb.Helper()
	builtMu.Lock()
	defer builtMu.Unlock()
	if ix := built[name]; ix != nil {
		return ix
	}
	lib := retrieval.Library{Name: name, Documents: readDocs(tb, dir)}
	ix, _, err := retrieval.Build(context.Background(), slog.New(slog.DiscardHandler), []retrieval.Library{lib}, nil, nil)
	if err != nil {
		tb.Fatal(err)
	}
	built[name] = ix
	return ix
}

func readDocs(tb testing.TB, dir string) []*runbooks.Document {
	tb.Helper()
	var docs []*runbooks.Document
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
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
		doc, err := runbooks.Parse(filepath.ToSlash(rel), raw, nil)
		if err != nil {
			tb.Logf("skip %s: %v", rel, err)
			return nil
		}
		docs = append(docs, doc)
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return docs
}

func TestDevelopmentSets(t *testing.T) {
	root := shared(t)
	only := os.Getenv("CAIRN_EVAL_ONLY")
	for _, set := range devSets(root) {
		for _, file := range set.queries {
			name := set.name + "/" + strings.TrimSuffix(filepath.Base(file), ".jsonl")
			if !strings.Contains(name, only) {
				continue
			}
			ix := buildSet(t, set.name, set.docs)
			questions, err := ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			out, err := Run(t.Context(), ix, questions)
			if err != nil {
				t.Fatal(err)
			}
			f := Measure(out)
			r := f.Document
			if f.Passage.Questions > 0 {
				r = f.Passage
			}
			t.Logf("%-34s n=%3d  @1 %.3f  @3 %.3f  @5 %.3f  mrr %.3f  p50 %4.0fus p99 %5.0fus refused %.3f", name, f.Answerable, r.Success1, r.Success3, r.Success5, r.MRR10, f.P50, f.P99, f.Abstain.RefusedAnswerable)
			if os.Getenv("CAIRN_EVAL_MISSES") != "" {
				for i, o := range out {
					if !o.Right() {
						t.Logf("   %s d%d p%d  %s\n        got %s want %s", o.ID, o.Document, o.Passage, questions[i].Query, o.First, questions[i].Gold[0].Doc)
					}
				}
			}
		}
	}
}
