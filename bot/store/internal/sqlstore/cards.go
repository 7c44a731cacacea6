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

// SyncCards implements [store.Cards]. A library's first import is
// large; it goes in batches, each a transaction, so that the events which
// platforms want acknowledged within seconds are recorded in between.
func (s *Store) SyncCards(ctx context.Context, library string, cards []store.Card, now time.Time) (change store.CardChange, err error) {
	changed, gone, change, err := s.compareCards(ctx, library, cards)
	if err != nil {
		return store.CardChange{}, wrap(err, "sync cards of library %s", library)
	}
	for batch := range slices.Chunk(changed, cardBatch) {
		if err := s.engine.Write(ctx, func(ctx context.Context, q Q) error { return upsertCards(ctx, q, batch, now) }); err != nil {
			return store.CardChange{}, wrap(err, "sync cards of library %s", library)
		}
	}
	for batch := range slices.Chunk(gone, cardBatch) {
		if err := s.engine.Write(ctx, func(ctx context.Context, q Q) error { return retireCards(ctx, q, library, batch, now) }); err != nil {
			return store.CardChange{}, wrap(err, "sync cards of library %s", library)
		}
	}
	return change, nil
}

// compareCards returns the cards to be written and the ids of those that are
// gone, in an order that is the same in every process, so that two that write
// at once do not lock each other out.
func (s *Store) compareCards(ctx context.Context, library string, cards []store.Card) (changed []store.Card, gone []string, change store.CardChange, err error) {
	seen := make(map[string]bool, len(cards))
	for _, c := range cards {
		if c.Library != library {
			return nil, nil, change, fmt.Errorf("card %s belongs to library %q, not to %q", c.ID, c.Library, library)
		}
		if seen[c.ID] {
			return nil, nil, change, fmt.Errorf("two cards have the id %s", c.ID)
		}
		seen[c.ID] = true
	}
	type known struct {
		hash    string
		retired bool
	}
	have := map[string]known{}
	err = s.engine.Read(ctx, func(ctx context.Context, q Q) error {
		return q.each(ctx, func(r *sql.Rows) error {
			var id string
			var k known
			if err := r.Scan(&id, &k.hash, boolOf{&k.retired}); err != nil {
				return err
			}
			have[id] = k
			return nil
		}, `SELECT id, hash, CASE WHEN retired_at > 0 THEN 1 ELSE 0 END FROM @cards WHERE library = ?`, library)
	})
	if err != nil {
		return nil, nil, change, err
	}
	for _, c := range cards {
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
	for id, k := range have {
		if !k.retired && !seen[id] {
			gone = append(gone, id)
		}
	}
	change.Retired = len(gone)
	slices.SortFunc(changed, func(a, b store.Card) int { return strings.Compare(a.ID, b.ID) })
	slices.Sort(gone)
	return changed, gone, change, nil
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

func retireCards(ctx context.Context, q Q, library string, ids []string, now time.Time) error {
	_, err := q.exec(ctx, `UPDATE @cards SET retired_at = ? WHERE library = ? AND retired_at = 0 AND id IN `+in(len(ids)),
		append([]any{now, library}, anys(ids)...)...)
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
