package http1

import (
	"bytes"
	"io"
	"testing"

	"brink/edge/engine"
	"brink/edge/message"
	"brink/store"
)

// constant answers everything from RAM, with content of n bytes.
func constant(n int) *fake {
	h := head(200, "Content-Type: text/plain", "Date: Sun, 06 Nov 1994 08:49:37 GMT")
	body := bytes.Repeat([]byte{'x'}, n)
	return &fake{try: func(x *message.Exchange) bool {
		x.Reply.Head, x.Reply.Length = h, int64(n)
		x.Reply.Age, x.Reply.HasAge = 5, true
		x.Reply.Node, x.Reply.Status.Outcome = "brink", message.Hit
		for b := body; len(b) > 0; b = b[min(len(b), store.RunSize):] {
			x.Reply.Body = append(x.Reply.Body, b[:min(len(b), store.RunSize)])
		}
		return true
	}}
}

const browser = "GET /images/logo.png?v=3 HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n" +
	"Accept: image/avif,image/webp,*/*\r\nAccept-Encoding: gzip, br\r\nAccept-Language: en\r\n\r\n"

func BenchmarkLoopback(b *testing.B) {
	for _, c := range []struct {
		name string
		size int
	}{{"1KiB", 1 << 10}, {"10KiB", 10 << 10}, {"100KiB", 100 << 10}, {"1MiB", 1 << 20}} {
		b.Run(c.name, func(b *testing.B) {
			f := constant(c.size)
			f.silent = true
			nc := start(b, f, engine.Config{}).dial()
			io.WriteString(nc, browser)
			reply := make([]byte, c.size+1024)
			n, _ := io.ReadAtLeast(nc, reply, c.size+100)
			b.SetBytes(int64(c.size))
			b.ReportAllocs()
			for b.Loop() {
				nc.Write([]byte(browser))
				io.ReadFull(nc, reply[:n])
			}
		})
	}
}

// BenchmarkExchange is what the engine adds to the system calls.
func BenchmarkExchange(b *testing.B) {
	f := constant(1 << 10)
	f.silent = true
	c := newConn(New(f, engine.Config{}, nil), engine.NewConn(new(mute)), nil)
	b.ReportAllocs()
	for b.Loop() {
		s := c.acquireSession()
		s.received(copy(s.room(), browser))
		c.suspend()
	}
}
