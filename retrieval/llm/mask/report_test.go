package mask

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The built-in library holds no secret and nobody's data: nothing of it may be
// hidden, or a model would explain runbooks with holes in them.
func TestLibraryStaysWhole(t *testing.T) {
	t.Parallel()
	files, size := 0, 0
	err := filepath.WalkDir("../../../runbooks/library", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(p) != ".md" {
			return err
		}
		files++
		n, _ := report(t, p)
		size += n
		return nil
	})
	if err != nil || files < 300 {
		t.Fatalf("%d files: %v", files, err)
	}
	t.Logf("%d files, %d bytes", files, size)
}

// MASK_REPORT names a directory of documents to list what is hidden in them,
// for judging by eye.
func TestReport(t *testing.T) {
	dir := os.Getenv("MASK_REPORT")
	if dir == "" {
		t.Skip("set MASK_REPORT to a directory")
	}
	counts, size := map[Kind]int{}, 0
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(p) != ".md" && filepath.Ext(p) != ".txt" {
			return err
		}
		n, c := report(t, p)
		size += n
		for k, n := range c {
			counts[k] += n
		}
		return nil
	})
	t.Logf("%d bytes, hidden: %v, %v", size, counts, err)
}

// report tells what is hidden in a file; in a test of what must stay whole
// that is an error.
func report(t *testing.T, name string) (int, map[Kind]int) {
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	say := t.Errorf
	if os.Getenv("MASK_REPORT") != "" {
		say = t.Logf
	}
	text, counts := string(raw), map[Kind]int{}
	for _, f := range merge(find(text)) {
		counts[f.kind]++
		before, after := text[max(0, f.start-50):f.start], text[f.end:min(len(text), f.end+25)]
		say("%s: %s: %q", filepath.Base(name), f.kind, strings.ToValidUTF8(before, "")+"⟦"+text[f.start:f.end]+"⟧"+strings.ToValidUTF8(after, ""))
	}
	return len(raw), counts
}
