// Package sqlstore implements every topic of bot/store in SQL that SQLite and
// PostgreSQL both understand. The two backends differ in how they open, lock
// and commit, which they give to [New] as an [Engine].
//
// # Dialects
//
// Statements are written with ? for arguments, @ before table names and /*lock*/
// where a queue's rows are claimed; [Dialect] turns these into $n, a schema's
// prefix and FOR UPDATE SKIP LOCKED. Times are stored as microseconds since
// 1970, zero meaning none; lists as JSON. Text arguments are made valid UTF-8
// without NUL, which PostgreSQL refuses.
//
// # Concurrency
//
// A [Store] is safe for concurrent use as far as its Engine is.
package sqlstore
