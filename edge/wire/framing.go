package wire

// Kind is how the end of a message's content is found.
type Kind uint8

const (
	NoContent Kind = iota
	ByLength
	ByChunks
	ByClose // responses only: the connection's end is the content's
)

// Framing is the framing of one message's content (RFC 9112 section 6.3).
//
// Length is the content's length in bytes, or -1 where it is not known. In the
// response to HEAD and in a 304 it is what Content-Length announces of the
// content that is not sent, or -1.
type Framing struct {
	Kind   Kind
	Length int64
}

// framing decides by Transfer-Encoding and Content-Length alone.
func (f *Fields) framing(minor uint8) (Framing, Fault) {
	length := f.First(ContentLength)
	if i := f.First(TransferEncoding); i >= 0 {
		switch {
		case minor == 0:
			return Framing{}, OldCoding
		case length >= 0:
			return Framing{}, BothLengths
		case f.Next(i) >= 0:
			return Framing{}, SeveralCodings
		case !EqualFold(f.List[i].Value, "chunked"):
			return Framing{}, UnknownCoding
		}
		return Framing{ByChunks, -1}, None
	}
	if length < 0 {
		return Framing{}, None
	}
	if f.Next(length) >= 0 {
		return Framing{}, SeveralLengths
	}
	n, ok := parseLength(f.List[length].Value)
	if !ok {
		return Framing{}, BadLength
	}
	return Framing{ByLength, n}, None
}

// parseLength reads 1*DIGIT (RFC 9110 section 8.6), at most 18 of them.
func parseLength(v []byte) (n int64, ok bool) {
	if len(v) == 0 || len(v) > 18 {
		return 0, false
	}
	for _, c := range v {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}
