package http1

import (
	"testing"

	"brink/edge/engine"
	"brink/store"
)

// stepped gives its input in pieces.
type stepped struct {
	counted
	step int
}

func (c *stepped) Read(p []byte) (int, error) {
	return c.counted.Read(p[:min(len(p), c.step)])
}

// Whatever the bytes, they get the same answers however they are cut in
// pieces, and exactly one line of log each.
func FuzzConnection(f *testing.F) {
	f.Add([]byte("GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.0\r\nHost: h\r\n\r\n"), uint8(3))
	f.Add([]byte("\r\nPOST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: u\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"), uint8(7))
	f.Add([]byte("POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabcHEAD /b HTTP/1.1\r\nHost: h\r\n\r\n"), uint8(1))
	f.Add([]byte("PRI * HTTP/2.0\r\n\r\n"), uint8(1))
	f.Fuzz(func(t *testing.T, in []byte, step uint8) {
		whole, lines := serveBytes(in, len(in)+1)
		parts, again := serveBytes(in, int(step)+1)
		if whole != parts || lines != again {
			t.Errorf("%q\nwhole    %q %q\nin parts %q %q", in, whole, lines, parts, again)
		}
	})
}

func serveBytes(in []byte, step int) (out, lines string) {
	f := new(fake)
	e := New(f, engine.Config{MaxTarget: 1 << 8, MaxBody: 1 << 10, Now: func() store.Instant { return 0 }}, f)
	defer e.Close()
	c := &stepped{step: step}
	c.in = string(in)
	e.Serve(engine.NewConn(c), nil)
	return c.out.String(), f.lines(0)
}
