package endings

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// metric returns the value of one metric, as text; empty: there is none.
func metric(t *testing.T, admin, name string) string {
	t.Helper()
	client := http.Client{Timeout: 5 * time.Second}
	resp, err := client.Get("http://" + admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

// stalledLog runs a node whose standard error is a full pipe, and whose origin fails
// each request. It returns the end of the pipe that nobody reads.
func stalledLog(t *testing.T) (*launched, *os.File) {
	t.Helper()
	r, w := fullPipe(t)
	defer w.Close()
	o := serve(t, func(c net.Conn, _ *http.Request) { c.Close() })
	return launch(t, o.address, "off", "", w), r
}

// fullPipe returns the ends of a pipe that takes no more.
func fullPipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	fd := int(w.Fd())
	_ = syscall.SetNonblock(fd, true)
	for err = nil; err == nil; {
		_, err = syscall.Write(fd, []byte("x"))
	}
	_ = syscall.SetNonblock(fd, false)
	return r, w
}

// serves checks that a node answers requests, purges and calls of its API.
func (n *launched) serves(t *testing.T) {
	t.Helper()
	for range 3 {
		if got := n.talk(t, ask("GET", "/x")); !strings.HasPrefix(got, "HTTP/1.1 502 ") {
			t.Errorf("got %q, want a 502", got)
		}
	}
	if got := n.talk(t, ask("PURGE", "/x")); !strings.HasPrefix(got, "HTTP/1.1 200 ") {
		t.Errorf("PURGE: got %q", got)
	}
	client := http.Client{Timeout: 3 * time.Second}
	resp, err := client.Post("http://"+n.admin+"/v1/purge", "application/json", strings.NewReader(`{"urls":["a.test/x"]}`))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		t.Errorf("/v1/purge: %s", resp.Status)
	}
}

// If the reader of the node's log stalls, the node still serves, and ends in time.
func TestLogReaderStalls(t *testing.T) {
	t.Run("one signal", func(t *testing.T) {
		n, _ := stalledLog(t)
		n.serves(t)
		n.endsIn(t, syscall.SIGTERM, time.Second+overrun)
	})
	t.Run("second signal", func(t *testing.T) {
		n, _ := stalledLog(t)
		c, err := net.Dial("tcp", n.address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, _ = io.WriteString(c, "GET /x HT") // to wait for
		time.Sleep(100 * time.Millisecond)
		_ = n.cmd.Process.Signal(syscall.SIGTERM)
		time.Sleep(100 * time.Millisecond)
		n.endsIn(t, syscall.SIGTERM, 800*time.Millisecond)
	})
}

// A log whose reader has ended costs its lines, and not the node.
func TestLogReaderEnds(t *testing.T) {
	n, r := stalledLog(t)
	n.serves(t)
	r.Close()
	n.serves(t)
	if got := metric(t, n.admin, "brink_log_dropped_lines_total"); got == "" || got == "0" {
		t.Errorf("dropped lines: %q", got)
	}
	n.endsIn(t, syscall.SIGTERM, time.Second+overrun)
}

// A log line about a failure never blocks the work that failed: a refresh in the background
// ends and is tried again, and a reload answers.
func TestLogStallsNobody(t *testing.T) {
	for _, c := range []struct {
		name   string
		stderr func(*testing.T) *os.File
	}{
		{"a pipe that nobody reads", func(t *testing.T) *os.File { _, w := fullPipe(t); return w }},
		{"a full disk", func(t *testing.T) *os.File {
			full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
			if err != nil {
				t.Skip("no device that is always full:", err)
			}
			return full
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var fails atomic.Bool
			var version atomic.Int64
			o := serve(t, func(c net.Conn, _ *http.Request) {
				if !fails.Load() {
					fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nConnection: close\r\nCache-Control: max-age=1, stale-while-revalidate=60\r\nContent-Length: 2\r\n\r\nv%d", version.Load())
				}
				c.Close()
			})
			stderr := c.stderr(t)
			n := launch(t, o.address, "off", "", stderr)
			stderr.Close()
			if got := n.talk(t, ask("GET", "/y")); !strings.HasSuffix(got, "v0") {
				t.Fatalf("got %q", got)
			}
			fails.Store(true)
			for range 4 { // stale, and each has a refresh fail
				time.Sleep(600 * time.Millisecond)
				if got := n.talk(t, ask("GET", "/y")); !strings.HasSuffix(got, "v0") {
					t.Errorf("got %q while refreshes fail", got)
				}
			}
			n.reloads(t)
			fails.Store(false)
			version.Store(1)
			got := ""
			for began := time.Now(); !strings.HasSuffix(got, "v1") && time.Since(began) < 10*time.Second; time.Sleep(100 * time.Millisecond) {
				got = n.talk(t, ask("GET", "/y"))
			}
			if !strings.HasSuffix(got, "v1") {
				t.Errorf("never refreshed again: %q", got)
			}
			if got := metric(t, n.admin, "brink_log_dropped_lines_total"); c.name == "a full disk" && (got == "" || got == "0") {
				t.Errorf("dropped lines: %q", got)
			}
			n.endsIn(t, syscall.SIGTERM, time.Second+overrun)
		})
	}
}

// reloads checks that a node reloads, and says what it cannot.
func (n *launched) reloads(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(n.conf)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Timeout: 5 * time.Second}
	for more, status := range map[string]int{"": 200, "\nsite": 422} {
		if err := os.WriteFile(n.conf, append(text, more...), 0o600); err != nil {
			t.Fatal(err)
		}
		resp, err := client.Post("http://"+n.admin+"/v1/reload", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != status {
			t.Errorf("reload: %s", resp.Status)
		}
	}
}
