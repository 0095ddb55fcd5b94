package soak

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"brink/test/brinktest"
)

// herd is many connections to a node.
type herd struct {
	conns []net.Conn
	ins   []*bufio.Reader
}

// gather opens n connections from several addresses, as a pair of addresses
// has no more than 28,000 ports.
func gather(t *testing.T, address string, n int) *herd {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur < uint64(n)+2000 {
		t.Skipf("%d file descriptors are too few: %v", limit.Cur, err)
	}
	h := &herd{conns: make([]net.Conn, n), ins: make([]*bufio.Reader, n)}
	t.Cleanup(h.close)
	h.each(t, func(i int) error {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+i%8))}, Timeout: 20 * time.Second}
		c, err := d.Dial("tcp", address)
		if err != nil {
			return err
		}
		h.conns[i], h.ins[i] = c, bufio.NewReaderSize(c, 512)
		return c.SetDeadline(time.Now().Add(2 * time.Minute))
	})
	return h
}

func (h *herd) close() {
	for _, c := range h.conns {
		if c != nil {
			c.Close()
		}
	}
}

// each calls f for all connections, some at a time.
func (h *herd) each(t *testing.T, f func(i int) error) {
	t.Helper()
	const workers = 64
	var running sync.WaitGroup
	errs := make([]error, workers)
	for w := range workers {
		running.Go(func() {
			for i := w; i < len(h.conns) && errs[w] == nil; i += workers {
				if err := f(i); err != nil {
					errs[w] = fmt.Errorf("connection %d: %w", i, err)
				}
			}
		})
	}
	running.Wait()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// ask sends a request on every connection.
func (h *herd) ask(t *testing.T, path string) {
	t.Helper()
	h.each(t, func(i int) error {
		_, err := fmt.Fprintf(h.conns[i], "GET %s HTTP/1.1\r\nHost: herd.test\r\nCookie: user=%d\r\n\r\n", path, i)
		return err
	})
}

// answers reads a response on every connection and checks it: its token is what
// want says, and its body is the token's.
func (h *herd) answers(t *testing.T, size int, want func(i int) string) {
	t.Helper()
	h.each(t, func(i int) error {
		resp, err := http.ReadResponse(h.ins[i], nil)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 200 || resp.Header.Get("X-Token") != want(i) {
			return fmt.Errorf("status %d, %v: %w", resp.StatusCode, resp.Header, err)
		}
		expected := make([]byte, size)
		brinktest.Content(expected, want(i), 0)
		if string(body) != string(expected) {
			return fmt.Errorf("%d bytes are not those of %s", len(body), want(i))
		}
		return nil
	})
}

// awaitWaiters waits until n requests wait for fetches.
func awaitWaiters(t *testing.T, node *brinktest.Node, n int) {
	t.Helper()
	got := 0
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		var fills []struct {
			Waiters int `json:"waiters"`
		}
		resp, err := http.Get("http://" + node.Admin + "/debug/fills")
		if err != nil {
			t.Fatal(err)
		}
		err = json.NewDecoder(resp.Body).Decode(&fills)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if got = 0; len(fills) > 0 {
			got = fills[0].Waiters
		}
		if got == n {
			return
		}
	}
	t.Fatalf("%d requests wait, not %d", got, n)
}

const herdConf = `
$LISTEN
$ADMIN
store {
  memory = "64MiB"
}
origin "app" {
  server "http://$ORIGIN" {}
}
site "app" {
  hosts  = ["*"]
  origin = "app"
}
log {
  access = "off"
}
`

func startNode(t *testing.T, o *gate) *brinktest.Node {
	t.Helper()
	return brinktest.Start(t, strings.ReplaceAll(herdConf, "$ORIGIN", strings.TrimPrefix(o.server.URL, "http://")))
}
