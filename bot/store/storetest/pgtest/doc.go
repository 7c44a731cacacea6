// Package pgtest starts a private PostgreSQL server for tests, from the
// binaries that Debian and others install.
//
// # How data enters and leaves
//
// A test binary's TestMain calls [Main]; a test calls [URL] and gets a new,
// empty database. The server listens on a socket in a temporary folder only,
// starts with the first call and ends with the binary, also when that is
// killed (on Linux). Where there is no PostgreSQL the test is skipped, unless
// CAIRN_TEST_ALL=1 demands it.
//
// # Concurrency
//
// URL may be called by parallel tests.
package pgtest
