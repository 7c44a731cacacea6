// Package discord connects Cairn to Discord.
//
// # How data enters and leaves
//
// Every shard holds one gateway session (gateway.go). decode.go turns what it
// delivers into neutral events, from Discord's JSON directly, so that a
// component nobody knows yet cannot cost a question. Messages of one channel
// are handed to the [adapters.Handler] in their order; an interaction is
// acknowledged only when the handler has recorded it (interact.go). After a
// session that could not be resumed catchup.go reads over REST what was said
// meanwhile. render.go turns a neutral message into embeds and buttons within
// the limits of limits.go; send.go posts them.
//
// All requests pass through rest.go: one place that moves the host, keeps
// Discord's buckets and its global limit, stops before too many refused
// requests, and takes secrets out of errors. discordgo gives the wire types,
// the WebSocket dialer and the HTTP exchange; its gateway loop and its rate
// limiter are not used, since the first cannot resume at the address Discord
// asks for nor stop at a fatal close code, and the second does not heed a
// context.
//
// All text of documents and people is escaped, and every message, edits too,
// goes out with empty allowed_mentions: no mention and no link can come of it.
//
// # Concurrency
//
// All methods are safe for concurrent use. Messages into one channel go out one
// after the other, in the order of the calls. Run owns every goroutine.
//
// # Testing
//
// Package discordtest is a stateful Discord of our own that speaks gateway and
// REST; [cairn/adapters/adaptertest] is the suite that every adapter passes.
package discord
