// Package adapters holds what every chat platform and every other surface of
// Cairn has in common: the neutral [Event] that comes in, the neutral
// [Message] that goes out, the interfaces an adapter implements, the small
// interfaces it is given, delivery errors, the [Secret] type, and the [Text]
// that operators read in English or Chinese.
//
// # How data enters and leaves
//
// An adapter decodes what its platform sends into an Event and hands it to the
// [Handler], which records it durably before it returns: only then does the
// adapter acknowledge. The bot answers later, through [Replier.Reply], with a
// Message that the adapter renders within its platform's limits. What the bot
// says on its own (tips, cards) comes through [Sender.Send].
//
// Adapters know nothing of retrieval, documents or storage. What they need
// beyond answers they get through the interfaces in services.go.
//
// # Answers that grow
//
// While a model writes, an answer grows through a [Stream]: the steps stand at
// once, sentences are added below them, the final message takes the place of
// all. The bot hands over whole messages as quickly as they come; how often
// they show, and how, is the adapter's affair. A platform whose messages can
// be edited gives [EditStream] its own pace (Discord takes five edits in five
// seconds in a channel). One that has streaming of its own gives [NewStream]
// two functions: what shows the growth, and what puts the final message there
// whatever happened (Slack's agent surface; a web page sends each message as
// one server-sent event that replaces the last, and ends with the final one).
// An adapter that implements no [Streamer] gets the final message alone.
//
// # Text in messages
//
// Every text field of a Message is plain text in which a run between
// backticks is inline code and nothing else is markup. Adapters escape
// everything: a mention, a channel ping or a link that stands in such a text
// must come out as inert characters. Links go out only from [Link] values.
//
// # Concurrency
//
// All implementations of the interfaces here are safe for concurrent use.
package adapters
