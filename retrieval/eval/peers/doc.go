// Peers measures retrieval against bleve and SQLite FTS5 on the same passages
// and questions in one run. It is a module of its own, so that the product does
// not depend on what it is compared with.
//
//	go run . -shared ../../../../shared -passages 14000
//	go run . -shared ../../../../shared -passages 100000
//
// The passages come from the Kubernetes pages and Prometheus runbooks of the
// development sets. More of them than there are get made from the same text:
// each further document has a real document's title and headings and, below
// them, lines drawn at random from documents of the same language, so that
// words keep their frequencies and no two passages are alike.
//
// A build ends with the index on disk, for all engines, and begins for Cairn
// with documents and for the others with the passages cut already.
//
// All engines get the same questions, one at a time: first once to warm their
// caches, then once for the figures.
package main
