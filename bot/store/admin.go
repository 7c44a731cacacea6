package store

import (
	"context"
	"fmt"
	"io"
	"time"
)

// Retention says how long records are kept. A zero field means its default, a
// negative one for ever.
type Retention struct {
	// Events are the keys that recognise duplicates. Defaults to 7 days.
	Events time.Duration
	// Questions with their feedback. Defaults to 180 days.
	Questions time.Duration
	// Conversations that have fallen silent. Defaults to 14 days.
	Conversations time.Duration
	// Deliveries in a final state. Defaults to 400 days.
	Deliveries time.Duration
	// Reviews are single gradings; what a person knows is kept. Defaults to
	// for ever.
	Reviews time.Duration
}

// WithDefaults fills the zero fields.
func (r Retention) WithDefaults() Retention {
	const day = 24 * time.Hour
	for _, f := range []struct {
		field *time.Duration
		def   time.Duration
	}{{&r.Events, 7 * day}, {&r.Questions, 180 * day}, {&r.Conversations, 14 * day}, {&r.Deliveries, 400 * day}, {&r.Reviews, -1}} {
		if *f.field == 0 {
			*f.field = f.def
		}
	}
	return r
}

// Validate refuses what would break deduplication: a platform repeats events
// for some minutes.
func (r Retention) Validate() error {
	if r.Events > 0 && r.Events < time.Hour {
		return fmt.Errorf("retention of events: got %v, want at least 1h, since platforms repeat events", r.Events)
	}
	return nil
}

// A DataFilter chooses whose data: everybody's when Adapter and User are
// empty, else one person's.
type DataFilter struct {
	Adapter, User string
}

// Admin is what `cairn data` does.
type Admin interface {
	// Purge deletes what is older than its retention and returns the number of
	// deleted records by topic. Unfinished events and open deliveries stay.
	Purge(ctx context.Context, r Retention, now time.Time) (map[string]int, error)
	// Forget deletes everything that belongs to one person and returns the
	// number of records by topic. The keys of events stay, which name nobody.
	Forget(ctx context.Context, adapter, user string) (map[string]int, error)
	// Export writes the chosen records as JSON lines, the first being a header,
	// and returns their number. Secrets are left out: events go without
	// payload, leases and web tokens not at all.
	Export(ctx context.Context, w io.Writer, f DataFilter) (int, error)
	// Import reads what Export wrote and returns the number of records added.
	// Records that exist are left alone, so that importing twice is harmless;
	// all or nothing.
	Import(ctx context.Context, r io.Reader) (int, error)
}
