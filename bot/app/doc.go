// Package app is the program: the cobra commands, the wiring of everything
// else, and the lifecycle of what runs.
//
// # Commands
//
// [Main] parses arguments and returns the exit code: 0 done, 1 failed, 2 wrong
// usage or configuration, 3 abstained. Results go to stdout, progress and logs
// to stderr. Each command is one file named after it.
//
// # Language
//
// The command line speaks English or Chinese; [language] decides before flags
// are parsed. Texts stand in both languages where they are used: each command
// is made in one, errors carry both until [Main] prints them.
//
// # Wiring
//
// A command opens a session: configuration, libraries, index. Serve adds the
// store, the bot, the adapters and the listener; newAdapters in adapters.go is
// the only place that knows which adapters exist. Nothing registers itself.
//
// # Lifecycle
//
// Only this package starts things. What was started is stopped in the reverse
// order, each part within a bound, errors joined; a start that fails halfway
// takes the same path. A second signal ends the process at once.
package app
