// Package schedule says things at their time: it computes when a schedule
// fires, keeps every slot in the store, and takes each slot's delivery through
// claiming, sending and recording, so that it is sent exactly once across
// restarts, crashes and replicas.
//
// # Slots
//
// A [Schedule] is a cron expression of five fields in a time zone. Every
// calendar day that the zone has gets what the expression says:
//
//   - a wall time that a zone change skips fires at the first valid minute
//     after the gap,
//   - a calendar day that the zone omits has no slot,
//   - a wall time that happens twice fires at its first occurrence,
//   - two slots that fall on the same instant are one.
//
// An expression whose hour is * or */n runs on elapsed time instead: its hours
// and minutes count from the first instant of each local day, so that "0 * * * *"
// fires 23 times on a day of 23 hours and "0 */2 * * *" keeps its two hours
// across a change. A range with a step (8-18/2) names wall times.
//
// # Deliveries
//
// Planning inserts a slot as a pending delivery; of slots that passed while
// nobody ran, or while the platform was away, only the latest is sent, and only
// within the catch-up window.
// Every replica plans and claims; the store lets one win. The delivery's id is
// derived from schedule and slot and hidden in the message as its marker:
//
//	pending --claim--> claimed --begin--> maybe sent --record--> sent
//
// A process that dies after begin leaves a claim that lapses. The next claimer
// looks for the marker in the channel: found means sent, certainly absent
// means sending again, and when nobody can tell it waits until the window ends
// and records the delivery as unknown and alerts: rather lost than doubled,
// never silently. A claim outlives the deadline of its send by far, so that a
// slow process cannot send after another has looked.
//
// # Concurrency
//
// A Schedule is immutable. A [Runner] is used by one goroutine, in Run.
//
// # Testing
//
// Options.Now is the clock.
package schedule
