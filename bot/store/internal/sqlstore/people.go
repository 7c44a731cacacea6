package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"cairn/bot/store"
)

// Person implements [store.People].
func (s *Store) Person(ctx context.Context, adapter, user string) (p store.Person, err error) {
	err = s.engine.Read(ctx, func(ctx context.Context, q Q) (err error) {
		p, err = q.person(ctx, adapter, user)
		return err
	})
	return p, wrap(err, "read a person of %s", adapter)
}

func (q Q) person(ctx context.Context, adapter, user string) (store.Person, error) {
	p := store.Person{Adapter: adapter, User: user}
	err := q.row(ctx, `SELECT workspace, name, lang, zone, leaderboard, streak, longest, freezes, last_day, created_at, updated_at
		FROM @people WHERE adapter = ? AND user_id = ?`, adapter, user).
		Scan(&p.Workspace, &p.Name, &p.Lang, &p.Zone, boolOf{&p.Leaderboard}, &p.Streak, &p.Longest, &p.Freezes, &p.LastDay,
			timeOf{&p.Created}, timeOf{&p.Updated})
	if err != nil {
		return store.Person{}, notFound(err)
	}
	return p, nil
}

// UpdatePerson implements [store.People].
func (s *Store) UpdatePerson(ctx context.Context, adapter, user string, now time.Time, change func(*store.Person) error) (p store.Person, err error) {
	err = s.engine.Write(ctx, func(ctx context.Context, q Q) error {
		// The row exists before it is read, so that the lock holds even the
		// first of two off.
		if _, err := q.exec(ctx, `INSERT INTO @people
			(adapter, user_id, workspace, name, lang, zone, leaderboard, streak, longest, freezes, last_day, created_at, updated_at)
			VALUES (?, ?, '', '', '', '', 0, 0, 0, 0, '', ?, ?)
			ON CONFLICT (adapter, user_id) DO UPDATE SET updated_at = excluded.updated_at`, adapter, user, now, now); err != nil {
			return err
		}
		if p, err = q.person(ctx, adapter, user); err != nil {
			return err
		}
		if err := change(&p); err != nil {
			return err
		}
		p.Adapter, p.User, p.Updated = adapter, user, now.UTC()
		_, err := q.exec(ctx, `UPDATE @people SET workspace = ?, name = ?, lang = ?, zone = ?, leaderboard = ?,
			streak = ?, longest = ?, freezes = ?, last_day = ? WHERE adapter = ? AND user_id = ?`,
			p.Workspace, p.Name, p.Lang, p.Zone, p.Leaderboard, p.Streak, p.Longest, p.Freezes, p.LastDay, adapter, user)
		return err
	})
	return p, wrap(err, "update a person of %s", adapter)
}

// Leaderboard implements [store.People].
func (s *Store) Leaderboard(ctx context.Context, adapter, workspace string, since time.Time, n int) (list []store.Rank, err error) {
	err = s.engine.Read(ctx, func(ctx context.Context, q Q) error {
		list = nil
		return q.each(ctx, func(r *sql.Rows) error {
			k := store.Rank{Adapter: adapter}
			if err := r.Scan(&k.User, &k.Name, &k.Streak, &k.Reviews); err != nil {
				return err
			}
			list = append(list, k)
			return nil
		}, `SELECT p.user_id, p.name, p.streak,
				(SELECT count(*) FROM @reviews r WHERE r.adapter = p.adapter AND r.user_id = p.user_id AND r.at >= ?) AS n
			FROM @people p WHERE p.leaderboard = 1 AND p.adapter = ? AND p.workspace = ?
			ORDER BY n DESC, p.streak DESC, p.user_id LIMIT ?`, since, adapter, workspace, n)
	})
	return list, wrap(err, "read the leaderboard of %s", adapter)
}

const subscriptionColumns = `adapter, user_id, kind, channel, wall_time, zone, topics, lang, detail, next_at, created_at`

// SaveSubscription implements [store.Subscriptions].
func (s *Store) SaveSubscription(ctx context.Context, v store.Subscription) error {
	err := s.engine.Write(ctx, func(ctx context.Context, q Q) error {
		_, err := q.exec(ctx, `INSERT INTO @subscriptions (`+subscriptionColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (adapter, user_id, kind) DO UPDATE SET channel = excluded.channel, wall_time = excluded.wall_time,
				zone = excluded.zone, topics = excluded.topics, lang = excluded.lang, detail = excluded.detail, next_at = excluded.next_at`,
			v.Adapter, v.User, v.Kind, v.Channel, v.At, v.Zone, v.Topics, v.Lang, v.Detail, v.Next, v.Created)
		return err
	})
	return wrap(err, "save a subscription of %s", v.Adapter)
}

// DeleteSubscription implements [store.Subscriptions].
func (s *Store) DeleteSubscription(ctx context.Context, adapter, user, kind string) (existed bool, err error) {
	err = s.engine.Write(ctx, func(ctx context.Context, q Q) error {
		n, err := q.exec(ctx, `DELETE FROM @subscriptions WHERE adapter = ? AND user_id = ? AND kind = ?`, adapter, user, kind)
		existed = n > 0
		return err
	})
	return existed, wrap(err, "delete a subscription of %s", adapter)
}

func (s *Store) subscriptions(ctx context.Context, rest string, args ...any) (list []store.Subscription, err error) {
	err = s.engine.Read(ctx, func(ctx context.Context, q Q) error {
		list = nil
		return q.each(ctx, func(r *sql.Rows) error {
			var v store.Subscription
			if err := r.Scan(&v.Adapter, &v.User, &v.Kind, &v.Channel, &v.At, &v.Zone, listOf{&v.Topics}, &v.Lang, &v.Detail,
				timeOf{&v.Next}, timeOf{&v.Created}); err != nil {
				return err
			}
			list = append(list, v)
			return nil
		}, `SELECT `+subscriptionColumns+` FROM @subscriptions `+rest, args...)
	})
	return list, wrap(err, "list subscriptions")
}

// ListSubscriptions implements [store.Subscriptions].
func (s *Store) ListSubscriptions(ctx context.Context, adapter, user string) ([]store.Subscription, error) {
	return s.subscriptions(ctx, `WHERE adapter = ? AND user_id = ? ORDER BY kind`, adapter, user)
}

// DueSubscriptions implements [store.Subscriptions].
func (s *Store) DueSubscriptions(ctx context.Context, now time.Time, n int) ([]store.Subscription, error) {
	return s.subscriptions(ctx, `WHERE next_at <= ? ORDER BY next_at, adapter, user_id LIMIT ?`, now, n)
}

// NextSubscription implements [store.Subscriptions].
func (s *Store) NextSubscription(ctx context.Context) (t time.Time, err error) {
	err = s.engine.Read(ctx, func(ctx context.Context, q Q) error {
		return q.row(ctx, `SELECT coalesce(min(next_at), 0) FROM @subscriptions`).Scan(timeOf{&t})
	})
	return t, wrap(err, "find the next subscription")
}

// AdvanceSubscription implements [store.Subscriptions].
func (s *Store) AdvanceSubscription(ctx context.Context, v store.Subscription, next time.Time, slots []store.Delivery) (ok bool, err error) {
	err = s.engine.Write(ctx, func(ctx context.Context, q Q) error {
		n, err := q.exec(ctx, `UPDATE @subscriptions SET next_at = ?
			WHERE adapter = ? AND user_id = ? AND kind = ? AND next_at = ? AND wall_time = ? AND zone = ?`,
			next, v.Adapter, v.User, v.Kind, v.Next, v.At, v.Zone)
		if ok = n == 1; err != nil || !ok {
			return err
		}
		return addDeliveries(ctx, q, slots)
	})
	return ok, wrap(err, "advance a subscription of %s", v.Adapter)
}

// StartPath implements [store.Paths].
func (s *Store) StartPath(ctx context.Context, adapter, user, path string, now time.Time) error {
	err := s.engine.Write(ctx, func(ctx context.Context, q Q) error {
		_, err := q.exec(ctx, `INSERT INTO @paths (adapter, user_id, path, started_at, updated_at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (adapter, user_id, path) DO UPDATE SET updated_at = excluded.updated_at`, adapter, user, path, now, now)
		return err
	})
	return wrap(err, "start path %s", path)
}

// FinishUnit implements [store.Paths].
func (s *Store) FinishUnit(ctx context.Context, adapter, user, path, unit string, now time.Time) error {
	err := s.engine.Write(ctx, func(ctx context.Context, q Q) error {
		n, err := q.exec(ctx, `UPDATE @paths SET updated_at = ? WHERE adapter = ? AND user_id = ? AND path = ?`, now, adapter, user, path)
		if err != nil {
			return err
		}
		if n == 0 {
			return store.ErrNotFound
		}
		_, err = q.exec(ctx, `INSERT INTO @path_units (adapter, user_id, path, unit, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			adapter, user, path, unit, now)
		return err
	})
	return wrap(err, "finish unit %s of path %s", unit, path)
}

// Progress implements [store.Paths].
func (s *Store) Progress(ctx context.Context, adapter, user, path string) (p store.PathProgress, err error) {
	err = s.engine.Read(ctx, func(ctx context.Context, q Q) (err error) {
		p, err = q.progress(ctx, adapter, user, path)
		return err
	})
	return p, wrap(err, "read progress on path %s", path)
}

func (q Q) progress(ctx context.Context, adapter, user, path string) (store.PathProgress, error) {
	p := store.PathProgress{Adapter: adapter, User: user, Path: path, Done: map[string]time.Time{}}
	err := q.row(ctx, `SELECT started_at, updated_at FROM @paths WHERE adapter = ? AND user_id = ? AND path = ?`, adapter, user, path).
		Scan(timeOf{&p.Started}, timeOf{&p.Updated})
	if err != nil {
		return store.PathProgress{}, notFound(err)
	}
	err = q.each(ctx, func(r *sql.Rows) error {
		var unit string
		var at time.Time
		if err := r.Scan(&unit, timeOf{&at}); err != nil {
			return err
		}
		p.Done[unit] = at
		return nil
	}, `SELECT unit, at FROM @path_units WHERE adapter = ? AND user_id = ? AND path = ?`, adapter, user, path)
	return p, err
}

// ListProgress implements [store.Paths].
func (s *Store) ListProgress(ctx context.Context, adapter, user string) (list []store.PathProgress, err error) {
	err = s.engine.Read(ctx, func(ctx context.Context, q Q) error {
		list = nil
		paths, err := q.strings(ctx, `SELECT path FROM @paths WHERE adapter = ? AND user_id = ? ORDER BY updated_at DESC, path`, adapter, user)
		if err != nil {
			return err
		}
		for _, path := range paths {
			p, err := q.progress(ctx, adapter, user, path)
			if errors.Is(err, store.ErrNotFound) {
				continue // left meanwhile
			}
			if err != nil {
				return err
			}
			list = append(list, p)
		}
		return nil
	})
	return list, wrap(err, "list paths")
}

// LeavePath implements [store.Paths].
func (s *Store) LeavePath(ctx context.Context, adapter, user, path string) error {
	err := s.engine.Write(ctx, func(ctx context.Context, q Q) error {
		_, err := q.exec(ctx, `DELETE FROM @paths WHERE adapter = ? AND user_id = ? AND path = ?`, adapter, user, path)
		return err
	})
	return wrap(err, "leave path %s", path)
}

// SaveWebToken implements [store.WebTokens].
func (s *Store) SaveWebToken(ctx context.Context, t store.WebToken) error {
	err := s.engine.Write(ctx, func(ctx context.Context, q Q) error {
		_, err := q.exec(ctx, `INSERT INTO @web_tokens (hash, kind, adapter, workspace, user_id, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			t.Hash, t.Kind, t.Adapter, t.Workspace, t.User, t.Created, t.Expires)
		return err
	})
	return wrap(err, "save a web token of %s", t.Adapter)
}

// WebToken implements [store.WebTokens].
func (s *Store) WebToken(ctx context.Context, kind, hash string, now time.Time) (store.WebToken, error) {
	t := store.WebToken{Hash: hash, Kind: kind}
	err := s.engine.Read(ctx, func(ctx context.Context, q Q) error {
		return notFound(q.row(ctx, `SELECT adapter, workspace, user_id, created_at, expires_at FROM @web_tokens
			WHERE hash = ? AND kind = ? AND expires_at > ?`, hash, kind, now).
			Scan(&t.Adapter, &t.Workspace, &t.User, timeOf{&t.Created}, timeOf{&t.Expires}))
	})
	if err != nil {
		return store.WebToken{}, wrap(err, "look up a web token")
	}
	return t, nil
}

// RevokeWebTokens implements [store.WebTokens].
func (s *Store) RevokeWebTokens(ctx context.Context, adapter, user string) (n int, err error) {
	err = s.engine.Write(ctx, func(ctx context.Context, q Q) (err error) {
		n, err = q.exec(ctx, `DELETE FROM @web_tokens WHERE adapter = ? AND user_id = ?`, adapter, user)
		return err
	})
	return n, wrap(err, "revoke web tokens of %s", adapter)
}
