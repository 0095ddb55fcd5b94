package semantics

import "strconv"

// AppendProxyStatus appends a whole Proxy-Status line (RFC 9209) for a response
// that the node made because a fetch failed: "Proxy-Status: edge-1;
// error=connection_timeout" and CRLF. errorToken is one of section 2.3;
// receivedStatus is the origin's status code, 0 for none.
func AppendProxyStatus(dst []byte, node, errorToken string, receivedStatus int) []byte {
	dst = append(dst, "Proxy-Status: "...)
	dst = appendTokenOrString(dst, node)
	dst = append(append(dst, "; error="...), errorToken...)
	if receivedStatus != 0 {
		dst = strconv.AppendInt(append(dst, "; received-status="...), int64(receivedStatus), 10)
	}
	return append(dst, '\r', '\n')
}
