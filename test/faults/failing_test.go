package faults

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"brink/conf"
	"brink/edge"
	"brink/test/brinktest"
)

const confText = `
$LISTEN
$ADMIN
store {
  memory = "16MiB"
  disk {
    path = "$PATH"
    size = "64MiB"
  }
}
origin "app" {
  server "http://$ORIGIN" {}
}
site "app" {
  hosts  = ["*"]
  origin = "app"
}
log {
  access = "off"
}
`

func confOf(path, origin string) string {
	return strings.NewReplacer("$PATH", path, "$ORIGIN", origin).Replace(confText)
}

// local is a node in this process.
type local struct{ *brinktest.Local }

func (n local) figures(*testing.T) map[string]int64 {
	s := n.Disk.Stats()
	return s.Figures()
}

func startLocal(t *testing.T, d *disk) local {
	t.Helper()
	text := strings.NewReplacer("$LISTEN", "", "$ADMIN", "").Replace(confOf(filepath.Join(t.TempDir(), "cache"), startOrigin(t)))
	c, err := conf.Parse("faults.hcl", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	n, err := brinktest.StartLocal(c, brinktest.LocalOptions{Memory: 12 << 20, Now: edge.NewClock().Now, FS: d})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	return local{n}
}

// Errors of the disk, few or many, of any kind, are nothing that clients see.
func TestErrors(t *testing.T) {
	t.Parallel()
	for _, what := range []string{"reads", "writes", "syncs", "all"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			d := newDisk()
			n := startLocal(t, d)
			l := startLoad(t, n.Address)
			defer l.stop()
			for _, percent := range []int64{1, 10, 100} {
				suffer(t, n, l, d.errors(what, percent))
			}
		})
	}
}

// errors is a fault: a share of the calls that fail.
func (d *disk) errors(what string, percent int64) fault {
	set := func(percent int64) {
		for name, share := range map[string]*atomic.Int64{"reads": &d.reads, "writes": &d.writes, "syncs": &d.syncs} {
			if what == name || what == "all" {
				share.Store(percent)
			}
		}
	}
	return fault{
		name:  fmt.Sprintf("EIO in %d %% of %s", percent, what),
		begin: func(*testing.T) { set(percent) },
		end:   func(*testing.T) { set(0) },
	}
}

// A disk each of whose calls takes long holds up nobody.
func TestStall(t *testing.T) {
	t.Parallel()
	d := newDisk()
	n := startLocal(t, d)
	l := startLoad(t, n.Address)
	defer l.stop()
	delay := 3 * time.Second
	if *report > 0 {
		delay = 10 * time.Second
	}
	suffer(t, n, l, fault{
		name:  fmt.Sprintf("calls that take %v", delay),
		begin: func(*testing.T) { d.delay.Store(int64(delay)) },
		end:   func(*testing.T) { d.delay.Store(0) },
		least: delay,
	})
}
