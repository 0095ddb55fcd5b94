package semantics

import (
	"testing"

	"brink/edge/wire"
)

func TestRenderForms(t *testing.T) {
	all := stored(200, "0123456789", "Date: "+made, `ETag: "a"`, "Content-Type: text/plain", "Vary: x", "Vary: y",
		"Cache-Control: max-age=9", "Expires: "+later, "Content-Location: /b", "Last-Modified: "+modified, "Set-Cookie: a=b",
		"Content-Encoding: br", "X: 1", "Via: 1.1 p", "Cache-Status: p; hit", "Proxy-Status: p", "Surrogate-Control: max-age=1")
	untagged := stored(200, "0123456789", "Date: "+made, "Last-Modified: "+modified, "Content-Type: text/plain", "Content-Range: junk")
	part := storedPart(4, 10, "456789", "Date: "+made, "Content-Range: bytes 4-9/10", "A: 1")
	for _, c := range []struct {
		name   string
		render func(dst *wire.Head)
		status int
		want   string
	}{
		// RFC 9110 section 15.4.5.
		{"304", func(dst *wire.Head) { RenderNotModified(dst, &all.Head) }, 304,
			"HTTP/1.1 304 Not Modified|Date: " + made + `|ETag: "a"|Vary: x|Vary: y|Cache-Control: max-age=9|Expires: ` + later +
				"|Content-Location: /b|Via: 1.1 p|Cache-Status: p; hit|Proxy-Status: p"},
		{"304 without ETag", func(dst *wire.Head) { RenderNotModified(dst, &untagged.Head) }, 304,
			"HTTP/1.1 304 Not Modified|Date: " + made + "|Last-Modified: " + modified},
		// RFC 9110 section 15.3.7.1.
		{"206", func(dst *wire.Head) { RenderPartial(dst, &untagged.Head, Span{2, 3}, 10) }, 206,
			"HTTP/1.1 206 Partial Content|Date: " + made + "|Last-Modified: " + modified + "|Content-Type: text/plain|Content-Range: bytes 2-4/10"},
		{"206 of a 206", func(dst *wire.Head) { RenderPartial(dst, &part.Head, Span{9, 1}, 10) }, 206,
			"HTTP/1.1 206 Partial Content|Date: " + made + "|A: 1|Content-Range: bytes 9-9/10"},
		// RFC 9110 section 15.5.17.
		{"416", func(dst *wire.Head) { RenderUnsatisfiable(dst, &all.Head, 10) }, 416,
			"HTTP/1.1 416 Range Not Satisfiable|Date: " + made + `|ETag: "a"|Vary: x|Vary: y|Last-Modified: ` + modified +
				"|Via: 1.1 p|Cache-Status: p; hit|Proxy-Status: p|Content-Range: bytes */10"},
	} {
		var dst wire.Head
		c.render(&dst)
		if got := linesOf(&dst); got != c.want || dst.Status != c.status || len(dst.Hidden) != 0 {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
		checkLines(t, &dst)
		if n := testing.AllocsPerRun(100, func() { c.render(&dst) }); n != 0 {
			t.Errorf("%s: %v allocations into used memory", c.name, n)
		}
	}
}
