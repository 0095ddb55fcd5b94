package endings

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"brink/test/brinktest"
)

// launched is a node whose standard error is the test's.
type launched struct {
	cmd            *exec.Cmd
	conf           string // the name of its file
	address, admin string
	ended          chan struct{}
}

// launch runs a node with drain_timeout = "1s". access is where its access log goes, more
// is added to its conf.
func launch(t *testing.T, origin, access, more string, stderr *os.File) *launched {
	t.Helper()
	n := &launched{
		conf:    filepath.Join(t.TempDir(), "node.hcl"),
		address: brinktest.FreeAddress(t), admin: brinktest.FreeAddress(t),
		ended: make(chan struct{}),
	}
	text := fmt.Sprintf(`
node { drain_timeout = "1s" }
admin { address = %q }
listen "web" { address = %q }
log { access = %q }
origin "app" { server "http://%s" {} }
site "app" {
  hosts  = ["a.test"]
  origin = "app"
  purge { allow = ["127.0.0.1"] }
}
%s`, n.admin, n.address, access, origin, more)
	if err := os.WriteFile(n.conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	n.cmd = exec.Command(brinktest.Binary(t), "serve", n.conf)
	n.cmd.Stderr = stderr
	if err := n.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(n.ended)
		_ = n.cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = n.cmd.Process.Kill()
		<-n.ended
	})
	for range 400 {
		if resp, err := http.Get("http://" + n.admin + "/readyz"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return n
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("the node is not ready")
	return nil
}

// endsIn signals the node and reports an error if it does not end within limit.
func (n *launched) endsIn(t *testing.T, s os.Signal, limit time.Duration) {
	t.Helper()
	if err := n.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
	within(t, "the end of the node", n.ended, limit)
}

// talk sends text on a connection of its own and returns what comes first.
func (n *launched) talk(t *testing.T, text string) string {
	t.Helper()
	c, err := net.Dial("tcp", n.address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(3 * time.Second))
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 4096)
	k, err := c.Read(p)
	if err != nil {
		t.Errorf("no answer: %v", err)
	}
	return string(p[:k])
}
