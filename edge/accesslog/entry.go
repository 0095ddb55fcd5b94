package accesslog

import (
	"net/netip"
	"time"

	"brink/edge/message"
	"brink/store"
)

// Entry has the values that are logged for one request. Append reads the slices and does
// not keep them. A JSON line leaves out empty ones.
type Entry struct {
	Time     store.Instant // when the request's head was complete
	Duration time.Duration // from then to the end of the reply
	Client   netip.Addr
	Site     string // "" if none has the host
	Rule     string // pattern of the path rule, "" for the site's own

	Verb     []byte // the method as sent
	Scheme   string
	Host     []byte
	Target   []byte
	Protocol message.Protocol

	Status int   // as sent; 0: closed without an answer
	Bytes  int64 // of content
	Age    int64 // of the stored response in seconds; -1: the reply had no Age
	Cache  *message.CacheStatus

	Referer     []byte
	UserAgent   []byte
	RequestID   []byte
	Traceparent []byte
}
