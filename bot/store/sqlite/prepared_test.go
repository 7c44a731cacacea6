package sqlite

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"cairn/bot/store"
)

func TestStatementsArePreparedOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, err := Open(ctx, slog.New(slog.DiscardHandler), filepath.Join(t.TempDir(), "s.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ask := func(i int) {
		id := fmt.Sprint("q", i)
		if err := s.SaveQuestion(ctx, store.Question{ID: id, Adapter: "web", Text: "disk full", Outcome: store.OutcomeAnswered, At: time.Unix(1, 0)}); err != nil {
			t.Error(err)
		}
		if q, err := s.Question(ctx, id); err != nil || q.Text != "disk full" {
			t.Errorf("question %s: %+v, %v", id, q, err)
		}
	}
	ask(0)
	e := s.engine
	written, read := e.writer.n.Load(), e.reader.n.Load()
	if written == 0 || read == 0 {
		t.Fatalf("%d statements for writing and %d for reading are prepared, want some of each", written, read)
	}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 50 {
				ask(1 + w*50 + i)
			}
		})
	}
	wg.Wait()
	if e.writer.n.Load() != written || e.reader.n.Load() != read {
		t.Errorf("%d and %d statements after more of the same, want %d and %d", e.writer.n.Load(), e.reader.n.Load(), written, read)
	}
}

// More statements than are kept still run.
func TestPreparedStatementsAreBounded(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, err := Open(ctx, slog.New(slog.DiscardHandler), filepath.Join(t.TempDir(), "s.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	p := s.engine.reader
	for i := range maxPrepared + 20 {
		var got int
		if err := p.QueryRowContext(ctx, fmt.Sprintf("SELECT %d + ?", i), 1).Scan(&got); err != nil || got != i+1 {
			t.Fatalf("statement %d: got %d, %v", i, got, err)
		}
	}
	if n := p.n.Load(); n != maxPrepared {
		t.Errorf("%d statements are kept, want %d", n, maxPrepared)
	}
	if _, err := p.ExecContext(ctx, "no statement"); err == nil {
		t.Error("a statement that does not parse gives no error")
	}
}
