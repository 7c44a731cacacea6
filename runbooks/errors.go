package runbooks

import (
	"errors"
	"fmt"
)

// The reasons for which [Parse] refuses a file. Match with [errors.Is]; the
// text of the returned error is fit for a "skipped: reason" list.
var (
	// ErrTooLarge: the file exceeds [Options].MaxBytes.
	ErrTooLarge = errors.New("file too large")
	// ErrBinary: the bytes are no text.
	ErrBinary = errors.New("binary file")
	// ErrEncoding: the bytes are text in no encoding that is known.
	ErrEncoding = errors.New("unknown text encoding")
)

// A ParseError says why a file cannot be a document.
type ParseError struct {
	Path string
	// Err is one of [ErrTooLarge], [ErrBinary] and [ErrEncoding].
	Err error
	// Detail says what was seen and what to do about it.
	Detail string
}

// Error returns path, reason and detail.
func (e *ParseError) Error() string { return e.Path + ": " + e.Reason() }

// Unwrap returns the reason's sentinel.
func (e *ParseError) Unwrap() error { return e.Err }

// Reason returns the reason with its detail, without the path.
func (e *ParseError) Reason() string {
	if e.Detail == "" {
		return e.Err.Error()
	}
	return fmt.Sprintf("%v: %s", e.Err, e.Detail)
}
