package sqlstore

import (
	"context"
	"errors"
	"fmt"
)

// Ended adds to an error after the end of ctx that it has ended: drivers then
// speak of an interrupt, or of a bad connection that they have closed themselves.
func Ended(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil || errors.Is(err, ctx.Err()) {
		return err
	}
	return fmt.Errorf("%w: %w", ctx.Err(), err)
}
