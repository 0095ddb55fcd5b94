// Package model compares the node with a reference cache: a list of the origin's answers
// and the rules of RFC 9111, without concurrency, parsing or storage. Random histories
// have requests, changes at the origin, faults, evictions, reloads and a simulated clock.
// For each request the node must give an answer that the reference allows, and a hit where
// the reference demands one.
//
// There are also metamorphic tests: two histories that differ only in something that must
// not matter have the same outcome.
//
// The tests look inside the node only to wait for its fetches and to evict responses.
package model
