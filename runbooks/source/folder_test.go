package source

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tree makes a folder from paths; a path ending in / is a folder, content
// beginning with -> a link.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for p, content := range files {
		full := filepath.Join(root, filepath.FromSlash(p))
		if strings.HasSuffix(p, "/") {
			if err := os.MkdirAll(full, 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if to, ok := strings.CutPrefix(content, "-> "); ok {
			err = os.Symlink(to, full)
		} else {
			err = os.WriteFile(full, []byte(content), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func list(t *testing.T, dir string, opts *Options) (files []string, skipped map[string]string) {
	t.Helper()
	l, err := NewFolder(dir, opts).List(t.Context())
	if err != nil && !errors.Is(err, ErrEmpty) {
		t.Fatalf("List: %v", err)
	}
	for _, f := range l.Files {
		files = append(files, f.Path)
	}
	skipped = map[string]string{}
	for _, s := range l.Skipped {
		skipped[s.Path] = s.Reason
	}
	return files, skipped
}

func TestListKinds(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		"b.md": "# b", "a/z.html": "<p>z", "a/k.RST": "k", "README": "text", "blob": "\x00\x01", "shot.png": "x", "two.png": "y",
		".git/config.md": "hidden", "a/.secret.md": "hidden", "big.txt": strings.Repeat("x", 2000), "empty": "",
	})
	files, skipped := list(t, dir, &Options{MaxFileSize: 1000})
	if diff := cmp.Diff([]string{"README", "a/k.RST", "a/z.html", "b.md"}, files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	want := map[string]string{
		"*.png":   "2 of a type that is not read",
		"big.txt": "file too large: 0.0 MiB, the limit is 0.0 MiB",
		"blob":    "no extension and no text",
		"empty":   "no extension and no text",
	}
	if diff := cmp.Diff(want, skipped); diff != "" {
		t.Errorf("skipped (-want +got):\n%s", diff)
	}
}

// A ConfigMap volume holds links into a hidden folder that is itself a link.
func TestListConfigMap(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		"..2026_11_21/a.md": "# one",
		"..data":            "-> ..2026_11_21",
		"a.md":              "-> ..data/a.md",
	})
	files, skipped := list(t, dir, nil)
	if diff := cmp.Diff([]string{"a.md"}, files); diff != "" || len(skipped) != 0 {
		t.Errorf("files %v, skipped %v", files, skipped)
	}
	raw, err := NewFolder(dir, nil).Read(t.Context(), "a.md")
	if err != nil || string(raw) != "# one" {
		t.Errorf("Read = %q, %v", raw, err)
	}
}

func TestListLinks(t *testing.T) {
	t.Parallel()
	outside := tree(t, map[string]string{"secret.md": "secret"})
	dir := tree(t, map[string]string{
		"docs/a.md":  "a",
		"docs/up":    "-> ..",
		"docs/self":  "-> self",
		"again":      "-> docs",
		"twin.md":    "-> docs/a.md",
		"gone.md":    "-> nowhere.md",
		"out.md":     "-> " + filepath.Join(outside, "secret.md"),
		"outdir":     "-> " + outside,
		"absolute":   "-> /etc/passwd",
		".hid/in.md": "b",
		"in":         "-> .hid",
	})
	files, skipped := list(t, dir, nil)
	if diff := cmp.Diff([]string{"docs/a.md", "in/in.md"}, files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	want := map[string]string{
		"docs/up":   "link to a folder that it stands in",
		"docs/self": "link cannot be followed: it is a loop or too long a chain",
		"again":     "link to a folder that is listed already",
		"twin.md":   "link to a file that is listed already",
		"gone.md":   "link leads nowhere",
		"out.md":    "link leads outside the library",
		"outdir":    "link leads outside the library",
		"absolute":  "link leads outside the library",
	}
	if diff := cmp.Diff(want, skipped); diff != "" {
		t.Errorf("skipped (-want +got):\n%s", diff)
	}
	for _, p := range []string{"out.md", "../x", "/etc/passwd", "outdir/secret.md", ""} {
		if raw, err := NewFolder(dir, nil).Read(t.Context(), p); err == nil {
			t.Errorf("Read(%q) = %q, want an error", p, raw)
		}
	}
	files, _ = list(t, dir, &Options{FollowOutside: true})
	if diff := cmp.Diff([]string{"absolute", "docs/a.md", "in/in.md", "out.md", "outdir/secret.md"}, files); diff != "" {
		t.Errorf("outside (-want +got):\n%s", diff)
	}
}

func TestListIsOrderedAndLimited(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"c.md": "c", "a.md": "a", "b/a.md": "b", "b.md": "b"})
	files, skipped := list(t, dir, &Options{MaxFiles: 3})
	if diff := cmp.Diff([]string{"a.md", "b.md", "b/a.md"}, files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if r := skipped["c.md"]; !strings.Contains(r, "more than 3 files") {
		t.Errorf("reason = %q", r)
	}
}

func TestLibraryErrors(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"file.md": "x", "empty/": "", "binaries/a.png": "x", "locked/": ""})
	if err := os.Chmod(filepath.Join(dir, "locked"), 0); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		path string
		want error
	}{
		{"file.md", ErrNotFolder},
		{"missing", ErrMissing},
		{"empty", ErrEmpty},
		{"binaries", ErrEmpty},
		{"locked", ErrUnreadable},
	}
	for _, tt := range tests {
		if tt.path == "locked" && os.Geteuid() == 0 {
			continue // root reads everything
		}
		_, err := NewFolder(filepath.Join(dir, tt.path), nil).List(t.Context())
		var le *LibraryError
		if !errors.Is(err, tt.want) || !errors.As(err, &le) || le.Hint == "" {
			t.Errorf("%s: err = %v, want %v with a hint", tt.path, err, tt.want)
		}
	}
	if _, err := NewFolder("", nil).List(t.Context()); !errors.Is(err, ErrMissing) {
		t.Errorf("no path: err = %v", err)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"big.md": strings.Repeat("x", 100), "sub/": ""})
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.md"), 0o644); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	f := NewFolder(dir, &Options{MaxFileSize: 10})
	for p, want := range map[string]string{
		"big.md": "too large", "pipe.md": "not a regular file", "sub": "not a regular file", "none.md": "no such file",
	} {
		_, err := f.Read(t.Context(), p)
		var fe *FileError
		if !errors.As(err, &fe) || !strings.Contains(fe.Reason(), want) {
			t.Errorf("Read(%s): %v, want %q", p, err, want)
		}
	}
	_, skipped := list(t, dir, nil)
	if skipped["pipe.md"] != "not a regular file" {
		t.Errorf("skipped = %v", skipped)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Read(ctx, "big.md"); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	if _, err := f.List(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled list: %v", err)
	}
}
