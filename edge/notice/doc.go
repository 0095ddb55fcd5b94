// Package notice has a callback that is called at most once. A reader that finds nothing to
// read gives a callback to the source, which calls it when there is more. So one goroutine
// can serve many streams. The sources are in store, origin and edge.
//
// It does not know what a stream is. The callback runs with the lock of its Notice held, and
// must not set, call or stop that Notice.
package notice
