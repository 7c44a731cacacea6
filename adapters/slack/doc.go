// Package slack connects Cairn to a Slack workspace.
//
// # How data enters and leaves
//
// Events come over Socket Mode (socket.go) or signed HTTP requests (http.go).
// decode.go turns either into neutral events, from Slack's JSON directly, so
// that a block type nobody knows yet cannot cost a question. An event goes to
// the [adapters.Handler] and its envelope is acknowledged only when the handler
// has recorded it. render.go turns a neutral message into Block Kit within the
// limits of limits.go; send.go posts it.
//
// All text of documents and people goes out in rich_text elements, which Slack
// does not parse: no mention and no link can come of it, and a command is
// copied with exactly its bytes. Only the notification text is parsed by Slack;
// it is escaped.
//
// # Concurrency
//
// All methods are safe for concurrent use. Messages into one thread go out one
// after the other, in the order of the calls; a rate limit holds back one
// method in one channel and nothing else. Run owns every goroutine.
//
// # Testing
//
// Package slacktest is a stateful Slack of our own that speaks the real
// protocol; [cairn/adapters/adaptertest] is the suite that every adapter
// passes.
package slack
