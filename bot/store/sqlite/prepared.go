package sqlite

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"

	"cairn/bot/store/internal/sqlstore"
)

// maxPrepared bounds the statements kept ready. The store has fewer constant
// ones; lists of arguments make more.
const maxPrepared = 256

var _ sqlstore.Conn = (*prepared)(nil)

// A preparer is a pool or a single connection.
type preparer interface {
	sqlstore.Conn
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// A prepared keeps statements ready on its connections, so that SQLite compiles
// each once. They are closed with their connections.
type prepared struct {
	on    preparer
	stmts sync.Map // query -> *sql.Stmt
	n     atomic.Int64
}

// stmt returns the statement, or nil where the query is to be run as it is.
// Nothing is locked meanwhile: preparing may wait for a connection that waits
// for another statement.
func (p *prepared) stmt(ctx context.Context, query string) *sql.Stmt {
	if s, ok := p.stmts.Load(query); ok {
		return s.(*sql.Stmt)
	}
	if p.n.Load() >= maxPrepared {
		return nil
	}
	s, err := p.on.PrepareContext(ctx, query)
	if err != nil {
		return nil // running it says what is wrong
	}
	first, loaded := p.stmts.LoadOrStore(query, s)
	if loaded {
		s.Close()
	} else {
		p.n.Add(1)
	}
	return first.(*sql.Stmt)
}

// ExecContext implements [sqlstore.Conn].
func (p *prepared) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if s := p.stmt(ctx, query); s != nil {
		return s.ExecContext(ctx, args...)
	}
	return p.on.ExecContext(ctx, query, args...)
}

// QueryContext implements [sqlstore.Conn].
func (p *prepared) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if s := p.stmt(ctx, query); s != nil {
		return s.QueryContext(ctx, args...)
	}
	return p.on.QueryContext(ctx, query, args...)
}

// QueryRowContext implements [sqlstore.Conn].
func (p *prepared) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if s := p.stmt(ctx, query); s != nil {
		return s.QueryRowContext(ctx, args...)
	}
	return p.on.QueryRowContext(ctx, query, args...)
}
