// Package eval measures how well an index answers: questions with known
// answers and questions that have none, to figures that can be compared.
//
// # How data enters and leaves
//
// [ReadQuestions] reads lines of JSON, [Run] asks an index all of them and
// keeps a small [Outcome] of each, [Measure] sums outcomes up into [Figures]:
// success, reciprocal rank and gain by document and by passage, abstaining,
// calibration, latency. Outcomes hold identifiers, paths and line numbers,
// never text, so that they can be kept as goldens.
//
// # Concurrency
//
// The functions are safe for concurrent use.
package eval
