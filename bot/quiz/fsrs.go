package quiz

import (
	"fmt"
	"time"

	"github.com/open-spaced-repetition/go-fsrs/v4"

	"cairn/bot/store"
)

// Grades, as the scheduler counts them.
const (
	Again = int(fsrs.Again)
	Hard  = int(fsrs.Hard)
	Good  = int(fsrs.Good)
	Easy  = int(fsrs.Easy)
)

func newScheduler() *fsrs.FSRS { return fsrs.NewFSRS(fsrs.DefaultParam()) }

func toFSRS(s store.CardState, now time.Time) fsrs.Card {
	if s.Reps == 0 {
		return fsrs.NewCard(now)
	}
	return fsrs.Card{
		Due: s.Due, Stability: s.Stability, Difficulty: s.Difficulty, ScheduledDays: uint64(s.ScheduledDays), //nolint:gosec // never negative
		Reps: uint64(s.Reps), Lapses: uint64(s.Lapses), State: fsrs.State(s.State), LastReview: s.LastReview, RemainingSteps: s.RemainingSteps,
	}
}

// next returns the state after a grade.
func next(f *fsrs.FSRS, before store.CardState, grade int, now time.Time) (store.CardState, error) {
	now = now.UTC().Truncate(time.Microsecond)
	if now.Before(before.LastReview) {
		now = before.LastReview // a clock that went back a little
	}
	info, err := f.Next(toFSRS(before, now), now, fsrs.Rating(grade))
	if err != nil {
		return store.CardState{}, fmt.Errorf("schedule a review: %w", err)
	}
	c := info.Card
	return store.CardState{
		Adapter: before.Adapter, User: before.User, CardID: before.CardID,
		Due: c.Due.UTC().Truncate(time.Microsecond), Stability: c.Stability, Difficulty: c.Difficulty, ScheduledDays: int(c.ScheduledDays),
		Reps: before.Reps + 1, Lapses: int(c.Lapses), State: int(c.State), LastReview: now, RemainingSteps: c.RemainingSteps,
	}, nil
}

// advance moves a person's streak on to the day of a review. Every day off
// uses up a freeze; a week in a row earns one, two at most.
func advance(p *store.Person, day string) {
	const maxFreezes = 2
	if p.LastDay == day {
		return
	}
	today, err := time.Parse(time.DateOnly, day)
	last, lerr := time.Parse(time.DateOnly, p.LastDay)
	if err != nil || lerr == nil && today.Before(last) {
		return // a change of zone can set the calendar back
	}
	if p.LastDay == "" {
		p.Freezes = 1 // one to start with
	}
	off := int(today.Sub(last).Hours()/24) - 1
	switch {
	case lerr != nil:
		p.Streak = 1
	case off <= p.Freezes:
		p.Freezes -= off
		p.Streak++
	default:
		p.Streak = 1
	}
	if p.Streak%7 == 0 {
		p.Freezes = min(p.Freezes+1, maxFreezes)
	}
	p.Longest, p.LastDay = max(p.Longest, p.Streak), day
}
