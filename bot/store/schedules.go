package store

import (
	"context"
	"time"
)

// States of a delivery. The first two are open, the others final.
const (
	// DeliveryPending: due or soon due, certainly not sent.
	DeliveryPending = "pending"
	// DeliveryClaimed: a process holds it and may have sent it.
	DeliveryClaimed = "claimed"
	// DeliverySent: it stands in its channel.
	DeliverySent = "sent"
	// DeliveryUnknown: a process died or the platform went silent while
	// sending, and whether it arrived could not be found out in time.
	DeliveryUnknown = "unknown"
	// DeliveryMissed: it was not sent and will not be.
	DeliveryMissed = "missed"
)

// A Delivery is one message that Cairn says on its own: a schedule's slot, or
// a subscriber's.
type Delivery struct {
	// ID is unique and derived from schedule and slot, so that every process
	// plans the same; it also marks the message in its channel.
	ID string
	// Schedule names what it belongs to.
	Schedule string
	// Kind says what to compose: "tip", "cards", "path".
	Kind string
	// Slot is when it was to be sent.
	Slot time.Time
	// Adapter, Channel, User and Thread are the destination.
	Adapter, Channel, User, Thread string

	State string
	// Owner holds the claim until Ready.
	Owner string
	// Ready is when a pending delivery may be claimed and when a claim lapses.
	Ready time.Time
	// Attempts counts claims. MaybeSent reports that sending may have begun.
	Attempts  int
	MaybeSent bool
	// Item names what was composed, such as a tip's id; Payload is the
	// message, kept so that a second attempt sends the same.
	Item    string
	Payload []byte
	// Ref names the message that was sent; opaque here. Note says why a
	// delivery is in its state.
	Ref, Note string
	// Done is when it reached a final state.
	Done time.Time
}

// A DeliveryFilter chooses deliveries; zero fields do not filter.
type DeliveryFilter struct {
	Schedule string
	States   []string
	Since    time.Time
	// Limit defaults to 1,000; newest slot first.
	Limit int
}

// Schedules persists slots and takes each through its delivery.
type Schedules interface {
	// Cursor returns the time up to which the schedule's slots are planned, or
	// ErrNotFound for a schedule never planned.
	Cursor(ctx context.Context, schedule string) (time.Time, error)
	// PlanSlots moves the schedule's cursor from one time to another and adds
	// the deliveries, all or nothing. Zero from creates the cursor. It reports
	// false when another process has moved the cursor. A delivery whose ID
	// exists is left alone. Pending deliveries of the same schedule that are
	// older than the new ones become missed with the note "superseded".
	PlanSlots(ctx context.Context, schedule string, from, to time.Time, slots []Delivery) (bool, error)
	// ClaimDeliveries hands out at most n open deliveries whose Ready has
	// come, oldest first, and holds them for owner until the given time.
	// MaybeSent is true where an earlier owner began to send.
	ClaimDeliveries(ctx context.Context, owner string, now, until time.Time, n int) ([]Delivery, error)
	// BeginDelivery records what is about to be sent and that sending begins,
	// and prolongs the claim; false when owner no longer holds it.
	BeginDelivery(ctx context.Context, id, owner, item string, payload []byte, until time.Time) (bool, error)
	// FinishDelivery ends owner's claim with one of the states. State pending
	// gives the delivery back as certainly not sent, to be claimed again at d.Ready;
	// state claimed keeps it as maybe sent, to be looked at again at d.Ready.
	// Of d it reads ID, State, Ready, Ref, Note and Done. False when owner no
	// longer holds it.
	FinishDelivery(ctx context.Context, owner string, d Delivery) (bool, error)
	// ListDeliveries returns what the filter chooses, newest slot first,
	// without Payload.
	ListDeliveries(ctx context.Context, f DeliveryFilter) ([]Delivery, error)
}

// A ShownTip is a tip that was shown in a stream.
type ShownTip struct {
	ID string
	// Round counts how often the pool had been used up before.
	Round int
	At    time.Time
}

// TipHistory remembers which tips a stream (a schedule, a channel) has shown.
type TipHistory interface {
	// ShownTips returns everything the stream has shown, each tip with its
	// latest round.
	ShownTips(ctx context.Context, stream string) ([]ShownTip, error)
	// MarkTip records that the stream shows the tip in the round. It reports
	// false when it was recorded for this round before.
	MarkTip(ctx context.Context, stream string, t ShownTip) (bool, error)
}
