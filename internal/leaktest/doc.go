// Package leaktest finds goroutines that tests leave running. It is goleak with
// more patience: goroutines that are about to end get the time that they need
// on a busy machine. Only tests import it.
package leaktest
