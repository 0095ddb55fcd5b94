//go:build !race

package brinktest

const raceEnabled = false
