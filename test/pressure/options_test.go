package pressure

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// manyOptions is a Connection field of 30 KB, whose options are as long as the names of
// manyFields.
var manyOptions = "Connection: " + strings.Repeat("Y-100,", 5000) + "Y-100"

// manyFields are 115 field lines of other names.
func manyFields() (lines []string) {
	for i := range 115 {
		lines = append(lines, fmt.Sprintf("X-%d: y", 100+i))
	}
	return lines
}

// Connection options and fields are not held against each other one by one.
func TestConnectionOptions(t *testing.T) {
	head := append([]string{manyOptions}, manyFields()...)
	for _, side := range []struct{ name, request string }{
		{"requests", ask("GET", "/plain/$ID", head...)},
		{"responses", ask("GET", "/options/$ID")},
	} {
		t.Run(side.name, func(t *testing.T) {
			r := begin(t, "connection-options", side.name+" with 30 KB of options and 115 fields, from 2 connections")
			n := start(r, startOrigin(r, answers{"options": options, "plain": plain}), settings{})
			span := of(time.Second, 10*time.Second)
			before, began := n.used(r), time.Now()
			got := n.flood(side.request, span)
			used := n.used(r) - before
			r.show("requests a second", count(float64(got)/time.Since(began).Seconds()))
			least(r, "requests answered", got, 10)
			mostAtFullScale(r, "CPU time of a request", used/time.Duration(max(got, 1)), 200*time.Microsecond)
			n.recovers(r)
		})
	}
}

// plain answers with what may not be stored.
func plain(w http.ResponseWriter, q *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	page(w, q)
}

// options answers with a head such as the requests have.
func options(w http.ResponseWriter, _ *http.Request) {
	c, out, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	defer c.Close()
	fmt.Fprintf(out, "HTTP/1.1 200 OK\r\n%s\r\n%s\r\nCache-Control: no-store\r\nContent-Length: 2\r\n\r\nok", manyOptions, strings.Join(manyFields(), "\r\n"))
	_ = out.Flush()
}

// flood asks from two connections as fast as it is answered, and returns how many answers
// came, of whatever status. A connection that the node ends is replaced.
func (n *subject) flood(request string, span time.Duration) count {
	const clients = 2
	var answered atomic.Int64
	var running sync.WaitGroup
	for range clients {
		running.Go(func() {
			for began := time.Now(); time.Since(began) < span; {
				answered.Add(n.converse(request, began.Add(span)))
			}
		})
	}
	running.Wait()
	return count(answered.Load())
}

// converse asks on one connection until the node ends it, or until a time. It returns how
// many answers came.
func (n *subject) converse(request string, until time.Time) (answered int64) {
	c, err := net.DialTimeout("tcp", n.Address, patience)
	if err != nil {
		return 0
	}
	defer c.Close()
	_ = c.SetDeadline(until.Add(patience))
	for in := bufio.NewReader(c); time.Now().Before(until); answered++ {
		if _, err := io.WriteString(c, strings.ReplaceAll(request, "$ID", fmt.Sprint(serial.Add(1)))); err != nil {
			break
		}
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			break
		}
		_, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err != nil || resp.Close {
			return answered + 1
		}
	}
	return answered
}
