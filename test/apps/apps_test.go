package apps

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var all = flag.Bool("all", false, "run every application, and install what it needs")

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	printTable()
	os.Exit(code)
}

// large skips a test of an application that takes a while to install and to run.
func large(t *testing.T, packages ...string) {
	t.Helper()
	if !*all {
		t.Skip("takes minutes, and installs applications: make apps runs it")
	}
	installDebian(t, packages)
}

// installDebian installs the packages that are missing.
func installDebian(t *testing.T, packages []string) {
	t.Helper()
	missing := slices.DeleteFunc(slices.Clone(packages), func(name string) bool {
		out, err := exec.Command("dpkg-query", "-W", "-f", "${Status}", name).Output()
		return err == nil && string(out) == "install ok installed"
	})
	if len(missing) == 0 {
		return
	}
	if os.Getuid() != 0 {
		t.Skipf("not installed: apt-get install %s", strings.Join(missing, " "))
	}
	t.Logf("installing %s", strings.Join(missing, " "))
	for _, args := range [][]string{{"-qq", "update"}, append([]string{"-qq", "install", "-y", "--no-install-recommends"}, missing...)} {
		cmd := exec.Command("apt-get", args...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("apt-get %s: %v\n%s", args[1], err, out)
		}
	}
}

// installNpm installs what the package-lock.json of a folder names, unless it is
// there.
func installNpm(t *testing.T, folder string) {
	t.Helper()
	if _, err := exec.LookPath("npm"); err != nil {
		t.Skip("no npm: on Debian, apt-get install nodejs npm")
	}
	// npm writes this file last.
	if _, err := os.Stat(filepath.Join(folder, "node_modules", ".package-lock.json")); err == nil {
		return
	}
	cmd := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("npm ci in %s: %v\n%s", folder, err, out)
	}
}

// absolute returns the path of a file beside the tests.
func absolute(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// run runs a command to its end and returns what it wrote to stdout.
func run(t *testing.T, cmd *exec.Cmd) []byte {
	t.Helper()
	out, err := cmd.Output()
	if err != nil {
		text := ""
		if e, ok := err.(*exec.ExitError); ok {
			text = string(e.Stderr)
		}
		t.Fatalf("%s: %v\n%s%s", cmd, err, out, text)
	}
	return out
}

func environment(pairs ...string) []string {
	if len(pairs)%2 != 0 {
		panic(fmt.Sprint("BUG: a name without a value: ", pairs))
	}
	env := os.Environ()
	for i := 0; i < len(pairs); i += 2 {
		env = append(env, pairs[i]+"="+pairs[i+1])
	}
	return env
}
