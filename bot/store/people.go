package store

import (
	"context"
	"time"
)

// A Person is what Cairn knows of somebody who learns.
type Person struct {
	// Adapter and User identify the person.
	Adapter, User string
	Workspace     string
	// Name is for the leaderboard, kept only while it is opted in to.
	Name string
	// Lang is "en", "zh" or "".
	Lang string
	// Zone is an IANA time zone; "" means UTC.
	Zone        string
	Leaderboard bool
	// Streak and Longest count days in a row; Freezes are the days off left;
	// LastDay is the last day that counted, YYYY-MM-DD in the person's zone.
	Streak, Longest, Freezes int
	LastDay                  string
	Created, Updated         time.Time
}

// A Rank is one line of the leaderboard.
type Rank struct {
	Adapter, User, Name string
	Reviews, Streak     int
}

// People holds who learns.
type People interface {
	// Person returns one person or ErrNotFound.
	Person(ctx context.Context, adapter, user string) (Person, error)
	// UpdatePerson reads the person, or a new one with only Adapter, User and
	// Created set, lets change modify it and stores it, atomically. Change may
	// be called more than once.
	UpdatePerson(ctx context.Context, adapter, user string, now time.Time, change func(*Person) error) (Person, error)
	// Leaderboard returns those of the workspace who opted in, most reviews
	// since then first.
	Leaderboard(ctx context.Context, adapter, workspace string, since time.Time, n int) ([]Rank, error)
}

// A Subscription asks for something every day.
type Subscription struct {
	// Adapter, User and Kind ("tip", "cards", "path") identify it.
	Adapter, User, Kind string
	// Channel is where to send it; "" means a direct message.
	Channel string
	// At is the wall time HH:MM in Zone.
	At, Zone string
	Topics   []string
	Lang     string
	// Detail is the kind's own, such as a path's id.
	Detail  string
	Next    time.Time
	Created time.Time
}

// Subscriptions holds who wants what when.
type Subscriptions interface {
	// SaveSubscription inserts s or replaces the one with the same key.
	SaveSubscription(ctx context.Context, s Subscription) error
	// DeleteSubscription removes it and reports whether it existed.
	DeleteSubscription(ctx context.Context, adapter, user, kind string) (bool, error)
	// ListSubscriptions returns a person's.
	ListSubscriptions(ctx context.Context, adapter, user string) ([]Subscription, error)
	// DueSubscriptions returns at most n whose Next has come, earliest first.
	DueSubscriptions(ctx context.Context, now time.Time, n int) ([]Subscription, error)
	// NextSubscription returns when the next one is due; zero when there is
	// none.
	NextSubscription(ctx context.Context) (time.Time, error)
	// AdvanceSubscription moves s from s.Next to next and adds the deliveries,
	// all or nothing; false when another process has moved it or it has
	// changed or gone. Older pending deliveries of the same Schedule become
	// missed.
	AdvanceSubscription(ctx context.Context, s Subscription, next time.Time, slots []Delivery) (bool, error)
}

// A PathProgress is how far a person has come on a learning path.
type PathProgress struct {
	Adapter, User, Path string
	Started, Updated    time.Time
	// Done maps the ids of finished units to when they were finished.
	Done map[string]time.Time
}

// Paths holds progress on learning paths.
type Paths interface {
	// StartPath begins a path; starting again keeps the progress.
	StartPath(ctx context.Context, adapter, user, path string, now time.Time) error
	// FinishUnit marks a unit as done; doing so twice keeps the first time.
	// ErrNotFound when the path was not started.
	FinishUnit(ctx context.Context, adapter, user, path, unit string, now time.Time) error
	// Progress returns one path's progress or ErrNotFound.
	Progress(ctx context.Context, adapter, user, path string) (PathProgress, error)
	// ListProgress returns all paths that the person has started, the one
	// updated last first.
	ListProgress(ctx context.Context, adapter, user string) ([]PathProgress, error)
	// LeavePath forgets the path's progress; leaving the unknown is no error.
	LeavePath(ctx context.Context, adapter, user, path string) error
}

// A WebToken ties a browser to a person. Only a hash of the token is stored.
type WebToken struct {
	// Hash is the hex SHA-256 of the token.
	Hash string
	// Kind is "link", handed out in chat, or "session", a browser's cookie.
	Kind                     string
	Adapter, Workspace, User string
	Created, Expires         time.Time
}

// WebTokens holds personal links and the sessions made from them.
type WebTokens interface {
	// SaveWebToken stores a new token.
	SaveWebToken(ctx context.Context, t WebToken) error
	// WebToken returns the token if it is of the kind and has neither expired
	// nor been revoked, else ErrNotFound.
	WebToken(ctx context.Context, kind, hash string, now time.Time) (WebToken, error)
	// RevokeWebTokens ends all of a person's links and sessions and returns how
	// many there were.
	RevokeWebTokens(ctx context.Context, adapter, user string) (int, error)
}
