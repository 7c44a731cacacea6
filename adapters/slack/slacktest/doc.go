// Package slacktest is a stateful stand-in for Slack, for tests. It speaks the
// real protocol over HTTP and WebSocket on loopback: the Web API below
// [Server.URL], Socket Mode with hello, pings, envelopes, acknowledgements and
// disconnect, signed Events API requests, response URLs. It keeps channels,
// messages, reactions and views, sends a mention twice as Slack does, retries
// what was not acknowledged, and can be told to misbehave.
//
// # How data enters and leaves
//
// [Start] a server, give its URL and tokens to the adapter or to a whole
// `cairn serve` process (SLACK_API_URL, SLACK_BOT_TOKEN, SLACK_APP_TOKEN), let
// somebody say something with [Server.Mention], [Server.Say], [Server.Slash],
// [Server.Press] or [Server.Shortcut], and wait for the answer with
// [Server.Await]. Every message that comes in is checked by [Validate];
// [Server.Problems] lists what Slack would have refused.
//
// # Concurrency
//
// All methods are safe for concurrent use.
package slacktest
