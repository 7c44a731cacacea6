package quiz

import (
	"context"
	"errors"
	"testing"
)

// An impatient context ends after it has been asked so many times.
type impatient struct {
	context.Context
	left int
}

func (c *impatient) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// A process that is to stop does not first make all cards, and those it has not
// come to are not taken for gone.
func TestSyncStopsInTheMiddle(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	before, err := r.st.CardCount(t.Context())
	if err != nil || before == 0 {
		t.Fatalf("%d cards, %v", before, err)
	}
	clear(r.s.made)       // of these documents nothing is made yet
	for left := range 2 { // two libraries of a document each
		if _, err := r.s.Sync(&impatient{context.Background(), left}, append(r.libs[:1:1], r.secret...)); !errors.Is(err, context.Canceled) {
			t.Errorf("given up before document %d: %v, want context.Canceled", left+1, err)
		}
	}
	if after, err := r.st.CardCount(t.Context()); err != nil || after != before {
		t.Errorf("%d cards after a sync that was given up, %v, want %d", after, err, before)
	}
}
