package origin

import (
	"strconv"

	"brink/edge/wire"
)

var (
	upgradeOption  = []byte("upgrade")
	chunkedCoding  = []byte("chunked")
	zeroLength     = []byte("0")
	bodyExpectancy = [...]string{"POST", "PUT", "PATCH"}
)

// appendRequest appends the head of r, and its content if that has been read and is short.
func appendRequest(dst []byte, r *Request, host []byte, body *content) []byte {
	dst = wire.AppendRequestLine(dst, r.Method, r.Target)
	dst = wire.AppendField(dst, wire.Host.Bytes(), host)
	if r.Fields != nil {
		for i := range r.Fields.List {
			if f := &r.Fields.List[i]; f.ID != wire.Host {
				dst = wire.AppendField(dst, f.Name, f.Value)
			}
		}
	}
	if r.Upgrade != nil {
		dst = wire.AppendField(dst, wire.Connection.Bytes(), upgradeOption)
		dst = wire.AppendField(dst, wire.Upgrade.Bytes(), r.Upgrade)
	}
	dst = appendFraming(dst, r.Method, body)
	dst = append(dst, "\r\n"...)
	return append(dst, body.inline()...)
}

// appendFraming frames the content (RFC 9110 section 8.6, RFC 9112 section 6).
func appendFraming(dst, method []byte, body *content) []byte {
	switch {
	case body == nil && expectsBody(method):
		return wire.AppendField(dst, wire.ContentLength.Bytes(), zeroLength)
	case body == nil:
		return dst
	case body.length < 0:
		return wire.AppendField(dst, wire.TransferEncoding.Bytes(), chunkedCoding)
	}
	dst = append(dst, "Content-Length: "...)
	dst = strconv.AppendInt(dst, body.length, 10)
	return append(dst, "\r\n"...)
}

// expectsBody reports whether a request without content has to say so.
func expectsBody(method []byte) bool {
	for _, m := range bodyExpectancy {
		if string(method) == m {
			return true
		}
	}
	return false
}

// hostOf returns the Host field for a request to s.
func (o *Origin) hostOf(r *Request, s *server) []byte {
	switch {
	case len(o.host) > 0:
		return o.host
	case len(r.Host) > 0:
		return r.Host
	}
	return s.host
}
