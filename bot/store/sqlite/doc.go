// Package sqlite keeps Cairn's state in one SQLite file, the default.
//
// # How data enters and leaves
//
// [Open] creates or migrates the file; the topics are those of bot/store,
// implemented in bot/store/internal/sqlstore. [Store.Backup] copies a running
// database.
//
// # Durability
//
// The file is in WAL mode with synchronous=FULL: a write that has returned is
// on the disk, whatever happens to the process or to the power. One goroutine
// does all writing; the writes that gathered while the disk was busy share the
// next transaction and its flush, each in a savepoint of its own, so that one
// failing leaves the others alone.
//
// # Concurrency
//
// Safe for goroutines and for several processes on one machine. Not for
// network file systems, where WAL's shared memory does not work.
package sqlite
