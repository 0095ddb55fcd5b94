package message

import "strconv"

// appendProxyStatus appends the value of a Proxy-Status field (RFC 9209) for a
// response that the node made because a fetch failed: "edge-1;
// error=connection_timeout". problem is a token of section 2.3; receivedStatus is
// the origin's status code, 0 for none.
func appendProxyStatus(dst []byte, node, problem string, receivedStatus int) []byte {
	dst = appendTokenOrString(dst, node)
	dst = append(append(dst, "; error="...), problem...)
	if receivedStatus != 0 {
		dst = strconv.AppendInt(append(dst, "; received-status="...), int64(receivedStatus), 10)
	}
	return dst
}
