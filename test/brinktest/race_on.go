//go:build race

package brinktest

// RaceEnabled is whether tests and the binary have the race detector, which takes memory
// and time of its own.
const RaceEnabled = true
