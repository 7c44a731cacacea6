package postgres

import (
	"database/sql"
	"log/slog"
	"os"
	"strings"
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

func openURL(t *testing.T, url string) store.Store { return database(url).Open(t) }

func TestChild(t *testing.T) { storetest.Child(t, openURL) }

func TestKilledProcessLosesNothing(t *testing.T) {
	t.Parallel()
	storetest.Kill(t, pgtest.URL(t), openURL)
}

func TestProcessesMigrateAtOnce(t *testing.T) {
	t.Parallel()
	storetest.OpenAtOnce(t, pgtest.URL(t), openURL)
}

func TestOpening(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	storetest.Opening(t, func() (store.Store, error) {
		return Open(t.Context(), slog.New(slog.DiscardHandler), url, nil)
	}, func(statement string) {
		db, err := sql.Open("pgx", url)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec(strings.ReplaceAll(statement, "@", "cairn.")); err != nil {
			t.Fatal(err)
		}
	})
}

func TestPasswordStaysOutOfErrors(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"postgres://u:hunter2@127.0.0.1:1/db?connect_timeout=1",
		"postgres://u:hunter2@127.0.0.1:bad/db",
		"postgres://u:hunter2@[::1/db",
	} {
		_, err := Open(t.Context(), slog.New(slog.DiscardHandler), url, &Options{Wait: 1})
		if err == nil {
			t.Fatalf("opening %s succeeded", url)
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error holds the password: %v", err)
		}
	}
}
