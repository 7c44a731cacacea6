package bot

import (
	"context"
	"errors"

	"cairn/adapters"
	"cairn/bot/store"
)

// What can go wrong with a question before anything is searched.
var (
	errNoWords    = errors.New("question without words")
	errVague      = errors.New("question without informative words")
	errNoIndex    = errors.New("no index yet")
	errNotAllowed = errors.New("library not open to this place")
	errStopping   = errors.New("bot is stopping")
)

// tooLongError is a question that exceeds the limit.
type tooLongError struct{ bytes int }

func (e tooLongError) Error() string { return "question too long" }

// sentence is the one table from error to what a user reads. reference names
// the log line of an error that is not in the table; known is false for such.
func sentence(err error, lang, reference string) (s string, known bool) {
	var long tooLongError
	switch {
	case errors.As(err, &long):
		return say(lang, textTooLong, (long.bytes+1023)/1024), true
	case errors.Is(err, adapters.ErrEmptyQuestion):
		return say(lang, textEmpty), true
	case errors.Is(err, errNoWords):
		return say(lang, textNoWords), true
	case errors.Is(err, errVague):
		return say(lang, textVague), true
	case errors.Is(err, errNoIndex):
		return say(lang, textNoIndex), true
	case errors.Is(err, errNotAllowed):
		return say(lang, textNotAllowed), true
	case errors.Is(err, adapters.ErrQueueFull):
		return say(lang, textFull), true
	case errors.Is(err, adapters.ErrNotFound), errors.Is(err, store.ErrNotFound):
		return say(lang, textGone), true
	case errors.Is(err, context.DeadlineExceeded):
		return say(lang, textTimeout), true
	default:
		return say(lang, textUnknown, reference), false
	}
}

// reference returns a short id for a log line.
func reference() string { return newID()[:8] }
