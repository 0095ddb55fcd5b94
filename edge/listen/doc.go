// Package listen owns the sockets that clients connect to. It opens them, accepts within the
// limits of an engine.Gate, and calls the engine for each connection in a goroutine of its
// own. At the end it stops accepting, has the engine drain, and after a grace period closes
// the connections that are left. cmd/brink calls it.
//
// It never reads or writes a connection. All locks are leaves.
package listen
