package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cairn/bot/store"
	"cairn/bot/store/internal/sqlstore"
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

func openPath(t *testing.T, path string) store.Store { return file(path).Open(t) }

func TestChild(t *testing.T) { storetest.Child(t, openPath) }

func TestKilledProcessLosesNothing(t *testing.T) {
	t.Parallel()
	storetest.Kill(t, filepath.Join(t.TempDir(), "state.db"), openPath)
}

func TestProcessesMigrateAtOnce(t *testing.T) {
	t.Parallel()
	storetest.OpenAtOnce(t, filepath.Join(t.TempDir(), "state.db"), openPath)
}

func TestOpening(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	storetest.Opening(t, func() (store.Store, error) {
		return Open(t.Context(), slog.New(slog.DiscardHandler), path, nil)
	}, func(statement string) {
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec(strings.ReplaceAll(statement, "@", "")); err != nil {
			t.Fatal(err)
		}
	})
}

func TestFileIsPrivate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	s := file(path).Open(t)
	defer s.Close()
	if err := s.SaveQuestion(t.Context(), store.Question{ID: "q", At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) < 3 {
		t.Fatalf("the database's files are %q, %v, want the file, its log and the log's index", files, err)
	}
	for _, f := range files {
		fi, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		if fi.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v, want nothing for others", filepath.Base(f), fi.Mode())
		}
	}
}

// Writes that wait while the disk is busy share the next flush, and one that
// fails takes none of the others with it.
func TestGroupCommit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) { groupCommit(t, filepath.Join(dir, "state.db")) })
}

func groupCommit(t *testing.T, path string) {
	ctx := t.Context()
	s := file(path).Open(t).(*Store)
	defer s.Close()
	const writers = 50
	hold, began := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.engine.Write(ctx, func(context.Context, sqlstore.Q) error {
			close(began)
			<-hold
			return nil
		}); err != nil {
			t.Errorf("first write: %v", err)
		}
	})
	<-began
	before := s.engine.batches.Load()
	refused := errors.New("refused")
	for i := range writers {
		wg.Go(func() {
			if i == 7 {
				err := s.engine.Write(ctx, func(context.Context, sqlstore.Q) error { return refused })
				if !errors.Is(err, refused) {
					t.Errorf("the failing write: %v", err)
				}
				return
			}
			if err := s.SaveQuestion(ctx, store.Question{ID: fmt.Sprint(i), At: time.Now()}); err != nil {
				t.Errorf("write %d: %v", i, err)
			}
		})
	}
	synctest.Wait() // all of them wait for the first
	close(hold)
	wg.Wait()
	if got := s.engine.batches.Load() - before; got != 1 {
		t.Errorf("%d writes took %d transactions, want them to share one", writers+1, got)
	}
	list, err := s.ListQuestions(ctx, store.QuestionFilter{})
	if err != nil || len(list) != writers-1 {
		t.Errorf("%d questions are stored, %v, want %d", len(list), err, writers-1)
	}
}

// However many cards a library has, what others write waits for a part of them
// only.
func TestCardsAreWrittenInParts(t *testing.T) {
	t.Parallel()
	s := file(filepath.Join(t.TempDir(), "state.db")).Open(t).(*Store)
	defer s.Close()
	var cards []store.Card
	for i := range 1203 {
		cards = append(cards, store.Card{ID: fmt.Sprint("c", i), Library: "lib", Content: []byte("{}"), Hash: "1"})
	}
	for _, tc := range []struct {
		what  string
		cards []store.Card
		want  store.CardChange
	}{
		{"added", cards, store.CardChange{Added: 1203}},
		{"retired", nil, store.CardChange{Retired: 1203}},
	} {
		before := s.engine.batches.Load()
		if got, err := s.SyncCards(t.Context(), "lib", tc.cards, time.Now()); err != nil || got != tc.want {
			t.Fatalf("%s: %+v, %v, want %+v", tc.what, got, err, tc.want)
		}
		if n := s.engine.batches.Load() - before; n < 3 {
			t.Errorf("%d cards were %s in %d transactions, want 3 at least", len(cards), tc.what, n)
		}
	}
}

// A caller that gives up before its turn writes nothing; one that gives up
// while its write is under way learns how it ended.
func TestCancelledWrite(t *testing.T) {
	t.Parallel()
	s := file(filepath.Join(t.TempDir(), "state.db")).Open(t).(*Store)
	defer s.Close()
	hold, began := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	go func() {
		result <- s.engine.Write(ctx, func(context.Context, sqlstore.Q) error {
			close(began)
			<-hold
			return nil
		})
	}()
	<-began
	waiting, giveUp := context.WithCancel(t.Context())
	giveUp()
	if err := s.SaveQuestion(waiting, store.Question{ID: "never", At: time.Now()}); !errors.Is(err, context.Canceled) {
		t.Errorf("a write given up before its turn: %v, want context.Canceled", err)
	}
	cancel()
	close(hold)
	if err := <-result; err != nil {
		t.Errorf("a write given up while under way: %v, want its outcome", err)
	}
	if _, err := s.Question(t.Context(), "never"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the write given up: %v, want ErrNotFound", err)
	}
}

func TestBackup(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	dir := t.TempDir()
	s := file(filepath.Join(dir, "state.db")).Open(t).(*Store)
	defer s.Close()
	for i := range 100 {
		if err := s.SaveQuestion(ctx, store.Question{ID: fmt.Sprint(i), Text: "x", At: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	// Writing goes on meanwhile.
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 100; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			if err := s.SaveQuestion(ctx, store.Question{ID: fmt.Sprint(i), At: time.Now()}); err != nil {
				t.Errorf("write during backup: %v", err)
			}
		}
	})
	copied := filepath.Join(dir, "copy of it's.db")
	err := s.Backup(ctx, copied)
	close(stop)
	wg.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Backup(ctx, copied); err == nil {
		t.Error("a backup overwrote a file")
	}
	c := file(copied).Open(t)
	defer c.Close()
	if _, err := c.Question(ctx, "99"); err != nil {
		t.Errorf("the backup lacks what was there before: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.tmp")); len(left) > 0 {
		t.Errorf("temporary files are left: %v", left)
	}
}
