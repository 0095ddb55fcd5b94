package wire

// Fault says why bytes are refused. It names the first thing wrong with them;
// nothing after a fault on the same connection may be parsed, since it is not
// known where the next message would begin.
type Fault uint8

// None is the absence of a fault.
const (
	None Fault = iota

	// The head (RFC 9112 sections 2, 3, 4 and 5).
	BadLineEnd         // a line that does not end in CRLF, or an empty line too early
	BadMethod          // not a token, or longer than MaxMethod
	BadTarget          // empty, in no known form, or with a byte that no target has
	TargetTooLong      // longer than the limit
	BadVersion         // not "HTTP/x.y", or not after a single space
	UnsupportedVersion // neither HTTP/1.0 nor HTTP/1.1
	BadStatusLine      // not a version, three digits and a reason phrase
	FoldedLine         // a line that begins with white space
	BadFieldName       // empty, not a token, or not followed by a colon at once
	ShadowName         // reads as a framing field where "_" counts as "-"
	BadFieldValue      // holds a control
	TooManyFields      // more field lines than the limit
	HeadTooLarge       // more bytes than the limit
	NoHost             // an HTTP/1.1 request without Host
	SeveralHosts       // more than one Host line
	TooManyOptions     // more than maxOptions options in Connection

	// The framing (RFC 9112 section 6).
	BadLength      // Content-Length is not one number of at most 18 digits
	SeveralLengths // more than one Content-Length line
	UnknownCoding  // Transfer-Encoding is not exactly "chunked"
	SeveralCodings // more than one Transfer-Encoding line
	BothLengths    // Transfer-Encoding next to Content-Length
	OldCoding      // Transfer-Encoding in HTTP/1.0

	// The chunked coding (RFC 9112 section 7.1).
	BadChunkSize      // not 1 to 16 hexadecimal digits, or more than an int64 holds
	BadChunkExtension // not a list of name or name=value
	ChunkLineTooLong  // a chunk's line of 4 KiB or more
	TooMuchOverhead   // over 16 KiB of extensions more than data
	BadChunkEnd       // data longer than its chunk's size, or not followed by CRLF
	TrailersTooLarge  // over 16 KiB of trailer section

	faultCount
)

type faultText struct {
	phrase string
	status int
}

var faults = [faultCount]faultText{
	None:               {"no fault", 200},
	BadLineEnd:         {"line not ended by CRLF", 400},
	BadMethod:          {"malformed method", 400},
	BadTarget:          {"malformed request target", 400},
	TargetTooLong:      {"request target too long", 414},
	BadVersion:         {"malformed version", 400},
	UnsupportedVersion: {"unsupported version", 505},
	BadStatusLine:      {"malformed status line", 400},
	FoldedLine:         {"folded field line", 400},
	BadFieldName:       {"malformed field name", 400},
	ShadowName:         {"field name that shadows a framing field", 400},
	BadFieldValue:      {"control in field value", 400},
	TooManyFields:      {"too many field lines", 431},
	HeadTooLarge:       {"head too large", 431},
	NoHost:             {"no Host", 400},
	SeveralHosts:       {"several Host lines", 400},
	TooManyOptions:     {"too many options in Connection", 400},
	BadLength:          {"malformed Content-Length", 400},
	SeveralLengths:     {"several Content-Length lines", 400},
	UnknownCoding:      {"unknown transfer coding", 501},
	SeveralCodings:     {"several Transfer-Encoding lines", 400},
	BothLengths:        {"Transfer-Encoding with Content-Length", 400},
	OldCoding:          {"Transfer-Encoding in HTTP/1.0", 400},
	BadChunkSize:       {"malformed chunk size", 400},
	BadChunkExtension:  {"malformed chunk extension", 400},
	ChunkLineTooLong:   {"chunk line too long", 400},
	TooMuchOverhead:    {"too much chunk overhead", 400},
	BadChunkEnd:        {"chunk not ended by CRLF", 400},
	TrailersTooLarge:   {"trailers too large", 400},
}

// String returns a short phrase for logs.
func (f Fault) String() string { return faults[f].phrase }

// Status returns the status code for a request with this fault. A response with a fault is
// always answered 502.
func (f Fault) Status() int { return faults[f].status }
