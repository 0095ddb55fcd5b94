package peers

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Process is a running server.
type Process struct {
	Address string // http://host:port

	cmd *exec.Cmd
}

// Start runs a command on the processors that taskset knows by that list, in a
// process group of its own.
func Start(dir, processors, port string, env []string, name string, args ...string) (*Process, error) {
	cmd := exec.Command("taskset", append([]string{"-c", processors, name}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	output, err := os.Create(filepath.Join(dir, "output"))
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &Process{cmd: cmd, Address: "http://127.0.0.1:" + port}, nil
}

// Stop ends the process and all it started.
func (p *Process) Stop() {
	group := -p.cmd.Process.Pid
	// The group may be gone already; then there is nothing to end.
	_ = syscall.Kill(group, syscall.SIGTERM)
	done := make(chan error, 1)
	go func() { done <- p.cmd.Wait() }()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
	}
	if err := syscall.Kill(group, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		fmt.Fprintln(os.Stderr, "stop:", err)
	}
}

// PIDs lists the process and its descendants.
func (p *Process) PIDs() []int {
	pids := []int{p.cmd.Process.Pid}
	for i := 0; i < len(pids); i++ {
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pids[i]))
		for _, task := range tasks {
			// A thread that ended meanwhile has no children to count.
			children, _ := os.ReadFile(task)
			for _, child := range strings.Fields(string(children)) {
				if pid, err := strconv.Atoi(child); err == nil {
					pids = append(pids, pid)
				}
			}
		}
	}
	return pids
}

// AwaitOK asks until the answer is 200.
func AwaitOK(address, path string, timeout time.Duration) error {
	client := http.Client{Timeout: 2 * time.Second}
	defer client.CloseIdleConnections()
	var last string
	for deadline := time.Now().Add(timeout); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		resp, err := client.Get(address + path)
		if err != nil {
			last = err.Error()
			continue
		}
		_, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err == nil && resp.StatusCode == http.StatusOK {
			return nil
		}
		last = resp.Status
	}
	return fmt.Errorf("%s%s does not answer: %s", address, path, last)
}

// Put writes a file and the folders above it.
func Put(dir, name, text string) error {
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

// OpenUp lets workers that have given up root read below the directories.
func OpenUp(dirs ...string) error {
	for _, dir := range dirs {
		if err := os.Chmod(dir, 0o755); err != nil {
			return err
		}
	}
	return nil
}
