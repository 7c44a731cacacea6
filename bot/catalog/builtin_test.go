package catalog

import (
	"io/fs"
	"path"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/retrieval"
	"cairn/runbooks/library"
)

// The embedded index is that of the documents in runbooks/library and of the
// analysis in this tree.
func TestEmbeddedIndexIsCurrent(t *testing.T) {
	t.Parallel()
	st, err := loadBuiltin(nil)
	if err != nil {
		t.Fatalf("%v; run make generate", err)
	}
	want := map[string]string{}
	err = fs.WalkDir(library.FS, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(p) != ".md" {
			return err
		}
		raw, err := fs.ReadFile(library.FS, p)
		want[p] = hash(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for p, f := range st.manifest.Files[Builtin] {
		got[p] = f.Hash
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the embedded index is stale, run make generate (-library +index):\n%s", diff)
	}
	if n := st.index.Stats().Documents; n != len(want) {
		t.Errorf("the embedded index holds %d documents, the library %d", n, len(want))
	}
}

// The built-in library with its index adds at most 3 MB to the binary, and its
// tables lie where they can be used without copying them.
func TestEmbeddedIndexIsSmallAndAligned(t *testing.T) {
	t.Parallel()
	if n := len(builtinGeneration); n > 3_000_000 {
		t.Errorf("the embedded index takes %d bytes, want at most 3,000,000", n)
	}
	whole, err := unpack(builtinGeneration)
	if err != nil {
		t.Fatal(err)
	}
	_, index, err := parseGeneration(whole, Builtin)
	if err != nil {
		t.Fatal(err)
	}
	if off := len(whole) - len(index); off%8 != 0 {
		t.Errorf("the index begins at byte %d, want a multiple of 8", off)
	}
}

// The built-in library can stand beside a folder, and comes from the binary.
func TestBuiltinBesideAFolder(t *testing.T) {
	t.Parallel()
	dir, data := folder(t, map[string]string{"a.md": docA}), t.TempDir()
	libs := []Library{{Name: Builtin, Path: Builtin}, {Name: "wiki", Path: dir}}
	for _, step := range []string{"first", "again"} {
		c, err := Open(quiet(), libs, &Options{DataDir: data})
		if err != nil {
			t.Fatal(err)
		}
		r := mustUpdate(t, c)
		st, err := loadBuiltin(nil)
		if err != nil {
			t.Fatal(err)
		}
		if want := st.index.Stats().Documents + 1; r.Documents != want {
			t.Errorf("%s: %d documents, want %d", step, r.Documents, want)
		}
		if step == "again" && r.Indexed != 0 {
			t.Errorf("again: %d documents indexed anew, want none", r.Indexed)
		}
		found, err := c.Index().Search(t.Context(), retrieval.Query{Text: "redis memory", Libraries: []string{"wiki"}})
		if err != nil || len(found.Hits) == 0 || found.Hits[0].Library != "wiki" {
			t.Errorf("%s: the folder's document is not found: %v", step, err)
		}
	}
}
