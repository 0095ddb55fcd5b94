package attack

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"brink/test/brinktest"
)

// The scale of TestPlaces: more slow clients than there are connections.
const (
	placesOfOrigin = 64
	slowClients    = 100
	dripBytes      = 80
	dripPause      = 100 * time.Millisecond
)

// Slow uploads and slow readers from one address do not keep others from an origin, nor
// other requests from the same address.
func TestPlaces(t *testing.T) {
	t.Parallel()
	post := "POST /form HTTP/1.1\r\nHost: a.test\r\n"
	for _, c := range []struct {
		name, head, drip string
		ends             bool // some of them
	}{
		{"long uploads", post + "Content-Length: 8000000\r\n\r\n", strings.Repeat("x", dripBytes), false},
		{"chunked uploads", post + "Transfer-Encoding: chunked\r\n\r\n", fmt.Sprintf("%x\r\n%s\r\n", dripBytes, strings.Repeat("x", dripBytes)), false},
		{"forms", post + "Content-Length: 20000\r\n\r\n", strings.Repeat("x", dripBytes), false},
		{"readers of much", "GET /body/100000000 HTTP/1.1\r\nHost: a.test\r\n\r\n", "", true},
		{"readers of a page", "GET /body/300000 HTTP/1.1\r\nHost: a.test\r\n\r\n", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := placesNode(t)
			ctx, cancel := context.WithCancel(context.Background())
			var slow sync.WaitGroup
			defer slow.Wait()
			defer cancel()
			for range slowClients {
				slow.Go(func() {
					for ctx.Err() == nil {
						dripOnce(ctx, n.Address, c.head, c.drip)
					}
				})
			}
			time.Sleep(3 * time.Second) // all that can have taken a connection has one
			var probes sync.WaitGroup
			for _, from := range []string{"127.0.0.1", "127.0.0.2"} {
				probes.Go(func() { probePlaces(t, n, from) })
			}
			probes.Wait()
			resp, err := http.Get("http://" + n.Admin + "/metrics")
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			figures, _ := io.ReadAll(resp.Body)
			if ended := regexp.MustCompile(`brink_origin_ended_total\{cause="slow_client",origin="app"\} [1-9]`).Match(figures); ended != c.ends {
				t.Errorf("slow clients were ended: %t, want %t", ended, c.ends)
			}
		})
	}
}

// placesNode is a node whose origin stores nothing.
func placesNode(t *testing.T) *brinktest.Node {
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if r.Method == "POST" {
			_, _ = io.Copy(io.Discard, r.Body)
			return
		}
		var size int
		if _, err := fmt.Sscanf(r.URL.Path, "/body/%d", &size); err != nil {
			size = 1000
		}
		w.Header().Set("Content-Length", fmt.Sprint(size))
		piece := make([]byte, 32<<10)
		for size > 0 {
			k, err := w.Write(piece[:min(size, len(piece))])
			if err != nil {
				return
			}
			size -= k
		}
	}))
	t.Cleanup(origin.Close)
	n := brinktest.Start(t, fmt.Sprintf(`
$LISTEN
$ADMIN
node { drain_timeout = "1s" }
log { access = "off" }
origin "app" {
  server %q {}
  max_connections = %d
}
site "app" {
  hosts  = ["*"]
  origin = "app"
}`, origin.URL, placesOfOrigin))
	t.Cleanup(origin.CloseClientConnections) // before the node stops
	return n
}

// dripOnce makes one request slowly, up to its end.
func dripOnce(ctx context.Context, address, head, drip string) {
	d := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) {
			// A small window, so that the node notices that nobody reads.
			_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096)
		})
	}}
	c, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	if _, err := io.WriteString(c, head); err != nil {
		return
	}
	for b := make([]byte, dripBytes); ; {
		select {
		case <-ctx.Done():
			return
		case <-time.After(dripPause):
		}
		if drip != "" {
			_, err = io.WriteString(c, drip)
		} else {
			_, err = c.Read(b)
		}
		if err != nil {
			return
		}
	}
}

// probePlaces asks for what is not stored, again and again, from an address.
func probePlaces(t *testing.T, n *brinktest.Node, from string) {
	local := &net.TCPAddr{IP: net.ParseIP(from)}
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DialContext: (&net.Dialer{LocalAddr: local}).DialContext}}
	defer client.CloseIdleConnections()
	var slowest time.Duration
	for i := range 40 {
		began := time.Now()
		resp, err := client.Get(n.URL(fmt.Sprintf("/probe/%s/%d", from, i)))
		if err != nil {
			t.Fatalf("probe %d from %s: %v", i, from, err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		slowest = max(slowest, time.Since(began))
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("probe %d from %s: %s after %s, %s", i, from, resp.Status, time.Since(began), resp.Header.Get("Cache-Status"))
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Logf("from %s: the slowest of 40 took %s", from, slowest)
	if slowest > 3*time.Second {
		t.Errorf("from %s: a probe took %s", from, slowest)
	}
}
