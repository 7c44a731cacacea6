package app

import (
	"context"
	"crypto/rand"
	"time"

	"cairn/adapters/discord"
	"cairn/bot/store"
)

var _ discord.Leaser = (*leaser)(nil)

// A leaser holds leases of the store for this process.
type leaser struct {
	store  store.Leases
	holder string
}

func newLeaser(st store.Leases) *leaser { return &leaser{store: st, holder: rand.Text()} }

// Acquire implements [discord.Leaser].
func (l *leaser) Acquire(ctx context.Context, name string, ttl time.Duration) (bool, error) {
	ok, _, err := l.store.AcquireLease(ctx, name, l.holder, time.Now(), ttl)
	return ok, err
}

// Release implements [discord.Leaser].
func (l *leaser) Release(ctx context.Context, name string) error {
	return l.store.ReleaseLease(ctx, name, l.holder)
}
