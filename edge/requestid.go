package edge

import (
	"brink/edge/accesslog"
	"brink/edge/wire"
)

// maxRequestID is how long an id of the client's may be to be carried on.
const maxRequestID = 128

// requestID is what the request is called in the log and towards the origin:
// what the client calls it in X-Request-ID, or a new id made at the first
// call. It aliases x or the request.
func (x *exchange) requestID() []byte {
	if id := x.Request.Fields.Get(wire.XRequestID); len(id) > 0 && len(id) <= maxRequestID {
		return id
	}
	if len(x.id) == 0 {
		x.id = accesslog.AppendRequestID(x.id)
	}
	return x.id
}
