// Package endings tests the end of clients and of the process, with the real binary and
// real sockets. In every phase of a request, clients leave and the process gets a signal
// to stop. No work may go on for a client that has left. A client that only stopped
// sending gets its answer. The process ends in time, whatever it is doing.
package endings
