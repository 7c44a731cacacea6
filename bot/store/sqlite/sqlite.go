package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver named "sqlite"

	"cairn/bot/store"
	"cairn/bot/store/internal/sqlstore"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options are the store's settings. The zero value is good.
type Options struct {
	// Busy is how long to wait for another process's write. Defaults to 10 s.
	Busy time.Duration
	// Readers is the number of connections for reading. Defaults to 4.
	Readers int
	// NoSync leaves flushing to the operating system: for tests that count
	// years, never for data.
	NoSync bool
}

func (o *Options) withDefaults() (Options, error) {
	var v Options
	if o != nil {
		v = *o
	}
	if v.Busy == 0 {
		v.Busy = 10 * time.Second
	}
	if v.Readers == 0 {
		v.Readers = 4
	}
	if v.Busy < 0 || v.Readers < 0 {
		return v, fmt.Errorf("sqlite options: got Busy %v and Readers %d, want neither negative", v.Busy, v.Readers)
	}
	return v, nil
}

var (
	_ store.Events   = (*Store)(nil)
	_ store.Backuper = (*Store)(nil)
)

// A Store is a store.Store in one file.
type Store struct {
	*sqlstore.Store
	engine *engine
	path   string
}

// Open opens the database at path, creating it and its folder where missing
// and migrating it where it is old. It returns an error with
// [store.ErrNewerSchema] for a file of a newer Cairn.
func Open(ctx context.Context, lg *slog.Logger, path string, o *Options) (_ *Store, err error) {
	opt, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	lg = lg.With("component", "sqlite")
	if err := create(path); err != nil {
		return nil, err
	}
	write, err := sql.Open("sqlite", dsn(path, opt))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			write.Close()
		}
	}()
	write.SetMaxOpenConns(1)
	if err := useWAL(ctx, write, opt.Busy); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("read embedded migrations: %w", err)
	}
	err = sqlstore.Migration{
		Dialect: goose.DialectSQLite3,
		Table:   "goose_db_version",
		Exists:  `SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'goose_db_version'`,
		FS:      files,
		Lock:    func(ctx context.Context) (func() error, error) { return migrationLock(ctx, path) },
	}.Run(ctx, lg, write)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	read, err := sql.Open("sqlite", dsn(path, opt))
	if err != nil {
		return nil, fmt.Errorf("open %s for reading: %w", path, err)
	}
	read.SetMaxOpenConns(opt.Readers)
	read.SetMaxIdleConns(opt.Readers)
	e, err := newEngine(ctx, lg, write, read, dialect())
	if err != nil {
		read.Close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return &Store{Store: sqlstore.New(e, e.dialect), engine: e, path: path}, nil
}

func dialect() *sqlstore.Dialect { return &sqlstore.Dialect{} }

// create makes the file readable by its owner alone: it holds what people
// asked. SQLite gives its side files the same mode.
func create(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("create the folder of the state database: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open the state database: %w", err)
	}
	return f.Close()
}

func dsn(path string, o Options) string {
	sync := "FULL"
	if o.NoSync {
		sync = "OFF"
	}
	q := url.Values{"_pragma": {
		fmt.Sprintf("busy_timeout(%d)", o.Busy.Milliseconds()),
		"synchronous(" + sync + ")",
		"foreign_keys(1)",
		"temp_store(MEMORY)",
	}}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// useWAL switches the file to WAL. SQLite does not wait for other processes
// while switching, so this does.
func useWAL(ctx context.Context, db *sql.DB, busy time.Duration) error {
	deadline := time.Now().Add(busy)
	for {
		var mode string
		err := db.QueryRowContext(ctx, "PRAGMA journal_mode(WAL)").Scan(&mode)
		if err == nil && mode == "wal" {
			return nil
		}
		if err == nil {
			return fmt.Errorf("switch to WAL: the file system only allows journal mode %q", mode)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("switch to WAL: %w", err)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// migrationLock holds other processes off by an exclusive transaction in a
// small database beside the real one; the lock dies with the process.
func migrationLock(ctx context.Context, path string) (func() error, error) {
	q := url.Values{"_pragma": {"busy_timeout(60000)", "journal_mode(DELETE)"}}
	lock := path + ".migrating"
	if err := create(lock); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: lock}).EscapedPath()+"?"+q.Encode())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", lock, err)
	}
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, "BEGIN EXCLUSIVE"); err != nil {
		db.Close()
		return nil, fmt.Errorf("lock %s: %w", lock, err)
	}
	return func() error {
		_, err := db.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		return errors.Join(err, db.Close())
	}, nil
}

// Backup implements [store.Backuper]: a compact copy of one moment, made while
// others read and write.
func (s *Store) Backup(ctx context.Context, path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("back up %s: %s exists; name a new file", s.path, path)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("back up %s: %w", s.path, err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("back up %s: %w", s.path, err)
	}
	defer os.Remove(tmp.Name())
	tmp.Close()
	if _, err := s.engine.read.ExecContext(ctx, "VACUUM INTO ?", tmp.Name()); err != nil {
		return fmt.Errorf("back up %s to %s: %w", s.path, path, err)
	}
	if err := flush(tmp.Name()); err != nil {
		return fmt.Errorf("flush backup %s: %w", path, err)
	}
	// Link, not rename: a file that appeared meanwhile is not overwritten.
	if err := os.Link(tmp.Name(), path); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("back up %s: %w", s.path, err)
		}
		if err := os.Rename(tmp.Name(), path); err != nil {
			return fmt.Errorf("put backup %s in place: %w", path, err)
		}
	}
	return nil
}

func flush(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
