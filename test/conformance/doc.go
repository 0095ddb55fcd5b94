// Package conformance runs http-cache-tests, the public suite for HTTP caches,
// against the real binary and compares each result with the one expected.
//
// expected.txt has a line for each test that does not pass, with the reason.
// Every other test of the kinds "required" and "optimal" (the suite's words) must pass.
package conformance
