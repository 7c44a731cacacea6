package sqlstore

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"cairn/bot/store"
)

// keptTurns is how many turns of a conversation are remembered.
const keptTurns = 20

// Conversation implements [store.Conversations].
func (s *Store) Conversation(ctx context.Context, adapter, channel, thread string) (store.Conversation, error) {
	c := store.Conversation{Adapter: adapter, Channel: channel, Thread: thread}
	err := s.engine.Read(ctx, func(ctx context.Context, q Q) error {
		err := q.row(ctx, `SELECT quiet, at FROM @conversations WHERE adapter = ? AND channel = ? AND thread = ?`,
			adapter, channel, thread).Scan(boolOf{&c.Quiet}, timeOf{&c.At})
		if err != nil {
			return notFound(err)
		}
		return q.each(ctx, func(r *sql.Rows) error {
			var t store.Turn
			if err := r.Scan(&t.Role, &t.User, &t.Text, &t.QuestionID, timeOf{&t.At}); err != nil {
				return err
			}
			c.Turns = append(c.Turns, t)
			return nil
		}, `SELECT role, user_id, text, question_id, at FROM @turns
			WHERE adapter = ? AND channel = ? AND thread = ? ORDER BY n DESC LIMIT ?`, adapter, channel, thread, keptTurns)
	})
	if err != nil {
		return store.Conversation{}, wrap(err, "read conversation in %s", adapter)
	}
	slices.Reverse(c.Turns)
	return c, nil
}

// AppendTurn implements [store.Conversations].
func (s *Store) AppendTurn(ctx context.Context, adapter, channel, thread string, t store.Turn) error {
	err := s.engine.Write(ctx, func(ctx context.Context, q Q) error {
		// Updating the conversation's row first makes writers of one thread
		// take turns.
		if _, err := q.exec(ctx, `INSERT INTO @conversations AS c (adapter, channel, thread, quiet, at) VALUES (?, ?, ?, 0, ?)
			ON CONFLICT (adapter, channel, thread) DO UPDATE SET at = CASE WHEN c.at > excluded.at THEN c.at ELSE excluded.at END`,
			adapter, channel, thread, t.At); err != nil {
			return err
		}
		var last int64
		if err := q.row(ctx, `SELECT coalesce(max(n), 0) FROM @turns WHERE adapter = ? AND channel = ? AND thread = ?`,
			adapter, channel, thread).Scan(&last); err != nil {
			return err
		}
		if _, err := q.exec(ctx, `INSERT INTO @turns (adapter, channel, thread, n, role, user_id, text, question_id, at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, adapter, channel, thread, last+1, t.Role, t.User, t.Text, t.QuestionID, t.At); err != nil {
			return err
		}
		_, err := q.exec(ctx, `DELETE FROM @turns WHERE adapter = ? AND channel = ? AND thread = ? AND n <= ?`,
			adapter, channel, thread, last+1-keptTurns)
		return err
	})
	return wrap(err, "append turn in %s", adapter)
}

// SetQuiet implements [store.Conversations].
func (s *Store) SetQuiet(ctx context.Context, adapter, channel, thread string, quiet bool, at time.Time) error {
	err := s.engine.Write(ctx, func(ctx context.Context, q Q) error {
		_, err := q.exec(ctx, `INSERT INTO @conversations (adapter, channel, thread, quiet, at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (adapter, channel, thread) DO UPDATE SET quiet = excluded.quiet, at = excluded.at`,
			adapter, channel, thread, quiet, at)
		return err
	})
	return wrap(err, "set quiet in %s", adapter)
}
