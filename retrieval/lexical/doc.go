// Package lexical turns text into terms and finds the passages that hold them:
// the analysis of Chinese and English operations text, and an inverted index
// whose postings carry ready-made impacts.
//
// # How data enters and leaves
//
// An [Analyzer] splits a text into [Token]s: stemmed English words, numbers,
// identifiers whole and in parts, Han bigrams and single characters, and the
// glossary's concepts. There is no Chinese segmentation that could fail. A
// [Field] counts tokens with a weight; [Impacts] turns the fields of a unit
// (a passage, a document) into one impact per term between 0 and 255: BM25F
// with fixed reference lengths, so that a unit's impacts do not depend on what
// else is indexed. A [Dict] numbers the terms and [Postings] list the units of
// each; both are flat tables that can lie in a file as they are.
//
// Of questions it also tells what they are after ([AimOf]), what of them is
// filler ([FillerSpans]) or written by machines ([MachineSpans]), which words
// may be misspelt ([Fuzzy]), and which products there are ([Systems]).
//
// # Concurrency
//
// An Analyzer, a Dict, Postings and a Fuzzy are safe for concurrent use. A
// Scratch, a Vocab and a Tally belong to one goroutine at a time.
package lexical
