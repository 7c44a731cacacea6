package leaktest

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience is how long goroutines may take to end. It passes only where one is
// left for good.
const patience = 15 * time.Second

// Find returns an error that names the goroutines still running after patience,
// without those that the options leave out.
func Find(opts ...goleak.Option) error { return find(patience, opts...) }

func find(patience time.Duration, opts ...goleak.Option) error {
	for start := time.Now(); ; {
		err := goleak.Find(opts...) // waits for some tenths of a second itself
		if err == nil || time.Since(start) > patience {
			return err
		}
	}
}

// Run runs the tests and returns the code to exit with: 1 when they pass and
// leave goroutines.
func Run(m interface{ Run() int }, opts ...goleak.Option) int {
	if code := m.Run(); code != 0 {
		return code
	}
	if err := Find(opts...); err != nil {
		fmt.Fprintln(os.Stderr, "goroutines are left after the tests:", err)
		return 1
	}
	return 0
}

// None fails the test when goroutines are left; to be deferred. With
// [goleak.IgnoreCurrent] those of before do not count.
func None(t testing.TB, opts ...goleak.Option) {
	t.Helper()
	if err := Find(opts...); err != nil {
		t.Error("goroutines are left:", err)
	}
}
