package endings

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"
)

// origin is a server that does as the test says with each request.
type origin struct {
	address string
	asked   chan string   // the path of each request, once its head has come
	ended   chan struct{} // for each connection that the node has ended
}

// unread is the path of requests whose content the origin does not take.
const unread = "/unread"

// serve starts an origin. does answers a request; the connection stays open
// until the node ends it.
func serve(t *testing.T, does func(c net.Conn, r *http.Request)) *origin {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := &origin{address: l.Addr().String(), asked: make(chan string, 100), ended: make(chan struct{}, 100)}
	var serving sync.WaitGroup
	end := make(chan struct{})
	var mu sync.Mutex
	var open []net.Conn
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			serving.Go(func() { o.talk(c, end, does) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		close(end)
		mu.Lock()
		for _, c := range open {
			c.Close()
		}
		mu.Unlock()
		serving.Wait()
	})
	return o
}

func (o *origin) talk(c net.Conn, end <-chan struct{}, does func(net.Conn, *http.Request)) {
	defer c.Close()
	in := bufio.NewReader(c)
	r, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	o.asked <- r.URL.Path
	over := make(chan struct{})
	if r.URL.Path != unread {
		go func() {
			defer close(over)
			_, _ = io.Copy(io.Discard, in)
			o.ended <- struct{}{}
		}()
	}
	does(c, r)
	select {
	case <-over:
	case <-end:
	}
}

// within waits for ch, and reports how long that took.
func within[T any](t *testing.T, what string, ch <-chan T, limit time.Duration) (v T) {
	t.Helper()
	began := time.Now()
	select {
	case v = <-ch:
		t.Logf("%s: after %v", what, time.Since(began).Round(time.Millisecond))
	case <-time.After(limit):
		t.Errorf("%s: not within %v", what, limit)
	}
	return v
}

// full returns the address of a listener that takes no more connections: who
// connects to it waits.
func full(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Control(func(fd uintptr) {
		if err := syscall.Listen(int(fd), 0); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	// On a busy machine one attempt may fail for want of time alone.
	for failed := 0; failed < 3; {
		c, err := net.DialTimeout("tcp", l.Addr().String(), 300*time.Millisecond)
		if err != nil {
			failed++
			continue
		}
		failed = 0
		t.Cleanup(func() { c.Close() })
	}
	return l.Addr().String()
}

// silent is an origin's answer: none.
func silent(net.Conn, *http.Request) {}

// says is an origin's answer: text, and then silence.
func says(text string) func(net.Conn, *http.Request) {
	return func(c net.Conn, _ *http.Request) { _, _ = io.WriteString(c, text) }
}
