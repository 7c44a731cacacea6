package sqlstore

import (
	"context"
	"database/sql/driver"
	"errors"
	"testing"
)

// Who ended a call is told so, whatever the driver makes of it; what else the
// error was stays known.
func TestEnded(t *testing.T) {
	t.Parallel()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Ended(over, driver.ErrBadConn); !errors.Is(err, context.Canceled) || !errors.Is(err, driver.ErrBadConn) {
		t.Errorf("after the end: got %v, want both that it ended and what the driver says", err)
	}
	if err := Ended(t.Context(), driver.ErrBadConn); err != driver.ErrBadConn {
		t.Errorf("before the end: got %v, want what the driver says", err)
	}
	if err := Ended(over, nil); err != nil {
		t.Errorf("what was done in time: got %v", err)
	}
}
