// Command builtinindex makes the built-in library's index that is embedded in
// the binary: it parses the documents of runbooks/library and writes
// bot/catalog/builtin.generation. `make generate` runs it.
package main
