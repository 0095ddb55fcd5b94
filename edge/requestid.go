package edge

import (
	"brink/edge/accesslog"
	"brink/edge/message"
	"brink/edge/wire"
)

// maxRequestID is how long an id of the client's may be to be carried on.
const maxRequestID = 128

// requestID is what the request is called in the log and towards the origin:
// what the client calls it in X-Request-ID, or a new id made at the first
// call. It aliases v or the request.
func (v *visit) requestID(x *message.Exchange) []byte {
	if id := x.Request.Fields.Get(wire.XRequestID); len(id) > 0 && len(id) <= maxRequestID {
		return id
	}
	if len(v.id) == 0 {
		v.id = accesslog.AppendRequestID(v.id)
	}
	return v.id
}

// identified adds the request's id to the fields for the origin.
func identified(f *wire.Fields, id []byte) {
	if !f.Has(wire.XRequestID) {
		f.AppendID(wire.XRequestID, id)
	}
}
