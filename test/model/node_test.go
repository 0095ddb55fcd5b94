package model

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"brink/conf"
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/store"
	"brink/test/brinktest"
)

// clock is the time in a history, since 1970. Only advance changes it.
type clock struct{ at atomic.Int64 }

// noon is when histories begin.
const noon = 1_780_000_000 * time.Second

func newClock(at time.Duration) *clock {
	c := new(clock)
	c.at.Store(int64(at))
	return c
}

func (c *clock) now() time.Duration      { return time.Duration(c.at.Load()) }
func (c *clock) instant() store.Instant  { return store.Instant(c.at.Load()) }
func (c *clock) advance(d time.Duration) { c.at.Add(int64(d)) }

// node is a node in this process, between a client and an origin.
type node struct{ *brinktest.Local }

// parse reads a conf text in which $ORIGIN stands for an address.
func parse(text, address string) (*conf.Config, error) {
	return conf.Parse("model.hcl", bytes.ReplaceAll([]byte(text), []byte("$ORIGIN"), []byte(address)))
}

func startNode(config *conf.Config, c *clock) (*node, error) {
	l, err := brinktest.StartLocal(config, brinktest.LocalOptions{Memory: 32 << 20, Now: c.instant})
	if err != nil {
		return nil, err
	}
	return &node{l}, nil
}

// rest waits until no fetch is under way.
func (n *node) rest() {
	for pause := time.Duration(0); n.Busy(); pause = min(pause+20*time.Microsecond, time.Millisecond) {
		time.Sleep(pause)
	}
}

// forget evicts what is stored under a URL.
func (n *node) forget(host, path string) error {
	var u message.URL
	if _, fault := message.ParseURL(&u, "http", []byte(host), []byte(path), nil); fault != message.URLOK {
		return fmt.Errorf("%s%s: %s", host, path, fault)
	}
	n.Store.Delete(n.Store.Hash(semantics.AppendKey(nil, &u, nil, &semantics.KeyRules{})))
	return nil
}

// response is what a client got.
type response struct {
	status int
	fields http.Header
	body   []byte
	broken error // the body ended before its end
}

// client is a connection to the node. It connects again if the node has closed it.
type client struct {
	address string
	conn    net.Conn
	in      *bufio.Reader
}

func (c *client) close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

// ask sends q, its fields written as lines, and reads the response.
func (c *client) ask(q *request, lines []string) (*response, error) {
	if c.conn == nil {
		nc, err := net.Dial("tcp", c.address)
		if err != nil {
			return nil, err
		}
		c.conn, c.in = nc, bufio.NewReader(nc)
	}
	_ = c.conn.SetDeadline(time.Now().Add(30 * time.Second))
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s %s HTTP/1.1\r\n", q.method, q.path)
	for i := 0; i < len(lines); i += 2 {
		fmt.Fprintf(&out, "%s:%s\r\n", lines[i], pad(lines[i+1]))
	}
	if q.method != "GET" && q.method != "HEAD" {
		out.WriteString("Content-Length: 4\r\n")
	}
	out.WriteString("\r\n")
	if q.method != "GET" && q.method != "HEAD" {
		out.WriteString("body")
	}
	if _, err := c.conn.Write(out.Bytes()); err != nil {
		return nil, fmt.Errorf("send: %w", err)
	}
	resp, err := http.ReadResponse(c.in, &http.Request{Method: q.method})
	if err != nil {
		return nil, fmt.Errorf("receive: %w", err)
	}
	r := &response{status: resp.StatusCode, fields: resp.Header}
	r.body, r.broken = io.ReadAll(resp.Body)
	if r.broken != nil || resp.Close {
		c.close()
	}
	return r, nil
}

// pad puts a blank in front of a value that brings none of its own.
func pad(value string) string {
	if value != "" && (value[0] == ' ' || value[0] == '\t') {
		return value
	}
	return " " + value
}
