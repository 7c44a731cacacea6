package sqlstore

import (
	"context"
	"time"

	"cairn/bot/store"
)

// purgeBatch bounds the rows that one transaction deletes, so that purging
// holds nobody up.
const purgeBatch = 2000

// Purge implements [store.Admin].
func (s *Store) Purge(ctx context.Context, r store.Retention, now time.Time) (map[string]int, error) {
	r = r.WithDefaults()
	if err := r.Validate(); err != nil {
		return nil, err
	}
	out := map[string]int{}
	for _, topic := range []struct {
		name  string
		keep  time.Duration
		table string
		// key are the columns of the primary key, where chooses what is old.
		key, where string
	}{
		{"events", r.Events, "@events", "adapter, key", "finished_at > 0 AND finished_at < ?"},
		// The keys of an unfinished event stay with it.
		{"event_keys", r.Events, "@event_keys", "adapter, key",
			"at < ? AND NOT EXISTS (SELECT 1 FROM @events e WHERE e.finished_at = 0 AND e.at = k.at AND e.adapter = k.adapter)"},
		{"questions", r.Questions, "@questions", "id", "at < ?"},
		{"conversations", r.Conversations, "@conversations", "adapter, channel, thread", "at < ?"},
		{"deliveries", r.Deliveries, "@deliveries", "id", "done_at > 0 AND done_at < ?"},
		{"reviews", r.Reviews, "@reviews", "adapter, user_id, card_id, prompt", "at < ?"},
		{"web_tokens", 1, "@web_tokens", "hash", "expires_at < ?"},
	} {
		if topic.keep < 0 {
			continue
		}
		query := `DELETE FROM ` + topic.table + ` WHERE (` + topic.key + `) IN
			(SELECT ` + topic.key + ` FROM ` + topic.table + ` k WHERE ` + topic.where + ` LIMIT ?)`
		for {
			var n int
			err := s.engine.Write(ctx, func(ctx context.Context, q Q) (err error) {
				n, err = q.exec(ctx, query, now.Add(-topic.keep), purgeBatch)
				return err
			})
			if err != nil {
				return out, wrap(err, "purge %s", topic.name)
			}
			out[topic.name] += n
			if n < purgeBatch {
				break
			}
		}
	}
	return out, nil
}

// Forget implements [store.Admin].
func (s *Store) Forget(ctx context.Context, adapter, user string) (out map[string]int, err error) {
	err = s.engine.Write(ctx, func(ctx context.Context, q Q) error {
		out = map[string]int{}
		for _, t := range tables {
			if t.owner == "" {
				continue
			}
			n, err := q.exec(ctx, `DELETE FROM @`+t.name+` WHERE `+t.owner, adapter, user)
			if err != nil {
				return err
			}
			out[t.name] = n
		}
		n, err := q.exec(ctx, `DELETE FROM @web_tokens WHERE adapter = ? AND user_id = ?`, adapter, user)
		out["web_tokens"] = n
		return err
	})
	return out, wrap(err, "forget a person of %s", adapter)
}
