package store

import (
	"context"
	"time"
)

// A Card is a question made from a document. Its ID stays the same while the
// document changes, so that the history stays with it.
type Card struct {
	ID                string
	Library, Document string
	// Kind is "question", "note" or "step".
	Kind string
	Lang string
	// Content is the card as the quiz understands it; opaque here.
	Content []byte
	// Hash changes with the content.
	Hash    string
	Updated time.Time
	// Retired is when the document stopped holding it; zero while it does.
	Retired time.Time
}

// A CardChange counts what SyncCards did.
type CardChange struct {
	Added, Updated, Retired, Revived int
}

// Cards holds the cards made from the documents.
type Cards interface {
	// SyncCards makes the library's cards those given: new ones are added,
	// changed ones updated, missing ones retired, retired ones that are back
	// revived. Nothing is ever deleted, so that no history is lost. Many cards
	// are written in several transactions, between which others write; a call
	// that fails in between is made good by the next.
	SyncCards(ctx context.Context, library string, cards []Card, now time.Time) (CardChange, error)
	// Card returns one card, retired or not, or ErrNotFound.
	Card(ctx context.Context, id string) (Card, error)
	// CardCount counts the cards that are not retired.
	CardCount(ctx context.Context) (int, error)
}

// A CardState is how well one person knows one card.
type CardState struct {
	Adapter, User, CardID string
	Due                   time.Time
	Stability, Difficulty float64
	ScheduledDays         int
	Reps, Lapses          int
	// State is the scheduler's: 0 new, 1 learning, 2 review, 3 relearning.
	State          int
	LastReview     time.Time
	RemainingSteps int
}

// A Review is one graded card.
type Review struct {
	Adapter, User, CardID string
	// Prompt names the showing of the card that was graded, so that a button
	// pressed twice counts once.
	Prompt string
	// Grade is 1 again, 2 hard, 3 good, 4 easy.
	Grade int
	At    time.Time
	// Before is the state before the review; its Reps tells whether two
	// reviews met.
	Before CardState
}

// A DueQuery asks for a person's cards.
type DueQuery struct {
	Adapter, User string
	Now           time.Time
	// Libraries limits the cards to these libraries; nil means all.
	Libraries []string
	// Lang limits them to one language; "" means both.
	Lang string
	// Limit defaults to 20.
	Limit int
}

// A DayCount is how many reviews a person did on one day.
type DayCount struct {
	// Day is YYYY-MM-DD in the zone asked for.
	Day   string
	Count int
}

// Reviews holds what people know.
type Reviews interface {
	// DueCards returns the ids of the person's cards that are due and not
	// retired, longest due first.
	DueCards(ctx context.Context, q DueQuery) ([]string, error)
	// SeenCards returns the ids of all cards that the person has reviewed.
	SeenCards(ctx context.Context, adapter, user string) ([]string, error)
	// CardState returns one state or ErrNotFound.
	CardState(ctx context.Context, adapter, user, cardID string) (CardState, error)
	// Review returns the review of one showing or ErrNotFound.
	Review(ctx context.Context, adapter, user, cardID, prompt string) (Review, error)
	// SaveReview stores the review and the state after it, atomically. A
	// review of the same showing is replaced. It reports false when the
	// stored state is neither r.Before nor, for a replacement, the one right
	// after it: another review came in between.
	SaveReview(ctx context.Context, r Review, after CardState) (bool, error)
	// ReviewTimes returns when the person reviewed since then, oldest first.
	ReviewTimes(ctx context.Context, adapter, user string, since time.Time) ([]time.Time, error)
	// CountCards counts the person's cards: all seen, those known (state
	// review), those due at now.
	CountCards(ctx context.Context, adapter, user string, now time.Time) (CardCounts, error)
}

// CardCounts counts one person's cards.
type CardCounts struct {
	Seen, Known, Due int
}
