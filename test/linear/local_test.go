package linear

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"brink/conf"
	"brink/edge"
	"brink/purge"
	"brink/test/brinktest"
)

// local is a node in this process, which can be purged without an API.
type local struct {
	config *conf.Config
	clock  *edge.Clock

	mu   sync.RWMutex // held for reading while the node is used by its methods
	node *brinktest.Local
}

func nodeConf(origin, dir string) string {
	return fmt.Sprintf(`
log { access = "off" }
store {
  memory = "64MiB"
  disk {
    path = %q
    size = "64MiB"
  }
}
origin "app" { server %q {} }
site "linear" {
  hosts  = ["linear.test"]
  origin = "app"
  path "/**" { disk = "always" }
}
`, dir, origin)
}

func (l *local) base() string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.node == nil {
		return ""
	}
	return "http://" + l.node.Address
}

func (l *local) purge(ctx context.Context, items []purge.Item) error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.node == nil {
		return errors.New("no node")
	}
	_, err := l.node.Purge(ctx, items)
	return err
}

func (l *local) start() (err error) {
	l.node, err = brinktest.StartLocal(l.config, brinktest.LocalOptions{Memory: 64 << 20, Now: l.clock.Now})
	return err
}

// end restarts the node: a process cannot kill what is in it.
func (l *local) end(bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	node := l.node
	l.node = nil
	return errors.Join(node.Close(), l.start())
}

// TestPurges is the promise on one node, with restarts.
func TestPurges(t *testing.T) {
	for i := range *seeds {
		t.Run(fmt.Sprint("seed ", *seed+uint64(i)), func(t *testing.T) {
			w := newWorld(t)
			config, err := conf.Parse("node.hcl", []byte(nodeConf(w.origin.URL, filepath.Join(t.TempDir(), "cache"))))
			if err != nil {
				t.Fatal(err)
			}
			l := &local{config: config, clock: edge.NewClock()}
			if err := l.start(); err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := l.node.Close(); err != nil {
					t.Error(err)
				}
			}()
			w.subject = l
			w.run(t, *seed+uint64(i))
		})
	}
}
