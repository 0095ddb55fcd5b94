package http1

import (
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"brink/edge/engine"
)

// status returns the status of a response.
func status(b string) int {
	if len(b) < 12 {
		return 0
	}
	n, _ := strconv.Atoi(b[9:12])
	return n
}

// A request that is not understood is answered, and the connection closed:
// nothing after it is parsed.
func TestRefused(t *testing.T) {
	s := start(t, new(fake), engine.Config{MaxHead: 4 << 10, MaxTarget: 1 << 10, MaxFields: 8, MaxBody: 100})
	long := strings.Repeat("x", 5<<10)
	for i, c := range []struct {
		in   string
		want int
	}{
		// RFC 9112 section 3: request line.
		{"GET /\r\n\r\n", 400},
		{"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
		{"GET / HTTP/1.1\nHost: h\n\n", 400},
		{"\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
		{"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505},
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
		{"GET * HTTP/1.1\r\nHost: h\r\n\r\n", 400},
		{"CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n", 405},
		{"CONNECT / HTTP/1.1\r\nHost: h\r\n\r\n", 405},
		// RFC 9112 sections 3.2 and 3.3, RFC 9110 section 7.2: host and target.
		{"GET / HTTP/1.1\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
		{"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400},
		{"GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n", 400},
		{"GET https://h/ HTTP/1.1\r\nHost: h\r\n\r\n", 421},
		// Limits.
		{"GET /" + long + " HTTP/1.1\r\nHost: h\r\n\r\n", 414},
		{"GET /" + long[:2000] + " HTTP/1.1\r\nHost: h\r\n\r\n", 414},
		{"GET / HTTP/1.1\r\nHost: h\r\nX: " + long + "\r\n\r\n", 431},
		{"GET / HTTP/1.1\r\nHost: h\r\n" + strings.Repeat("a: b\r\n", 8) + "\r\n", 431},
		{long + " / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
		{"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n", 413},
		// RFC 9112 section 6: framing.
		{"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG", 400},
		{"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
		{"POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n0\r\n\r\n", 400},
		// RFC 9110 section 10.1.1: expectations.
		{"POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue, y\r\nContent-Length: 1\r\n\r\n", 417},
		{"GET / HTTP/1.1\r\nHost: h\r\nExpect: x\r\n\r\n", 417},
	} {
		got := s.talk(c.in + "GET /evil HTTP/1.1\r\nHost: h\r\n\r\n")
		if status(got) != c.want || strings.Count(got, "HTTP/1.1 ") != 1 || strings.HasSuffix(got, "!") ||
			!strings.Contains(got, "\r\nConnection: close\r\n") || !strings.Contains(got, "\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n") {
			t.Errorf("%.80q: got %q, want %d", c.in, got, c.want)
		}
		lines := strings.Split(s.fake.lines(i+1), "\n")[i:]
		if len(lines) != 1 || !strings.HasPrefix(lines[0], "refused "+strconv.Itoa(c.want)) {
			t.Errorf("%.80q: recorded %q", c.in, lines)
		}
	}
}

func TestRefusedHeadHasNoContent(t *testing.T) {
	s := start(t, new(fake), engine.Config{})
	got := s.talk("HEAD / HTTP/1.1\r\nHost: h\r\nExpect: x\r\n\r\n")
	if status(got) != 417 || !strings.HasSuffix(got, "\r\n\r\n") {
		t.Errorf("got %q", got)
	}
}

// RFC 9110 section 15.5.9: a head that does not come in time.
func TestSlowHead(t *testing.T) {
	s := start(t, new(fake), engine.Config{HeadTimeout: 100 * time.Millisecond, IdleTimeout: time.Minute})
	for _, first := range []string{"G", "\r\n", "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r"} {
		nc := s.dial()
		begin := time.Now()
		go func() {
			for range 20 { // a trickle does not help
				if _, err := io.WriteString(nc, first[:1]); err != nil {
					return
				}
				first = first[1:] + "x"
				time.Sleep(20 * time.Millisecond)
			}
		}()
		got, err := io.ReadAll(nc)
		if status(string(got)) != 408 && status(string(got)) != 400 || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
		if d := time.Since(begin); d > time.Second {
			t.Errorf("took %v", d)
		}
	}
	nc := s.dial()
	io.WriteString(nc, "GET / HTT")
	if got, _ := io.ReadAll(nc); status(string(got)) != 408 {
		t.Errorf("got %q, want 408", got)
	}
}

// A connection that waits for too long is closed without a word.
func TestIdle(t *testing.T) {
	s := start(t, new(fake), engine.Config{IdleTimeout: 100 * time.Millisecond})
	nc := s.dial()
	if got, err := io.ReadAll(nc); len(got) > 0 || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	nc = s.dial()
	io.WriteString(nc, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
	if got, err := io.ReadAll(nc); string(got) != ok("GET h /a\n") || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

// A connection lives as long as requests come.
func TestNotIdle(t *testing.T) {
	s := start(t, constant(1), engine.Config{IdleTimeout: time.Second, HeadTimeout: time.Second})
	nc := s.dial()
	for range 10 {
		io.WriteString(nc, "GET /a HTTP/1.1\r\nHo")
		time.Sleep(75 * time.Millisecond)
		io.WriteString(nc, "st: h\r\n\r\n")
		time.Sleep(75 * time.Millisecond)
	}
	nc.CloseWrite()
	if got, err := io.ReadAll(nc); strings.Count(string(got), "HTTP/1.1 200") != 10 || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}
