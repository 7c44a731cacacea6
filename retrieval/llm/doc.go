// Package llm talks to OpenAI-compatible model servers: chat, embeddings, and
// Cohere- or Jina-compatible reranking, behind interfaces of one or two
// methods.
//
// # How data enters and leaves
//
// [New] takes a [Config] and returns a [Client], which implements [Chatter],
// [Embedder] and [Reranker]. What a server sends is checked for shape only
// (an answer without a finish reason is an error, a vector of another length
// is an error); what it says is never trusted here or elsewhere. Who wants an
// answer of a certain form asks with [Ask], so that one of another form is an
// error, and recorded as one.
//
// # Limits
//
// Every call passes the same gate: a concurrency limit, a budget of tokens and
// money per hour and per person, and a circuit breaker that opens after
// repeated failures. Requests are tried again on 429, 5xx and broken
// connections, honouring Retry-After, within the caller's deadline. Streams
// have a deadline for the first token besides the one in all.
//
// Calls that run count against the budgets with what they may use at most, so
// that many at once pass a budget by one call at most. [Config.Spent] lets
// budgets outlive a restart. [Config.Observe] is told of every call once, as a
// [Call]: retrieval/llm/audit records them.
//
// # Secrets
//
// The key is asked for through [Key] at each request and is never printed;
// errors hold the server's host, never a request's header or a URL's query.
//
// # Concurrency
//
// A Client is safe for concurrent use.
package llm
