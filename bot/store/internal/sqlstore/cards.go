package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"cairn/bot/store"
)

// SyncCards implements [store.Cards].
func (s *Store) SyncCards(ctx context.Context, library string, cards []store.Card, now time.Time) (change store.CardChange, err error) {
	type known struct {
		hash    string
		retired bool
	}
	err = s.engine.Write(ctx, func(ctx context.Context, q Q) error {
		change = store.CardChange{}
		have := map[string]known{}
		err := q.each(ctx, func(r *sql.Rows) error {
			var id string
			var k known
			if err := r.Scan(&id, &k.hash, boolOf{&k.retired}); err != nil {
				return err
			}
			have[id] = k
			return nil
		}, `SELECT id, hash, CASE WHEN retired_at > 0 THEN 1 ELSE 0 END FROM @cards WHERE library = ?`, library)
		if err != nil {
			return err
		}
		var changed []store.Card
		seen := make(map[string]bool, len(cards))
		for _, c := range cards {
			if c.Library != library {
				return fmt.Errorf("card %s belongs to library %q, not to %q", c.ID, c.Library, library)
			}
			if seen[c.ID] {
				return fmt.Errorf("two cards have the id %s", c.ID)
			}
			seen[c.ID] = true
			k, exists := have[c.ID]
			switch {
			case !exists:
				change.Added++
			case k.retired:
				change.Revived++
			case k.hash != c.Hash:
				change.Updated++
			default:
				continue
			}
			changed = append(changed, c)
		}
		for batch := range slices.Chunk(changed, cardBatch) {
			if err := upsertCards(ctx, q, batch, now); err != nil {
				return err
			}
		}
		for id, k := range have {
			if k.retired || seen[id] {
				continue
			}
			if _, err := q.exec(ctx, `UPDATE @cards SET retired_at = ? WHERE id = ? AND library = ? AND retired_at = 0`, now, id, library); err != nil {
				return err
			}
			change.Retired++
		}
		return nil
	})
	return change, wrap(err, "sync cards of library %s", library)
}

// cardBatch is how many cards one statement writes.
const cardBatch = 500

func upsertCards(ctx context.Context, q Q, cards []store.Card, now time.Time) error {
	const row = `(?, ?, ?, ?, ?, ?, ?, ?, 0)`
	args := make([]any, 0, 8*len(cards))
	for _, c := range cards {
		args = append(args, c.ID, c.Library, c.Document, c.Kind, c.Lang, c.Content, c.Hash, now)
	}
	_, err := q.exec(ctx, `INSERT INTO @cards (id, library, document, kind, lang, content, hash, updated_at, retired_at)
		VALUES `+strings.Repeat(row+", ", len(cards)-1)+row+`
		ON CONFLICT (id) DO UPDATE SET library = excluded.library, document = excluded.document, kind = excluded.kind,
			lang = excluded.lang, content = excluded.content, hash = excluded.hash,
			updated_at = excluded.updated_at, retired_at = 0`, args...)
	return err
}

// Card implements [store.Cards].
func (s *Store) Card(ctx context.Context, id string) (c store.Card, err error) {
	err = s.engine.Read(ctx, func(ctx context.Context, q Q) error {
		return notFound(q.row(ctx, `SELECT id, library, document, kind, lang, content, hash, updated_at, retired_at FROM @cards WHERE id = ?`, id).
			Scan(&c.ID, &c.Library, &c.Document, &c.Kind, &c.Lang, &c.Content, &c.Hash, timeOf{&c.Updated}, timeOf{&c.Retired}))
	})
	return c, wrap(err, "read card %s", id)
}

// CardCount implements [store.Cards].
func (s *Store) CardCount(ctx context.Context) (n int, err error) {
	err = s.engine.Read(ctx, func(ctx context.Context, q Q) error {
		return q.row(ctx, `SELECT count(*) FROM @cards WHERE retired_at = 0`).Scan(&n)
	})
	return n, wrap(err, "count cards")
}
