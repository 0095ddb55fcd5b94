// Package brinktest runs the real binary for tests: it builds it once, starts
// nodes on free ports of 127.0.0.1 and ends them with the test.
package brinktest
