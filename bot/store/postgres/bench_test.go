package postgres

import (
	"log/slog"
	"testing"

	"cairn/bot/store/storetest"
	"cairn/bot/store/storetest/pgtest"
)

func benchStore(b *testing.B) *Store {
	b.Helper()
	s, err := Open(b.Context(), slog.New(slog.DiscardHandler), pgtest.URL(b), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

func BenchmarkDueCards(b *testing.B)    { storetest.BenchDue(b, benchStore(b)) }
func BenchmarkRecordEvent(b *testing.B) { storetest.BenchRecord(b, benchStore(b)) }
