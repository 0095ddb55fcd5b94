package endings

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// reloadedTimes returns how many reloads the node counts.
func (n *launched) reloadedTimes(t *testing.T) int {
	t.Helper()
	ok := 0
	_, _ = fmt.Sscan(metric(t, n.admin, `brink_reloads_total{result="ok"}`), &ok)
	return ok
}

// A signal to stop is not lost among signals to reload, and reloads take turns: those
// that come during one lead to one more.
func TestStopAmongReloads(t *testing.T) {
	o := serve(t, silent)
	var sites strings.Builder // so that a reload takes a while
	for i := range 8000 {
		fmt.Fprintf(&sites, "\nsite \"s%d\" {\n  hosts  = [\"h%d.test\"]\n  origin = \"app\"\n}\n", i, i)
	}
	n := launch(t, o.address, "off", sites.String(), nil)
	for range 50 {
		_ = n.cmd.Process.Signal(syscall.SIGHUP)
		time.Sleep(time.Millisecond)
	}
	began := time.Now()
	for n.reloadedTimes(t) < 2 && time.Since(began) < 20*time.Second {
		time.Sleep(20 * time.Millisecond)
	}
	if k := n.reloadedTimes(t); k < 2 || k > 25 {
		t.Errorf("%d reloads for 50 signals", k)
	}
	for range 50 {
		_ = n.cmd.Process.Signal(syscall.SIGHUP)
		time.Sleep(time.Millisecond)
	}
	n.endsIn(t, syscall.SIGTERM, time.Second+overrun)
}

// stalledAccessLog runs a node whose access log goes to a full pipe, so that it takes two
// seconds to open it again, or to go over to another.
func stalledAccessLog(t *testing.T) *launched {
	t.Helper()
	name := filepath.Join(t.TempDir(), "access")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	pipe, err := os.OpenFile(name, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pipe.Close() })
	o := serve(t, says("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"))
	n := launch(t, o.address, name, "", nil)
	_ = pipe.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
	for err = nil; err == nil; {
		_, err = pipe.Write(make([]byte, 4096))
	}
	n.talk(t, ask("GET", "/x")) // leaves a line to write
	time.Sleep(200 * time.Millisecond)
	return n
}

// leaveLog makes the next reload go over to another access log.
func (n *launched) leaveLog(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(n.conf)
	if err != nil {
		t.Fatal(err)
	}
	text = regexp.MustCompile(`access = ".*"`).ReplaceAll(text, []byte(`access = "off"`))
	if err := os.WriteFile(n.conf, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Signals to stop do not wait for what an earlier signal has begun.
func TestStopWhileLogStalls(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGHUP} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			n := stalledAccessLog(t)
			n.leaveLog(t)
			_ = n.cmd.Process.Signal(s)
			time.Sleep(100 * time.Millisecond)
			n.endsIn(t, syscall.SIGTERM, time.Second+overrun)
		})
		t.Run(s.String()+", second signal", func(t *testing.T) {
			t.Parallel()
			n := stalledAccessLog(t)
			n.leaveLog(t)
			_ = n.cmd.Process.Signal(s)
			time.Sleep(100 * time.Millisecond)
			_ = n.cmd.Process.Signal(syscall.SIGTERM)
			time.Sleep(100 * time.Millisecond)
			n.endsIn(t, syscall.SIGTERM, 800*time.Millisecond)
		})
	}
}
