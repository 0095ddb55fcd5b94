// Package figures makes metrics, and numbers for people to read, of one table
// of what a snapshot has.
//
// It keeps no number and takes no snapshot by itself.
package figures
