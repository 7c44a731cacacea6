package app

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"cairn/adapters"
	"cairn/bot/catalog"
	"cairn/bot/config"
	"cairn/runbooks"
)

// An impatient context ends after it has been asked so many times.
type impatient struct {
	context.Context
	left int
}

func (c *impatient) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// A process that is to stop does not first parse all documents, and what it
// left half-parsed is nobody's library.
func TestShelfStopsInTheMiddle(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"a.md", "b.md"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("# "+name+"\n\n1. Do it.\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	lg := newLogger(io.Discard, config.Log{Level: "error"}, true)
	c, err := catalog.Open(lg, []catalog.Library{{Name: "wiki", Path: dir}}, &catalog.Options{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	h := &shelf{s: &session{lg: lg, catalog: c, cfg: &config.Config{}}}
	for left := range 2 {
		if _, err := h.all(&impatient{t.Context(), left}); !errors.Is(err, context.Canceled) {
			t.Errorf("given up before document %d: %v, want context.Canceled", left+1, err)
		}
	}
	got := forViewer(h, adapters.Viewer{}, func(_ string, docs []*runbooks.Document) int { return len(docs) })
	if len(got) != 1 || got[0] != 2 {
		t.Errorf("the next one sees libraries of %d documents, want one of 2", got)
	}
}
