// Package soak loads a node heavily: with mixed traffic in which every byte of every
// answer is known in advance, with ten thousand clients that ask for the same missing
// response, with as many idle connections, and with ten times as many responses as the
// store can hold.
//
// It never measures speed; test/bench does.
package soak
