// Package discordtest is a stateful stand-in for Discord, for tests. It speaks
// the real protocol over HTTP and WebSocket on loopback: the gateway with
// hello, identify, heartbeats, resume at an address of its own, reconnect and
// invalid session; the REST API with messages, threads, direct conversations,
// commands, interactions and their webhooks, rate-limit buckets and
// permissions. It keeps guild, channels and messages, hides the text of
// messages from sessions without the message content intent as Discord does,
// and can be told to misbehave.
//
// # How data enters and leaves
//
// [Start] a server, give its URL and token to the adapter or to a whole `cairn
// serve` process ([Server.Env]), let somebody say something with
// [Server.Mention], [Server.Say], [Server.Direct], [Server.Slash],
// [Server.Press] or [Server.FindRunbook], and wait for the answer with
// [Server.Await]. Every message that comes in is checked by [Validate];
// [Server.Problems] lists what Discord would have refused.
//
// # Concurrency
//
// All methods are safe for concurrent use.
package discordtest
