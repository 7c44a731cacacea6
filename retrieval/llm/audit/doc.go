// Package audit keeps one line for every call of a model: who asked, when,
// which server, hashes and sizes of what went out and came back, tokens, cost,
// and how it ended. The texts themselves, which were masked before, are kept
// only when that is asked for.
//
// # How data enters and leaves
//
// [Log.Record] takes an llm.Call, for llm.Config.Observe. It appends a line of
// JSON, [Line], to a file in the folder "audit" of the data directory. Files
// are named by day and number (model-2026-11-29.0.jsonl), hold a few megabytes
// each, and the oldest are deleted, so that the log is bounded.
// [Log.Spent] reads this hour's lines back, so that budgets outlive a restart.
//
// # Several processes
//
// Each line is one write to a file opened for appending, and no file is ever
// renamed: processes that share a data directory share the log.
//
// # Failures
//
// A log that cannot be written is told of once and stops nothing.
//
// # Concurrency
//
// A Log is safe for concurrent use.
package audit
