package storetest

import (
	"fmt"
	"testing"
	"time"

	"cairn/bot/store"
)

// A Database is a place that stores can be opened on.
type Database interface {
	// Open opens it, failing the test when it cannot.
	Open(t *testing.T) store.Store
}

// Run runs the suite. Each subtest gets a database of its own from fresh.
func Run(t *testing.T, fresh func(t *testing.T) Database) {
	t.Helper()
	for _, topic := range []struct {
		name string
		run  func(t *testing.T, db Database)
	}{
		{"Events", testEvents},
		{"EventsConcurrent", testEventsConcurrent},
		{"EventsHostileText", testEventsHostileText},
		{"Claims", testClaims},
		{"Questions", testQuestions},
		{"QuestionFilters", testQuestionFilters},
		{"Feedback", testFeedback},
		{"Conversations", testConversations},
		{"Leases", testLeases},
		{"Plan", testPlan},
		{"Delivery", testDelivery},
		{"DeliveryConcurrent", testDeliveryConcurrent},
		{"TipHistory", testTipHistory},
		{"Cards", testCards},
		{"Reviews", testReviews},
		{"ReviewsConcurrent", testReviewsConcurrent},
		{"People", testPeople},
		{"Subscriptions", testSubscriptions},
		{"Paths", testPaths},
		{"WebTokens", testWebTokens},
		{"Export", testExport},
		{"Purge", testPurge},
		{"Closed", testClosed},
	} {
		t.Run(topic.name, func(t *testing.T) {
			t.Parallel()
			topic.run(t, fresh(t))
		})
	}
}

// open opens the database and closes the store when the test ends.
func open(t *testing.T, db Database) store.Store {
	t.Helper()
	s := db.Open(t)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

var zero time.Time

// at is a moment n seconds after the suite's epoch.
func at(n int) time.Time {
	return time.Date(2026, 3, 14, 9, 26, 53, 589_793_000, time.UTC).Add(time.Duration(n) * time.Second)
}

func must[T any](v T, err error) func(t *testing.T, what string) T {
	return func(t *testing.T, what string) T {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		return v
	}
}

func ok(t *testing.T, err error, what string, args ...any) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", fmt.Sprintf(what, args...), err)
	}
}
