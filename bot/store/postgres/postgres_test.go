package postgres

import (
	"log/slog"
	"os"
	"testing"

	"cairn/bot/store"
	"cairn/bot/store/storetest"
	"cairn/bot/store/storetest/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// A database is its address.
type database string

func (d database) Open(t *testing.T) store.Store {
	t.Helper()
	s, err := Open(t.Context(), slog.New(slog.DiscardHandler), string(d), nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Database { return database(pgtest.URL(t)) })
}
