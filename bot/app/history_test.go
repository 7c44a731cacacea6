package app

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"cairn/adapters/discord"
	"cairn/bot/store"
	"cairn/bot/store/sqlite"
)

func TestHistory(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	st, err := sqlite.Open(ctx, slog.New(slog.DiscardHandler), filepath.Join(t.TempDir(), "state.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	h := history{st}
	const name = "discord:shard:0/1"
	if at, err := h.Seen(ctx, name); err != nil || !at.IsZero() {
		t.Errorf("never seen: got %v, %v", at, err)
	}
	now := time.Now().Truncate(time.Second)
	for _, at := range []time.Time{now.Add(-time.Hour), now, now.Add(-time.Minute)} { // the last is a slow replica's
		if err := h.Note(ctx, name, at); err != nil {
			t.Fatal(err)
		}
	}
	if at, err := h.Seen(ctx, name); err != nil || !at.Equal(now) {
		t.Errorf("got %v, %v, want %v", at, err, now)
	}
	for i, q := range []store.Question{
		{Adapter: "discord", Channel: "11", User: "1", At: now.Add(-2 * time.Hour)},
		{Adapter: "discord", Channel: "12", User: "2", At: now.Add(-time.Hour)},
		{Adapter: "discord", Channel: "12", User: "2", At: now},
		{Adapter: "discord", Workspace: "9", Channel: "13", User: "1", At: now},
		{Adapter: "slack", Channel: "D14", User: "U1", At: now},
		{Adapter: "discord", Channel: "15", User: "3", At: now.Add(-40 * 24 * time.Hour)},
	} {
		q.ID, q.Outcome = string(rune('a'+i)), store.OutcomeAnswered
		if err := st.SaveQuestion(ctx, q); err != nil {
			t.Fatal(err)
		}
	}
	got, err := h.Directs(ctx)
	if want := []discord.Direct{{User: "2", Channel: "12"}, {User: "1", Channel: "11"}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}
