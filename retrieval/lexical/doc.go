// Package lexical turns text into terms and finds the passages that hold them:
// the analysis of Chinese and English operations text, and an inverted index
// whose postings carry ready-made impacts.
//
// # How data enters and leaves
//
// An [Analyzer] splits a text into [Token]s: stemmed English words, numbers,
// identifiers whole and in parts, Han bigrams and single characters, and the
// glossary's concepts. There is no Chinese segmentation that could fail. A
// [Field] counts tokens with a weight; [Accumulate] turns the fields of a unit
// (a passage, a document) into one impact per term between 0 and 1: BM25F
// with fixed reference lengths, so that a unit's impacts do not depend on what
// else is indexed. A [Builder] collects units into an [Index], whose tables are
// flat and can lie in a file as they are.
//
// # Concurrency
//
// An Analyzer and an Index are safe for concurrent use. A Scratch and a Builder
// belong to one goroutine at a time.
package lexical
