package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairn/bot/store"
)

func testEvents(t *testing.T, db Database) {
	ctx := t.Context()
	s := open(t, db)
	record := func(want bool, adapter string, keys ...string) {
		t.Helper()
		got := must(s.RecordEvent(ctx, store.Event{Adapter: adapter, Keys: keys, Order: "C1", Payload: []byte("{}"), At: at(1)}))(t, "record")
		if got != want {
			t.Errorf("RecordEvent(%s, %q) = %v, want %v", adapter, keys, got, want)
		}
	}
	record(true, "slack", "ev1", "C1:100")
	record(false, "slack", "ev1", "C1:100")
	record(false, "slack", "ev2", "C1:100") // a mention comes twice with different ids
	record(false, "slack", "C1:100")
	record(true, "discord", "ev1") // keys belong to their adapter
	// A duplicate leaves none of its keys behind.
	record(true, "slack", "ev2")
	record(true, "slack", "dup", "dup")

	if _, err := s.RecordEvent(ctx, store.Event{Adapter: "slack", At: at(1)}); err == nil {
		t.Error("RecordEvent without keys succeeded")
	}
	// Finished events stay known.
	ok(t, s.FinishEvent(ctx, "slack", "ev1", "answered", at(2)), "finish")
	ok(t, s.FinishEvent(ctx, "slack", "ev1", "answered", at(3)), "finish twice")
	ok(t, s.FinishEvent(ctx, "slack", "never", "answered", at(3)), "finish the unknown")
	record(false, "slack", "ev1")
}

func testEventsConcurrent(t *testing.T, db Database) {
	ctx := t.Context()
	stores := []store.Store{open(t, db), open(t, db)}
	const events, copies = 40, 4
	var fresh atomic.Int64
	var wg sync.WaitGroup
	for i := range events {
		for c := range copies {
			wg.Go(func() {
				// The copies name their keys in different orders.
				keys := []string{fmt.Sprintf("a%d", i), fmt.Sprintf("b%d", i)}
				if c%2 == 1 {
					keys[0], keys[1] = keys[1], keys[0]
				}
				isFresh, err := stores[c%len(stores)].RecordEvent(ctx, store.Event{Adapter: "slack", Keys: keys, At: at(i)})
				if err != nil {
					t.Errorf("record %v: %v", keys, err)
				}
				if isFresh {
					fresh.Add(1)
				}
			})
		}
	}
	wg.Wait()
	if got := fresh.Load(); got != events {
		t.Errorf("%d events recorded as fresh, want %d", got, events)
	}
	open := must(stores[0].ClaimEvents(ctx, "x", at(-1), at(100), at(200), 1000))(t, "claim")
	if len(open) != events {
		t.Errorf("%d events are open, want %d", len(open), events)
	}
}

func testEventsHostileText(t *testing.T, db Database) {
	ctx := t.Context()
	s := open(t, db)
	e := store.Event{Adapter: "web", Keys: []string{"nul\x00key"}, Order: "bad\xffutf8", Payload: []byte{0, 0xff, 1}, At: at(1)}
	if !must(s.RecordEvent(ctx, e))(t, "record") {
		t.Error("the first event was not fresh")
	}
	if must(s.RecordEvent(ctx, e))(t, "record again") {
		t.Error("the second event was fresh")
	}
	got := must(s.ClaimEvents(ctx, "x", at(-1), at(2), at(3), 10))(t, "claim")
	if len(got) != 1 || !cmp.Equal(got[0].Payload, e.Payload) || !got[0].At.Equal(e.At) {
		t.Errorf("claimed %+v, want the payload and the time that were recorded", got)
	}
	e = store.Event{Adapter: "web", Keys: []string{"big"}, Payload: make([]byte, 2<<20), At: at(1)}
	if _, err := s.RecordEvent(ctx, e); err == nil {
		t.Error("an event of 2 MB was recorded")
	}
}

func testClaims(t *testing.T, db Database) {
	ctx := t.Context()
	a, b := open(t, db), open(t, db)
	for i := range 5 {
		must(a.RecordEvent(ctx, store.Event{Adapter: "slack", Keys: []string{fmt.Sprint("e", i)}, Payload: []byte("p"), At: at(i)}))(t, "record")
	}
	ids := func(events []store.Event) (out []string) {
		for _, e := range events {
			out = append(out, e.Keys[0])
		}
		return out
	}
	claim := func(s store.Store, owner string, since, now, until, n int) []string {
		t.Helper()
		return ids(must(s.ClaimEvents(ctx, owner, at(since), at(now), at(until), n))(t, "claim"))
	}
	if !must(a.HoldEvent(ctx, "slack", "e0", "a", at(5), at(50)))(t, "hold") {
		t.Error("a free event could not be held")
	}
	if must(b.HoldEvent(ctx, "slack", "e0", "b", at(6), at(60)))(t, "hold") {
		t.Error("an event was held by two")
	}
	if !must(a.HoldEvent(ctx, "slack", "e0", "a", at(6), at(50)))(t, "hold again") {
		t.Error("a claim could not be prolonged by its owner")
	}
	if diff := cmp.Diff([]string{"e1", "e2"}, claim(b, "b", -1, 10, 40, 2)); diff != "" {
		t.Errorf("first claim (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"e4"}, claim(a, "a", 3, 10, 40, 10)); diff != "" {
		t.Errorf("claim of what is recent (-want +got):\n%s", diff)
	}
	ok(t, a.FinishEvent(ctx, "slack", "e3", "answered", at(11)), "finish")
	if got := claim(a, "a", -1, 11, 40, 10); got != nil {
		t.Errorf("claimed %v, want nothing: all are held or finished", got)
	}
	if diff := cmp.Diff([]string{"e1", "e2", "e4"}, claim(a, "a", -1, 40, 70, 10)); diff != "" {
		t.Errorf("claim of the lapsed (-want +got):\n%s", diff)
	}
	ok(t, a.FinishEvent(ctx, "slack", "e1", "answered", at(41)), "finish")
	if must(a.HoldEvent(ctx, "slack", "e1", "a", at(42), at(80)))(t, "hold") {
		t.Error("a finished event could be held")
	}
	if must(a.HoldEvent(ctx, "slack", "nothing", "a", at(42), at(80)))(t, "hold") {
		t.Error("an unknown event could be held")
	}
}

func testClosed(t *testing.T, db Database) {
	s := db.Open(t)
	ok(t, s.Close(), "close")
	_, err := s.RecordEvent(t.Context(), store.Event{Adapter: "a", Keys: []string{"k"}, At: at(1)})
	if !errors.Is(err, store.ErrClosed) {
		t.Errorf("RecordEvent on a closed store: %v, want ErrClosed", err)
	}
	if _, err := s.Question(t.Context(), "q"); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Question on a closed store: %v, want ErrClosed", err)
	}
	ok(t, s.Close(), "close twice")
}
