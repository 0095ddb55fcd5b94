//go:build race

package semantics

// raceSlack is how much longer code takes under the race detector.
const raceSlack = 10
