package peers

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// packages are Debian's, by command.
var packages = map[string]string{
	"nginx": "nginx", "varnishd": "varnish", "traffic_server": "trafficserver", "wrk": "wrk",
}

// Check says which of some commands are missing, and how to get them.
func Check(commands ...string) error {
	var missing []string
	for _, c := range commands {
		if _, err := exec.LookPath(c); err != nil && !slices.Contains(missing, packages[c]) {
			missing = append(missing, packages[c])
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("not installed: %[1]s (apt-get install %[1]s)", strings.Join(missing, " "))
	}
	return nil
}

// Build compiles brink into a folder.
func Build(dir string) error {
	return Run(exec.Command("go", "build", "-o", filepath.Join(dir, "brink"), "brink/cmd/brink"))
}

// Run runs a command to its end and says what it printed if it failed.
func Run(c *exec.Cmd) error {
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", c, err, out)
	}
	return nil
}
