package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"cairn/bot"
	"cairn/bot/store"
	"cairn/bot/store/sqlite"
)

// stateFile is the SQLite file in the data directory.
const stateFile = "cairn.db"

// localState keeps the questions of `cairn ask` that found no answer, for
// `cairn gaps`. It opens the database only when there is something to keep, so
// that answering stays fast and a directory that cannot be written stays
// harmless.
type localState struct {
	bot.Store // nil: only questions are asked for by commands
	s         *session
	mu        sync.Mutex
	db        *sqlite.Store
}

func (s *session) localState() *localState { return &localState{s: s} }

// SaveQuestion keeps what was not answered.
func (l *localState) SaveQuestion(ctx context.Context, q store.Question) error {
	if q.Outcome == store.OutcomeAnswered {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.db == nil {
		if err := os.MkdirAll(l.s.cfg.Data, 0o700); err != nil {
			return fmt.Errorf("create the data directory: %w", err)
		}
		db, err := sqlite.Open(ctx, l.s.lg, filepath.Join(l.s.cfg.Data, stateFile), nil)
		if err != nil {
			return err
		}
		l.db = db
	}
	return l.db.SaveQuestion(ctx, q)
}

// Close closes the database if it was opened.
func (l *localState) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.db == nil {
		return nil
	}
	return l.db.Close()
}

// openState opens the store that serve and data use, and says which. Only
// those two listen to DATABASE_URL.
func (s *session) openState(ctx context.Context) (stateStore, string, error) {
	if !s.cfg.Store.URL.IsZero() {
		st, err := openPostgres(ctx, s)
		return st, "PostgreSQL (" + s.cfg.Origin("store.url") + ")", err
	}
	if err := os.MkdirAll(s.cfg.Data, 0o700); err != nil {
		return nil, "", fmt.Errorf("create the data directory %s: %w; choose another with --data", s.cfg.Data, err)
	}
	path := filepath.Join(s.cfg.Data, stateFile)
	st, err := sqlite.Open(ctx, s.lg, path, nil)
	return st, "SQLite " + path, withAdvice(err)
}

// withAdvice says what to do about a state database that does not open.
func withAdvice(err error) error {
	switch {
	case errors.Is(err, store.ErrNewerSchema):
		return fmt.Errorf("%w; update cairn or choose another --data", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w; make it writable for this user, or choose another directory with --data", err)
	}
	return err
}
