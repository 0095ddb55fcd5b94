package attack

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"brink/test/brinktest"
)

// A server that accepts connections and then resets, closes or says nothing costs no
// client its answer to a GET while another server works. The two together are asked at
// most 1.2 times for each request, or three times a second more.
func TestBadServer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		does func(net.Conn)
	}{
		{"resets", func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0); c.Close() }},
		{"closes", func(c net.Conn) { c.Close() }},
		{"hangs", func(c net.Conn) { _, _ = io.Copy(io.Discard, c); c.Close() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			good := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked.Add(1)
				w.Header().Set("Cache-Control", "no-store")
				fmt.Fprint(w, "hello")
			}))
			t.Cleanup(good.Close)
			bad := badServer(t, &asked, c.does)
			n := brinktest.Start(t, fmt.Sprintf(`
$LISTEN
$ADMIN
node { drain_timeout = "1s" }
log { access = "off" }
origin "app" {
  server "http://%s" {}
  server %q {}
  try_timeout = "2s"
}
site "app" {
  hosts  = ["*"]
  origin = "app"
}`, bad, good.URL))
			const clients, each = 8, 60
			began := time.Now()
			var running sync.WaitGroup
			for i := range clients {
				running.Go(func() {
					for j := range each {
						resp, err := http.Get(n.URL(fmt.Sprintf("/%d/%d", i, j)))
						if err != nil {
							t.Error(err)
							return
						}
						body, _ := io.ReadAll(resp.Body)
						resp.Body.Close()
						if resp.StatusCode != http.StatusOK || string(body) != "hello" {
							t.Errorf("%s, %q, %s", resp.Status, body, resp.Header.Get("Proxy-Status"))
						}
						time.Sleep(20 * time.Millisecond)
					}
				})
			}
			running.Wait()
			const requests = clients * each
			if most := int64(requests*6/5 + 3*(10+int(time.Since(began).Seconds()))); asked.Load() < requests || asked.Load() > most {
				t.Errorf("%d requests asked the servers %d times, want at most %d", requests, asked.Load(), most)
			}
		})
	}
}

// badServer counts the requests that it gets, and then does as it likes.
func badServer(t *testing.T, asked *atomic.Int64, does func(net.Conn)) (address string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	t.Cleanup(running.Wait)
	t.Cleanup(func() { l.Close() })
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer c.Close()
				var b [1]byte
				if _, err := c.Read(b[:]); err == nil {
					asked.Add(1)
					does(c)
				}
			})
		}
	})
	return l.Addr().String()
}
