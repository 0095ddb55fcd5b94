package pressure

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// A node whose output nobody reads answers all that it is asked, and ends.
func TestStalledOutput(t *testing.T) {
	fetches := of(2000, 10_000)
	r := begin(t, "stalled-stderr", fmt.Sprintf("stdout and stderr are full pipes, %d failing fetches", fetches))
	var down atomic.Bool
	o := startOrigin(r, answers{
		"fail":  hangUp,
		"stale": func(w http.ResponseWriter, q *http.Request) { refreshed(w, q, &down) },
	})
	n := start(r, o, settings{access: "stdout", through: []string{
		"sh", "-c", `exec >"$0" 2>"$1"; shift; exec "$@"`, fullPipe(r, "stdout"), fullPipe(r, "stderr"),
	}})
	if _, err := n.get("", "/stale/x"); err != nil {
		r.Fatal(err)
	}
	down.Store(true)
	least(r, "failing fetches answered 502", n.failing(fetches), 1)
	time.Sleep(1500 * time.Millisecond) // until /stale/x is stale
	least(r, "answers during a background refresh that fails", n.repeat(20, func() error {
		_, err := n.get("", "/stale/x")
		return err
	}), 1)
	down.Store(false)
	before := o.fetched("/stale/x")
	r.holds("refreshed once the origin is back", eventually(func() bool {
		_, err := n.get("", "/stale/x")
		return err == nil && o.fetched("/stale/x") > before
	}))
	least(r, "purges answered", n.repeat(20, func() error { return n.post("/v1/purge", `{"tags":["x"]}`) }), 1)
	least(r, "reloads answered", n.repeat(3, func() error { return n.post("/v1/reload", "") }), 1)
	n.footprint(r)
	began := time.Now()
	if err := n.Cmd.Process.Signal(syscall.SIGTERM); err != nil {
		r.Fatal(err)
	}
	r.holds("ended by SIGTERM", eventually(func() bool { return !n.alive() }))
	mostAtFullScale(r, "until it ended", time.Since(began), 3*time.Second)
}

// fullPipe makes a pipe that is full and that nobody reads, and returns its name.
func fullPipe(r *row, name string) string {
	r.Helper()
	name = filepath.Join(r.TempDir(), name)
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		r.Skipf("no pipe with a name is to be had here: %v", err)
	}
	pipe, err := os.OpenFile(name, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { pipe.Close() })
	_ = pipe.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
	for err = nil; err == nil; {
		_, err = pipe.Write(make([]byte, 4096))
	}
	return name
}

// refreshed answers with what is fresh for a second and may be stale for long, or, while
// the origin is down, not at all.
func refreshed(w http.ResponseWriter, q *http.Request, down *atomic.Bool) {
	if down.Load() {
		hangUp(w, q)
	}
	w.Header().Set("Cache-Control", "max-age=1, stale-while-revalidate=600, stale-if-error=600")
	page(w, q)
}

// failing asks for pages that the origin fails, and returns the share of requests that
// is told so.
func (n *subject) failing(requests int) share {
	const clients = 8
	var told atomic.Int64
	var running sync.WaitGroup
	for i := range clients {
		running.Go(func() {
			client := http.Client{Timeout: patience, Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for k := range requests / clients {
				resp, err := client.Get(n.URL(fmt.Sprintf("/fail/%d/%d", i, k)))
				if err != nil {
					return // so are those after it
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				if resp.StatusCode == http.StatusBadGateway {
					told.Add(1)
				}
			}
		})
	}
	running.Wait()
	return share(told.Load()) / share(requests/clients*clients)
}

// repeat does something several times, and returns the share that succeeded. It stops
// after the first attempt that timed out.
func (n *subject) repeat(times int, do func() error) share {
	good := 0
	for range times {
		err := do()
		if e, ok := err.(net.Error); ok && e.Timeout() {
			break
		}
		if err == nil {
			good++
		}
	}
	return share(good) / share(times)
}

// post calls the admin listener.
func (n *subject) post(path, body string) error {
	client := http.Client{Timeout: patience}
	resp, err := client.Post("http://"+n.Admin+path, "application/json", strings.NewReader(body))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode/100 != 2 {
		err = fmt.Errorf("%s: status %d: %s", path, resp.StatusCode, text)
	}
	return err
}

// eventually waits until something holds, for longer than a slow machine needs.
func eventually(holds func() bool) bool {
	for began := time.Now(); time.Since(began) < 2*patience; time.Sleep(20 * time.Millisecond) {
		if holds() {
			return true
		}
	}
	return false
}
