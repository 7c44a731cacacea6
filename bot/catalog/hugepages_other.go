//go:build !linux

package catalog

// hugePages returns n zero bytes: only Linux can be asked for huge pages.
func hugePages(n int) []byte { return make([]byte, n) }
