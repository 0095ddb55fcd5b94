// Package soak asks much of a node at once: mixed traffic in which every byte
// of every answer is known in advance, ten thousand clients at one cold key,
// as many idle connections, and a store that is filled ten times over.
//
// It never measures speed: that is test/bench.
package soak
