// Package terminal renders messages for a terminal.
//
// # How data enters and leaves
//
// [Render] turns an [adapters.Message] into text; [Detect] finds out what a
// file can show. Commands stand at the start of their lines, unwrapped and
// between blank lines, so that marking and copying them gives what the runbook
// says. Everything else is wrapped to the width, Chinese characters counting
// two columns.
//
// Documents and questions are hostile: escape sequences are taken out of prose
// and shown as visible names in commands and quotes, so that no text can move
// the cursor, change the clipboard or hide what a command does.
//
// # Concurrency
//
// There is no state.
package terminal
