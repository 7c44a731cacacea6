// Package catalog keeps the index of the configured libraries current: it
// lists files, parses what changed, builds a new index generation beside the
// serving one, swaps it in when complete, and keeps it on disk.
//
// # How data enters and leaves
//
// [Open] loads the last generation from the data directory, or the built-in
// library's index that is embedded in the binary. [Catalog.Update] compares
// every file's size, time and hash with the manifest of that generation and
// re-does only what changed; [Catalog.Run] does so whenever the watcher, the
// rescan timer or a call of [Catalog.Rescan] says so. [Catalog.Index] returns
// the serving generation.
//
// # What a crash leaves behind
//
// A generation is one file: a header, the manifest, the index. It is written
// to a temporary file, flushed, and renamed over the old one, so that a killed
// process leaves the previous generation. A file that fails its checksum is
// rebuilt with a warning.
//
// # Files that become unreadable
//
// A document whose file can no longer be read or decoded keeps its last good
// version, marked stale; so does a whole library whose folder has vanished or
// is suddenly empty while serving, which a lost mount looks like. A file that
// is gone from a folder that holds others is gone.
//
// # Concurrency
//
// All methods are safe for concurrent use. Several processes may use one data
// directory: each writes whole generations, and readers see one or the other.
package catalog
