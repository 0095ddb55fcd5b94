//go:build linux

package http1

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"brink/edge/engine"
	"brink/edge/message"
	"brink/edge/nowait"
)

const plain = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

// fileOf returns a file with the given content.
func fileOf(t testing.TB, content []byte) *os.File {
	t.Helper()
	name := filepath.Join(t.TempDir(), "content")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// placed returns n bytes that tell their place, each with mark set.
func placed(n int, mark byte) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i^i>>8^i>>16)&0x7f | mark
	}
	return b
}

// Where the tests tell a file's bytes from those in memory, the former have
// the highest bit.
const inFile = 0x80

// attachedReply answers with a part of whole, which file has too.
func attachedReply(x *message.Exchange, file *os.File, whole []byte, at, n int) {
	x.Reply.Head, x.Reply.Length = head(200), int64(n)
	x.Reply.Body = x.Reply.Body[:0]
	for b := whole[at : at+n]; len(b) > 0; b = b[min(len(b), 256<<10):] {
		x.Reply.Body = append(x.Reply.Body, b[:min(len(b), 256<<10)])
	}
	x.Reply.File, x.Reply.FileOffset = file, int64(at)
}

func TestAttachedContent(t *testing.T) {
	const size = 3 << 20
	memory, stored := placed(size, 0), placed(size, inFile)
	file := fileOf(t, stored)
	for _, c := range []struct{ at, n int }{
		{0, copyMax + 1}, {0, 64 << 10}, {0, 100 << 10}, {0, size},
		{1, 100 << 10}, {4095, 4097 * 9}, {4096, 64 << 10}, {size - 100<<10, 100 << 10}, {12345, size - 12345},
		{0, aloneMax}, {0, aloneMax + 1}, {100, nowait.Most + 1},
	} {
		answer := func(x *message.Exchange) { attachedReply(x, file, memory, c.at, c.n) }
		f := &fake{try: func(x *message.Exchange) bool { answer(x); return true }}
		want := ok(string(stored[c.at : c.at+c.n]))
		if got := start(t, f, engine.Config{}).talk(plain + plain); got != want+want {
			t.Errorf("%d bytes at %d: got %d bytes of %d, or others", c.n, c.at, len(got), 2*len(want))
		}
		if got := start(t, &fake{serve: answer}, engine.Config{}).talk(plain); got != want {
			t.Errorf("%d bytes at %d, after a wait: got %d bytes of %d, or others", c.n, c.at, len(got), len(want))
		}
		// What is no socket gets what is in memory, and so does what is small.
		got := pipeTalk(t, f, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 1000)
		if got != okClose(string(memory[c.at:c.at+c.n])) {
			t.Errorf("%d bytes at %d over a pipe: got %d bytes", c.n, c.at, len(got))
		}
	}
	f := &fake{try: func(x *message.Exchange) bool { attachedReply(x, file, memory, 5, copyMax); return true }}
	if got := start(t, f, engine.Config{}).talk(plain); got != ok(string(memory[5:5+copyMax])) {
		t.Errorf("small: got %d bytes", len(got))
	}
}

// RFC 9110 sections 9.3.2 and 15.4.5: replies without content have none, even
// if there is a file.
func TestAttachedToNoContent(t *testing.T) {
	memory := placed(100<<10, 0)
	file := fileOf(t, memory)
	f := &fake{try: func(x *message.Exchange) bool {
		attachedReply(x, file, memory, 0, len(memory))
		if string(x.Request.URL.Target) == "/304" {
			x.Reply.Head = head(304)
		}
		return true
	}}
	got := start(t, f, engine.Config{}).talk("HEAD / HTTP/1.1\r\nHost: h\r\n\r\nGET /304 HTTP/1.1\r\nHost: h\r\n\r\n")
	want := "HTTP/1.1 200 OK\r\nContent-Length: 102400\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 102400\r\n\r\n"
	if got != want {
		t.Errorf("got %.200q", got)
	}
}

// TakesFile is set for the connections that can use a file, and only for them.
func TestTakesFile(t *testing.T) {
	f := &fake{serve: func(x *message.Exchange) { give(x, 200, strconv.FormatBool(x.TakesFile)) }}
	if got := start(t, f, engine.Config{}).talk(plain + plain); got != ok("true")+ok("true") {
		t.Errorf("over a socket: got %q", got)
	}
	if got := pipeTalk(t, f, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 1000); got != okClose("false") {
		t.Errorf("over a pipe: got %q", got)
	}
}

// A file that cannot be sent from, or not to the end, costs nobody the reply.
func TestAttachedFileFails(t *testing.T) {
	const size = 1 << 20
	memory, stored := placed(size, 0), placed(size, inFile)
	dir, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	closed := fileOf(t, stored)
	closed.Close()
	for _, c := range []struct {
		name   string
		file   *os.File
		at     int
		intact int // bytes that come from the file
	}{
		{"directory", dir, 0, 0},
		{"closed", closed, 0, 0},
		{"empty", fileOf(t, nil), 0, 0},
		{"short", fileOf(t, stored[:300000]), 0, 300000},
		{"short by a byte", fileOf(t, stored[:size-1]), 0, size - 1},
		{"short, from the middle", fileOf(t, stored[:300000]), 5000, 295000},
		{"offset behind the end", fileOf(t, stored[:100]), 5000, 0},
	} {
		f := &fake{try: func(x *message.Exchange) bool { attachedReply(x, c.file, memory, c.at, size-c.at); return true }}
		want := ok(string(stored[c.at:c.at+c.intact]) + string(memory[c.at+c.intact:]))
		if got := start(t, f, engine.Config{}).talk(plain + plain); got != want+want {
			t.Errorf("%s: got %d bytes of %d, or others", c.name, len(got), 2*len(want))
		}
		if got := f.lines(2); got != strings.TrimSpace(strings.Repeat(fmt.Sprintf("GET / 200 %d true\n", size-c.at), 2)) {
			t.Errorf("%s: recorded %q", c.name, got)
		}
	}
}

// A client that takes nothing is cut off; one that keeps taking something gets
// all of it, although that takes much longer than the limit.
func TestSlowReadersOfFile(t *testing.T) {
	file := fileOf(t, large)
	f := &fake{try: func(x *message.Exchange) bool { attachedReply(x, file, large, 0, len(large)); return true }}
	s := start(t, f, engine.Config{BodyTimeout: 200 * time.Millisecond, BodyGrace: 400 * time.Millisecond, MinRate: 1 << 20})
	request := "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
	for _, c := range []struct {
		name string
		read func(nc net.Conn) (int, error)
		all  bool
	}{
		{"no reading", func(net.Conn) (int, error) { return 0, errors.New(f.lines(1)) }, false},
		{"slow", func(nc net.Conn) (int, error) { return slowly(nc, 256<<10, 20*time.Millisecond) }, true},
		{"too slow", func(nc net.Conn) (int, error) { return slowly(nc, 1000, 20*time.Millisecond) }, false},
	} {
		nc := s.dial()
		nc.SetReadBuffer(64 << 10)
		io.WriteString(nc, request)
		n, err := c.read(nc)
		if all := n > len(large) && err == io.EOF; all != c.all {
			t.Errorf("%s: got %d bytes, %v", c.name, n, err)
		}
	}
	got := f.lines(3)
	if strings.Count(got, "false") != 2 || strings.Contains(got, fmt.Sprintf(" %d false", len(large))) {
		t.Errorf("recorded %q", got)
	}
}

func TestClientLeavesDuringFile(t *testing.T) {
	file := fileOf(t, large)
	f := &fake{try: func(x *message.Exchange) bool { attachedReply(x, file, large, 0, len(large)); return true }}
	s := start(t, f, engine.Config{})
	for i, leave := range []func(nc *net.TCPConn){
		func(nc *net.TCPConn) { nc.Close() },
		func(nc *net.TCPConn) { nc.SetLinger(0); nc.Close() },
	} {
		nc := s.dial()
		io.WriteString(nc, plain)
		expect(t, nc, "HTTP/1.1 200 OK\r\n")
		leave(nc)
		if got := f.lines(i + 1); strings.Count(got, " false") != i+1 {
			t.Errorf("recorded %q", got)
		}
	}
}

// Replies of all kinds that are asked for at once come in order and whole, for
// readers of any pace.
func TestAttachedMix(t *testing.T) {
	const size = 1 << 20
	memory, stored := placed(size, 0), placed(size, inFile)
	file := fileOf(t, stored)
	part := func(x *message.Exchange) (kind byte, at, n int) {
		fmt.Sscanf(string(x.Request.URL.Target), "/%c/%d/%d", &kind, &at, &n)
		return kind, at, n
	}
	answer := func(x *message.Exchange) {
		kind, at, n := part(x)
		attachedReply(x, file, memory, at, n)
		if kind == 'm' {
			x.Reply.File = nil
		}
	}
	f := &fake{
		silent: true,
		try: func(x *message.Exchange) bool {
			if kind, _, _ := part(x); kind == 'w' {
				return false
			}
			answer(x)
			return true
		},
		serve: answer,
	}
	s := start(t, f, engine.Config{})
	var clients sync.WaitGroup
	for seed := range uint64(6) {
		clients.Go(func() {
			rng := rand.New(rand.NewPCG(7, seed))
			nc := s.dial()
			for range 20 {
				requests, want := mix(rng, memory, stored)
				go io.WriteString(nc, requests)
				got := make([]byte, len(want))
				for n := 0; n < len(got); {
					k, err := nc.Read(got[n:min(len(got), n+1+rng.IntN(256<<10))])
					if n += k; err != nil {
						t.Errorf("after %d of %d bytes: %v", n, len(got), err)
						return
					}
					if rng.IntN(8) == 0 {
						time.Sleep(time.Millisecond)
					}
				}
				if !bytes.Equal(got, want) {
					t.Errorf("wrong bytes for %q", requests)
					return
				}
			}
		})
	}
	clients.Wait()
}

// mix draws some requests and what must come back.
func mix(rng *rand.Rand, memory, stored []byte) (requests string, want []byte) {
	for range 1 + rng.IntN(6) {
		kind := "fmw"[rng.IntN(3)]
		n := rng.IntN(1 << rng.IntN(21))
		at := rng.IntN(len(memory) - n + 1)
		requests += fmt.Sprintf("GET /%c/%d/%d HTTP/1.1\r\nHost: h\r\n\r\n", kind, at, n)
		from := stored
		if kind == 'm' || n <= copyMax {
			from = memory
		}
		want = append(want, ok(string(from[at:at+n]))...)
	}
	return requests, want
}

func TestNoAllocsWithFile(t *testing.T) {
	if underRace {
		t.Skip("the race detector makes pools forget")
	}
	for _, size := range []int{100 << 10, 1 << 20} {
		f := constant(size)
		file, try := fileOf(t, placed(size, inFile)), f.try
		f.try = func(x *message.Exchange) bool { x.Reply.File = file; return try(x) }
		f.silent = true
		nc := start(t, f, engine.Config{}).dial()
		request, reply := []byte(browser), make([]byte, size+1024)
		nc.Write(request)
		n, _ := io.ReadAtLeast(nc, reply, size+100)
		if reply[n-1]&inFile == 0 {
			t.Error("not sent from the file")
		}
		allocs := testing.AllocsPerRun(200, func() {
			nc.Write(request)
			io.ReadFull(nc, reply[:n])
		})
		if allocs != 0 {
			t.Errorf("%v allocations an exchange of %d bytes", allocs, size)
		}
	}
}
