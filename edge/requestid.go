package edge

import (
	"brink/edge/accesslog"
	"brink/edge/wire"
)

// maxRequestID is the length in bytes up to which the node takes over a client's id.
const maxRequestID = 128

// requestID returns the id of the request, for the log and for the origin: the client's
// X-Request-ID, or a new id that the first call makes. It aliases x or the request.
func (x *exchange) requestID() []byte {
	if id := x.Request.Fields.Get(wire.XRequestID); len(id) > 0 && len(id) <= maxRequestID {
		return id
	}
	if len(x.id) == 0 {
		x.id = accesslog.AppendRequestID(x.id)
	}
	return x.id
}
