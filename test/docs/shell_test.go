package docs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"brink/test/brinktest"
)

// shell runs command lines as a reader would who runs the demo and has built
// the binary.
type shell struct {
	dir    string // with the binary and the confs
	conf   string // the last one of the page
	listen string
	admin  string
	spare  [2]string // addresses for one more node
}

func newShell(t *testing.T) *shell {
	t.Helper()
	s := &shell{dir: t.TempDir(), listen: brinktest.FreeAddress(t), admin: brinktest.FreeAddress(t)}
	if err := os.Symlink(brinktest.Binary(t), filepath.Join(s.dir, "brink")); err != nil {
		t.Fatal(err)
	}
	demo, err := s.start(s.admin, "demo", "--listen", s.listen, "--admin", s.admin)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := end(demo); err != nil {
			t.Errorf("the demo: %v", err)
		}
	})
	s.spare = [2]string{brinktest.FreeAddress(t), brinktest.FreeAddress(t)}
	return s
}

// start runs the binary and waits until it is ready.
func (s *shell) start(admin string, args ...string) (*exec.Cmd, error) {
	cmd := exec.Command(filepath.Join(s.dir, "brink"), args...)
	cmd.Dir = s.dir
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get("http://" + admin + "/readyz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return cmd, nil
			}
		}
		if time.Now().After(deadline) {
			return nil, errors.Join(fmt.Errorf("brink %s is not ready: %w", args[0], err), end(cmd))
		}
	}
}

func end(cmd *exec.Cmd) error {
	_ = cmd.Process.Signal(syscall.SIGTERM)
	return cmd.Wait()
}

// stopped runs a node with the page's conf and stops it, so that there is the
// directory that store commands look after.
func (s *shell) stopped() error {
	blocks := fmt.Sprintf("listen \"web\" {\n  address = %q\n}\nadmin {\n  address = %q\n}\n", s.spare[0], s.spare[1])
	if err := os.WriteFile(filepath.Join(s.dir, "stopped.hcl"), []byte(s.conf+blocks), 0o644); err != nil {
		return err
	}
	node, err := s.start(s.spare[1], "serve", "stopped.hcl")
	if err != nil {
		return err
	}
	return end(node)
}

// elsewhere are commands that change the machine, or need another one.
var elsewhere = []string{"cd", "git", "kill", "setcap", "iptables", "sysctl"}

// try runs a line, or checks what can be checked of it.
func (s *shell) try(line string) error {
	line = strings.Replace(line, "go run ./cmd/brink", "./brink", 1)
	words := strings.Fields(line)
	switch name := words[0]; {
	case name == "make":
		return hasTargets(words[1:])
	case name == "go":
		return hasPackages(words[1:])
	case name == "brink" || name == "./brink":
		return s.brink(line, words[1:])
	case name == "curl" || name == "for":
		if _, err := exec.LookPath("curl"); err != nil {
			return nil // nothing to try it with
		}
		return s.run(line)
	case name == "printf":
		return s.run(line)
	case slices.Contains(elsewhere, name):
		return nil
	default:
		return fmt.Errorf("nothing tries %s", name)
	}
}

func hasTargets(names []string) error {
	for _, n := range names {
		if strings.Contains(n, "=") {
			continue
		}
		if err := hasTarget(n); err != nil {
			return err
		}
	}
	return nil
}

func hasTarget(name string) error {
	text, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		return err
	}
	if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + `:`).Match(text) {
		return fmt.Errorf("the Makefile has no target %s", name)
	}
	return nil
}

// hasPackages checks the folders that a go command names.
func hasPackages(words []string) error {
	for _, w := range words {
		if !strings.HasPrefix(w, "./") {
			continue
		}
		if _, err := os.Stat(filepath.Join(root, strings.TrimSuffix(w, "..."))); err != nil {
			return err
		}
	}
	return nil
}

// brink runs a command of the binary. Of those that would not end it only has
// the flags parsed, which --help does first.
func (s *shell) brink(line string, args []string) error {
	for _, a := range args {
		if strings.HasSuffix(a, ".hcl") {
			if err := os.WriteFile(filepath.Join(s.dir, a), []byte(s.conf), 0o644); err != nil {
				return err
			}
		}
	}
	if len(args) > 0 && (args[0] == "serve" || args[0] == "demo") {
		line += " --help"
	}
	if len(args) > 0 && args[0] == "store" {
		if err := s.stopped(); err != nil {
			return err
		}
	}
	return s.run(line)
}

// run runs a line, with the demo's addresses instead of the usual ones. A
// response with an error status is a failure.
func (s *shell) run(line string) error {
	for usual, here := range map[string]string{"8080": s.listen, "9080": s.admin} {
		line = strings.NewReplacer("127.0.0.1:"+usual, here, "localhost:"+usual, here).Replace(line)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	sh := exec.CommandContext(ctx, "sh", "-e", "-c", `curl() { command curl --fail "$@"; }; `+line)
	sh.Dir = s.dir
	sh.Env = append(os.Environ(), "PATH="+s.dir+":"+os.Getenv("PATH"), "BRINK_ADMIN="+s.admin)
	out, err := sh.CombinedOutput()
	if err != nil {
		return errors.Join(err, errors.New(strings.TrimSpace(string(out))))
	}
	return nil
}
