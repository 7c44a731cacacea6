package llm

import (
	"context"
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
