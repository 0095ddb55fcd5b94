package message

import (
	"net/netip"
	"time"

	"brink/edge/wire"
)

// Protocol is the version that the client speaks.
type Protocol uint8

const (
	HTTP10 Protocol = iota
	HTTP11
	HTTP2
	HTTP3
)

var protocols = [...]string{HTTP10: "HTTP/1.0", HTTP11: "HTTP/1.1", HTTP2: "HTTP/2", HTTP3: "HTTP/3"}

func (p Protocol) String() string { return protocols[p] }

// Request is what the client asked for. All slices alias memory of the
// connection and are valid until Done; a fetch that outlives the request
// copies what it needs.
//
// Upgrade is the value of that field in HTTP/1. In HTTP/2 and 3 it is the :protocol of
// an extended CONNECT, and the engine makes Method the GET that it stands for.
type Request struct {
	Method   Method
	Verb     []byte // the method as sent
	Protocol Protocol
	URL      URL
	Fields   wire.Fields    // as received, hop-by-hop fields included
	Body     Body           // nil: the request has no content
	Upgrade  []byte         // the protocol that the client asks to switch to; nil: none
	Peer     netip.AddrPort // the other end of the connection; see Client
	Way      Way

	Transport *Transport // of the connection; nil: it is not TLS
	Early     bool       // it came as early data, which an attacker can repeat (RFC 8470)
}

// Body is the content of a request, read as it arrives. One goroutine may read
// it at a time; the engine may stop it from another.
type Body interface {
	// Read returns io.EOF at the clean end and another error if the content
	// was cut off, malformed, over the limit or stopped. The first Read asks
	// the client to go on, where it waits for 100 (Continue).
	Read(p []byte) (int, error)
	// ReadWithin is Read with a time limit of about limit. When that is over, it
	// returns os.ErrDeadlineExceeded, and the caller may read again later.
	ReadWithin(p []byte, limit time.Duration) (int, error)
	// Length is the announced length in bytes, or -1 (chunked).
	Length() int64
	// Trailers returns the trailer fields, after Read returned io.EOF. They
	// are never merged into the request's fields.
	Trailers() *wire.Fields
	// Stop makes a Read that waits, and every later one, fail at once.
	Stop()
}
