package app

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"cairn/adapters"
	"cairn/bot"
	"cairn/bot/store"
	"cairn/bot/store/postgres"
	"cairn/bot/store/sqlite"
)

// stateFile is the SQLite file in the data directory.
const stateFile = "cairn.db"

// maxKeep bounds how long `cairn ask` tries to reach a database that is away; a
// variable for tests that want it reached.
var maxKeep = 3 * time.Second

// askState keeps the questions of `cairn ask` that found no answer where
// `cairn gaps` looks: in store.url, else in the data directory. It opens the
// database only when there is something to keep, so that answering stays fast
// and a database that cannot be reached or written stays harmless.
type askState struct {
	bot.Store // nil: only questions are asked for by commands
	s         *session
	mu        sync.Mutex
	db        stateStore
}

func (s *session) askState() *askState { return &askState{s: s} }

// SaveQuestion keeps what was not answered.
func (l *askState) SaveQuestion(ctx context.Context, q store.Question) error {
	if q.Outcome == store.OutcomeAnswered {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.db == nil {
		url, err := l.s.cfg.StoreURL()
		if err != nil {
			return err
		}
		if !url.IsZero() {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, maxKeep)
			defer cancel()
		}
		if l.db, _, err = l.s.openStateAt(ctx, url, maxKeep/2); err != nil {
			l.db = nil
			return err
		}
	}
	return l.db.SaveQuestion(ctx, q)
}

// Close closes the database if it was opened.
func (l *askState) Close() error {
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
	return s.openStateAt(ctx, s.cfg.Store.URL, 0)
}

// openStateAt opens the database at url, or the file in the data directory.
// wait is how long a server may take to start; 0 is the store's default.
func (s *session) openStateAt(ctx context.Context, url adapters.Secret, wait time.Duration) (stateStore, string, error) {
	if !url.IsZero() {
		from := s.cfg.Origin("store.url")
		if from == "" {
			from = s.cfg.Origin("store.url_file")
		}
		st, err := postgres.Open(ctx, s.lg, url.Reveal(), &postgres.Options{MaxConns: s.cfg.Store.MaxConnections, Wait: wait})
		if err != nil {
			return nil, "", both("open PostgreSQL from %s: %v", "打开 PostgreSQL（来自 %s）失败：%v").Err(from, err)
		}
		return st, "PostgreSQL (" + from + ")", nil
	}
	if err := os.MkdirAll(s.cfg.Data, 0o700); err != nil {
		return nil, "", both("create the data directory %s: %v; choose another with --data", "创建数据目录 %s 失败：%v；请用 --data 换一个").Err(s.cfg.Data, err)
	}
	path := filepath.Join(s.cfg.Data, stateFile)
	st, err := sqlite.Open(ctx, s.lg, path, nil)
	if err != nil {
		return nil, "", withAdvice(err) // never an interface that holds nil
	}
	return st, "SQLite " + path, nil
}

// withAdvice says what to do about a state database that does not open.
func withAdvice(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrNewerSchema):
		return both("%v; update cairn or choose another --data", "打开状态数据库失败：%v；请升级 cairn，或用 --data 换一个目录").Err(err)
	case errors.Is(err, fs.ErrPermission):
		return both("%v; make it writable for this user, or choose another directory with --data", "打开状态数据库失败：%v；请让当前用户可写，或用 --data 换一个目录").Err(err)
	}
	return both("%v", "打开状态数据库失败：%v").Err(err)
}
