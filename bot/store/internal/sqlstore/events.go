package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"cairn/bot/store"
)

// maxPayload bounds an event; platforms send far less.
const maxPayload = 1 << 20

// RecordEvent implements [store.Events].
func (s *Store) RecordEvent(ctx context.Context, e store.Event) (fresh bool, err error) {
	if len(e.Keys) == 0 || e.Keys[0] == "" {
		return false, errors.New("record event: it has no key")
	}
	if len(e.Payload) > maxPayload {
		return false, fmt.Errorf("record event: payload of %d bytes, at most %d are kept", len(e.Payload), maxPayload)
	}
	// The same order in every process, so that two never wait for each other.
	keys := make([]string, len(e.Keys))
	for i, k := range e.Keys {
		keys[i] = clean(k)
	}
	primary := keys[0]
	slices.Sort(keys)
	keys = slices.Compact(keys)
	err = s.engine.Write(ctx, func(ctx context.Context, q Q) error {
		fresh = false
		for _, k := range keys {
			n, err := q.exec(ctx, `INSERT INTO @event_keys (adapter, key, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, e.Adapter, k, e.At)
			if err != nil {
				return err
			}
			if n == 0 {
				return ErrUndo
			}
		}
		if _, err := q.exec(ctx, `INSERT INTO @events (adapter, key, ordering, payload, at) VALUES (?, ?, ?, ?, ?)`,
			e.Adapter, primary, e.Order, e.Payload, e.At); err != nil {
			return err
		}
		fresh = true
		return nil
	})
	if err != nil {
		return false, wrap(err, "record event of %s", e.Adapter)
	}
	return fresh, nil
}

// FinishEvent implements [store.Events]. The payload goes: it may hold a reply
// token.
func (s *Store) FinishEvent(ctx context.Context, adapter, key, outcome string, at time.Time) error {
	err := s.engine.Write(ctx, func(ctx context.Context, q Q) error {
		_, err := q.exec(ctx, `UPDATE @events SET outcome = ?, finished_at = ?, payload = NULL, owner = ''
			WHERE adapter = ? AND key = ? AND finished_at = 0`, outcome, at, adapter, key)
		return err
	})
	return wrap(err, "finish event of %s", adapter)
}

// ClaimEvents implements [store.Events].
func (s *Store) ClaimEvents(ctx context.Context, owner string, since, now, until time.Time, n int) (events []store.Event, err error) {
	err = s.engine.Write(ctx, func(ctx context.Context, q Q) error {
		events = nil
		err := q.each(ctx, func(r *sql.Rows) error {
			var e store.Event
			var key string
			if err := r.Scan(&e.Adapter, &key, &e.Order, &e.Payload, timeOf{&e.At}); err != nil {
				return err
			}
			e.Keys = []string{key}
			events = append(events, e)
			return nil
		}, `SELECT adapter, key, ordering, payload, at FROM @events
			WHERE finished_at = 0 AND at > ? AND until <= ? ORDER BY at, key LIMIT ? /*lock*/`, since, now, n)
		if err != nil {
			return err
		}
		for _, e := range events {
			if _, err := q.exec(ctx, `UPDATE @events SET owner = ?, until = ? WHERE adapter = ? AND key = ?`,
				owner, until, e.Adapter, e.Keys[0]); err != nil {
				return err
			}
		}
		return nil
	})
	return events, wrap(err, "claim events")
}

// HoldEvent implements [store.Events].
func (s *Store) HoldEvent(ctx context.Context, adapter, key, owner string, now, until time.Time) (ok bool, err error) {
	err = s.engine.Write(ctx, func(ctx context.Context, q Q) error {
		n, err := q.exec(ctx, `UPDATE @events SET owner = ?, until = ?
			WHERE adapter = ? AND key = ? AND finished_at = 0 AND (until <= ? OR owner = ?)`, owner, until, adapter, key, now, owner)
		ok = n == 1
		return err
	})
	return ok, wrap(err, "hold event of %s", adapter)
}
