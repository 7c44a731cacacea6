package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"cairn/bot/store"
)

// ErrUndo is returned by a function given to [Engine.Write] to roll back what
// it did without failing.
var ErrUndo = errors.New("undo")

// An Engine runs functions in transactions.
type Engine interface {
	// Read runs f; its statements may see different moments.
	Read(ctx context.Context, f func(ctx context.Context, q Q) error) error
	// Snapshot runs f so that all its statements see the same moment.
	Snapshot(ctx context.Context, f func(ctx context.Context, q Q) error) error
	// Write runs f in a transaction and returns nil when it is durable. f must
	// bear being run again. ErrUndo from f rolls back and makes Write return
	// nil.
	Write(ctx context.Context, f func(ctx context.Context, q Q) error) error
	// Close ends it.
	Close() error
}

// A Store is a [store.Store] over an Engine.
type Store struct {
	engine  Engine
	dialect *Dialect
}

// New makes a store.
func New(e Engine, d *Dialect) *Store { return &Store{engine: e, dialect: d} }

// Close ends the engine.
func (s *Store) Close() error { return s.engine.Close() }

// A Dialect turns the house's SQL into a database's.
type Dialect struct {
	// Prefix stands before table names.
	Prefix string
	// Numbered arguments are $1, $2 and so on instead of ?.
	Numbered bool
	// Lock replaces /*lock*/.
	Lock string
	// Now is an expression for the server's clock in microseconds; "" where
	// the caller's clock counts.
	Now string

	cache sync.Map // house SQL -> database's SQL
}

// SQL translates one statement. Statements are constants, so the cache is
// small.
func (d *Dialect) SQL(query string) string {
	if s, ok := d.cache.Load(query); ok {
		return s.(string)
	}
	var b strings.Builder
	n := 0
	for rest := query; rest != ""; {
		i := strings.IndexAny(rest, "?@/")
		if i < 0 {
			b.WriteString(rest)
			break
		}
		b.WriteString(rest[:i])
		switch {
		case rest[i] == '?' && d.Numbered:
			n++
			b.WriteString("$" + strconv.Itoa(n))
		case rest[i] == '@':
			b.WriteString(d.Prefix)
		case strings.HasPrefix(rest[i:], "/*lock*/"):
			b.WriteString(d.Lock)
			i += len("/*lock*/") - 1
		default:
			b.WriteByte(rest[i])
		}
		rest = rest[i+1:]
	}
	s, _ := d.cache.LoadOrStore(query, b.String())
	return s.(string)
}

// A Conn is what *sql.DB, *sql.Conn and *sql.Tx have in common.
type Conn interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Q runs statements of the house's SQL.
type Q struct {
	conn    Conn
	dialect *Dialect
}

// NewQ makes a Q.
func NewQ(c Conn, d *Dialect) Q { return Q{conn: c, dialect: d} }

// exec returns the number of rows affected.
func (q Q) exec(ctx context.Context, query string, args ...any) (int, error) {
	res, err := q.conn.ExecContext(ctx, q.dialect.SQL(query), encode(args)...)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

func (q Q) row(ctx context.Context, query string, args ...any) *sql.Row {
	return q.conn.QueryRowContext(ctx, q.dialect.SQL(query), encode(args)...)
}

// each calls scan for every row.
func (q Q) each(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := q.conn.QueryContext(ctx, q.dialect.SQL(query), encode(args)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// encode turns Go values into what both databases store.
func encode(args []any) []any {
	out := make([]any, len(args))
	for i, a := range args {
		switch v := a.(type) {
		case string:
			out[i] = clean(v)
		case time.Time:
			out[i] = micros(v)
		case bool:
			out[i] = int64(0)
			if v {
				out[i] = int64(1)
			}
		case int:
			out[i] = int64(v)
		case []string:
			out[i] = list(v)
		default:
			out[i] = a
		}
	}
	return out
}

// clean makes text storable everywhere.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

func list(v []string) string {
	c := make([]string, len(v))
	for i, s := range v {
		c[i] = clean(s)
	}
	b, _ := json.Marshal(c) // strings always marshal
	return string(b)
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// timeOf scans microseconds into a time.
type timeOf struct{ t *time.Time }

func (s timeOf) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("scan time: got %T, want int64", v)
	}
	*s.t = time.Time{}
	if n != 0 {
		*s.t = time.UnixMicro(n).UTC()
	}
	return nil
}

// boolOf scans 0 or 1 into a bool.
type boolOf struct{ b *bool }

func (s boolOf) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("scan bool: got %T, want int64", v)
	}
	*s.b = n != 0
	return nil
}

// listOf scans JSON into a list of strings; an empty list is nil.
type listOf struct{ l *[]string }

func (s listOf) Scan(v any) error {
	var raw []byte
	switch v := v.(type) {
	case string:
		raw = []byte(v)
	case []byte:
		raw = v
	default:
		return fmt.Errorf("scan list: got %T, want text", v)
	}
	*s.l = nil
	if err := json.Unmarshal(raw, s.l); err != nil {
		return fmt.Errorf("scan list: %w", err)
	}
	if len(*s.l) == 0 {
		*s.l = nil
	}
	return nil
}

// notFound turns the absence of a row into the store's sentinel.
func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return store.ErrNotFound
	}
	return err
}

// wrap says what was tried; sentinels stay recognisable.
func wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(format+": %w", append(args, err)...)
}

// in returns "(?, ?, ?)" for n arguments.
func in(n int) string { return "(" + strings.Repeat("?, ", n-1) + "?)" }

func anys(ss []string) []any {
	out := make([]any, len(ss))
	for i, s := range ss {
		out[i] = s
	}
	return out
}
