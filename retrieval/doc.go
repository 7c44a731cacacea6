// Package retrieval finds the passages that answer a question: words and
// meaning, Chinese and English, with a calibrated confidence and a clear "not
// in this library".
//
// # How data enters and leaves
//
// [Build] takes libraries of parsed documents and returns an [Index], reusing
// what an earlier one already knows about unchanged documents. [Index.WriteTo]
// and [Load] keep it on disk. [Index.Search] takes a [Query] and returns a
// [Result]: scored passages, the parts of each score, and a [Verdict].
//
// # How a question is read
//
// Slips of the keyboard are put right and words run together taken apart
// (correct.go); what is said around the matter is cut out, what machines write
// counts little (query.go, with [lexical.FillerSpans] and
// [lexical.MachineSpans]). Words and concepts select candidates (search.go),
// titles, sentences and the product asked about rank them (features.go,
// systems.go), and two logistic models give the verdict (confidence.go,
// verdict.go). Where that is [Abstain], each clause is tried alone
// (clauses.go).
//
// # Concurrency
//
// An Index is immutable and safe for concurrent use; a new generation is a new
// Index that its owner swaps in. Search has a bounded cost for any input and
// honours its context's deadline.
package retrieval
