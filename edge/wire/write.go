package wire

import "strconv"

// AppendRequestLine appends a request line of HTTP/1.1. The caller has checked
// both parts.
func AppendRequestLine(dst, method, target []byte) []byte {
	dst = append(dst, method...)
	dst = append(dst, ' ')
	dst = append(dst, target...)
	return append(dst, " HTTP/1.1\r\n"...)
}

// AppendField appends a field line. The caller has checked that name is a
// token and value has no control.
func AppendField(dst, name, value []byte) []byte {
	dst = append(dst, name...)
	dst = append(dst, ": "...)
	dst = append(dst, value...)
	return append(dst, crlf...)
}

// ChunkEnd follows the data of a chunk.
const ChunkEnd = crlf

// AppendChunkHead appends what precedes a chunk of n bytes. n must not be 0:
// that would end the content.
func AppendChunkHead(dst []byte, n int) []byte {
	if n <= 0 {
		panic("BUG: a chunk of no bytes")
	}
	dst = strconv.AppendUint(dst, uint64(n), 16)
	return append(dst, crlf...)
}

// AppendLastChunk appends the end of chunked content. trailers may be nil.
func AppendLastChunk(dst []byte, trailers *Fields) []byte {
	dst = append(dst, "0\r\n"...)
	if trailers != nil {
		for i := range trailers.List {
			dst = AppendField(dst, trailers.List[i].Name, trailers.List[i].Value)
		}
	}
	return append(dst, crlf...)
}
