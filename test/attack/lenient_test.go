package attack

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// replaysAlike has Node's parser, strict and lenient, read what the origin of w
// was sent, and checks that it finds the same requests in it. It does so once
// the parallel parts of t are over.
func (w *world) replaysAlike(t *testing.T) {
	t.Helper()
	servers := startLenient(t)
	t.Cleanup(func() {
		w.origin.mu.Lock()
		defer w.origin.mu.Unlock()
		for _, stream := range w.origin.mu.streams {
			for _, address := range servers {
				compareReading(t, address, stream.String())
			}
		}
	})
}

// startLenient starts the servers of lenient.mjs and returns their addresses.
func startLenient(t *testing.T) (addresses []string) {
	t.Helper()
	cmd := exec.Command("node", "lenient.mjs")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start Node, as whose parser origins read: %v", err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Kill(); err != nil {
			t.Log(err)
		}
		// It was killed: how it ended says nothing.
		_ = cmd.Wait()
	})
	var ports [2]int
	if _, err := fmt.Fscan(stdout, &ports[0], &ports[1]); err != nil {
		t.Fatalf("Node does not start: %v", err)
	}
	for _, port := range ports {
		addresses = append(addresses, fmt.Sprintf("127.0.0.1:%d", port))
	}
	return addresses
}

// parsed is a request in the words of lenient.mjs.
type parsed [4]any

func compareReading(t *testing.T, address, stream string) {
	t.Helper()
	want, whole := strictReading(stream)
	got := lenientReading(t, address, stream, len(want), whole)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("Node finds other requests in what the origin was sent: %v, not %v, in %.1000q", got, want, stream)
	}
}

// strictReading lists the whole requests of a stream, and says whether it ends
// with one.
func strictReading(stream string) (list []parsed, whole bool) {
	src := newSource(strings.NewReader(stream))
	for {
		m, err := src.head()
		if err != nil {
			return list, m.start == ""
		}
		q := &seen{message: m}
		if q.readStart() != nil || src.content(&q.message, true) != nil {
			return list, false
		}
		kept := q.body[:min(len(q.body), 1024)]
		list = append(list, parsed{q.method, q.target, float64(q.length), base64.StdEncoding.EncodeToString([]byte(kept))})
	}
}

// lenientReading lists the requests that a server found. Behind a stream that
// ends with a request comes another that ends the connection.
func lenientReading(t *testing.T, address, stream string, requests int, whole bool) (list []parsed) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if whole {
		stream += "GET /last HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"
	}
	go func() {
		// The server may close early: what it answers tells.
		_, _ = conn.Write([]byte(stream))
		_ = conn.(*net.TCPConn).CloseWrite()
	}()
	src := newSource(conn)
	for {
		m, err := src.head()
		if err != nil || !strings.HasPrefix(m.start, "HTTP/1.1 200 ") {
			return list
		}
		var p parsed
		if err := json.Unmarshal([]byte(m.fields.get("X-Parsed")), &p); err != nil {
			t.Fatalf("read Node's answer %+v: %v", m, err)
		}
		if p[0] != "HEAD" && src.content(&m, false) != nil {
			return list
		}
		if p[1] == "/last" && len(list) == requests {
			return list
		}
		list = append(list, p)
	}
}
