package limits

import (
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"brink/test/brinktest"
)

// One address may have so many connections and requests under way, and others are served.
func TestPerClient(t *testing.T) {
	t.Parallel()
	n := start(t, nil, "16MiB", "max_connections_per_client = 6\n max_requests_per_client = 4")
	served(t, n, "127.0.0.3")
	var waiting []net.Conn
	for i := range 4 {
		nc := dial(t, n, "127.0.0.2")
		fmt.Fprintf(nc, "GET /wait/%d HTTP/1.1\r\nHost: a.test\r\n\r\n", i)
		waiting = append(waiting, nc)
	}
	time.Sleep(500 * time.Millisecond)
	fifth := dial(t, n, "127.0.0.2")
	status, fields := ask(fifth, "/miss/1")
	if status != 429 || fields.Get("Retry-After") == "" || !strings.Contains(fields.Get("Cache-Status"), "client-requests") {
		t.Errorf("a fifth request is answered %d, %v", status, fields)
	}
	if status, _ := ask(fifth, "/hit/1"); status != 200 {
		t.Errorf("a hit is answered %d", status)
	}
	sixth, seventh := dial(t, n, "127.0.0.2"), dial(t, n, "127.0.0.2")
	if status, _ := ask(seventh, "/hit/1"); status != 200 {
		t.Errorf("a new connection is answered %d", status)
	}
	open := 0
	for _, nc := range []net.Conn{fifth, sixth} {
		ask(nc, "/hit/1") // what comes before the end is answered, and is the last
		if status, _ := ask(nc, "/hit/1"); status == 200 {
			open++
		}
	}
	if open != 1 {
		t.Errorf("of the connections that waited, %d are open", open)
	}
	served(t, n, "127.0.0.3")
	for _, nc := range waiting {
		nc.Close()
	}
}

// A rate of 0 means none.
func TestAnyRate(t *testing.T) {
	t.Parallel()
	n := start(t, nil, "16MiB", `min_rate = "0"
  body_grace = "100ms"`)
	nc := dial(t, n, "127.0.0.2")
	fmt.Fprint(nc, "POST /miss/1 HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\n")
	for range 10 {
		time.Sleep(150 * time.Millisecond)
		_, _ = io.WriteString(nc, "x")
	}
	got := make([]byte, len("HTTP/1.1 200"))
	if _, err := io.ReadFull(nc, got); string(got) != "HTTP/1.1 200" {
		t.Errorf("answered %q, %v", got, err)
	}
}

// Budgets that the machine cannot have are found before the start.
func TestCheck(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := func(store string, valid bool, words ...string) {
		t.Helper()
		file := filepath.Join(dir, "node.hcl")
		write(t, file, "origin \"app\" {\n  server \"http://127.0.0.1:9\" {}\n}\nsite \"app\" {\n  hosts = [\"*\"]\n  origin = \"app\"\n}\nstore {\n"+store+"\n}\n")
		out, err := exec.Command(brinktest.Binary(t), "check", file).CombinedOutput()
		if (err == nil) != valid {
			t.Errorf("%s: %v, %s", store, err, out)
		}
		for _, w := range words {
			if !strings.Contains(string(out), w) {
				t.Errorf("%s: %s\nsays nothing of %q", store, out, w)
			}
		}
	}
	f(`memory = "16MiB"`, true, "is valid")
	f(`memory = "1000TiB"`, false, "node.hcl:9:10", "1000TiB", "64TiB")
	f(`memory = "60TiB"`, true, "is valid", "warning", "store.memory is", "Lower it to") // it may be for another machine
	f("disk {\n path = \"cache\"\n size = \"1000TiB\"\n}", true, "is valid", "warning", "1024000", "file system")
}

// A node does not start with a budget that its machine does not have.
func TestStartBeyondMachine(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "node.hcl")
	write(t, file, "origin \"app\" {\n  server \"http://127.0.0.1:9\" {}\n}\nsite \"app\" {\n  hosts = [\"*\"]\n  origin = \"app\"\n}\nstore {\n  memory = \"60TiB\"\n}\n")
	out, err := exec.CommandContext(t.Context(), brinktest.Binary(t), "serve", file).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "and the machine, or the cgroup of the process, has") {
		t.Errorf("%v, %s", err, out)
	}
}
