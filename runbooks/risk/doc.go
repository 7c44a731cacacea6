// Package risk classifies commands as safe, caution or destructive by parsing
// them, never by running anything: shell with mvdan.cc/sh and a reviewed
// table, SQL and Redis statements by their verbs.
//
// [Classify] is pure and safe for concurrent use. What cannot be parsed is
// judged by its words and is never less than caution when a word of the table
// of destructive commands stands in it.
package risk
