package sqlite

import (
	"log/slog"
	"path/filepath"
	"testing"

	"cairn/bot/store"
	"cairn/bot/store/storetest"
)

// A file is a database that tests open.
type file string

func (f file) Open(t *testing.T) store.Store {
	t.Helper()
	s, err := Open(t.Context(), slog.New(slog.DiscardHandler), string(f), nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Database {
		return file(filepath.Join(t.TempDir(), "a folder", "st%41te?#.db"))
	})
}
