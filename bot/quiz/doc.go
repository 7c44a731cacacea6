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
