// Package notice holds a callback by which the source of a stream says once that
// there is more to read, so that one goroutine can serve many streams.
//
// It does not know what a stream is.
package notice
