package soak

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"brink/test/brinktest"
)

const crowdConf = `
$LISTEN
$ADMIN
store {
  memory = "64MiB"
}
origin "app" {
  server "http://%s" {}
}
site "app" {
  hosts  = ["*"]
  origin = "app"
}
log {
  access = "off"
}
`

// slowOrigin answers after all of a crowd had time to come, and counts.
type slowOrigin struct {
	address string
	asked   atomic.Int64
	running atomic.Int64
	most    atomic.Int64 // at a time
	wait    time.Duration
}

func startSlowOrigin(t *testing.T, wait time.Duration) *slowOrigin {
	t.Helper()
	o := &slowOrigin{wait: wait}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o.address = l.Addr().String()
	server := &http.Server{Handler: http.HandlerFunc(o.serve)}
	go func() {
		// It ends with the test.
		_ = server.Serve(l)
	}()
	t.Cleanup(func() { server.Close() })
	return o
}

func (o *slowOrigin) serve(w http.ResponseWriter, r *http.Request) {
	n := o.asked.Add(1)
	now := o.running.Add(1)
	for most := o.most.Load(); now > most && !o.most.CompareAndSwap(most, now); most = o.most.Load() {
	}
	defer o.running.Add(-1)
	time.Sleep(o.wait)
	if strings.HasPrefix(r.URL.Path, "/size/") {
		size, _ := strconv.Atoi(r.URL.Path[len("/size/"):][:strings.IndexByte(r.URL.Path[len("/size/"):], '/')])
		w.Header().Set("Cache-Control", "max-age=600")
		w.Header().Set("Content-Length", strconv.Itoa(size))
		io.WriteString(w, strings.Repeat("x", size))
		return
	}
	w.Header().Set("Cache-Control", strings.TrimPrefix(r.URL.Path, "/"))
	fmt.Fprintf(w, "answer %d to %s%s", n, r.URL.Path, strings.Repeat(".", 4000))
}

// connect opens connections to a node from several addresses of this machine.
func connect(t *testing.T, node *brinktest.Node, count int) []net.Conn {
	t.Helper()
	conns := make([]net.Conn, count)
	var opening sync.WaitGroup
	var failed atomic.Int64
	places := make(chan struct{}, 200)
	for i := range conns {
		places <- struct{}{}
		opening.Go(func() {
			defer func() { <-places }()
			d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+i%8))}, Timeout: 20 * time.Second}
			c, err := d.Dial("tcp", node.Address)
			if err != nil {
				failed.Add(1)
				return
			}
			conns[i] = c
		})
	}
	opening.Wait()
	t.Cleanup(func() {
		for _, c := range conns {
			if c != nil {
				c.Close()
			}
		}
	})
	if failed.Load() > 0 {
		t.Fatalf("%d of %d connections failed", failed.Load(), count)
	}
	return conns
}

// ask sends one request over each connection at the same time and returns the
// bodies.
func ask(t *testing.T, conns []net.Conn, path string) []string {
	t.Helper()
	bodies := make([]string, len(conns))
	var asking sync.WaitGroup
	for i, c := range conns {
		asking.Go(func() {
			fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: crowd.test\r\n\r\n", path)
			c.SetReadDeadline(time.Now().Add(60 * time.Second))
			resp, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				bodies[i] = err.Error()
				return
			}
			body, err := io.ReadAll(resp.Body)
			bodies[i] = string(body)
			if err != nil {
				bodies[i] = err.Error()
			}
		})
	}
	asking.Wait()
	return bodies
}

// Ten thousand clients that ask for one cold key at once are one fetch.
func TestCrowdOnColdKey(t *testing.T) {
	crowd := 10_000
	if raceEnabled {
		crowd = 1_000
	}
	o := startSlowOrigin(t, 3*time.Second)
	node := brinktest.Start(t, fmt.Sprintf(crowdConf, o.address))
	conns := connect(t, node, crowd)
	bodies := ask(t, conns, "/max-age=60")
	for i, b := range bodies {
		if b != bodies[0] || !strings.HasPrefix(b, "answer 1 to /max-age=60") {
			t.Fatalf("client %d got %.80q, client 0 got %.80q", i, b, bodies[0])
		}
	}
	if n := o.asked.Load(); n != 1 {
		t.Errorf("the origin was asked %d times", n)
	}
}

// A hundred clients that wait for a key that turns out uncacheable do not wait
// for each other: they are all at the origin at once.
func TestCrowdOnUncacheableKey(t *testing.T) {
	o := startSlowOrigin(t, 300*time.Millisecond)
	node := brinktest.Start(t, fmt.Sprintf(crowdConf, o.address))
	seen := map[string]bool{}
	for i, b := range ask(t, connect(t, node, 100), "/no-store") {
		if seen[b] || !strings.HasPrefix(b, "answer ") {
			t.Errorf("client %d got %.80q, as another did", i, b)
		}
		seen[b] = true
	}
	if most := o.most.Load(); most < 50 {
		t.Errorf("at most %d of 100 requests were at the origin at a time", most)
	}
}

// An idle connection costs a node at most 8 KiB.
func TestIdleConnections(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector has memory of its own")
	}
	const count = 10_000
	o := startSlowOrigin(t, 0)
	node := brinktest.Start(t, fmt.Sprintf(crowdConf, o.address))
	ask(t, connect(t, node, 100), "/max-age=60")
	before := resident(t, node)
	ask(t, connect(t, node, count), "/max-age=60")
	for range 3 {
		collect(t, node)
	}
	each := (resident(t, node) - before) / count
	t.Logf("%d bytes a connection", each)
	if each > 8<<10 {
		t.Errorf("an idle connection costs %d bytes", each)
	}
}

// What a node holds stays within its budget while ten times as much comes by.
func TestResidentMemory(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector has memory of its own")
	}
	const budget = 64 << 20
	o := startSlowOrigin(t, 0)
	node := brinktest.Start(t, fmt.Sprintf(crowdConf, o.address))
	client := http.Client{Timeout: 20 * time.Second}
	most, sizes := int64(0), []int{10 << 10, 100 << 10, 500 << 10, 1 << 20}
	for came, i := 0, 0; came < 10*budget; i++ {
		size := sizes[i%len(sizes)]
		resp, err := client.Get(node.URL(fmt.Sprintf("/size/%d/%d", size, i)))
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, resp.Body); n != int64(size) || err != nil {
			t.Fatalf("%d bytes of %d, %v", n, size, err)
		}
		resp.Body.Close()
		came += size
		if i%50 == 0 {
			most = max(most, resident(t, node))
		}
	}
	t.Logf("resident at most %d MiB with a budget of %d MiB", most>>20, budget>>20)
	if most > budget*5/4+150<<20 {
		t.Errorf("resident %d MiB", most>>20)
	}
}

// resident is the node's resident memory in bytes.
func resident(t *testing.T, node *brinktest.Node) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", node.Cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kib << 10
}

// collect makes the node collect its garbage.
func collect(t *testing.T, node *brinktest.Node) {
	t.Helper()
	resp, err := http.Get("http://" + node.Admin + "/debug/pprof/heap?gc=1")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
}
