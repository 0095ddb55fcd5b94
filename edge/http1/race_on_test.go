//go:build race

package http1

const underRace = true
