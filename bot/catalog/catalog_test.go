package catalog

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairn/internal/leaktest"
	"cairn/retrieval"
	"cairn/runbooks/source"
)

func TestMain(m *testing.M) { os.Exit(leaktest.Run(m)) }

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// folder makes a folder with the documents and returns it.
func folder(t *testing.T, docs map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range docs {
		write(t, dir, name, text)
	}
	return dir
}

// write writes a document with a time well before now, so that its size and
// time prove that it has not changed.
func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, dir, data string, o *Options) *Catalog {
	t.Helper()
	opts := Options{DataDir: data}
	if o != nil {
		opts = *o
		opts.DataDir = data
	}
	c, err := Open(quiet(), []Library{{Name: "wiki", Path: dir}}, &opts)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func mustUpdate(t *testing.T, c *Catalog) Report {
	t.Helper()
	r, err := c.Update(context.Background())
	if err != nil {
		t.Fatalf("Update: %v", err)
	}
	return r
}

func paths(c *Catalog) []string {
	var got []string
	for d := range c.Index().Documents() {
		got = append(got, d.Path)
	}
	return got
}

const (
	docA = "# Redis is full\n\n1. Look at the memory.\n\n```bash\nredis-cli info memory\n```\n"
	docB = "# Disk is full\n\n1. Find the large folders.\n\n```bash\ndu -xh / | sort -h\n```\n"
)

func TestUpdateRedoesOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	dir, data := folder(t, map[string]string{"a.md": docA, "sub/b.md": docB}), t.TempDir()

	type did struct{ Documents, Indexed, Removed int }
	check := func(step string, r Report, want did) {
		t.Helper()
		if diff := cmp.Diff(want, did{r.Documents, r.Indexed, r.Removed}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step, diff)
		}
	}
	check("first run", mustUpdate(t, open(t, dir, data, nil)), did{2, 2, 0})
	check("nothing changed", mustUpdate(t, open(t, dir, data, nil)), did{2, 0, 0})

	write(t, dir, "a.md", docA+"\n2. Look at the policy.\n")
	check("one changed", mustUpdate(t, open(t, dir, data, nil)), did{2, 1, 0})

	if err := os.Rename(filepath.Join(dir, "a.md"), filepath.Join(dir, "c.md")); err != nil {
		t.Fatal(err)
	}
	c := open(t, dir, data, nil)
	check("one renamed", mustUpdate(t, c), did{2, 1, 1})
	if diff := cmp.Diff([]string{"c.md", "sub/b.md"}, paths(c)); diff != "" {
		t.Errorf("documents after the rename (-want +got):\n%s", diff)
	}

	if err := os.Remove(filepath.Join(dir, "c.md")); err != nil {
		t.Fatal(err)
	}
	check("one deleted", mustUpdate(t, open(t, dir, data, nil)), did{1, 0, 1})
	check("nothing changed after all that", mustUpdate(t, open(t, dir, data, nil)), did{1, 0, 0})
}

// A file with a new time but the same bytes is not analysed again.
// The limit on files is the source's, from the file to the hit.
func TestLargeFilesAreTakenInWhereTheSourceLetsThem(t *testing.T) {
	t.Parallel()
	large := docA + strings.Repeat(" ", 17<<20) + "\n"
	dir, data := folder(t, map[string]string{"a.md": large, "b.md": docB}), t.TempDir()
	opts := &Options{Source: &source.Options{MaxFileSize: 20 << 20}}
	c := open(t, dir, data, opts)
	r := mustUpdate(t, c)
	if len(r.Skipped) > 0 || r.Documents != 2 {
		t.Fatalf("%d documents, skipped: %+v", r.Documents, r.Skipped)
	}
	got, err := c.Index().Search(t.Context(), retrieval.Query{Text: "redis is full"})
	if err != nil || len(got.Hits) == 0 || got.Hits[0].Document.Path != "a.md" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestTouchedFileIsNotRedone(t *testing.T) {
	t.Parallel()
	dir, data := folder(t, map[string]string{"a.md": docA}), t.TempDir()
	mustUpdate(t, open(t, dir, data, nil))
	later := time.Now().Add(-time.Minute)
	if err := os.Chtimes(filepath.Join(dir, "a.md"), later, later); err != nil {
		t.Fatal(err)
	}
	c := open(t, dir, data, nil)
	if r := mustUpdate(t, c); r.Indexed != 0 {
		t.Errorf("indexed %d documents after a touch, want 0", r.Indexed)
	}
	if got := c.Staleness("wiki", "a.md"); got != Fresh {
		t.Errorf("staleness after a touch: %q, want fresh", got)
	}
}

func TestUnreadableFileKeepsItsLastGoodVersion(t *testing.T) {
	t.Parallel()
	dir, data := folder(t, map[string]string{"a.md": docA, "b.md": docB}), t.TempDir()
	c := open(t, dir, data, nil)
	mustUpdate(t, c)
	write(t, dir, "a.md", "\x00\x01\x02\x00\xff\x00binary now\x00\x00")
	r := mustUpdate(t, c)
	if len(r.Stale) != 1 || r.Stale[0].Path != "a.md" || r.Documents != 2 {
		t.Fatalf("report %+v, want a.md stale and two documents", r)
	}
	doc, ok := c.Index().Document("wiki", "a.md")
	if !ok || doc.Text != docA {
		t.Errorf("the last good version of a.md is not served")
	}
	if got := c.Staleness("wiki", "a.md"); got != Unreadable {
		t.Errorf("staleness: %q, want %q", got, Unreadable)
	}
	// It survives a restart, and heals.
	c = open(t, dir, data, nil)
	if r := mustUpdate(t, c); len(r.Stale) != 1 || r.Documents != 2 {
		t.Errorf("after a restart: %+v, want a.md still stale", r)
	}
	write(t, dir, "a.md", docB)
	if r := mustUpdate(t, c); len(r.Stale) != 0 || r.Indexed != 1 {
		t.Errorf("after repair: %+v, want a.md indexed anew", r)
	}
}

func TestVanishedLibraryKeepsServing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t, map[string]string{"wiki/a.md": docA}), "wiki")
	c := open(t, dir, t.TempDir(), &Options{KeepMissing: true})
	mustUpdate(t, c)
	if err := os.Rename(dir, dir+"-away"); err != nil {
		t.Fatal(err)
	}
	if r := mustUpdate(t, c); r.Documents != 1 || len(r.Stale) != 1 {
		t.Errorf("library away: %+v, want its document kept as stale", r)
	}
	if err := os.Rename(dir+"-away", dir); err != nil {
		t.Fatal(err)
	}
	if r := mustUpdate(t, c); r.Documents != 1 || len(r.Stale) != 0 {
		t.Errorf("library back: %+v, want its document fresh", r)
	}
}

func TestMissingLibraryIsAnError(t *testing.T) {
	t.Parallel()
	file := filepath.Join(folder(t, map[string]string{"a.md": docA}), "a.md")
	for _, path := range []string{file, filepath.Join(t.TempDir(), "missing")} {
		c := open(t, path, t.TempDir(), nil)
		if _, err := c.Update(context.Background()); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("library %s: error %v, want one that names it", path, err)
		}
	}
}

func TestCorruptGenerationIsRebuilt(t *testing.T) {
	t.Parallel()
	dir, data := folder(t, map[string]string{"a.md": docA, "b.md": docB}), t.TempDir()
	c := open(t, dir, data, nil)
	mustUpdate(t, c)
	good, err := os.ReadFile(c.path)
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func([]byte) []byte{
		"empty":           func(b []byte) []byte { return nil },
		"truncated":       func(b []byte) []byte { return b[:len(b)/2] },
		"manifest":        func(b []byte) []byte { b[len(magic)+10] ^= 1; return b },
		"length":          func(b []byte) []byte { b[len(magic)] = 0xff; return b },
		"index":           func(b []byte) []byte { b[len(b)-20] ^= 0x40; return b },
		"another's bytes": func([]byte) []byte { return []byte("PK\x03\x04 something else") },
	} {
		if err := os.WriteFile(c.path, spoil([]byte(string(good))), 0o600); err != nil {
			t.Fatal(err)
		}
		again := open(t, dir, data, nil)
		if again.Index() != nil {
			t.Errorf("%s: a spoiled generation is served", name)
		}
		if r := mustUpdate(t, again); r.Documents != 2 || r.Indexed != 2 || !r.Saved {
			t.Errorf("%s: %+v, want both documents indexed anew and saved", name, r)
		}
	}
}

type brokenDisk struct{}

var errFull = errors.New("no space left on device")

func (brokenDisk) WriteTo(w io.Writer) (int64, error) {
	n, _ := w.Write(make([]byte, 1000))
	return int64(n), errFull
}

// A disk that fills up while an index is written leaves the old one.
func TestFailedWriteLeavesThePreviousGeneration(t *testing.T) {
	t.Parallel()
	dir, data := folder(t, map[string]string{"a.md": docA}), t.TempDir()
	c := open(t, dir, data, nil)
	mustUpdate(t, c)
	err := writeGeneration(c.path, &manifest{}, brokenDisk{})
	if !errors.Is(err, errFull) {
		t.Fatalf("error %v, want %v", err, errFull)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(c.path), tempPattern)); len(left) != 0 {
		t.Errorf("temporary files left behind: %v", left)
	}
	if r := mustUpdate(t, open(t, dir, data, nil)); r.Indexed != 0 || r.Documents != 1 {
		t.Errorf("%+v, want the previous generation", r)
	}
}

// Where the data directory cannot be written the index serves from memory.
func TestUnwritableDataDirectory(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"a.md": docA})
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c := open(t, dir, file, nil)
	if r := mustUpdate(t, c); r.Documents != 1 || r.Saved {
		t.Errorf("%+v, want one document, not saved", r)
	}
}

func TestStalenessOfAChangedFile(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"a.md": docA, "b.md": docB})
	c := open(t, dir, t.TempDir(), nil)
	mustUpdate(t, c)
	write(t, dir, "a.md", docB+"longer")
	if err := os.Remove(filepath.Join(dir, "b.md")); err != nil {
		t.Fatal(err)
	}
	got := []Staleness{c.Staleness("wiki", "a.md"), c.Staleness("wiki", "b.md"), c.Staleness("wiki", "never.md")}
	if diff := cmp.Diff([]Staleness{Changed, Gone, Gone}, got); diff != "" {
		t.Errorf("staleness (-want +got):\n%s", diff)
	}
}

// Run picks up added, changed, renamed and deleted files, also in folders that
// did not exist when it started, while questions keep being answered.
func TestRunFollowsTheFiles(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"a.md": docA})
	updated := make(chan Report, 64)
	c := open(t, dir, t.TempDir(), &Options{
		Settle:  time.Millisecond,
		Updated: func(r Report, err error) { updated <- r },
	})
	mustUpdate(t, c)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := c.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Run: %v, want context.Canceled", err)
		}
	})
	wg.Go(func() {
		for ctx.Err() == nil {
			if _, err := c.Index().Search(context.Background(), retrieval.Query{Text: "disk is full"}); err != nil {
				t.Errorf("a question was dropped: %v", err)
				return
			}
		}
	})
	defer wg.Wait()
	defer cancel()
	// waitFor returns once the index holds the documents.
	waitFor := func(what string, want ...string) {
		t.Helper()
		deadline := time.After(2 * time.Minute) // ends a test that hangs
		for {
			if cmp.Equal(want, paths(c)) {
				return
			}
			select {
			case <-updated:
			case <-deadline:
				t.Fatalf("%s: the index holds %v, want %v", what, paths(c), want)
			}
		}
	}
	c.Rescan() // Run is watching once it has answered this
	<-updated
	write(t, dir, "b.md", docB)
	waitFor("added", "a.md", "b.md")
	write(t, dir, "new/deep/c.md", docB)
	waitFor("added in a new folder", "a.md", "b.md", "new/deep/c.md")
	if err := os.Rename(filepath.Join(dir, "b.md"), filepath.Join(dir, "d.md")); err != nil {
		t.Fatal(err)
	}
	waitFor("renamed", "a.md", "d.md", "new/deep/c.md")
	if err := os.RemoveAll(filepath.Join(dir, "new")); err != nil {
		t.Fatal(err)
	}
	waitFor("deleted", "a.md", "d.md")
}

// Mounted ConfigMaps swap a link named ..data; no file below ever changes.
func TestRunFollowsConfigMapLinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "..v1/a.md", docA)
	write(t, dir, "..v2/a.md", docB)
	link := func(target string) {
		t.Helper()
		tmp := filepath.Join(dir, "..tmp")
		if err := os.Symlink(target, tmp); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(tmp, filepath.Join(dir, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	link("..v1")
	if err := os.Symlink(filepath.Join("..data", "a.md"), filepath.Join(dir, "a.md")); err != nil {
		t.Fatal(err)
	}
	c := open(t, dir, t.TempDir(), nil)
	if r := mustUpdate(t, c); r.Documents != 1 {
		t.Fatalf("%+v, want the one document behind the link", r)
	}
	link("..v2")
	if err := os.Chtimes(filepath.Join(dir, "..v2", "a.md"), time.Now().Add(-30*time.Minute), time.Now().Add(-30*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if r := mustUpdate(t, c); r.Indexed != 1 {
		t.Errorf("%+v, want the document indexed anew after the link moved", r)
	}
	if doc, ok := c.Index().Document("wiki", "a.md"); !ok || doc.Text != docB {
		t.Errorf("the text behind the moved link is not served")
	}
}
