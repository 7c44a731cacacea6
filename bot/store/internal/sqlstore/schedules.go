package sqlstore

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"cairn/bot/store"
)

// Cursor implements [store.Schedules].
func (s *Store) Cursor(ctx context.Context, schedule string) (t time.Time, err error) {
	err = s.engine.Read(ctx, func(ctx context.Context, q Q) error {
		return notFound(q.row(ctx, `SELECT cursor_at FROM @schedules WHERE name = ?`, schedule).Scan(timeOf{&t}))
	})
	return t, wrap(err, "read cursor of schedule %s", schedule)
}

// PlanSlots implements [store.Schedules].
func (s *Store) PlanSlots(ctx context.Context, schedule string, from, to time.Time, slots []store.Delivery) (ok bool, err error) {
	err = s.engine.Write(ctx, func(ctx context.Context, q Q) error {
		ok = false
		var n int
		var err error
		if from.IsZero() {
			n, err = q.exec(ctx, `INSERT INTO @schedules (name, cursor_at) VALUES (?, ?) ON CONFLICT DO NOTHING`, schedule, to)
		} else {
			n, err = q.exec(ctx, `UPDATE @schedules SET cursor_at = ? WHERE name = ? AND cursor_at = ?`, to, schedule, from)
		}
		if err != nil || n == 0 {
			return err
		}
		ok = true
		return addDeliveries(ctx, q, slots)
	})
	return ok, wrap(err, "plan slots of schedule %s", schedule)
}

// addDeliveries inserts slots and gives up what they supersede.
func addDeliveries(ctx context.Context, q Q, slots []store.Delivery) error {
	for _, d := range slots {
		if d.State == store.DeliveryPending {
			if _, err := q.exec(ctx, `UPDATE @deliveries SET state = ?, note = 'superseded', done_at = ?, payload = NULL
				WHERE schedule = ? AND state = ? AND slot_at < ?`,
				store.DeliveryMissed, d.Ready, d.Schedule, store.DeliveryPending, d.Slot); err != nil {
				return err
			}
		}
		if _, err := q.exec(ctx, `INSERT INTO @deliveries
			(id, schedule, kind, slot_at, adapter, channel, user_id, thread, state, ready_at, note, done_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			d.ID, d.Schedule, d.Kind, d.Slot, d.Adapter, d.Channel, d.User, d.Thread, d.State, d.Ready, d.Note, d.Done); err != nil {
			return err
		}
	}
	return nil
}

const deliveryColumns = `id, schedule, kind, slot_at, adapter, channel, user_id, thread, state, owner, ready_at,
	attempts, maybe_sent, item, ref, note, done_at`

func deliveryFields(d *store.Delivery) []any {
	return []any{&d.ID, &d.Schedule, &d.Kind, timeOf{&d.Slot}, &d.Adapter, &d.Channel, &d.User, &d.Thread, &d.State, &d.Owner,
		timeOf{&d.Ready}, &d.Attempts, boolOf{&d.MaybeSent}, &d.Item, &d.Ref, &d.Note, timeOf{&d.Done}}
}

// ClaimDeliveries implements [store.Schedules].
func (s *Store) ClaimDeliveries(ctx context.Context, owner string, now, until time.Time, n int) (list []store.Delivery, err error) {
	err = s.engine.Write(ctx, func(ctx context.Context, q Q) error {
		list = nil
		err := q.each(ctx, func(r *sql.Rows) error {
			var d store.Delivery
			if err := r.Scan(append(deliveryFields(&d), &d.Payload)...); err != nil {
				return err
			}
			d.State, d.Owner, d.Ready, d.Attempts = store.DeliveryClaimed, owner, until.UTC(), d.Attempts+1
			list = append(list, d)
			return nil
		}, `SELECT `+deliveryColumns+`, payload FROM @deliveries
			WHERE done_at = 0 AND ready_at <= ? ORDER BY ready_at, id LIMIT ? /*lock*/`, now, n)
		if err != nil {
			return err
		}
		for _, d := range list {
			if _, err := q.exec(ctx, `UPDATE @deliveries SET state = ?, owner = ?, ready_at = ?, attempts = attempts + 1 WHERE id = ?`,
				store.DeliveryClaimed, owner, until, d.ID); err != nil {
				return err
			}
		}
		return nil
	})
	return list, wrap(err, "claim deliveries")
}

// BeginDelivery implements [store.Schedules].
func (s *Store) BeginDelivery(ctx context.Context, id, owner, item string, payload []byte, until time.Time) (ok bool, err error) {
	err = s.engine.Write(ctx, func(ctx context.Context, q Q) error {
		n, err := q.exec(ctx, `UPDATE @deliveries SET item = ?, payload = ?, maybe_sent = 1, ready_at = ?
			WHERE id = ? AND owner = ? AND state = ?`, item, payload, until, id, owner, store.DeliveryClaimed)
		ok = n == 1
		return err
	})
	return ok, wrap(err, "begin delivery %s", id)
}

// FinishDelivery implements [store.Schedules]. The payload of a finished
// delivery goes.
func (s *Store) FinishDelivery(ctx context.Context, owner string, d store.Delivery) (ok bool, err error) {
	final := d.State != store.DeliveryPending && d.State != store.DeliveryClaimed
	done := time.Time{}
	if final {
		done = d.Done
		if done.IsZero() {
			done = d.Ready
		}
	}
	err = s.engine.Write(ctx, func(ctx context.Context, q Q) error {
		n, err := q.exec(ctx, `UPDATE @deliveries SET state = ?, owner = '', ready_at = ?, maybe_sent = ?, ref = ?, note = ?, done_at = ?,
				payload = CASE WHEN ? = 1 THEN NULL ELSE payload END
			WHERE id = ? AND owner = ? AND state = ?`,
			d.State, d.Ready, d.State != store.DeliveryPending, d.Ref, d.Note, done, final, d.ID, owner, store.DeliveryClaimed)
		ok = n == 1
		return err
	})
	return ok, wrap(err, "finish delivery %s", d.ID)
}

// ListDeliveries implements [store.Schedules].
func (s *Store) ListDeliveries(ctx context.Context, f store.DeliveryFilter) (list []store.Delivery, err error) {
	var where []string
	var args []any
	if f.Schedule != "" {
		where, args = append(where, "schedule = ?"), append(args, f.Schedule)
	}
	if len(f.States) > 0 {
		where, args = append(where, "state IN "+in(len(f.States))), append(args, anys(f.States)...)
	}
	if !f.Since.IsZero() {
		where, args = append(where, "slot_at >= ?"), append(args, f.Since)
	}
	query := `SELECT ` + deliveryColumns + ` FROM @deliveries`
	if len(where) > 0 {
		query += ` WHERE ` + strings.Join(where, " AND ")
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 1000
	}
	err = s.engine.Read(ctx, func(ctx context.Context, q Q) error {
		list = nil
		return q.each(ctx, func(r *sql.Rows) error {
			var d store.Delivery
			if err := r.Scan(deliveryFields(&d)...); err != nil {
				return err
			}
			list = append(list, d)
			return nil
		}, query+` ORDER BY slot_at DESC, id LIMIT ?`, append(args, limit)...)
	})
	return list, wrap(err, "list deliveries")
}

// ShownTips implements [store.TipHistory].
func (s *Store) ShownTips(ctx context.Context, stream string) (list []store.ShownTip, err error) {
	err = s.engine.Read(ctx, func(ctx context.Context, q Q) error {
		list = nil
		return q.each(ctx, func(r *sql.Rows) error {
			var t store.ShownTip
			if err := r.Scan(&t.ID, &t.Round, timeOf{&t.At}); err != nil {
				return err
			}
			list = append(list, t)
			return nil
		}, `SELECT id, round, at FROM @tips_shown WHERE stream = ? ORDER BY at, id`, stream)
	})
	return list, wrap(err, "read the tips shown in %s", stream)
}

// MarkTip implements [store.TipHistory].
func (s *Store) MarkTip(ctx context.Context, stream string, t store.ShownTip) (fresh bool, err error) {
	err = s.engine.Write(ctx, func(ctx context.Context, q Q) error {
		n, err := q.exec(ctx, `INSERT INTO @tips_shown AS s (stream, id, round, at) VALUES (?, ?, ?, ?)
			ON CONFLICT (stream, id) DO UPDATE SET round = excluded.round, at = excluded.at WHERE s.round < excluded.round`,
			stream, t.ID, t.Round, t.At)
		fresh = n == 1
		return err
	})
	return fresh, wrap(err, "mark tip %s in %s", t.ID, stream)
}
