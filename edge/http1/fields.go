package http1

import (
	"strconv"

	"brink/edge/message"
	"brink/edge/wire"
)

// appendReplyFields appends the lines of p that differ from reply to reply.
func appendReplyFields(b []byte, p *message.Reply) []byte {
	if p.HasAge {
		b = append(b, "Age: "...)
		b = strconv.AppendInt(b, p.Age, 10)
		b = append(b, "\r\n"...)
	}
	for _, cookie := range p.Cookies {
		b = wire.AppendField(b, wire.SetCookie.Bytes(), cookie)
	}
	if p.Node == "" {
		return b
	}
	b = append(b, "Cache-Status: "...)
	b = p.AppendCacheStatus(b)
	b = append(b, "\r\n"...)
	if p.Problem != "" {
		b = append(b, "Proxy-Status: "...)
		b = p.AppendProxyStatus(b)
		b = append(b, "\r\n"...)
	}
	return b
}
