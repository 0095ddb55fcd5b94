package semantics

import (
	"strings"
	"testing"

	"brink/edge/wire"
)

func TestInterimFields(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		// RFC 8297 section 2: several Link fields, as they are.
		{"Link: </a.css>; rel=preload|link: </b.js>; rel=preload|X: 1", "Link: </a.css>; rel=preload|link: </b.js>; rel=preload|X: 1"},
		// RFC 9110 section 7.6.1.
		{"Connection: X|X: 1|Keep-Alive: 5|Upgrade: h2c|Y: 2", "Y: 2"},
		{"Content-Length: 5|Transfer-Encoding: chunked|Surrogate-Control: a|Link: b", "Link: b"},
	} {
		var dst wire.Fields
		InterimFields(&dst, parseLines(strings.Split(c.src, "|")...))
		if got := listOf(&dst); got != c.want {
			t.Errorf("%q: %s, want %s", c.src, got, c.want)
		}
	}
}
