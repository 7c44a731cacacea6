package sqlstore

import (
	"context"
	"time"
)

// AcquireLease implements [store.Leases].
func (s *Store) AcquireLease(ctx context.Context, name, holder string, now time.Time, ttl time.Duration) (ok bool, token int64, err error) {
	clock, args := "?", []any{micros(now)}
	if s.dialect.Now != "" {
		clock, args = s.dialect.Now, nil
	}
	err = s.engine.Write(ctx, func(ctx context.Context, q Q) error {
		ok, token = false, 0
		var server int64
		if err := q.row(ctx, `SELECT `+clock, args...).Scan(&server); err != nil {
			return err
		}
		n, err := q.exec(ctx, `INSERT INTO @leases AS l (name, holder, token, until) VALUES (?, ?, 1, ?)
			ON CONFLICT (name) DO UPDATE SET
				token = CASE WHEN l.holder = excluded.holder THEN l.token ELSE l.token + 1 END,
				holder = excluded.holder, until = excluded.until
			WHERE l.holder = excluded.holder OR l.until <= ?`, name, holder, server+ttl.Microseconds(), server)
		if err != nil || n == 0 {
			return err
		}
		ok = true
		return q.row(ctx, `SELECT token FROM @leases WHERE name = ?`, name).Scan(&token)
	})
	if err != nil {
		return false, 0, wrap(err, "acquire lease %s", name)
	}
	return ok, token, nil
}

// ReleaseLease implements [store.Leases]. The row stays, so that the token
// keeps growing.
func (s *Store) ReleaseLease(ctx context.Context, name, holder string) error {
	err := s.engine.Write(ctx, func(ctx context.Context, q Q) error {
		_, err := q.exec(ctx, `UPDATE @leases SET holder = '', until = 0 WHERE name = ? AND holder = ?`, name, holder)
		return err
	})
	return wrap(err, "release lease %s", name)
}
