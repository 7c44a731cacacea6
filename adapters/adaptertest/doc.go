// Package adaptertest is the suite that every chat adapter passes.
//
// An adapter's test makes a [Harness]: the adapter, not yet running, connected
// to a stand-in for its platform, and functions that let people do things
// there. [Run] starts the adapter with a handler of its own, lets things
// happen, and looks at what comes back as people would see it. What only one
// platform has is tested beside its adapter.
//
// Each test of the suite calls the function given to Run for a harness of its
// own; tests run in parallel.
package adaptertest
