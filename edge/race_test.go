//go:build race

package edge

// raceEnabled: pools forget at random under the race detector, so that what
// they spare cannot be counted.
const raceEnabled = true
