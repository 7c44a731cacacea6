package app

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairn/adapters"
	"cairn/bot/catalog"
	"cairn/bot/config"
	"cairn/runbooks"
)

// What failed is tried again, without a change and at the next one; what worked
// waits for a change.
func TestFollow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		changed := make(chan struct{})
		fails := 2
		var calls []time.Duration
		start := time.Now()
		done := make(chan error)
		go func() {
			done <- follow(ctx, changed, func(context.Context) error {
				calls = append(calls, time.Since(start))
				if fails--; fails >= 0 {
					return errors.New("the store is away")
				}
				return nil
			})
		}()
		time.Sleep(time.Hour)
		changed <- struct{}{}
		synctest.Wait()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
		if diff := cmp.Diff([]time.Duration{0, followAgain, 2 * followAgain, time.Hour}, calls); diff != "" {
			t.Errorf("called at (-want +got):\n%s", diff)
		}
	})
}

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
