package app

import (
	"context"
	"errors"
	"time"

	"cairn/adapters/discord"
	"cairn/bot/store"
)

var _ discord.History = history{}

// A history reads and writes in the store what an adapter needs to know after
// a restart. A session's last sign of life is a cursor, as a schedule has one:
// up to there everything was heard.
type history struct {
	store interface {
		store.Questions
		store.Schedules
	}
}

const directsSince = 30 * 24 * time.Hour

// Seen implements [discord.History].
func (h history) Seen(ctx context.Context, name string) (time.Time, error) {
	at, err := h.store.Cursor(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return time.Time{}, nil
	}
	return at, err
}

// Note implements [discord.History].
func (h history) Note(ctx context.Context, name string, at time.Time) error {
	from, err := h.Seen(ctx, name)
	if err != nil || !at.After(from) {
		return err
	}
	// Another replica may have moved it meanwhile, which is as good.
	_, err = h.store.PlanSlots(ctx, name, from, at, nil)
	return err
}

// Directs implements [discord.History]: those in which something was asked. A
// question on Discord that belongs to no server was asked in one.
func (h history) Directs(ctx context.Context) ([]discord.Direct, error) {
	asked, err := h.store.ListQuestions(ctx, store.QuestionFilter{Since: time.Now().Add(-directsSince), Limit: 5000})
	if err != nil {
		return nil, err
	}
	var out []discord.Direct
	seen := map[string]bool{}
	for _, q := range asked {
		if q.Adapter == discord.Name && q.Workspace == "" && q.Channel != "" && !seen[q.Channel] {
			seen[q.Channel] = true
			out = append(out, discord.Direct{User: q.User, Channel: q.Channel})
		}
	}
	return out, nil
}
