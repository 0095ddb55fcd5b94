// Package figures turns a snapshot of numbers into Prometheus metrics and into names
// with values for people to read. Both come from one table.
//
// It keeps no numbers, and callers take the snapshots.
package figures
