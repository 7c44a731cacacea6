package llm

import (
	"context"
	"testing"
	"time"
)

// A call on which the hour turns while it is let in counts for its person.
func TestBudgetAtTheTurnOfTheHour(t *testing.T) {
	t.Parallel()
	hour := time.Date(2026, 3, 1, 11, 0, 0, 0, time.UTC)
	now := hour.Add(-time.Millisecond)
	turns := false
	g := newGate(Config{TokensPerPersonHour: 10, MaxConcurrent: 1, Now: func() time.Time {
		before := now
		if turns {
			now = hour
		}
		return before
	}})
	call := func() *Error {
		leave, err := g.enter(context.Background(), KindChat, "", "p", Usage{Input: 1})
		if err == nil {
			leave(Usage{Input: 10}, nil)
		}
		return err
	}
	turns = true
	if err := call(); err != nil {
		t.Fatal(err)
	}
	if s := g.persons["p"]; s == nil || s.expected != 0 || s.tokens != 10 {
		t.Errorf("counted for the person: %+v, want 10 tokens", s)
	}
}
