// Command builtinindex makes the built-in library's index that is embedded in
// the binary: it parses the documents of runbooks/library and writes
// bot/catalog/builtin.generation.zst. `make generate` runs it.
package main
