// Package answer turns hits into a cited answer: it extracts the steps of the
// right section, classifies the risk of their commands, attaches a citation
// to each, and abstains where the evidence does not carry.
//
// # How data enters and leaves
//
// [Compose] takes the [retrieval.Result] of a question and the index it came
// from and returns an [Answer], the object that `cairn ask --json` prints. It
// writes nothing of its own: every quote is a slice of an indexed document
// ([Cite]), every step's text and commands are checked against their quote,
// and what does not pass is left out. [Verify] checks a citation against a
// document and holds for every citation that Compose makes.
//
// # What is chosen
//
// A runbook in our own format (docs/runbook_format.md) answers with First look
// and Diagnose and names the causes under Fix in Related; a question that
// names a cause gets that cause's steps, with the way back, the check and the
// other causes in Related. Elsewhere a passage with steps answers with all
// steps of its section, a passage without steps with itself, a list of links
// with the whole list. A question that joins several things gets the best
// place for each.
//
// # When it is not sure
//
// Abstain and Unsure both give an answer with Abstained set, no steps, no
// citations, and at most three titles in Related. Their Confidence is at most
// what the best place covers of the question. They differ in what the chat
// shows: an unsure result's titles are offered to choose from.
//
// # With a model
//
// A [Writer] lets a model add to an answer that Compose has made: choose
// further passages, and connect them by sentences. The model gets the question
// and the sources with ids (prompt.go) and returns one object that is read
// while it comes (structure.go). Each sentence must cite sources that exist,
// pass a screen of its form (screen.go: no links, no mentions, no command that
// is not whole in a source) and follow from what it cites, by the lexical check
// (cairn/bot/answer/ground) or, where the model has passed an exam, by its own
// judgement under controls (cairn/bot/answer/judge), asked while it still writes
// (bench.go). What fails is dropped; when too much fails, or
// the server does, the answer is the one of Compose. Steps, commands and
// quotes always come from documents. [Writer.Standalone] understands
// follow-ups, [Writer.Draft] drafts runbooks for people to check.
//
// # Concurrency
//
// Compose is pure and safe for concurrent use, a Writer is safe for concurrent
// use.
package answer
