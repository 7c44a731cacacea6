package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"cairn/bot/store"
	"cairn/bot/store/internal/sqlstore"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options are the store's settings. The zero value is good.
type Options struct {
	// MaxConns bounds the pool. Defaults to what the URL's pool_max_conns
	// says, else to 10.
	MaxConns int
	// Wait is how long to wait for a server that is starting. Defaults to 15 s.
	Wait time.Duration
}

func (o *Options) withDefaults() (Options, error) {
	var v Options
	if o != nil {
		v = *o
	}
	if v.Wait == 0 {
		v.Wait = 15 * time.Second
	}
	if v.MaxConns < 0 || v.Wait < 0 {
		return v, fmt.Errorf("postgres options: got MaxConns %d and Wait %v, want neither negative", v.MaxConns, v.Wait)
	}
	return v, nil
}

var _ store.Store = (*Store)(nil)

// A Store is a store.Store in a PostgreSQL schema.
type Store struct {
	*sqlstore.Store
}

// Open connects to the database at url and migrates it where it is old. It
// returns an error with [store.ErrNewerSchema] for a schema of a newer Cairn.
// Errors do not hold the URL's password.
func Open(ctx context.Context, lg *slog.Logger, url string, o *Options) (_ *Store, err error) {
	opt, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	lg = lg.With("component", "postgres")
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read the database URL: %w", err)
	}
	if cfg.ConnConfig.RuntimeParams["application_name"] == "" {
		cfg.ConnConfig.RuntimeParams["application_name"] = "cairn"
	}
	switch {
	case opt.MaxConns > 0:
		cfg.MaxConns = int32(opt.MaxConns)
	case cfg.MaxConns < 10:
		cfg.MaxConns = 10
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open the database pool: %w", err)
	}
	e := &engine{lg: lg, pool: pool, db: stdlib.OpenDBFromPool(pool), dialect: &sqlstore.Dialect{
		Prefix: "cairn.", Numbered: true, Lock: "FOR UPDATE SKIP LOCKED",
		Now: "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
	}}
	defer func() {
		if err != nil {
			e.Close()
		}
	}()
	where := fmt.Sprintf("database %s on %s", cfg.ConnConfig.Database, cfg.ConnConfig.Host)
	if err := e.wait(ctx, opt.Wait); err != nil {
		return nil, fmt.Errorf("connect to %s: %w", where, err)
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("read embedded migrations: %w", err)
	}
	err = sqlstore.Migration{
		Dialect: goose.DialectPostgres,
		Table:   "cairn.goose_db_version",
		Exists:  `SELECT count(*) FROM pg_tables WHERE schemaname = 'cairn' AND tablename = 'goose_db_version'`,
		FS:      files,
		Lock:    e.migrationLock,
	}.Run(ctx, lg, e.db)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", where, err)
	}
	return &Store{sqlstore.New(e, e.dialect)}, nil
}

var _ sqlstore.Engine = (*engine)(nil)

type engine struct {
	lg      *slog.Logger
	pool    *pgxpool.Pool
	db      *sql.DB
	dialect *sqlstore.Dialect
	closed  atomic.Bool
}

// wait pings until the server answers; one that is starting refuses at first.
func (e *engine) wait(ctx context.Context, patience time.Duration) error {
	deadline := time.Now().Add(patience)
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		err := e.db.PingContext(ctx)
		if err == nil {
			return nil
		}
		var refused *pgconn.PgError
		starting := errors.As(err, &refused) && refused.Code == "57P03" // cannot_connect_now
		if refused != nil && !starting || time.Now().Add(pause).After(deadline) {
			return err
		}
		e.lg.WarnContext(ctx, "database does not answer yet", "err", err)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// lockKey is the advisory lock of Cairn's migrations: "cairn" in ASCII.
const lockKey = 0x636169726e

// migrationLock takes the advisory lock and creates the schema under it.
func (e *engine) migrationLock(ctx context.Context) (func() error, error) {
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, int64(lockKey)); err != nil {
		conn.Close()
		return nil, err
	}
	unlock := func() error {
		_, err := conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, int64(lockKey))
		return errors.Join(err, conn.Close())
	}
	// Asked first, since IF NOT EXISTS demands the right to create even where
	// somebody with more rights has made the schema.
	var n int
	err = conn.QueryRowContext(ctx, `SELECT count(*) FROM pg_namespace WHERE nspname = 'cairn'`).Scan(&n)
	if err == nil && n == 0 {
		_, err = conn.ExecContext(ctx, `CREATE SCHEMA cairn`)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("create the schema cairn: %w", err), unlock())
	}
	return unlock, nil
}

// Read implements [sqlstore.Engine].
func (e *engine) Read(ctx context.Context, f func(ctx context.Context, q sqlstore.Q) error) error {
	if e.closed.Load() {
		return store.ErrClosed
	}
	return sqlstore.Ended(ctx, f(ctx, sqlstore.NewQ(e.db, e.dialect)))
}

// Snapshot implements [sqlstore.Engine].
func (e *engine) Snapshot(ctx context.Context, f func(ctx context.Context, q sqlstore.Q) error) error {
	return sqlstore.Ended(ctx, e.tx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}, f))
}

// Write implements [sqlstore.Engine]. A transaction that the server gives up
// because of another is run again.
func (e *engine) Write(ctx context.Context, f func(ctx context.Context, q sqlstore.Q) error) error {
	for attempt := 1; ; attempt++ {
		err := sqlstore.Ended(ctx, e.tx(ctx, nil, f))
		var refused *pgconn.PgError
		if attempt == 5 || !errors.As(err, &refused) || refused.Code != "40001" && refused.Code != "40P01" {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(time.Duration(attempt) * time.Duration(5+rand.IntN(10)) * time.Millisecond):
		}
	}
}

func (e *engine) tx(ctx context.Context, o *sql.TxOptions, f func(ctx context.Context, q sqlstore.Q) error) error {
	if e.closed.Load() {
		return store.ErrClosed
	}
	tx, err := e.db.BeginTx(ctx, o)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback()
	if err := f(ctx, sqlstore.NewQ(tx, e.dialect)); err != nil {
		if errors.Is(err, sqlstore.ErrUndo) {
			return nil
		}
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// Close implements [sqlstore.Engine].
func (e *engine) Close() error {
	if e.closed.Swap(true) {
		return nil
	}
	err := e.db.Close()
	e.pool.Close()
	return err
}
