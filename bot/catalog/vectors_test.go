package catalog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/retrieval"
)

func TestVectorsSurvive(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	v, err := OpenVectors(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		if err := v.Put(fmt.Sprint("key", i), []float32{float32(i), 0.5}); err != nil {
			t.Fatal(err)
		}
	}
	v.Close()
	// A process was killed in the middle of a record.
	path := filepath.Join(dir, "vectors.cache")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, raw[:len(raw)-7], 0o600); err != nil {
		t.Fatal(err)
	}
	v, err = OpenVectors(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Put("key9", []float32{9}); err != nil {
		t.Fatal(err)
	}
	v.Close()
	v, err = OpenVectors(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	got := map[string][]float32{}
	for _, k := range []string{"key0", "key3", "key4", "key9", "never"} {
		if vec, ok := v.Get(k); ok {
			got[k] = vec
		}
	}
	want := map[string][]float32{"key0": {0, 0.5}, "key3": {3, 0.5}, "key9": {9}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("vectors after a crash (-want +got):\n%s", diff)
	}
}

// An embedder counts what it is asked for and fails while down.
type embedder struct {
	asked int
	down  bool
}

var errDown = errors.New("the model server is down")

func (e *embedder) Model() string { return "counting" }

func (e *embedder) Embed(_ context.Context, texts []string) ([][]float32, error) {
	if e.down {
		return nil, errDown
	}
	e.asked += len(texts)
	var out [][]float32
	for _, t := range texts {
		out = append(out, []float32{float32(len(t)%7 + 1), 1, 2})
	}
	return out, nil
}

// With the model's server down the library is served without vectors, and made
// whole once the server is back.
func TestServesWithoutTheModel(t *testing.T) {
	t.Parallel()
	dir, data := folder(t, map[string]string{"a.md": docA, "b.md": docB}), t.TempDir()
	e := &embedder{down: true}
	c := open(t, dir, data, &Options{Build: &retrieval.Options{Embedder: e}})
	if r := mustUpdate(t, c); r.Documents != 2 || r.Saved {
		t.Fatalf("server down: %+v, want two documents, not saved", r)
	}
	found, err := c.Index().Search(t.Context(), retrieval.Query{Text: "disk full"})
	if err != nil || len(found.Hits) == 0 || found.Hits[0].Document.Path != "b.md" {
		t.Errorf("server down: found %v, %v", found, err)
	}
	e.down = false
	if r := mustUpdate(t, c); !r.Saved || e.asked == 0 {
		t.Errorf("server back: %+v, asked for %d vectors; want the index made with them", r, e.asked)
	}
	if r := mustUpdate(t, c); !r.Unchanged() {
		t.Errorf("once whole: %+v, want nothing to do", r)
	}
}
