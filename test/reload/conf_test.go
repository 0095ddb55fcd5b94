package reload

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// confs writes the conf files of a node: set n answers with X-Conf: n, and its token is
// token(n).
type confs struct {
	dir             string // of the files, which is the conf
	address, admin  string
	origin          string
	aside, accesses string // directories
}

func token(n int) string { return fmt.Sprintf("a-token-of-set-%d", n) }

// fault is a way in which a set of files cannot be put in force.
type fault struct {
	name string

	access, memory, tokenFile string // empty: as it should be
	more, extra               string // of the origin block, of another file
}

var faults = []fault{
	{name: "an access log in a directory that is not there", access: "missing/access.log"},
	{name: "an access log that is a directory", access: "."},
	{name: "a token file that is not there", tokenFile: "missing"},
	{name: "a CA file that is not there", more: "tls { ca_file = \"missing.pem\" }"},
	{name: "a change that needs a restart", memory: "64MiB"},
	{name: "a file half written", extra: "site \"more\" {\n  hosts = [\"more.te"},
	{name: "a name that is not known", extra: "site \"more\" {\n  hosts = [\"more.test\"]\n  origin = \"none\"\n}"},
}

// write writes set n, with a fault.
func (c *confs) write(t *testing.T, n int, f fault) {
	t.Helper()
	for of, absent := range map[*string]string{&f.access: fmt.Sprintf("access-%d.log", n%3), &f.memory: "32MiB", &f.tokenFile: fmt.Sprintf("token-%d", n%2)} {
		if *of == "" {
			*of = absent
		}
	}
	c.file(t, c.aside, fmt.Sprintf("token-%d", n%2), token(n))
	c.file(t, c.dir, "10-node.hcl", fmt.Sprintf(`
node { drain_timeout = "1s" }
listen "web" { address = %q }
admin {
  address    = %q
  token_file = %q
}
store { memory = %q }
log { access = %q }
`, c.address, c.admin, filepath.Join(c.aside, f.tokenFile), f.memory, filepath.Join(c.accesses, f.access)))
	c.file(t, c.dir, "20-site.hcl", fmt.Sprintf(`
# set %d
origin "app" {
  server "http://%s" {}
  max_connections = %d
  %s
}
site "app" {
  hosts  = ["*"]
  origin = "app"
  response { set = { "X-Conf" = "%d" } }
  path "/b" {
    response { set = { "X-Conf" = "%d" } }
  }
}
`, n, c.origin, 100+n%5, f.more, n, n))
	c.file(t, c.dir, "30-more.hcl", f.extra)
}

func (c *confs) file(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
