package storetest

import (
	"errors"
	"sync"
	"testing"

	"cairn/bot/store"
)

// Opening tests migrations: open opens the same empty database each time; sql
// runs one statement on it from outside.
func Opening(t *testing.T, open func() (store.Store, error), exec func(statement string)) {
	t.Helper()
	const openers = 6
	stores := make([]store.Store, openers)
	var wg sync.WaitGroup
	for i := range openers {
		wg.Go(func() {
			s, err := open()
			if err != nil {
				t.Errorf("open number %d of an empty database: %v", i, err)
				return
			}
			stores[i] = s
		})
	}
	wg.Wait()
	for i, s := range stores {
		if s == nil {
			continue
		}
		if _, err := s.RecordEvent(t.Context(), store.Event{Adapter: "a", Keys: []string{string(rune('a' + i))}, At: at(i)}); err != nil {
			t.Errorf("write through opener %d: %v", i, err)
		}
		ok(t, s.Close(), "close")
	}
	exec(`INSERT INTO @goose_db_version (version_id, is_applied) VALUES (99999, true)`)
	if s, err := open(); !errors.Is(err, store.ErrNewerSchema) {
		t.Errorf("opening a newer schema: %v, want ErrNewerSchema", err)
		if err == nil {
			s.Close()
		}
	}
}
