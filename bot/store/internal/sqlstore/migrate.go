package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"

	"cairn/bot/store"
)

// A Migration brings a database to the newest schema.
type Migration struct {
	Dialect goose.Dialect
	// Table is goose's own; Exists is a statement that counts it.
	Table, Exists string
	FS            fs.FS
	// Lock holds every other process off until unlock is called. It is taken
	// only when there is something to do.
	Lock func(ctx context.Context) (unlock func() error, err error)
}

// Run migrates db forward. A database newer than this binary is refused with
// [store.ErrNewerSchema] and left alone.
func (m Migration) Run(ctx context.Context, lg *slog.Logger, db *sql.DB) (err error) {
	p, err := goose.NewProvider(m.Dialect, db, m.FS, goose.WithTableName(m.Table),
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("read embedded migrations: %w", err)
	}
	sources := p.ListSources()
	newest := sources[len(sources)-1].Version
	have, err := m.version(ctx, db)
	if err != nil {
		return err
	}
	if have > newest {
		return fmt.Errorf("schema version %d, this binary knows %d: %w", have, newest, store.ErrNewerSchema)
	}
	if have == newest {
		return nil
	}
	unlock, err := m.Lock(ctx)
	if err != nil {
		return fmt.Errorf("wait for the migration lock: %w", err)
	}
	defer func() {
		if e := unlock(); e != nil && err == nil {
			err = fmt.Errorf("release the migration lock: %w", e)
		}
	}()
	// Another process may have migrated while this one waited.
	if have, err = m.version(ctx, db); err != nil || have == newest {
		return err
	}
	if have > newest {
		return fmt.Errorf("schema version %d, this binary knows %d: %w", have, newest, store.ErrNewerSchema)
	}
	done, err := p.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate the schema from version %d to %d: %w", have, newest, err)
	}
	lg.InfoContext(ctx, "schema migrated", "from", have, "to", newest, "migrations", len(done))
	return nil
}

// version returns the schema's version, 0 for an empty database.
func (m Migration) version(ctx context.Context, db *sql.DB) (v int64, err error) {
	var tables int
	if err := db.QueryRowContext(ctx, m.Exists).Scan(&tables); err != nil {
		return 0, fmt.Errorf("look for a schema: %w", err)
	}
	if tables == 0 {
		return 0, nil
	}
	err = db.QueryRowContext(ctx, `SELECT coalesce(max(version_id), 0) FROM `+m.Table).Scan(&v)
	if err != nil {
		return 0, fmt.Errorf("read the schema version: %w", err)
	}
	return v, nil
}
