package limits

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"brink/test/brinktest"
)

// patience is how long anything may take on a busy machine.
const patience = 20 * time.Second

// startOrigin starts an origin. /hit/ may be stored, /miss/ not, and /wait/ is answered
// when the test ends.
func startOrigin(t *testing.T) string {
	t.Helper()
	over := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		switch {
		case strings.HasPrefix(q.URL.Path, "/wait/"):
			<-over
		case strings.HasPrefix(q.URL.Path, "/hit/"):
			w.Header().Set("Cache-Control", "max-age=600")
		default:
			_, _ = io.Copy(io.Discard, q.Body)
			w.Header().Set("Cache-Control", "no-store")
		}
		fmt.Fprint(w, "ok")
	}))
	t.Cleanup(func() { close(over); s.Close() })
	return s.URL
}

// start starts a node behind a command. more are settings of the listener.
func start(t *testing.T, through []string, memory, more string) *brinktest.Node {
	t.Helper()
	at := brinktest.Place{Address: brinktest.FreeAddress(t), Admin: brinktest.FreeAddress(t), Through: through}
	return brinktest.StartAt(t, at, fmt.Sprintf(`
listen "web" {
  address = %q
  %s
}
$ADMIN
origin "app" {
  server %q {}
}
site "app" {
  hosts  = ["*"]
  origin = "app"
}
store {
  memory = %q
}
log {
  access = "off"
}
`, at.Address, more, startOrigin(t), memory))
}

// files is the command that lets a process have n file descriptors.
func files(n int) []string {
	return []string{"sh", "-c", fmt.Sprintf(`ulimit -n %d; exec "$@"`, n), "sh"}
}

// dial connects from an address of this machine.
func dial(t *testing.T, n *brinktest.Node, from string) net.Conn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: patience}
	nc, err := d.Dial("tcp", n.Address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(patience))
	return nc
}

// ask sends a request and returns the status of the answer, 0 for none.
func ask(nc net.Conn, target string) (status int, fields http.Header) {
	fmt.Fprintf(nc, "GET %s HTTP/1.1\r\nHost: a.test\r\n\r\n", target)
	resp, err := http.ReadResponse(bufio.NewReader(nc), nil)
	if err != nil {
		return 0, nil
	}
	_, err = io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	if err != nil {
		return 0, nil
	}
	return resp.StatusCode, resp.Header
}

// served checks that a new client gets a hit and a miss.
func served(t *testing.T, n *brinktest.Node, from string) {
	t.Helper()
	for _, target := range []string{"/hit/1", fmt.Sprint("/miss/", time.Now().UnixNano())} {
		nc := dial(t, n, from)
		if status, _ := ask(nc, target); status != 200 {
			t.Errorf("%s is answered %d", target, status)
		}
		nc.Close()
	}
}

// figure reads a metric.
func figure(t *testing.T, n *brinktest.Node, name string) int {
	t.Helper()
	resp, err := http.Get("http://" + n.Admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\n"+name+" ")
	value, _, _ := strings.Cut(rest, "\n")
	v, err := strconv.ParseFloat(value, 64)
	if err != nil {
		t.Fatalf("%s: %q", name, value)
	}
	return int(v)
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
