package brinktest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var build struct {
	sync.Once

	path string
	err  error
}

// Binary builds brink once a test process and returns its path. It is built
// with the race detector where the test is.
func Binary(t testing.TB) string {
	t.Helper()
	build.Do(func() {
		removeOld()
		dir, err := os.MkdirTemp("", "brinktest")
		if err == nil {
			err = readSources()
		}
		if err != nil {
			build.err = err
			return
		}
		build.path = filepath.Join(dir, "brink")
		args := []string{"build", "-o", build.path}
		if RaceEnabled {
			args = append(args, "-race")
		}
		out, err := exec.Command("go", append(args, "brink/cmd/brink")...).CombinedOutput()
		if err != nil {
			build.err = fmt.Errorf("build brink: %w\n%s", err, out)
		}
	})
	if build.err != nil {
		t.Fatal(build.err)
	}
	return build.path
}

// removeOld removes the binaries of test processes that ended long ago: nothing
// tells a process that its last test has ended.
func removeOld() {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), "brinktest*"))
	for _, d := range dirs {
		if at, err := os.Stat(d); err == nil && time.Since(at.ModTime()) > 6*time.Hour {
			_ = os.RemoveAll(d) // another process may do the same
		}
	}
}

// Node is a running node.
type Node struct {
	Address string // host:port of the data port
	Admin   string // host:port of the admin listener
	Dir     string // working directory, with the conf in node.hcl
	Cmd     *exec.Cmd

	through []string
	env     []string
	exited  chan struct{} // closed when the process has ended

	mu     sync.Mutex
	output bytes.Buffer
}

// Start runs `brink serve` on a conf. In it, $LISTEN and $ADMIN stand for the
// listen and admin blocks with free ports. The node has been seen ready when
// Start returns, and is ended with the test.
func Start(t testing.TB, conf string, env ...string) *Node {
	t.Helper()
	return StartAt(t, Place{Address: FreeAddress(t), Admin: FreeAddress(t)}, conf, env...)
}

// Place is where a node runs and listens.
type Place struct {
	Address string   // host:port of the data port
	Admin   string   // host:port of the admin listener
	Through []string // the command that runs brink, such as ip netns exec NAME; nil: none
}

// StartAt is Start for a node that is not on free ports of 127.0.0.1.
func StartAt(t testing.TB, at Place, conf string, env ...string) *Node {
	t.Helper()
	n := &Node{Address: at.Address, Admin: at.Admin, Dir: t.TempDir(), through: at.Through, env: env}
	n.WriteConf(t, conf)
	n.launch(t)
	t.Cleanup(func() { n.Stop(t) })
	n.awaitReady(t)
	return n
}

// Restart ends the node with SIGTERM, or with SIGKILL if it is to have no time for
// anything, and starts it again on its conf and in its directory.
func (n *Node) Restart(t testing.TB, kill bool) {
	t.Helper()
	if kill {
		if err := n.Cmd.Process.Kill(); err != nil {
			t.Fatalf("kill brink: %v", err)
		}
		<-n.exited
	}
	n.Stop(t)
	n.launch(t)
	n.awaitReady(t)
}

// launch starts the process.
func (n *Node) launch(t testing.TB) {
	t.Helper()
	args := append(slices.Clone(n.through), Binary(t), "serve", filepath.Join(n.Dir, "node.hcl"))
	n.Cmd = exec.Command(args[0], args[1:]...)
	n.Cmd.Dir = n.Dir
	n.Cmd.Env = append(os.Environ(), n.env...)
	n.Cmd.Stdout, n.Cmd.Stderr = n, n
	if err := n.Cmd.Start(); err != nil {
		t.Fatalf("start brink: %v", err)
	}
	cmd, exited := n.Cmd, make(chan struct{})
	n.exited = exited
	go func() {
		// How it ended is in the output; the tests look at what they care about.
		_ = cmd.Wait()
		close(exited)
	}()
}

// WriteConf writes the node's conf file, for a reload.
func (n *Node) WriteConf(t testing.TB, conf string) {
	t.Helper()
	conf = strings.ReplaceAll(conf, "$LISTEN", fmt.Sprintf("listen \"web\" {\n  address = %q\n}", n.Address))
	conf = strings.ReplaceAll(conf, "$ADMIN", fmt.Sprintf("admin {\n  address = %q\n}", n.Admin))
	if err := os.WriteFile(filepath.Join(n.Dir, "node.hcl"), []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (n *Node) awaitReady(t testing.TB) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		select {
		case <-n.exited:
			t.Fatalf("brink ended at its start:\n%s", n.Output())
		default:
		}
		resp, err := http.Get("http://" + n.Admin + "/readyz")
		if err != nil {
			continue
		}
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return
		}
	}
	t.Fatalf("brink is not ready after 20s:\n%s", n.Output())
}

// Write takes the node's output.
func (n *Node) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.output.Write(p)
}

// Output is what the node has written to stdout and stderr so far.
func (n *Node) Output() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.output.String()
}

// Exited is closed when the process has ended.
func (n *Node) Exited() <-chan struct{} { return n.exited }

// URL returns the absolute URL of a path on the data port.
func (n *Node) URL(path string) string { return "http://" + n.Address + path }

// Stop ends the node with SIGTERM, and checks that it neither panicked nor
// found a data race.
func (n *Node) Stop(t testing.TB) {
	t.Helper()
	select {
	case <-n.exited:
	default:
		if err := n.Cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Logf("signal brink: %v", err)
		}
		select {
		case <-n.exited:
		case <-time.After(20 * time.Second):
			t.Errorf("brink did not end within 20s of SIGTERM")
			_ = n.Cmd.Process.Kill()
			<-n.exited
		}
	}
	out := n.Output()
	for _, bad := range []string{"panic:", "DATA RACE", "goroutine 1 ["} {
		if strings.Contains(out, bad) {
			t.Errorf("output of brink has %q:\n%s", bad, out)
		}
	}
}

// Ports from firstPort on are below those that systems give to connections and
// to listeners that take any.
const (
	firstPort = 10_000
	portCount = 22_000
)

// taken holds the ports that FreeAddress has returned.
var taken sync.Map

// FreeAddress returns an address on 127.0.0.1 whose port nobody listens on. It
// returns none twice, so it stays free for the caller, also when what listened
// there has ended.
func FreeAddress(t testing.TB) string {
	t.Helper()
	// A process that is just starting inherits descriptors, which stay open for a moment.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	for range portCount {
		// At random, as other test processes look for ports at the same time.
		address := fmt.Sprintf("127.0.0.1:%d", firstPort+rand.IntN(portCount))
		if _, was := taken.LoadOrStore(address, true); was {
			continue
		}
		if l, err := net.Listen("tcp", address); err == nil {
			l.Close()
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}
