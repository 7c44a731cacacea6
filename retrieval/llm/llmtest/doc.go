// Package llmtest provides a scripted OpenAI-compatible server on loopback,
// speaking real HTTP and server-sent events with the faults that real servers
// have, and deterministic embeddings and reranking.
//
// A test makes a [Server], tells it what to answer with [Server.Script], and
// points an llm.Config at [Server.URL]. Requests are kept for inspection with
// [Server.Requests].
//
// A test of deadlines makes its server with [NewInMemory] in a bubble of
// testing/synctest and puts [Server.Transport] into the llm.Config too: on a busy
// machine a deadline of milliseconds passes before a server on loopback answers.
//
// A Server is safe for concurrent use.
package llmtest
