// Package vector keeps the vectors of passages: rows of a table for comparing
// a question with candidates that words have found, and chromem-go collections
// for searching all of them where words find little.
//
// # How data enters and leaves
//
// [New] takes the rows as an index holds them and which of them belong to which
// library. [Store.Similarity] compares a question with one passage,
// [Store.Nearest] with all passages of the libraries named. The collections are
// made at the first full search and share the rows' memory, so that opening an
// index costs nothing here. [Concepts] is an embedder of our own that needs no
// model.
//
// # Concurrency
//
// A Store and a Concepts are safe for concurrent use.
package vector
