package audit

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A log goes on with the day's newest file, after a restart and beside another
// process too: with a smaller number it would be deleted as the oldest.
func TestGoesOnWithTheNewestFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	opts := &Options{MaxSize: 2000, Files: 4}
	first, beside := New(quiet(), dir, opts), New(quiet(), dir, opts)
	record := func(l *Log, model string) {
		c := call()
		c.Model = model
		l.Record(c)
		for _, line := range lines(t, dir) {
			if line.Model == model {
				return
			}
		}
		t.Errorf("%s is not in the log", model)
	}
	record(beside, "beside")
	for i := range 80 {
		record(first, fmt.Sprint("first", i))
	}
	if _, err := os.Stat(filepath.Join(dir, Folder, "model-2026-11-29.0.jsonl")); err == nil {
		t.Fatal("the first file is still there")
	}
	record(beside, "beside, later")
	restarted := New(quiet(), dir, opts)
	for i := range 20 {
		record(restarted, fmt.Sprint("restarted", i))
	}
	files, err := restarted.files()
	if err != nil || len(files) != 4 || numberOf(files[0]) < 10 {
		t.Errorf("files %v, %v", files, err)
	}
	if tokens, _ := restarted.Spent(at.Truncate(time.Hour), ""); tokens < 8*42 {
		t.Errorf("%d tokens spent, want those of the lines that are left", tokens)
	}
}

// A data directory may have any name.
func TestDirectoryWithPatternSigns(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data[1")
	l := New(quiet(), dir, &Options{MaxSize: 1, Files: 2})
	for range 4 {
		l.Record(call())
	}
	files, err := l.files()
	if err != nil || len(files) != 2 || !strings.HasSuffix(files[1], ".3.jsonl") {
		t.Errorf("files %v, %v; want the last two of four", files, err)
	}
	if tokens, _ := l.Spent(at.Truncate(time.Hour), ""); tokens != 2*42 {
		t.Errorf("%d tokens spent, want those of two lines", tokens)
	}
}
