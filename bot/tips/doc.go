// Package tips makes daily tips out of documents: a concept, what is going on in
// an incident, a common mistake with its remedy, a command with its meaning, a
// step with its reason, what to check first, and chooses which one to show.
//
// # How data enters and leaves
//
// [Generate] turns parsed documents into [Tip] values: whole sentences that
// read well alone, each with the lines it stands on. [Pick] chooses one for a
// stream (a schedule, a channel): none is repeated until all have been shown,
// what people asked about lately weighs more, and so does what has changed.
// [Tip.Message] is the neutral message. [Service] puts these together over the
// store; it is the "tip" command of the bot and finds the words for schedules.
//
// # What is left out
//
// Headings, tables, links, menus, half sentences, sentences that lean on what
// stands before them ("it", "as shown below", "如下图"), instructions that need
// the step before ("See which files those are."), answers to one half of a
// question, files in fences, authors talking about themselves, and commands
// that destroy something. A team with few good sentences gets few tips rather
// than bad ones. The tests hold every tip of several libraries to these rules.
//
// # Concurrency
//
// Functions are pure; a Service is safe for concurrent use.
package tips
