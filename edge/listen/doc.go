// Package listen owns the sockets that clients connect to: it opens them,
// accepts within limits, hands each connection to a function in a goroutine of
// its own, and ends them all in an orderly way.
//
// It never reads or writes a connection.
package listen
