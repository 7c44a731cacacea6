// Package quiz teaches: it makes cards out of documents, asks them, schedules
// each person's reviews with FSRS, keeps streaks, paths and subscriptions, and
// draws progress.
//
// # How data enters and leaves
//
// [Generate] turns parsed documents into [Card] values whose ids stay the same
// while their document changes; [Service.Sync] brings the store to them, so
// that cards whose passage is gone are retired and nobody's history is lost.
// [Paths] reads learning paths from roadmap documents. The commands of
// [Service.Commands] take neutral events and return neutral messages; a press
// of a button carries the card, the showing and the version of the card, so
// that pressing twice counts once and an outdated message grades nothing.
// [Service.Progress] and [Chart] are for the web page.
//
// # Choices
//
// "What do you check first?" has as wrong choices what the same runbook changes
// only once the cause is known, and the first check of a runbook on another
// system of the same field. "What comes next?" is asked within a fix alone,
// where the order is the document's, against other causes' cures and what was
// looked at before; never against a step that may follow anything. Concepts and
// notes are revealed and graded by oneself.
//
// # Manners
//
// Answers and progress are private. A wrong answer is followed by the passage
// that explains it, never by a remark. The leaderboard shows only those who
// asked to be on it; a streak survives days off through freezes.
//
// # Concurrency
//
// A Service is safe for concurrent use by goroutines and processes.
package quiz
