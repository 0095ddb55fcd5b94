// Package wire owns the HTTP/1 grammar of RFC 9112: start lines, field lines,
// message framing and the chunked coding, for requests and responses, reading
// and writing. It is strict: it rejects, it never repairs.
//
// It never does I/O and sets no policy. Its callers (edge/http1 for clients, origin for
// servers) read and write the bytes. Parsed parts are slices of the caller's buffer. Output
// is appended to a buffer of the caller.
package wire
