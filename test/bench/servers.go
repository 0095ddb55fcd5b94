package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a running server.
type process struct {
	cmd     *exec.Cmd
	address string // http://host:port
}

// servers starts each server on processor 0, with its files in dir.
var servers = map[string]func(dir string) (*process, error){
	"brink":         func(dir string) (*process, error) { return startBrink(dir, "off") },
	"brink-log":     func(dir string) (*process, error) { return startBrink(dir, filepath.Join(dir, "access.log")) },
	"nginx":         func(dir string) (*process, error) { return startNginx(dir, nginxPort, "") },
	"nginx-fields":  func(dir string) (*process, error) { return startNginx(dir, nginxFieldsPort, nginxFields) },
	"varnish":       startVarnish,
	"trafficserver": startTrafficServer,
	"floor":         startFloor,
}

var serverNames = []string{"brink", "brink-log", "nginx", "nginx-fields", "varnish", "trafficserver", "floor"}

// Where the servers and the origin listen.
const (
	originPort        = "18900"
	brinkPort         = "18901"
	nginxPort         = "18902"
	varnishPort       = "18903"
	trafficServerPort = "18904"
	floorPort         = "18905"
	nginxFieldsPort   = "18906"
)

// checkTools says what is missing, and how to get it.
func checkTools(names []string) error {
	packages := map[string]string{"nginx": "nginx", "nginx-fields": "nginx", "varnish": "varnish", "trafficserver": "trafficserver"}
	commands := map[string]string{"nginx": "nginx", "nginx-fields": "nginx", "varnish": "varnishd", "trafficserver": "traffic_server"}
	missing := []string{}
	if _, err := exec.LookPath("wrk"); err != nil {
		missing = append(missing, "wrk")
	}
	for _, name := range append([]string{"nginx"}, names...) {
		if commands[name] == "" {
			continue
		}
		if _, err := exec.LookPath(commands[name]); err != nil && !contains(missing, packages[name]) {
			missing = append(missing, packages[name])
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("not installed: %[1]s (apt-get install %[1]s)", strings.Join(missing, " "))
	}
	return nil
}

// buildServers compiles those that come from this repository.
func buildServers(names []string, dir string) error {
	builds := map[string]*exec.Cmd{
		"brink":     exec.Command("go", "build", "-o", filepath.Join(dir, "brink"), "brink/cmd/brink"),
		"brink-log": exec.Command("go", "build", "-o", filepath.Join(dir, "brink"), "brink/cmd/brink"),
		"floor":     exec.Command("cc", "-O2", "-o", filepath.Join(dir, "floor"), "test/bench/floor/floor.c"),
	}
	for _, name := range names {
		build, ok := builds[name]
		if !ok || build.Process != nil {
			continue
		}
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", name, err, out)
		}
	}
	return nil
}

// start runs a command on one processor, in a process group of its own.
func start(dir, processor, port string, env []string, name string, args ...string) (*process, error) {
	cmd := exec.Command("taskset", append([]string{"-c", processor, name}, args...)...)
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
	return &process{cmd: cmd, address: "http://127.0.0.1:" + port}, nil
}

// stop ends the process and all it started.
func (p *process) stop() {
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
		fmt.Fprintln(os.Stderr, "bench: stop:", err)
	}
}

// pids lists the process and its descendants.
func (p *process) pids() []int {
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

func put(dir, name, text string) error {
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}
