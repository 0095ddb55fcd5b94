// Package message has the types that the engines and package edge share: Exchange (a request
// and its reply), URL (in its one canonical form), Handler (who answers), and the outcomes
// and reasons. Cache-Status, logs, metrics and brink explain use the same names for these.
//
// It does no I/O and decides nothing about caching.
package message
