// Package lint checks runbooks: that front matter is complete, that steps can
// be followed and their commands parse, that nothing destructive hides without
// its mark, that links lead somewhere, that two languages say the same, and
// that no document repeats another.
//
// # How data enters and leaves
//
// [Run] takes the parsed documents of one library and returns [Finding] values
// ordered by path and line; [Write] prints them for people, as JSON, or as
// annotations of GitHub. Rules of our own format (docs/runbook_format.md) are
// errors where the front matter names a service, and do not apply elsewhere:
// there only what is broken in any document is reported, as a warning.
//
// # Concurrency
//
// Everything is pure and safe for concurrent use. The clock is
// [Options].Now.
package lint
