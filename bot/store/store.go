package store

import (
	"context"
	"errors"
	"time"
)

// Sentinels that callers branch on.
var (
	// ErrNotFound is returned for a record that does not exist.
	ErrNotFound = errors.New("not found")
	// ErrNewerSchema is returned when opening a database that a newer Cairn
	// has migrated.
	ErrNewerSchema = errors.New("the database was written by a newer version of cairn")
	// ErrClosed is returned by a store after Close.
	ErrClosed = errors.New("the store is closed")
)

// A Store is all of Cairn's state.
type Store interface {
	Events
	Questions
	Conversations
	Leases
	Schedules
	TipHistory
	Cards
	Reviews
	People
	Subscriptions
	Paths
	WebTokens
	Admin
	Close() error
}

// A Backuper can copy a running database into a file. Optional: PostgreSQL has
// its own tools.
type Backuper interface {
	// Backup writes a consistent copy of the database to path, which must not
	// exist.
	Backup(ctx context.Context, path string) error
}

// An Event is a recorded event of a platform. Payload is opaque here.
type Event struct {
	Adapter string
	// Keys identify it; the first is its primary key.
	Keys []string
	// Order groups events that must be handled one after another, such as
	// those of one thread.
	Order   string
	Payload []byte
	At      time.Time
}

// Events deduplicates events and remembers which are unanswered.
type Events interface {
	// RecordEvent stores e unless one of its keys is already known for its
	// adapter, all keys together and atomically, and reports whether it did.
	// Many concurrent calls share one disk flush.
	RecordEvent(ctx context.Context, e Event) (fresh bool, err error)
	// FinishEvent marks the event with the primary key as handled; its keys
	// stay known. Finishing twice or finishing the unknown is no error.
	FinishEvent(ctx context.Context, adapter, key, outcome string, at time.Time) error
	// ClaimEvents hands out at most n unfinished events recorded after since
	// that nobody holds or whose holder's claim has lapsed, oldest first, and
	// holds them for owner until the given time. An event just recorded is
	// held by nobody: its recorder handles it and claims it by calling
	// HoldEvent.
	ClaimEvents(ctx context.Context, owner string, since, now, until time.Time, n int) ([]Event, error)
	// HoldEvent claims one event; false when another owner's claim is valid or
	// the event is finished.
	HoldEvent(ctx context.Context, adapter, key, owner string, now, until time.Time) (bool, error)
}

// Outcomes of a question.
const (
	OutcomeAnswered  = "answered"
	OutcomeUnsure    = "unsure"
	OutcomeAbstained = "abstained"
	OutcomeError     = "error"
)

// A Question is a question that was asked, with what came of it.
type Question struct {
	// ID is unique and unguessable, made by the caller; also the answer's id.
	ID   string
	Text string
	Lang string
	// Adapter, Workspace, Channel, Thread, User say who asked where.
	Adapter, Workspace, Channel, Thread, User string
	// Public reports that it was asked where everybody in the workspace reads.
	Public     bool
	Outcome    string
	Confidence float64
	// Library, Document, StartLine and EndLine name the first passage used;
	// empty when there was none.
	Library, Document  string
	StartLine, EndLine int
	// Title is the title shown; Closest are the titles offered instead.
	Title   string
	Closest []string
	// Terms are the informative terms, for grouping.
	Terms []string
	// Answer is the rendered answer for paging and sharing; opaque here.
	Answer []byte
	At     time.Time
	// Helpful counts feedback; filled on reading.
	Helpful, Wrong int
}

// A QuestionFilter chooses questions; zero fields do not filter.
type QuestionFilter struct {
	Since    time.Time
	Outcomes []string
	// OrWrong adds questions whose answer somebody marked wrong, whatever
	// their outcome.
	OrWrong bool
	// Adapter and User: only this person's own, or, with OrPublic, also those
	// asked in public; with Workspace only those asked in public there.
	Adapter, User string
	OrPublic      bool
	Workspace     string
	// Limit defaults to 1,000; newest first.
	Limit int
}

// Questions keeps what was asked and how it went.
type Questions interface {
	// SaveQuestion inserts q, or replaces the one with the same ID.
	SaveQuestion(ctx context.Context, q Question) error
	// Question returns one question or ErrNotFound.
	Question(ctx context.Context, id string) (Question, error)
	// ListQuestions returns what the filter chooses, newest first, without
	// Answer.
	ListQuestions(ctx context.Context, f QuestionFilter) ([]Question, error)
	// SetFeedback records one person's verdict on an answer, replacing an
	// earlier one; ErrNotFound for an unknown question.
	SetFeedback(ctx context.Context, questionID, adapter, user string, helpful bool, at time.Time) error
}

// A Turn is one message of a conversation.
type Turn struct {
	// Role is "user" or "cairn".
	Role string
	User string
	Text string
	// QuestionID names the answer for cairn's turns.
	QuestionID string
	At         time.Time
}

// A Conversation is what Cairn remembers of a thread.
type Conversation struct {
	// Adapter, Channel and Thread identify it.
	Adapter, Channel, Thread string
	// Quiet means that Cairn no longer answers without a mention.
	Quiet bool
	Turns []Turn
	At    time.Time
}

// Conversations remembers threads that Cairn takes part in.
type Conversations interface {
	// Conversation returns the thread's conversation with its last 20 turns,
	// or ErrNotFound.
	Conversation(ctx context.Context, adapter, channel, thread string) (Conversation, error)
	// AppendTurn adds a turn, creating the conversation.
	AppendTurn(ctx context.Context, adapter, channel, thread string, t Turn) error
	// SetQuiet switches answering without a mention off or on, creating the
	// conversation.
	SetQuiet(ctx context.Context, adapter, channel, thread string, quiet bool, at time.Time) error
}

// Leases gives one holder at a time a name.
type Leases interface {
	// AcquireLease takes or renews the named lease for holder until now+ttl
	// and reports whether holder has it. token grows with every change of
	// holder.
	AcquireLease(ctx context.Context, name, holder string, now time.Time, ttl time.Duration) (ok bool, token int64, err error)
	// ReleaseLease gives the lease up if holder has it.
	ReleaseLease(ctx context.Context, name, holder string) error
}
