package adapters

import (
	"errors"
	"fmt"
	"time"
)

// ErrorKind classifies what went wrong between Cairn and a platform. The set
// is closed: it is a metric label and it decides about retries.
type ErrorKind string

// The kinds of delivery error.
const (
	KindAuth        ErrorKind = "auth"         // credentials refused; retrying cannot help
	KindPermission  ErrorKind = "permission"   // missing scope or permission in this place
	KindRateLimited ErrorKind = "rate_limited" // try again after RetryAfter
	KindServer      ErrorKind = "server"       // the platform's fault; try again
	KindTimeout     ErrorKind = "timeout"      // unknown whether it arrived
	KindNotFound    ErrorKind = "not_found"    // channel, thread or message is gone
	KindClient      ErrorKind = "client"       // the request was wrong; a bug
)

// A DeliveryError says why something could not be sent. Its text holds no
// secret.
type DeliveryError struct {
	Kind ErrorKind
	// RetryAfter is how long the platform asked to wait; zero if it did not.
	RetryAfter time.Duration
	// Op is what was tried, such as "chat.postMessage in C123".
	Op string
	// Permission is the missing scope or permission, for KindPermission.
	Permission string
	Err        error
}

// Error says what was tried and what went wrong.
func (e *DeliveryError) Error() string {
	if e.Permission != "" {
		return fmt.Sprintf("%s: missing %s: %v", e.Op, e.Permission, e.Err)
	}
	return fmt.Sprintf("%s: %v", e.Op, e.Err)
}

// Unwrap returns the cause.
func (e *DeliveryError) Unwrap() error { return e.Err }

// Retryable reports whether sending again may help and cannot double the
// message. A timeout is not retryable: whether the message arrived is unknown.
func (e *DeliveryError) Retryable() bool {
	return e.Kind == KindRateLimited || e.Kind == KindServer
}

// KindOf returns the kind of the first [*DeliveryError] in err's tree, or ""
// if there is none.
func KindOf(err error) ErrorKind {
	var d *DeliveryError
	if errors.As(err, &d) {
		return d.Kind
	}
	return ""
}

// retryAfter is how long the platform asked to wait, or zero.
func retryAfter(err error) time.Duration {
	var d *DeliveryError
	if errors.As(err, &d) {
		return d.RetryAfter
	}
	return 0
}
