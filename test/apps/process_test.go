package apps

import (
	"bytes"
	"net"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is a program that runs as long as the test.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{} // closed when it has ended

	mu     sync.Mutex
	output bytes.Buffer
}

// launch starts a program in a process group of its own, which is ended with the
// test, and waits until the address takes connections.
func launch(t *testing.T, cmd *exec.Cmd, network, address string) *process {
	t.Helper()
	p := &process{cmd: cmd, exited: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = p, p
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		// It is killed in the end: how it ended says nothing.
		_ = cmd.Wait()
		close(p.exited)
	}()
	t.Cleanup(p.end)
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		select {
		case <-p.exited:
			t.Fatalf("%s ended at its start:\n%s", cmd.Args[0], p.text())
		default:
		}
		if c, err := net.Dial(network, address); err == nil {
			c.Close()
			return p
		}
	}
	t.Fatalf("%s does not listen on %s after a minute:\n%s", cmd.Args[0], address, p.text())
	return nil
}

func (p *process) end() {
	// The group, as PHP's server and Next.js have workers. It may be gone.
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.exited
}

// Write takes the program's output.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.output.Write(b)
}

func (p *process) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.output.String()
}
