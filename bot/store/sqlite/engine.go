package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"cairn/bot/store"
	"cairn/bot/store/internal/sqlstore"
)

// maxBatch bounds how many writes share a transaction, so that none waits for
// more than a few milliseconds of others' work.
const maxBatch = 256

var _ sqlstore.Engine = (*engine)(nil)

// An engine does all writing in one goroutine and reads in a pool.
type engine struct {
	lg      *slog.Logger
	dialect *sqlstore.Dialect
	write   *sql.DB
	conn    *sql.Conn // the writer's only connection
	read    *sql.DB
	writer  *prepared // on conn
	reader  *prepared // on read

	jobs    chan *job     // unbuffered; senders are the callers, the loop receives
	quit    chan struct{} // closed by Close
	stopped chan struct{} // closed by the loop
	once    sync.Once
	batches atomic.Int64 // transactions committed, for tests
}

// A job is one caller's write.
type job struct {
	ctx  context.Context
	f    func(ctx context.Context, q sqlstore.Q) error
	err  error
	done chan struct{}
	// taken is set by whoever comes first: the loop to run it, or the caller to
	// give it up.
	taken atomic.Bool
}

func newEngine(ctx context.Context, lg *slog.Logger, write, read *sql.DB, d *sqlstore.Dialect) (*engine, error) {
	conn, err := write.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("open the writer's connection: %w", err)
	}
	e := &engine{lg: lg, dialect: d, write: write, conn: conn, read: read, writer: &prepared{on: conn}, reader: &prepared{on: read},
		jobs: make(chan *job), quit: make(chan struct{}), stopped: make(chan struct{})}
	go e.loop()
	return e, nil
}

// Read implements [sqlstore.Engine].
func (e *engine) Read(ctx context.Context, f func(ctx context.Context, q sqlstore.Q) error) error {
	if e.closed() {
		return store.ErrClosed
	}
	return sqlstore.Ended(ctx, f(ctx, sqlstore.NewQ(e.reader, e.dialect)))
}

// Snapshot implements [sqlstore.Engine].
func (e *engine) Snapshot(ctx context.Context, f func(ctx context.Context, q sqlstore.Q) error) error {
	if e.closed() {
		return store.ErrClosed
	}
	tx, err := e.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("begin reading: %w", err)
	}
	defer tx.Rollback()
	return sqlstore.Ended(ctx, f(ctx, sqlstore.NewQ(tx, e.dialect)))
}

func (e *engine) closed() bool {
	select {
	case <-e.quit:
		return true
	default:
		return false
	}
}

// Write implements [sqlstore.Engine].
func (e *engine) Write(ctx context.Context, f func(ctx context.Context, q sqlstore.Q) error) error {
	j := &job{ctx: ctx, f: f, done: make(chan struct{})}
	select {
	case e.jobs <- j:
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-e.quit:
		return store.ErrClosed
	}
	select {
	case <-j.done:
		return j.err
	case <-ctx.Done():
		if j.taken.CompareAndSwap(false, true) {
			return context.Cause(ctx)
		}
		<-j.done // it is being written; f's variables are its own until then
		return j.err
	}
}

func (e *engine) loop() {
	defer close(e.stopped)
	for {
		select {
		case <-e.quit:
			return
		case j := <-e.jobs:
			e.batch(j)
		}
	}
}

// batch runs first and everything else that waits in one transaction.
func (e *engine) batch(first *job) {
	// Statements run without the callers' contexts: SQLite answers an
	// interrupt by rolling back the whole transaction, everybody's.
	ctx := context.Background()
	var jobs []*job
	finish := func(err error) {
		for _, j := range jobs {
			if j.err == nil {
				j.err = err
			}
			if errors.Is(j.err, sqlstore.ErrUndo) {
				j.err = nil
			}
			close(j.done)
		}
	}
	if _, err := e.writer.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		jobs = append(jobs, first)
		first.taken.Store(true)
		finish(fmt.Errorf("begin writing: %w", err))
		return
	}
	q := sqlstore.NewQ(e.writer, e.dialect)
	for j := first; j != nil; {
		if j.taken.CompareAndSwap(false, true) {
			jobs = append(jobs, j)
			if err := e.run(ctx, q, j); err != nil {
				// The transaction is in an unknown state: nobody's work counts.
				e.rollback(ctx)
				finish(fmt.Errorf("write: %w", err))
				return
			}
		}
		j = nil
		if len(jobs) < maxBatch {
			select {
			case j = <-e.jobs:
			default:
			}
		}
	}
	_, err := e.writer.ExecContext(ctx, "COMMIT")
	if err != nil {
		e.rollback(ctx)
		err = fmt.Errorf("commit: %w", err)
	} else {
		e.batches.Add(1)
	}
	finish(err)
}

// run runs one job in a savepoint. Its own failure goes to j.err; the error
// returned means that the transaction is broken.
func (e *engine) run(ctx context.Context, q sqlstore.Q, j *job) error {
	if _, err := e.writer.ExecContext(ctx, "SAVEPOINT job"); err != nil {
		return err
	}
	// The caller's values stay reachable, its cancellation does not.
	if j.err = j.f(context.WithoutCancel(j.ctx), q); j.err != nil {
		if _, err := e.writer.ExecContext(ctx, "ROLLBACK TO job"); err != nil {
			return err
		}
	}
	_, err := e.writer.ExecContext(ctx, "RELEASE job")
	return err
}

func (e *engine) rollback(ctx context.Context) {
	// The failure that led here may have rolled back already.
	_, _ = e.writer.ExecContext(ctx, "ROLLBACK")
}

// Close implements [sqlstore.Engine]: it waits for the writes under way.
func (e *engine) Close() (err error) {
	e.once.Do(func() {
		close(e.quit)
		<-e.stopped
		err = errors.Join(e.read.Close(), e.conn.Close(), e.write.Close())
	})
	return err
}
