// Package bot joins chat and retrieval: it takes events from adapters, decides
// whether and how to answer, searches, composes, remembers, and gives the
// answer back as a neutral message.
//
// # A tour, bottom-up
//
// cairn/runbooks turns files into documents with sections, steps and passages;
// cairn/runbooks/risk says how dangerous a command is. cairn/retrieval finds
// passages and says how sure it is. cairn/bot/answer extracts a cited answer
// from them. cairn/adapters defines what comes from a platform (Event) and
// what goes to it (Message); each platform is a package below it.
// cairn/bot/store keeps events, questions and conversations. Package bot joins
// these, and cairn/bot/app alone wires and starts things.
//
// # How data enters and leaves
//
// [Bot.Accept] records an event under its keys and puts it into a bounded
// queue; a duplicate ends there. [Bot.Run] works the queue off: one lane per
// thread, so that a thread's events are handled in order, and many lanes at a
// time. The answer goes out through the adapter that was attached under the
// event's adapter name, and the event is finished in the store. What a crash
// left unfinished is claimed and answered if it is younger than ten minutes.
// [Bot.Ask] answers at once, for the web page and the terminal.
//
// With Options.Writer a model adds to an answer: the first stage is shown at
// once through the platform's stream and grows below its steps (write.go).
// Nothing about finding, citing or abstaining depends on it.
//
// # Who sees what
//
// Options.Allows decides per library. A library the asker may not see is not
// searched, cited, suggested, listed or opened. In a channel an answer from a
// library that the asker sees but the channel does not goes to the asker
// alone, and sharing it there is refused.
//
// # Manners
//
// A mention, a direct message, a slash command and a shortcut are always
// answered, if only by "I found nothing". Without a mention Cairn speaks in
// onboarding channels (questions only, above a higher confidence, once, and
// only while nobody else has) and as a follow-up in threads that it takes part
// in, until two people talk to each other or somebody says quiet.
//
// # Texts
//
// texts.go holds every sentence in both languages; errors.go is the one table
// from error to sentence. Everything shown passes through the cleaning in
// clean.go.
//
// # Concurrency
//
// All methods are safe for concurrent use. Run owns every goroutine and joins
// them before it returns; Attach is for the time before Run.
package bot
