package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"cairn/bot/store"
)

// DueCards implements [store.Reviews].
func (s *Store) DueCards(ctx context.Context, d store.DueQuery) (ids []string, err error) {
	query := `SELECT s.card_id FROM @card_states s JOIN @cards c ON c.id = s.card_id
		WHERE s.adapter = ? AND s.user_id = ? AND s.due_at <= ? AND c.retired_at = 0`
	args := []any{d.Adapter, d.User, d.Now}
	if d.Libraries != nil {
		if len(d.Libraries) == 0 {
			return nil, nil
		}
		query, args = query+` AND c.library IN `+in(len(d.Libraries)), append(args, anys(d.Libraries)...)
	}
	if d.Lang != "" {
		query, args = query+` AND c.lang = ?`, append(args, d.Lang)
	}
	limit := d.Limit
	if limit <= 0 {
		limit = 20
	}
	err = s.engine.Read(ctx, func(ctx context.Context, q Q) (err error) {
		ids, err = q.strings(ctx, query+` ORDER BY s.due_at, s.card_id LIMIT ?`, append(args, limit)...)
		return err
	})
	return ids, wrap(err, "find due cards")
}

// strings returns the only column of all rows.
func (q Q) strings(ctx context.Context, query string, args ...any) (out []string, err error) {
	err = q.each(ctx, func(r *sql.Rows) error {
		var v string
		if err := r.Scan(&v); err != nil {
			return err
		}
		out = append(out, v)
		return nil
	}, query, args...)
	return out, err
}

// SeenCards implements [store.Reviews].
func (s *Store) SeenCards(ctx context.Context, adapter, user string) (ids []string, err error) {
	err = s.engine.Read(ctx, func(ctx context.Context, q Q) (err error) {
		ids, err = q.strings(ctx, `SELECT card_id FROM @card_states WHERE adapter = ? AND user_id = ? ORDER BY card_id`, adapter, user)
		return err
	})
	return ids, wrap(err, "list seen cards")
}

// CardState implements [store.Reviews].
func (s *Store) CardState(ctx context.Context, adapter, user, cardID string) (c store.CardState, err error) {
	err = s.engine.Read(ctx, func(ctx context.Context, q Q) (err error) {
		c, err = q.cardState(ctx, adapter, user, cardID)
		return err
	})
	return c, wrap(err, "read state of card %s", cardID)
}

func (q Q) cardState(ctx context.Context, adapter, user, cardID string) (store.CardState, error) {
	c := store.CardState{Adapter: adapter, User: user, CardID: cardID}
	err := q.row(ctx, `SELECT due_at, stability, difficulty, scheduled_days, reps, lapses, state, last_review_at, remaining_steps
		FROM @card_states WHERE adapter = ? AND user_id = ? AND card_id = ?`, adapter, user, cardID).
		Scan(timeOf{&c.Due}, &c.Stability, &c.Difficulty, &c.ScheduledDays, &c.Reps, &c.Lapses, &c.State, timeOf{&c.LastReview}, &c.RemainingSteps)
	if err != nil {
		return store.CardState{}, notFound(err)
	}
	return c, nil
}

// Review implements [store.Reviews].
func (s *Store) Review(ctx context.Context, adapter, user, cardID, prompt string) (r store.Review, err error) {
	err = s.engine.Read(ctx, func(ctx context.Context, q Q) (err error) {
		r, err = q.review(ctx, adapter, user, cardID, prompt)
		return err
	})
	return r, wrap(err, "read review of card %s", cardID)
}

func (q Q) review(ctx context.Context, adapter, user, cardID, prompt string) (store.Review, error) {
	r := store.Review{Adapter: adapter, User: user, CardID: cardID, Prompt: prompt}
	var before string
	err := q.row(ctx, `SELECT grade, at, before FROM @reviews WHERE adapter = ? AND user_id = ? AND card_id = ? AND prompt = ?`,
		adapter, user, cardID, prompt).Scan(&r.Grade, timeOf{&r.At}, &before)
	if err != nil {
		return store.Review{}, notFound(err)
	}
	if err := json.Unmarshal([]byte(before), &r.Before); err != nil {
		return store.Review{}, fmt.Errorf("decode the state before: %w", err)
	}
	return r, nil
}

// SaveReview implements [store.Reviews].
func (s *Store) SaveReview(ctx context.Context, r store.Review, after store.CardState) (ok bool, err error) {
	before, err := json.Marshal(r.Before)
	if err != nil {
		return false, fmt.Errorf("encode the state before: %w", err)
	}
	err = s.engine.Write(ctx, func(ctx context.Context, q Q) error {
		ok = false
		expect := r.Before.Reps
		switch old, err := q.review(ctx, r.Adapter, r.User, r.CardID, r.Prompt); {
		case err == nil:
			expect = old.Before.Reps + 1
		case !errors.Is(err, store.ErrNotFound):
			return err
		}
		// The state's row is written first and on one condition: of two
		// reviews that meet, the second changes nothing.
		n, err := q.exec(ctx, `INSERT INTO @card_states AS s
			(adapter, user_id, card_id, due_at, stability, difficulty, scheduled_days, reps, lapses, state, last_review_at, remaining_steps)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (adapter, user_id, card_id) DO UPDATE SET due_at = excluded.due_at, stability = excluded.stability,
				difficulty = excluded.difficulty, scheduled_days = excluded.scheduled_days, reps = excluded.reps,
				lapses = excluded.lapses, state = excluded.state, last_review_at = excluded.last_review_at,
				remaining_steps = excluded.remaining_steps
			WHERE s.reps = ?`,
			r.Adapter, r.User, r.CardID, after.Due, after.Stability, after.Difficulty, after.ScheduledDays, after.Reps, after.Lapses,
			after.State, after.LastReview, after.RemainingSteps, expect)
		if err != nil || n == 0 {
			return err
		}
		if _, err := q.exec(ctx, `INSERT INTO @reviews (adapter, user_id, card_id, prompt, grade, at, before) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (adapter, user_id, card_id, prompt) DO UPDATE SET grade = excluded.grade, at = excluded.at, before = excluded.before`,
			r.Adapter, r.User, r.CardID, r.Prompt, r.Grade, r.At, string(before)); err != nil {
			return err
		}
		ok = true
		return nil
	})
	return ok, wrap(err, "save review of card %s", r.CardID)
}

// ReviewTimes implements [store.Reviews].
func (s *Store) ReviewTimes(ctx context.Context, adapter, user string, since time.Time) (list []time.Time, err error) {
	err = s.engine.Read(ctx, func(ctx context.Context, q Q) error {
		list = nil
		return q.each(ctx, func(r *sql.Rows) error {
			var t time.Time
			if err := r.Scan(timeOf{&t}); err != nil {
				return err
			}
			list = append(list, t)
			return nil
		}, `SELECT at FROM @reviews WHERE adapter = ? AND user_id = ? AND at >= ? ORDER BY at`, adapter, user, since)
	})
	return list, wrap(err, "list reviews")
}

// CountCards implements [store.Reviews].
func (s *Store) CountCards(ctx context.Context, adapter, user string, now time.Time) (c store.CardCounts, err error) {
	err = s.engine.Read(ctx, func(ctx context.Context, q Q) error {
		return q.row(ctx, `SELECT count(*), coalesce(sum(CASE WHEN s.state = 2 THEN 1 ELSE 0 END), 0),
				coalesce(sum(CASE WHEN s.due_at <= ? AND c.retired_at = 0 THEN 1 ELSE 0 END), 0)
			FROM @card_states s LEFT JOIN @cards c ON c.id = s.card_id WHERE s.adapter = ? AND s.user_id = ?`, now, adapter, user).
			Scan(&c.Seen, &c.Known, &c.Due)
	})
	return c, wrap(err, "count cards")
}
