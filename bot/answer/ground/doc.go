// Package ground decides whether a sentence that a model wrote follows from
// the passages that it cites.
//
// # How data enters and leaves
//
// [Checker.Check] takes a sentence and its [Evidence] and returns a [Verdict]:
// grounded or not, a score between 0 and 1, and the reason for which a
// sentence failed. It errs towards failing: what is dropped costs a sentence,
// what passes wrongly costs trust.
//
// # Concurrency
//
// A Checker does not change once made and is safe for concurrent use.
package ground
