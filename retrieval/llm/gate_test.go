package llm

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

// More people than are told apart share one budget rather than having none.
func TestManyPeopleShareABudget(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	g := newGate(Config{TokensPerPersonHour: 18, MaxConcurrent: 1, Now: func() time.Time { return now }})
	call := func(person string) *Error {
		leave, err := g.enter(context.Background(), KindChat, "", person, Usage{Input: 1})
		if err == nil {
			leave(Usage{Input: 18}, nil)
		}
		return err
	}
	for i := range maxPersons {
		if err := call(fmt.Sprint("p", i)); err != nil {
			t.Fatalf("person %d: %v", i, err)
		}
	}
	if err := call("one more"); err != nil {
		t.Errorf("the first one more: %v", err)
	}
	if err := call("another"); ReasonOf(err) != ReasonBudget {
		t.Errorf("the second one more: %v, want a spent budget", err)
	}
	if err := call("p0"); ReasonOf(err) != ReasonBudget {
		t.Errorf("a known person again: %v, want a spent budget", err)
	}
	now = now.Add(time.Hour)
	if err := call("another"); err != nil {
		t.Errorf("an hour later: %v", err)
	}
	if len(g.persons) != 1 {
		t.Errorf("%d people are kept after their hour", len(g.persons))
	}
}

// Calls of one purpose that fail say nothing about those of another.
func TestCircuitsOfPurposes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	g := newGate(Config{MaxConcurrent: 1, Now: func() time.Time { return now }})
	call := func(purpose string, end error) Reason {
		leave, err := g.enter(context.Background(), KindChat, purpose, "", Usage{Input: 1})
		if err != nil {
			return err.Reason
		}
		leave(Usage{Input: 1}, end)
		return ""
	}
	for range openAfter {
		call("judge", &Error{Reason: ReasonTimeout})
		call("", nil)
	}
	if got := call("judge", nil); got != ReasonOpen {
		t.Errorf("the failing purpose: %q", got)
	}
	if got := call("", nil); got != "" {
		t.Errorf("the other purpose: %q", got)
	}
	now = now.Add(openFor + time.Second)
	if got := call("judge", nil); got != "" {
		t.Errorf("after the pause: %q", got)
	}
}

// A caller that has given up uses no place, no tokens and blames nobody.
func TestGateOfGivenUp(t *testing.T) {
	t.Parallel()
	g := newGate(Config{MaxConcurrent: 8, TokensPerHour: 1000, Now: time.Now})
	cancelled, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("a signal"))
	late, stop := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer stop()
	for range 50 {
		if _, err := g.enter(cancelled, KindChat, "", "p", Usage{Input: 10}); ReasonOf(err) != ReasonCanceled {
			t.Fatalf("cancelled: %v", err)
		}
		if _, err := g.enter(late, KindChat, "", "p", Usage{Input: 10}); ReasonOf(err) != ReasonTimeout {
			t.Fatalf("late: %v", err)
		}
	}
	if leave, err := g.enter(context.Background(), KindChat, "", "p", Usage{Input: 10}); err != nil {
		t.Errorf("afterwards: %v", err)
	} else {
		leave(Usage{}, nil)
	}
	if g.total.tokens != 0 || g.total.expected != 0 {
		t.Errorf("charged: %+v", g.total)
	}
}
