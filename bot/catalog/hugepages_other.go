//go:build !linux

package catalog

// hugePages does nothing: only Linux can be asked for huge pages.
func hugePages([]byte) {}
