// Package risk classifies commands as safe, caution or destructive by parsing
// them, never by running anything: shell with mvdan.cc/sh and a reviewed
// table, SQL, Redis, MongoDB and HTTP requests by their verbs.
//
// # How data enters and leaves
//
// [Classify] takes a command block and the info string of its fence and
// returns a [Level] with a [Reason], a short key that [Reason.Text] says in
// English and Chinese. [ClassifyProse] takes a sentence of plain notes and
// judges the commands that stand in it without markup.
//
// A shell script is walked whole: pipes, subshells, functions, redirections,
// here-documents. What runs something else (sudo, xargs, ssh, bash -c,
// kubectl exec, find -exec, a database client's -e …) is taken off, so that
// the worst command inside counts. Each call is then looked up in rules.txt,
// the reviewed table; its syntax stands at its top. What cannot be parsed is
// judged by its words and is never less than caution when an alarming word
// stands in it.
//
// # Concurrency
//
// Everything is pure and safe for concurrent use. The table is read on first
// use.
package risk
