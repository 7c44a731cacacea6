package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// stopWithin bounds how long one part may take to stop.
const stopWithin = 20 * time.Second

// A lifecycle runs named parts and stops them in the reverse order of their
// start.
type lifecycle struct {
	lg       *slog.Logger
	cleanups []cleanup
	failed   chan error // the first part that ended by itself
}

type cleanup struct {
	name string
	stop func(context.Context) error
}

func newLifecycle(lg *slog.Logger) *lifecycle {
	return &lifecycle{lg: lg, failed: make(chan error, 1)}
}

// onStop adds something to call on the way down.
func (l *lifecycle) onStop(name string, stop func(context.Context) error) {
	l.cleanups = append(l.cleanups, cleanup{name, stop})
}

// run starts a part that blocks until its context ends. A part that returns an
// error before it was asked to stop ends the program, unless it may fail.
func (l *lifecycle) run(name string, mayFail bool, part func(context.Context) error) {
	ctx, cancel := context.WithCancelCause(context.Background())
	done := make(chan error, 1)
	go func() {
		err := part(ctx)
		if ctx.Err() == nil && err != nil {
			if mayFail {
				l.lg.Error("part ended", "part", name, "err", err)
			} else {
				select {
				case l.failed <- fmt.Errorf("%s: %w", name, err):
				default: // the first failure is the cause
				}
			}
		}
		done <- err
	}()
	l.onStop(name, func(stopping context.Context) error {
		cancel(errStopped)
		select {
		case err := <-done:
			if errors.Is(err, context.Canceled) || errors.Is(err, errStopped) {
				return nil
			}
			return err
		case <-stopping.Done():
			return fmt.Errorf("did not stop within %v", stopWithin)
		}
	})
}

var errStopped = errors.New("asked to stop")

// stop stops everything, last started first, and joins what went wrong.
func (l *lifecycle) stop() error {
	var errs []error
	for i := len(l.cleanups) - 1; i >= 0; i-- {
		c := l.cleanups[i]
		ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
		if err := c.stop(ctx); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", c.name, err))
		}
		cancel()
	}
	l.cleanups = nil
	return errors.Join(errs...)
}
