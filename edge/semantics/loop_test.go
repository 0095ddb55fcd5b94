package semantics

import (
	"strings"
	"testing"

	"brink/edge/message"
)

func TestLooped(t *testing.T) {
	for _, c := range []struct {
		lines string
		want  message.Reason
	}{
		{"A: 1", message.ReasonNone},
		// RFC 8586 section 2.
		{"CDN-Loop: edge-1", message.ReasonLoop},
		{"CDN-Loop: EDGE-1", message.ReasonLoop},
		{"CDN-Loop: foo123.foocdn.example, barcdn.example; trace=\"abcdef\"|CDN-Loop: edge-1", message.ReasonLoop},
		{"CDN-Loop: AnotherCDN; abc=123; def=\"456\", edge-1", message.ReasonLoop},
		{"CDN-Loop: edge-1;x=y", message.ReasonLoop},
		{"CDN-Loop: foo123.foocdn.example, barcdn.example; trace=\"abcdef\"", message.ReasonNone},
		{"CDN-Loop: a:8080, [::1]:80 ; q=1", message.ReasonNone},
		{"CDN-Loop: edge-10, xedge-1", message.ReasonNone},
		{"CDN-Loop: a; x=\"edge-1, edge-1\"", message.ReasonNone},
		{"CDN-Loop: ", message.ReasonNone},
		{"CDN-Loop: ,a,,", message.ReasonNone},
		// What cannot be read cannot be trusted to be no loop.
		{"CDN-Loop: a b", message.ReasonBadRequest},
		{"CDN-Loop: a; x", message.ReasonBadRequest},
		{"CDN-Loop: a; x=", message.ReasonBadRequest},
		{"CDN-Loop: a; =x", message.ReasonBadRequest},
		{"CDN-Loop: a; x=\"edge-1", message.ReasonBadRequest},
		{"CDN-Loop: a;", message.ReasonBadRequest},
		{"CDN-Loop: \"edge-1\"", message.ReasonBadRequest},
		{"CDN-Loop: edge-1, a/b", message.ReasonBadRequest},
		// RFC 9110 section 7.6.3: too many hops.
		{"Via: 1.1 a, 1.1 b|Via: 1.0 c", message.ReasonNone},
		{"Via: 1.1 a, 1.1 b|Via: 1.0 c,1.1 d", message.ReasonLoop},
		{"Via: 1.1 a (x, y, (z, w), v), 1.1 b,, 1.1 c", message.ReasonNone},
	} {
		if got := Looped(parseLines(strings.Split(c.lines, "|")...), "edge-1", 3); got != c.want {
			t.Errorf("%q: %s, want %s", c.lines, got, c.want)
		}
	}
}
