package faults

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"brink/test/brinktest"
)

// place is where an answer came from.
type place int

const (
	fromOrigin place = iota
	fromDisk
	fromRAM
)

// answer is what a client got.
type answer struct {
	from place
	took time.Duration // until the last byte
	cut  bool          // the body was broken off
}

// client is a connection to a node.
type client struct {
	address   string
	conn      net.Conn
	in        *bufio.Reader
	got, want []byte
}

func newClient(address string) *client { return &client{address: address} }

func (c *client) close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

// get asks for a path, and checks the answer. It reports an error for an answer that is
// wrong however the disk fails.
func (c *client) get(path string) (a answer, err error) {
	if c.conn == nil {
		if c.conn, err = net.Dial("tcp", c.address); err != nil {
			return a, err
		}
		c.in = bufio.NewReaderSize(c.conn, 64<<10)
	}
	if err := c.conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return a, err
	}
	began := time.Now()
	if _, err := fmt.Fprintf(c.conn, "GET %s HTTP/1.1\r\nHost: faults.test\r\n\r\n", path); err != nil {
		return a, fmt.Errorf("%s: %w", path, err)
	}
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return a, fmt.Errorf("%s: no answer after %v: %w", path, time.Since(began), err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 200 {
		return a, fmt.Errorf("%s: status %d, %v", path, resp.StatusCode, resp.Header)
	}
	a.from = placeOf(resp.Header.Get("Cache-Status"))
	a.cut, err = c.body(path, resp.Body)
	a.took = time.Since(began)
	if a.cut || resp.Close {
		c.close()
	}
	return a, err
}

func placeOf(status string) place {
	switch {
	case strings.Contains(status, "; detail=disk"):
		return fromDisk
	case strings.Contains(status, "; hit"):
		return fromRAM
	}
	return fromOrigin
}

// body checks every byte of a body. It reports whether it was broken off.
func (c *client) body(path string, body io.Reader) (cut bool, err error) {
	n := kindOf(path).bytes
	if cap(c.got) < n+1 {
		c.got, c.want = make([]byte, n+1), make([]byte, n+1)
	}
	got, err := io.ReadFull(body, c.got[:n+1])
	switch {
	case err == nil:
		return false, fmt.Errorf("%s: more than %d bytes", path, n)
	case got < n && err != io.ErrUnexpectedEOF:
		return false, fmt.Errorf("%s: after %d of %d bytes: %w", path, got, n, err)
	}
	want := c.want[:got]
	brinktest.Content(want, path, 0)
	if !bytes.Equal(c.got[:got], want) {
		return false, fmt.Errorf("%s: a wrong body, of %d bytes", path, got)
	}
	return got < n, nil
}
