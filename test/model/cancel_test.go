package model

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A client that leaves changes nothing for the clients that stay, however much of the
// response it has read, and even if it caused the fetch.
func TestLeavingDoesNotMatter(t *testing.T) {
	o := newOrigin(t)
	check(t, 150, func(t *rapid.T) {
		r := resource{size: rapid.Int64Range(1, 400_000).Draw(t, "size"), framing: oneOf(t, "framing", "length", "chunked", "close")}
		n := newNode(t, confText, o, oneResource(o, r))
		defer n.Close()
		pieces := rapid.SliceOfN(rapid.Int64Range(1, 50_000), 1, 10).Draw(t, "pieces")
		begin := make(chan struct{})
		o.change(func() {
			o.pieces = func(int64) []int64 { return pieces }
			o.hold = func(*request) chan struct{} { return begin }
		})
		leaves := rapid.SliceOfN(rapid.Int64Range(-1, 2*r.size), 2, 8).Draw(t, "leaves after bytes")
		errs := make([]error, len(leaves))
		var all sync.WaitGroup
		for i, after := range leaves {
			stays := i%2 == 1 // and the even ones leave
			all.Go(func() { errs[i] = visit(n.Address, r.size, after, stays) })
		}
		for n.waiting() == 0 {
			time.Sleep(50 * time.Microsecond)
		}
		close(begin)
		all.Wait()
		for i, err := range errs {
			if err != nil {
				t.Fatalf("client %d: %v", i, err)
			}
		}
		n.rest()
	})
}

// waiting is how many fetches are under way.
func (n *node) waiting() int { return len(n.Fills()) }

// visit asks for the page and reads it: all of it if it stays, or after bytes
// and then leaves; it does not even wait for the head if after is negative.
func visit(address string, size, after int64, stays bool) error {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(c, "GET /a HTTP/1.1\r\nHost: one.test\r\n\r\n"); err != nil || !stays && after < 0 {
		return err
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return err
	}
	if !stays {
		_, err := io.CopyN(io.Discard, resp.Body, min(after, size))
		return err
	}
	body, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return fmt.Errorf("after %d bytes: %w", len(body), err)
	case int64(len(body)) != size:
		return fmt.Errorf("%d bytes, not %d", len(body), size)
	}
	return same(body, resp.Header.Get("X-Rep"), 0)
}
