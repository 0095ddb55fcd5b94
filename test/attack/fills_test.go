package attack

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"brink/test/brinktest"
)

// downloads is an origin of large bodies that counts what it sends of them.
type downloads struct {
	*httptest.Server
	sent   atomic.Int64
	active atomic.Int64
}

// startDownloads starts an origin whose handler writes bodies with the function
// that it is given.
func startDownloads(t *testing.T, serve func(w http.ResponseWriter, r *http.Request, write func([]byte) error)) *downloads {
	d := new(downloads)
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.active.Add(1)
		defer d.active.Add(-1)
		w.Header().Set("Cache-Control", "max-age=600")
		serve(w, r, func(b []byte) error {
			n, err := w.Write(b)
			d.sent.Add(int64(n))
			return err
		})
	}))
	t.Cleanup(d.Close)
	return d
}

// await waits until the origin serves nothing any more.
func (d *downloads) await(t *testing.T, limit time.Duration) {
	t.Helper()
	for end := time.Now().Add(limit); d.active.Load() > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d responses are still under way after %v, %d bytes were sent", d.active.Load(), limit, d.sent.Load())
		}
	}
}

// request sends a GET over a connection of its own, and reads some bytes of the answer.
func request(t *testing.T, address, host, target string, bytes int) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", target, host); err == nil {
		_, err = io.ReadFull(conn, make([]byte, bytes))
	}
	if err != nil {
		t.Fatal(err)
	}
	return conn.(*net.TCPConn)
}

// reset ends a connection as a client does that is killed.
func reset(conn *net.TCPConn) {
	_ = conn.SetLinger(0)
	conn.Close()
}

// logs waits until the node has logged a text.
func logs(t *testing.T, n *brinktest.Node, text string) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !strings.Contains(n.Output(), text); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Errorf("the log does not say %s:\n%s", text, n.Output())
			return
		}
	}
}

// usage returns the bytes of the files in a directory.
func usage(t *testing.T, dir string) (bytes int64) {
	t.Helper()
	_ = filepath.Walk(dir, func(_ string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			bytes += info.Size()
		}
		return nil
	})
	return bytes
}

// TestFillsUnread has clients ask for large downloads and reset at once: the rest of
// each is not fetched and not written to disk for nobody.
func TestFillsUnread(t *testing.T) {
	t.Parallel()
	const length, clients = 100 << 20, 10
	piece := make([]byte, 64<<10)
	o := startDownloads(t, func(w http.ResponseWriter, r *http.Request, write func([]byte) error) {
		w.Header().Set("Content-Length", strconv.Itoa(length))
		for sent := 0; sent < length && r.Method == "GET" && r.Context().Err() == nil; sent += len(piece) {
			if write(piece) != nil {
				return
			}
		}
	})
	n := brinktest.Start(t, fmt.Sprintf(`
$LISTEN
$ADMIN
log { access = "stdout" }
store {
  memory = "256MiB"
  disk {
    path = "cache"
    size = "4GiB"
  }
}
origin "app" { server %q {} }
site "app" {
  hosts  = ["*"]
  origin = "app"
}`, o.URL))
	before := usage(t, filepath.Join(n.Dir, "cache"))
	var running sync.WaitGroup
	for i := range clients {
		running.Go(func() { reset(request(t, n.Address, "a.test", fmt.Sprintf("/%d", i), 100)) })
	}
	running.Wait()
	o.await(t, 20*time.Second)
	// The bytes that the node reads, plus the bytes in the sockets on the way.
	const most = clients * (20 << 20)
	sent, wrote := o.sent.Load(), usage(t, filepath.Join(n.Dir, "cache"))-before
	t.Logf("the origin sent %d MB, the disk has %d MB more", sent/1e6, wrote/1e6)
	if sent > most || wrote > most {
		t.Errorf("the origin sent %d bytes and the disk took %d for clients that had left, want at most %d", sent, wrote, most)
	}
	if ended := figure(t, n, "brink_store_fills_unread_total"); ended != clients {
		t.Errorf("%v fetches ended because nobody read them, want %d", ended, clients)
	}
	logs(t, n, `"store_reason":"unread"`)
	// A HEAD that would fetch such a body is passed on the next time.
	if resp, err := http.Head(n.URL("/head")); err != nil || resp.ContentLength != length {
		t.Fatalf("HEAD: %v, %v", resp, err)
	}
	o.await(t, 20*time.Second)
	sent = o.sent.Load()
	if resp, err := http.Head(n.URL("/head")); err != nil || resp.ContentLength != length {
		t.Fatalf("HEAD: %v, %v", resp, err)
	}
	o.await(t, 20*time.Second)
	if more := o.sent.Load() - sent; more > length/2 {
		t.Errorf("a second HEAD made the origin send %d bytes", more)
	}
}

// TestFillsDrip has the origin of one site send a byte every two seconds to clients
// that have left. The responses of another site are stored all the same, and the
// fetches end.
func TestFillsDrip(t *testing.T) {
	t.Parallel()
	const clients = 100 // whose responses are more than the bodies in flight may take, down to small ones
	o := startDownloads(t, func(w http.ResponseWriter, r *http.Request, write func([]byte) error) {
		if r.Host != "drip.test" {
			_ = write(make([]byte, 10<<10))
			return
		}
		i, _ := strconv.Atoi(r.URL.Path[1:])
		w.Header().Set("Content-Length", strconv.Itoa(900_000>>(i/20*2)))
		for r.Context().Err() == nil && write([]byte("x")) == nil {
			w.(http.Flusher).Flush()
			select {
			case <-time.After(2 * time.Second):
			case <-r.Context().Done():
			}
		}
	})
	n := brinktest.Start(t, fmt.Sprintf(`
$LISTEN
$ADMIN
log { access = "stdout" }
store { memory = "64MiB" }
origin "app" { server %q {} }
origin "drip" { server %q {} }
site "drip" {
  hosts  = ["drip.test"]
  origin = "drip"
}
site "app" {
  hosts  = ["*"]
  origin = "app"
}`, o.URL, o.URL))
	other := func(target string) (status string) {
		for range 2 {
			r, err := http.Get(n.URL(target))
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, r.Body)
			r.Body.Close()
			status = r.Header.Get("Cache-Status")
		}
		return status
	}
	if s := other("/before"); !strings.Contains(s, "; hit") {
		t.Fatalf("a response of another site is not stored: %s", s)
	}
	for i := range clients {
		reset(request(t, n.Address, "drip.test", fmt.Sprintf("/%d", i), 20))
	}
	for i := range 20 {
		if s := other(fmt.Sprintf("/during/%d", i)); !strings.Contains(s, "; hit") {
			t.Errorf("a response of another site is not stored while one drips: %s", s)
		}
	}
	o.await(t, 30*time.Second)
	if figure(t, n, "brink_store_fills_slow_total") == 0 {
		t.Error("no fetch was ended because it was slow")
	}
}

// TestFillsSlowReader has one client read slowly a response that nothing keeps, while
// others read it as fast as they can: it does not hold them up.
func TestFillsSlowReader(t *testing.T) {
	t.Parallel()
	const length, readers = 96 << 20, 3
	piece, all := make([]byte, 64<<10), make(chan struct{})
	o := startDownloads(t, func(w http.ResponseWriter, r *http.Request, write func([]byte) error) {
		w.(http.Flusher).Flush()
		<-all // until all read the same fetch
		for sent := 0; sent < length && r.Context().Err() == nil; sent += len(piece) {
			if write(piece) != nil {
				return
			}
		}
	})
	n := brinktest.Start(t, fmt.Sprintf(`
$LISTEN
$ADMIN
log { access = "stdout" }
store { memory = "64MiB" }
origin "app" { server %q {} }
site "app" {
  hosts  = ["*"]
  origin = "app"
}`, o.URL))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	dialer := net.Dialer{Control: smallWindow}
	conn, err := dialer.Dial("tcp", n.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET /live HTTP/1.1\r\nHost: "+n.Address+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	got := make(chan int64, readers)
	for range readers {
		go func() {
			r, err := http.NewRequestWithContext(ctx, "GET", n.URL("/live"), nil)
			if err != nil {
				got <- 0
				return
			}
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				got <- 0
				return
			}
			defer resp.Body.Close()
			read, _ := io.Copy(io.Discard, resp.Body)
			got <- read
		}()
	}
	time.Sleep(500 * time.Millisecond) // until they have joined
	close(all)
	slow := make(chan int64, 1)
	go func() {
		read := int64(0)
		buf := make([]byte, 16<<10)
		for {
			k, err := conn.Read(buf)
			read += int64(k)
			if err != nil {
				slow <- read
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	}()
	for range readers {
		if read := <-got; read != length {
			t.Errorf("a fast client got %d bytes of %d", read, length)
		}
	}
	if figure(t, n, "brink_store_readers_cut_total") != 1 {
		t.Error("the slow client was not cut off")
	}
	conn.Close()
	t.Logf("the slow client got %d bytes", <-slow)
	logs(t, n, `"reason":"slow-client"`)
}
