package attack

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const shortTimes = `head_timeout = "300ms"
  idle_timeout = "2s"
  body_timeout = "300ms"
  body_grace   = "600ms"
  min_rate     = "100KiB"`

func TestSlow(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("0123456789abcdef", 1<<20)
	w := newWorld(t, setup{listen: shortTimes, loose: true, routes: []route{
		{prefix: "/large/", serve: func(a *answer, q *seen) { a.reply(q, "200 OK", "Cache-Control: no-store\r\n", large) }},
	}})
	w.probe(t)
	for _, r := range []struct{ name, head, drip string }{
		{"E01/nothing behind the first byte", "G", ""},
		{"E01/half a line", "GET /c/$ID HT", ""},
		{"E01/half a head", "GET /c/$ID HTTP/1.1\r\nHost: a.te", ""},
		{"E01/no empty line", "GET /c/$ID HTTP/1.1\r\n$H", ""},
		{"E01/drip in the line", "GET /c/$ID", "x"},
		{"E01/drip in the head", "GET /c/$ID HTTP/1.1\r\n$HX: ", "y"},
		{"E01/drip of fields", "GET /c/$ID HTTP/1.1\r\n$H", "X: y\r\n"},
		{"E01/empty line only", "\r\n", ""},
		{"E01/no content", "POST /$ID HTTP/1.1\r\n$HContent-Length: 100\r\n\r\n", ""},
		{"E01/no chunk", "POST /$ID HTTP/1.1\r\n$HTransfer-Encoding: chunked\r\n\r\n", ""},
		{"E01/drip of content", "POST /$ID HTTP/1.1\r\n$HContent-Length: 100000\r\n\r\n", "x"},
		{"E01/drip of little content", "POST /$ID HTTP/1.1\r\n$HContent-Length: 8000\r\n\r\n", "x"},
		{"E01/drip of chunks", "POST /$ID HTTP/1.1\r\n$HTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"},
		{"E01/drip of a chunk", "POST /$ID HTTP/1.1\r\n$HTransfer-Encoding: chunked\r\n\r\n10000\r\n", "x"},
		{"E01/drip of zeros", "POST /$ID HTTP/1.1\r\n$HTransfer-Encoding: chunked\r\n\r\n", "1;x=y\r\nz\r\n"},
		{"A21/pause in content", "POST /$ID HTTP/1.1\r\n$HContent-Length: 100\r\n\r\nten bytes.", ""},
		{"A21/pause in long content", "POST /$ID HTTP/1.1\r\n$HContent-Length: 100000\r\n\r\nten bytes.", ""},
		{"A21/pause in chunks", "POST /$ID HTTP/1.1\r\n$HTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", ""},
		{"A21/pause in GET", "GET /c/$ID HTTP/1.1\r\n$HContent-Length: 100\r\n\r\nten bytes.", ""},
		{"A06/withheld", "POST /$ID HTTP/1.1\r\n$HExpect: 100-continue\r\nContent-Length: 23\r\n\r\n", ""},
		{"A06/withheld, long", "POST /$ID HTTP/1.1\r\n$HExpect: 100-continue\r\nContent-Length: 23000\r\n\r\n", ""},
	} {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			// Many at once: none of them may hold up the probe, or each other.
			var running sync.WaitGroup
			for range 8 {
				running.Go(func() { w.timesOut(t, r.head, r.drip) })
			}
			running.Wait()
		})
	}
	t.Run("E01/idle", func(t *testing.T) {
		t.Parallel()
		c := w.dial(t, "127.0.0.1")
		defer c.close()
		if tr := c.hear(); len(tr.whole) != 0 || tr.end != "closed" {
			t.Errorf("an idle connection ends with %s", tr)
		}
		c = w.dial(t, "127.0.0.1")
		defer c.close()
		c.send(t, "GET /c/idle HTTP/1.1\r\nHost: a.test\r\n\r\n")
		if tr := c.hear(); len(tr.whole) != 1 || tr.end != "closed" {
			t.Errorf("an idle connection ends with %s", tr)
		}
	})
	for _, target := range []string{"/large/", "/c/../large/"} {
		t.Run("E01/nobody reads "+target, func(t *testing.T) {
			t.Parallel()
			w.neverReads(t, target+newMark())
		})
	}
}

// timesOut sends a beginning, and then drops until the node has had enough. It
// must answer 408, close, and not take for a request what comes late.
func (w *world) timesOut(t *testing.T, head, drip string) {
	mark := newMark()
	c := w.dial(t, "127.0.0.1")
	defer c.close()
	if _, err := io.WriteString(c.conn, input(head, mark)); err != nil {
		t.Error(err)
		return
	}
	over := make(chan struct{})
	var dripping sync.WaitGroup
	if drip != "" {
		dripping.Go(func() {
			for {
				select {
				case <-over:
					return
				case <-time.After(20 * time.Millisecond):
				}
				if _, err := io.WriteString(c.conn, drip); err != nil {
					return
				}
			}
		})
	}
	r, err := c.read()
	close(over)
	dripping.Wait()
	if err != nil || r.status != 408 || r.fields.get("Connection") != "close" {
		t.Errorf("answered %+v, %v", r, err)
		return
	}
	// The node has closed, or will: it may not be there to take this.
	_, _ = io.WriteString(c.conn, input(smuggled+sentinel, mark))
	if tr := c.hear(); len(tr.whole) != 0 || tr.part != nil {
		t.Errorf("what came late is answered %s", tr)
	}
	for _, q := range w.origin.of(mark) {
		t.Errorf("the origin got %+v", q)
	}
}

// neverReads asks for a large response and takes none of it: the node must give
// up.
func (w *world) neverReads(t *testing.T, target string) {
	c := w.dial(t, "127.0.0.1")
	defer c.close()
	c.send(t, "GET "+target+" HTTP/1.1\r\nHost: a.test\r\n\r\n")
	mark := marked(target)
	w.await(t, "the end of "+target, func() bool {
		return strings.Contains(readFile(t, filepath.Join(w.node.Dir, "access.log")), mark)
	})
	r, err := c.read()
	if err == nil {
		t.Errorf("a response that nobody read came whole, %d bytes", r.length)
	}
	if r == nil {
		w.abandon()
	}
}

// await polls until something holds.
func (w *world) await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for until := time.Now().Add(patience); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// probe has a client of its own ask for something all the while, and checks
// that it is always answered, and in good time.
func (w *world) probe(t *testing.T) {
	const late = 5 * time.Second
	over := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-over:
				return
			case <-time.After(20 * time.Millisecond):
			}
			began := time.Now()
			w.victim(t, fmt.Sprintf("/c/probe/%d", n%10))
			if took := time.Since(began); took > late {
				t.Errorf("the probe was answered after %v", took)
			}
		}
	})
	t.Cleanup(func() {
		close(over)
		running.Wait()
	})
}
