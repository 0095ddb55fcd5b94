// Package conformance runs http-cache-tests, the public suite for HTTP caches,
// against the real binary and compares each result with the one expected.
//
// expected.txt has a line for each test that does not pass, with the reason.
// Every other required or optimal test must pass.
package conformance
