package script

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"brink/test/brinktest"
)

// node is a running brink.
type node struct {
	cmd      *exec.Cmd
	exited   chan struct{} // closed once cmd.ProcessState is there
	expected bool          // how it ended has been looked at
}

// startNode runs brink with its output in node.out and node.err of dir.
func startNode(t testing.TB, dir string, env []string, args ...string) (*node, error) {
	n := &node{cmd: exec.Command(brinktest.Binary(t), args...), exited: make(chan struct{})}
	n.cmd.Dir = dir
	n.cmd.Env = append(os.Environ(), env...)
	out, err := os.Create(filepath.Join(dir, "node.out"))
	if err != nil {
		return nil, err
	}
	defer out.Close()
	log, err := os.Create(filepath.Join(dir, "node.err"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	n.cmd.Stdout, n.cmd.Stderr = out, log
	if err := n.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		// How it ended is in ProcessState.
		_ = n.cmd.Wait()
		close(n.exited)
	}()
	return n, nil
}

// awaitReady waits until the node takes traffic.
func (n *node) awaitReady(admin string) error {
	for deadline := time.Now().Add(2 * patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if n.ended() {
			return errors.New("the node ended at its start")
		}
		resp, err := http.Get("http://" + admin + "/readyz")
		if err != nil {
			continue
		}
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return nil
		}
	}
	return errors.New("the node does not get ready")
}

func (n *node) ended() bool {
	select {
	case <-n.exited:
		return true
	default:
		return false
	}
}

var signals = map[string]os.Signal{
	"HUP": syscall.SIGHUP, "USR1": syscall.SIGUSR1, "TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL,
}

// wait returns the code with which the node ends.
func (n *node) wait() (int, error) {
	select {
	case <-n.exited:
		return n.cmd.ProcessState.ExitCode(), nil
	case <-time.After(2 * patience):
		return 0, errors.New("the node does not end")
	}
}

// stop ends the node and says what is wrong with how it ended.
func (n *node) stop(dir string) error {
	if !n.ended() {
		if err := n.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return err
		}
	}
	code, err := n.wait()
	if err != nil {
		_ = n.cmd.Process.Kill()
		<-n.exited
		return err
	}
	if code != 0 && !n.expected {
		return fmt.Errorf("the node ended with %d", code)
	}
	log, err := os.ReadFile(filepath.Join(dir, "node.err"))
	if err != nil {
		return err
	}
	for _, bad := range []string{"panic", "DATA RACE"} {
		if strings.Contains(string(log), bad) {
			return fmt.Errorf("the node's log has %q:\n%s", bad, log)
		}
	}
	return nil
}

// complete adds to a conf the blocks that a node needs in a test.
func complete(conf string, origins map[string]*origin) string {
	add := func(block, text string) {
		if !regexp.MustCompile(`(?m)^` + block + `[ {]`).MatchString(conf) {
			conf += text + "\n"
		}
	}
	add("node", `node { id = "edge" }`)
	add("listen", `listen "web" { address = env("NODE") }`)
	add("admin", `admin { address = env("ADMIN") }`)
	add("site", "site \"app\" {\n  hosts  = [\"*\"]\n  origin = \"app\"\n}")
	for name, o := range origins {
		add(`origin "`+name+`"`, fmt.Sprintf(`origin %q { server "http://%s" {} }`, name, o.listener.Addr()))
	}
	return conf
}
