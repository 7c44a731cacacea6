// Package postgres keeps Cairn's state in PostgreSQL, for several replicas.
//
// # How data enters and leaves
//
// [Open] connects, creates the schema named cairn where it is missing and
// migrates it under an advisory lock; the topics are those of bot/store,
// implemented in bot/store/internal/sqlstore. Every table is named with its
// schema, so the connection's search path does not matter.
//
// # Durability
//
// A write that has returned is committed, as far as the server's
// synchronous_commit says so; the server's default does.
//
// # Concurrency
//
// Safe for goroutines and processes. The advisory lock of the migration needs
// a connection of its own: where a pooler in transaction mode stands between,
// migrate past it once.
//
// # Testing
//
// bot/store/storetest/pgtest starts a private server.
package postgres
