package adapters

import (
	"context"
	"errors"
	"time"
)

// A Handler takes events. The bot implements it.
type Handler interface {
	// Accept records ev durably and returns; the answer comes later through
	// the adapter's Replier. It returns nil when ev was recorded and when it
	// is a duplicate of one that was, so that a nil error always means
	// "acknowledge". It returns [ErrQueueFull] when ev was not taken since too
	// much waits: the adapter tells the user. Any other error means that ev
	// was not recorded and must not be acknowledged, so that the platform
	// sends it again. It returns within ctx, and within two seconds.
	Accept(ctx context.Context, ev Event) error
}

// ErrQueueFull is returned by [Handler.Accept] when too many events wait.
var ErrQueueFull = errors.New("too many questions are waiting")

// A Source receives events from a platform.
type Source interface {
	// Run connects and hands events to h until ctx ends, reconnecting as often
	// as needed. It returns ctx.Err() when asked to stop, and an error of kind
	// [KindAuth] when the platform refuses the credentials for good. All its
	// goroutines have ended when it returns. To be called once.
	Run(ctx context.Context, h Handler) error
	// Ready returns nil while the platform can reach the adapter, else the
	// reason why not. It does no I/O.
	Ready() error
}

// A Sender sends messages that answer no event.
type Sender interface {
	// Send renders and sends m. Errors are of type [*DeliveryError].
	Send(ctx context.Context, to Destination, m Message) (Ref, error)
}

// A Replier answers events.
type Replier interface {
	// Reply renders m and sends it as the answer to ev, in its thread or
	// privately as ev and m demand, as one logical message: what does not fit
	// the platform's limits is paged or continued. Errors are of type
	// [*DeliveryError].
	Reply(ctx context.Context, ev Event, m Message) (Ref, error)
}

// An Adapter is one platform.
type Adapter interface {
	// Name is the adapter's name in configuration, events and metrics.
	Name() string
	Source
	Sender
	Replier
}

// An Editor can replace a message that it sent. Optional.
type Editor interface {
	Edit(ctx context.Context, ref Ref, m Message) error
}

// A Busier can show that an answer is on its way. Optional. The sign is
// dropped silently when the platform limits the rate; done removes it and is
// called exactly once.
type Busier interface {
	Busy(ctx context.Context, ev Event) (done func())
}

// A WaitTeller tells by itself those whose questions wait for long. Optional;
// without it the bot answers each of them privately.
type WaitTeller interface {
	// TellWait tells whoever asked ev that the answer takes longer, once. It
	// returns at once.
	TellWait(ctx context.Context, ev Event)
}

// A Finder can look for a message that it sent earlier. Optional.
type Finder interface {
	// Find looks for a message with the marker sent by this bot to the
	// destination after since. A false without an error means that it
	// certainly is not there.
	Find(ctx context.Context, to Destination, marker string, since time.Time) (Ref, bool, error)
}

// A HomePage can show a user the bot's own page. Optional.
type HomePage interface {
	ShowHome(ctx context.Context, user User, m Message) error
}
