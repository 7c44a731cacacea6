// Command summary reads `go test -json` on stdin and prints the output of what
// failed, a line per package, what was skipped with its reason, and a last
// line with the counts. It exits 1 when something failed, or when something
// was skipped although CAIRN_TEST_ALL is set.
package main
