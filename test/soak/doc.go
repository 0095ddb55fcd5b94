// Package soak loads a node heavily, in four ways: mixed traffic in which every byte of
// every answer is known in advance; ten thousand clients that ask for one response that is
// not stored; ten thousand idle connections; ten times as many responses as the store can
// hold.
//
// It never measures speed; test/bench does.
package soak
