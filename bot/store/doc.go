// Package store holds Cairn's state behind one interface with two backends:
// bot/store/sqlite, the default, one file in the data directory, and
// bot/store/postgres for several replicas.
//
// # How data enters and leaves
//
// Every topic (events, questions, conversations, schedules, cards, leases,
// administration) has a small interface of its own; [Store] is all of them.
// Callers declare which part they need. Times are passed in by the caller and
// stored in UTC with microseconds; the store never asks a clock, except for
// leases in PostgreSQL, where the server's clock is the authority.
//
// # Durability
//
// A call that has returned without an error survives a killed process.
//
// # Concurrency
//
// All methods are safe for concurrent use by several goroutines and several
// processes.
//
// # Testing
//
// bot/store/storetest holds the conformance suite that every backend passes.
package store
