package conformance

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"brink/test/brinktest"
)

const conf = `
$LISTEN
$ADMIN
origin "suite" {
  server "http://%s" {}
}
site "suite" {
  hosts  = ["*"]
  origin = "suite"

  store_set_cookie  = true
  client_directives = "honour"
  %s
}
log {
  access = "off"
}
`

// TestConformance runs the whole suite on a conf without tuning, and once more
// with the two fields that the suite adds to each request (Test-ID and Req-Num)
// declared harmless: without that, they keep responses with guessed freshness from
// being stored. Each run takes about half a minute, most of it waiting for
// responses to age.
func TestConformance(t *testing.T) {
	install(t)
	for name, settings := range map[string]string{
		"plain":   "",
		"ignored": `key { ignore = ["*"] }`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conforms(t, name, settings)
		})
	}
}

// conforms runs the suite and compares its results with what is expected of the
// run called name.
func conforms(t *testing.T, name, settings string) {
	origin := startOrigin(t)
	node := brinktest.Start(t, fmt.Sprintf(conf, origin, settings))
	kinds := catalogue(t)
	results := runSuite(t, "http://"+node.Address)
	expected := readExpected(t, name)
	count := map[string][2]int{}
	for _, id := range slices.Sorted(maps.Keys(kinds)) {
		kind, failure := kinds[id], results[id]
		if kind == "check" {
			continue
		}
		n := count[kind]
		n[1]++
		why, excused := expected[id]
		switch {
		case failure == "" && excused:
			t.Errorf("%s passes now: take it out of expected.txt (%s)", id, why)
		case failure == "":
			n[0]++
		case !excused:
			t.Errorf("%s (%s): %s", id, kind, failure)
		default:
			t.Logf("%s (%s): %s: %s", id, kind, failure, why)
		}
		count[kind] = n
	}
	for kind, n := range count {
		t.Logf("%s: %d of %d", kind, n[0], n[1])
	}
}

// install fetches the suite, unless it is there.
func install(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("node_modules/http-cache-tests/package.json"); err == nil {
		return
	}
	run(t, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
}

func run(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

func catalogue(t *testing.T) map[string]string {
	t.Helper()
	var kinds map[string]string
	if err := json.Unmarshal(run(t, "node", "catalogue.mjs"), &kinds); err != nil {
		t.Fatal(err)
	}
	return kinds
}

// startOrigin runs the suite's own server and returns its address.
func startOrigin(t *testing.T) string {
	t.Helper()
	address := brinktest.FreeAddress(t)
	_, port, _ := strings.Cut(address, ":")
	cmd := exec.Command("node", "server/server.mjs")
	cmd.Dir = "node_modules/http-cache-tests"
	cmd.Env = append(os.Environ(), "npm_config_protocol=http", "npm_config_port="+port,
		"npm_config_pidfile="+filepath.Join(t.TempDir(), "pid"))
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Kill(); err != nil {
			t.Log(err)
		}
		// It was killed: how it ended says nothing.
		_ = cmd.Wait()
	})
	if !bufio.NewScanner(stdout).Scan() {
		t.Fatal("the suite's server does not start")
	}
	return address
}

// runSuite returns the failure of each test, empty for one that passed.
func runSuite(t *testing.T, base string) map[string]string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "--no-warnings", "cli.mjs")
	cmd.Dir = "node_modules/http-cache-tests"
	cmd.Env = append(os.Environ(), "npm_config_base="+base, "npm_config_id=", "npm_package_config_id=")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("run the suite: %v\n%s", err, out)
	}
	var raw map[string]any
	if err := json.Unmarshal(out, &raw); err != nil {
		t.Fatalf("read the results: %v\n%s", err, out)
	}
	failures := make(map[string]string, len(raw))
	for id, r := range raw {
		if list, ok := r.([]any); ok {
			failures[id] = fmt.Sprint(list...)
		}
	}
	return failures
}

func readExpected(t *testing.T, run string) map[string]string {
	t.Helper()
	text, err := os.ReadFile("expected.txt")
	if err != nil {
		t.Fatal(err)
	}
	expected := map[string]string{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		id, why, ok := strings.Cut(line, ": ")
		if !ok {
			t.Fatalf("expected.txt: %q has no reason", line)
		}
		if only, id, limited := strings.Cut(id, "/"); !limited {
			expected[only] = why
		} else if only == run {
			expected[id] = why
		}
	}
	return expected
}
