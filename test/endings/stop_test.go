package endings

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"brink/test/brinktest"
)

const (
	drainTimeout = 2 * time.Second
	drains       = `drain_timeout = "2s"`
	overrun      = 2 * time.Second // by which the end may be later
)

// stop sends a signal and returns how long the process took to end.
func stop(t *testing.T, n *brinktest.Node, s os.Signal) time.Duration {
	t.Helper()
	began := time.Now()
	if err := n.Cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
	select {
	case <-n.Exited():
	case <-time.After(30 * time.Second):
		t.Fatalf("still there after 30s:\n%s", n.Output())
	}
	return time.Since(began)
}

// A node that is told to stop, at any moment, ends within drain_timeout and two seconds,
// and says what it cut off.
func TestStopEndsInTime(t *testing.T) {
	for _, c := range []struct {
		name string
		ask  string
		does func(c net.Conn, r *http.Request)
		then string // read by the client before the signal
		cuts bool
	}{
		{"nothing", "", silent, "", false},
		{"a request without an end", "GET /x HT", silent, "", true},
		{"an origin that never answers", ask("GET", "/x"), silent, "", true},
		{"an origin that never answers, passed", ask("POST", "/x", "Content-Length: 2") + "ab", silent, "", true},
		{"silent events", ask("GET", "/x"), says(events), event, true},
		{"silent events, passed", ask("POST", "/x", "Content-Length: 2") + "ab", says(events), event, true},
		{"content for all that stalls", ask("GET", "/x"),
			says("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 100\r\n\r\nbegin"), "begin", true},
		{"a slow upload", ask("POST", "/x", "Content-Length: 1000000") + strings.Repeat("x", 100_000), silent, "", true},
		{"a small upload that stalls", ask("POST", "/x", "Content-Length: 10") + "abc", silent, "", true},
		{"a client that does not read", ask("GET", "/x", "Authorization: Basic x"), func(c net.Conn, _ *http.Request) {
			_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\nCache-Control: private\r\n\r\n")
			for err == nil {
				_, err = c.Write(make([]byte, 64<<10))
			}
		}, "", true},
		{"a tunnel", ask("GET", "/x", "Connection: Upgrade", "Upgrade: websocket"), says(switched), "\r\n\r\n", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := serve(t, c.does)
			n := start(t, o.address, "", drains)
			if c.ask != "" {
				client := dial(t, n, c.ask)
				until(t, client, c.then)
				time.Sleep(200 * time.Millisecond)
			}
			took := stop(t, n, syscall.SIGTERM)
			t.Logf("took %v", took.Round(time.Millisecond))
			if took > drainTimeout+overrun {
				t.Errorf("took %v", took)
			}
			if !c.cuts && took > time.Second {
				t.Errorf("took %v without anything to wait for", took)
			}
			if said := strings.Contains(n.Output(), "cut off what was under way"); said != c.cuts {
				t.Errorf("said that it cut something off: %v\n%s", said, n.Output())
			}
			if strings.Contains(n.Output(), "client-gone") {
				t.Errorf("clients that were cut off count as gone:\n%s", n.Output())
			}
		})
	}
}

// The same with requests to the admin listener, here a profile that takes long.
func TestStopCutsAdminOff(t *testing.T) {
	t.Parallel()
	o := serve(t, silent)
	n := start(t, o.address, "", drains)
	done := make(chan error, 1)
	go func() {
		resp, err := http.Get("http://" + n.Admin + "/debug/pprof/profile?seconds=25")
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		done <- err
	}()
	time.Sleep(300 * time.Millisecond)
	if took := stop(t, n, syscall.SIGTERM); took > drainTimeout+overrun {
		t.Errorf("took %v", took)
	}
	if err := <-done; err == nil {
		t.Error("the profile was whole")
	}
}

// Work that can end in time does so, and its response is whole.
func TestStopLetsReplyEnd(t *testing.T) {
	t.Parallel()
	o := serve(t, func(c net.Conn, _ *http.Request) {
		_, _ = io.WriteString(c, events)
		time.Sleep(time.Second)
		_, _ = io.WriteString(c, event+"0\r\n\r\n")
	})
	n := start(t, o.address, "", drains)
	client := dial(t, n, ask("GET", "/x"))
	until(t, client, event)
	if took := stop(t, n, syscall.SIGTERM); took > drainTimeout {
		t.Errorf("took %v", took)
	}
	if rest, err := io.ReadAll(client); !strings.HasSuffix(string(rest), event+"0\r\n\r\n") || err != nil {
		t.Errorf("got %q, %v", rest, err)
	}
	if strings.Contains(n.Output(), "cut off") {
		t.Error(n.Output())
	}
}

// In the grace the node says that it is not ready, and serves all who come, on
// connections that are not kept.
func TestStopGrace(t *testing.T) {
	t.Parallel()
	o := serve(t, says("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"))
	n := start(t, o.address, "", "drain_timeout = \"4s\"\n drain_grace = \"2s\"")
	idle := dial(t, n, ask("POST", "/x", "Content-Length: 0"))
	until(t, idle, "ok")
	began := time.Now()
	ended := make(chan time.Duration, 1)
	go func() { ended <- stop(t, n, syscall.SIGTERM) }()
	time.Sleep(200 * time.Millisecond)
	resp, err := http.Get("http://" + n.Admin + "/readyz")
	if err != nil || resp.StatusCode != 503 {
		t.Errorf("/readyz: %v, %v", resp, err)
	}
	for time.Since(began) < 1500*time.Millisecond {
		resp, err := http.Post(n.URL("/x"), "text/plain", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != 200 || !resp.Close {
			t.Errorf("%d, close: %v", resp.StatusCode, resp.Close)
		}
		time.Sleep(100 * time.Millisecond)
	}
	fmt.Fprint(idle, ask("POST", "/x", "Content-Length: 0"))
	until(t, idle, "Connection: close\r\n\r\nok")
	if took := <-ended; took < 2*time.Second || took > 3*time.Second {
		t.Errorf("took %v", took)
	}
	if c, err := net.Dial("tcp", n.Address); err == nil {
		c.Close()
		t.Error("still listening")
	}
}

// A second signal ends the node at once; those that mean something to a node
// that serves do not end one that drains.
func TestSecondSignal(t *testing.T) {
	for _, s := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			o := serve(t, silent)
			n := start(t, o.address, "", `drain_timeout = "20s"`)
			dial(t, n, ask("GET", "/x"))
			<-o.asked
			if err := n.Cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			for _, other := range []os.Signal{syscall.SIGHUP, syscall.SIGUSR1} {
				time.Sleep(100 * time.Millisecond)
				_ = n.Cmd.Process.Signal(other)
			}
			time.Sleep(200 * time.Millisecond)
			select {
			case <-n.Exited():
				t.Fatalf("ended by SIGHUP or SIGUSR1:\n%s", n.Output())
			default:
			}
			if took := stop(t, n, s); took > time.Second {
				t.Errorf("took %v", took)
			}
			if !strings.Contains(n.Output(), "ended at once by a second signal") {
				t.Error(n.Output())
			}
		})
	}
}

// A node that is still starting, here because its fleet does not answer, waits for
// that no longer than drain_timeout.
func TestStopWhileStarting(t *testing.T) {
	for _, second := range []bool{false, true} {
		t.Run(fmt.Sprint("second signal: ", second), func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "node.hcl")
			address, admin := brinktest.FreeAddress(t), brinktest.FreeAddress(t)
			text := fmt.Sprintf(`
node {
  id            = "edge-1"
  drain_timeout = "2s"
}
listen "web" { address = %q }
admin { address = %q }
fleet { nats = ["nats://127.0.0.1:1"] }
origin "app" { server "http://127.0.0.1:1" {} }
site "app" {
  hosts  = ["*"]
  origin = "app"
}`, address, admin)
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			var output bytes.Buffer
			cmd := exec.Command(brinktest.Binary(t), "serve", file)
			cmd.Stderr = &output
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for range 100 {
				if resp, err := http.Get("http://" + admin + "/readyz"); err == nil {
					resp.Body.Close()
					break
				}
				time.Sleep(20 * time.Millisecond)
			}
			began := time.Now()
			limit := drainTimeout + overrun
			_ = cmd.Process.Signal(syscall.SIGTERM)
			if second {
				limit = time.Second
				time.Sleep(100 * time.Millisecond)
				_ = cmd.Process.Signal(syscall.SIGTERM)
			}
			_ = cmd.Wait()
			if took := time.Since(began); took > limit || !strings.Contains(output.String(), "before all had started") {
				t.Errorf("took %v\n%s", took, &output)
			}
		})
	}
}

// A node with a disk and a part in a fleet ends as soon, and has kept what it had
// stored.
func TestStopWithAll(t *testing.T) {
	t.Parallel()
	o := serve(t, func(c net.Conn, r *http.Request) {
		if r.URL.Path == "/x" {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nConnection: close\r\nCache-Control: max-age=600\r\nContent-Length: 2\r\n\r\nok")
			return
		}
		_, _ = io.WriteString(c, events)
	})
	n := brinktest.Start(t, fmt.Sprintf(`
node {
  id = "edge-1"
  %s
}
$LISTEN
$ADMIN
store {
  disk {
    path = "disk"
    size = "1GiB"
  }
}
fleet {
  embedded {
    store   = "fleet"
    clients = %q
  }
}
origin "app" {
  server "http://%s" {}
}
site "app" {
  hosts  = ["*"]
  origin = "app"
}`, drains, brinktest.FreeAddress(t), o.address))
	until(t, dial(t, n, ask("GET", "/x")), "ok")
	until(t, dial(t, n, ask("GET", "/x")), "; hit")
	until(t, dial(t, n, ask("GET", "/events")), event)
	if took := stop(t, n, syscall.SIGTERM); took > drainTimeout+overrun {
		t.Errorf("took %v", took)
	}
	if strings.Contains(n.Output(), "in time") {
		t.Error(n.Output())
	}
	n.Restart(t, false)
	client := dial(t, n, ask("GET", "/x"))
	until(t, client, "; hit")
}
