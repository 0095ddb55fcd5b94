package origin

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// fake is a server's end in memory: it sends bytes, in pieces of the given
// size, and then ends.
type fake struct {
	net.Conn
	bytes []byte
	piece int
}

func (f *fake) Read(p []byte) (int, error) {
	if len(f.bytes) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), f.piece)], f.bytes)
	f.bytes = f.bytes[n:]
	return n, nil
}

func (f *fake) Write(p []byte) (int, error)      { return len(p), nil }
func (f *fake) Close() error                     { return nil }
func (f *fake) SetReadDeadline(time.Time) error  { return nil }
func (f *fake) SetWriteDeadline(time.Time) error { return nil }

// FuzzFetch: whatever a server sends, what is called whole is so for net/http
// too, byte for byte, and the bytes are the same however they are cut.
func FuzzFetch(f *testing.F) {
	for _, s := range []string{
		hello, "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nto the end",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n",
		"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + hello, "HTTP/1.0 304 Not Modified\r\nConnection: keep-alive\r\n\r\n",
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	} {
		f.Add([]byte(s), false, uint8(255))
		f.Add([]byte(s), true, uint8(3))
	}
	config := configure("127.0.0.1:1")
	o, err := New(config)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(o.Close)
	f.Fuzz(func(t *testing.T, sent []byte, head bool, piece uint8) {
		r := get()
		if head {
			r.Method = []byte("HEAD")
		}
		status, got, unread, err := exchangeFake(o, r, sent, int(piece)+1)
		s2, got2, unread2, err2 := exchangeFake(o, r, sent, 1<<20)
		if status != s2 || !bytes.Equal(got, got2) && err == nil || (err == nil) != (err2 == nil) || err == nil && unread != unread2 {
			t.Fatalf("in pieces of %d: %d %q %d %v; whole: %d %q %d %v", int(piece)+1, status, got, unread, err, s2, got2, unread2, err2)
		}
		if err != nil {
			return
		}
		want, rest, err := oracle(string(r.Method), sent)
		if err != nil {
			t.Fatalf("%q taken for whole, net/http says %v", sent, err)
		}
		if want.status != status || !bytes.Equal(want.content, got) || unread != rest {
			t.Fatalf("%d %q and %d bytes more, net/http says %d %q and %d", status, got, unread, want.status, want.content, rest)
		}
	})
}

// exchangeFake runs an exchange with a fake, and says how much of what was sent
// is not part of it.
func exchangeFake(o *Origin, r *Request, sent []byte, piece int) (status int, got []byte, unread int, err error) {
	f := &fake{bytes: sent, piece: piece}
	c := &conn{server: o.servers[0], raw: &socket{Conn: f}}
	c.net = c.raw
	o.reserve(c.server)
	o.enlist(c)
	o.mu.Lock()
	s, _ := o.mu.queue.enter(unknownClient, quickLine)
	o.mu.Unlock()
	x, failure := o.sendOver(context.Background(), c, r, nil, try{slot: s, server: o.servers[0], now: o.clock.now()})
	if failure != nil {
		o.leave(s)
		return 0, nil, 0, failure
	}
	defer x.Close()
	for {
		data, err := next(x)
		got = append(got, data...)
		if err == io.EOF {
			return x.Status, got, len(f.bytes) + x.http1.to - x.http1.from, nil
		}
		if err != nil {
			return x.Status, got, 0, err
		}
	}
}

type answer struct {
	status  int
	content []byte
}

// oracle is what net/http makes of it.
func oracle(method string, sent []byte) (a answer, rest int, err error) {
	r := bytes.NewReader(sent)
	in := bufio.NewReader(r)
	for {
		resp, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			return a, 0, err
		}
		if resp.StatusCode < 200 && resp.StatusCode != 101 {
			continue
		}
		a.status = resp.StatusCode
		a.content, err = io.ReadAll(resp.Body)
		return a, in.Buffered() + r.Len(), err
	}
}
