// Package storetest is the conformance suite that every backend of bot/store
// passes.
//
// # How data enters and leaves
//
// A backend's test hands [Run] a function that makes an empty [Database] per
// subtest; the suite opens it, once or several times at once as several
// processes would, and closes what it opened. [Child] and [Kill] test what a
// killed process leaves behind.
//
// # Concurrency
//
// Subtests run in parallel.
package storetest
