// Package wire owns the HTTP/1 grammar of RFC 9112: start lines, field lines,
// message framing and the chunked coding, for requests and responses, reading
// and writing. It is strict: it rejects, it never repairs.
//
// It never does I/O and sets no policy: it turns bytes that somebody read into
// slices that alias them, and appends to buffers that somebody will write.
package wire
