// Package ground decides whether a sentence that a model wrote follows from
// the passages that it cites: with no model, in less than a millisecond, in
// English, in Chinese and from one to the other.
//
// # How data enters and leaves
//
// [Checker.Check] takes a sentence and its [Evidence] and returns a [Verdict]:
// grounded or not, a score between 0 and 1, and the reason for which a
// sentence failed. It errs towards failing: what is dropped costs a sentence,
// what passes wrongly costs trust. Of texts longer than 2 KiB (sentence) or
// 32 KiB (evidence together) nothing passes, or the rest is not looked at.
//
// # How it decides
//
// Both sides are cut into tokens (scan.go, latin.go, han.go): words, names and
// code, figures with their units in one measure. The evidence is kept as
// clauses, statements and list items, with the lines that say what to expect of
// a step and what it means otherwise (passage.go). Every token of the sentence
// is looked up in the evidence (match.go): by its text; by what data/lexicon.txt
// and the glossary say is the same; less surely by what data/words.txt says can
// take its place, by a translation learned from the built-in library
// (data/pairs.txt), or by the words that a phrase is made of. Every clause of the
// sentence is laid beside the clause of the evidence that carries most of it
// (cover.go). Then three things are asked, in this order:
//
//   - Figures and names must stand in the evidence (ground.go).
//   - The gates (gates.go) fail what is put together in another way: another
//     order, an opposite, a denial added or left out, all for some, at once
//     where the evidence says nothing of it, subjects, predicates or roles
//     exchanged, a figure beside the wrong word, what stands beside another
//     label, a meaning from another item, what a page calls a mistake given as
//     advice.
//   - The rest is scored by a sum of steps (score.go, data/weights.txt) of how
//     much is there, how near and in how much the same order, and what looks
//     changed without being sure, and must reach a threshold; evidence in the
//     other language has a sum of its own. Steps and threshold are fitted on
//     development sentences by TestGrounding with -args -fit; docs/benchmarks.md
//     has the figures.
//
// # Concurrency
//
// A Checker does not change once made and is safe for concurrent use. Its
// tables are made at the first check.
package ground
