//go:build !race

package store

// raceDetector says that memory is not what it is without it.
const raceDetector = false
