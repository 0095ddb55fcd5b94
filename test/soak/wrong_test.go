package soak

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"brink/conf"
	"brink/edge"
	upstream "brink/origin"
	"brink/store"
	"brink/test/brinktest"
)

var (
	long   = flag.Bool("soak", false, "send a million requests")
	stacks = flag.Bool("stacks", false, "print what all goroutines do at the first wrong answer")
)

const confText = `
node {
  id = "soak"
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

// TestNoWrongBody checks every byte that clients get while they do all that
// clients do at once: nobody gets anything of another user, variant, URL, or of
// a version that was known to be out of date; and nothing is left behind.
func TestNoWrongBody(t *testing.T) { testNoWrongBody(t, "", 32<<20) }

// TestNoWrongBodyFromDisk is the same where most of what is stored is on disk,
// and RAM holds little of it.
func TestNoWrongBodyFromDisk(t *testing.T) {
	testNoWrongBody(t, fmt.Sprintf("store {\n  disk {\n    path = %q\n    size = \"64MiB\"\n  }\n}\n", t.TempDir()), store.MinMemory)
}

func testNoWrongBody(t *testing.T, tiers string, memory int64) {
	requests := int64(20_000)
	switch {
	case *long:
		requests = 1_000_000
	case brinktest.RaceEnabled:
		requests = 5_000
	}
	o := startOrigin(t)
	before := descriptors(t)
	config, err := conf.Parse("soak.hcl", []byte(tiers+strings.ReplaceAll(confText, "$ORIGIN", o.address())))
	if err != nil {
		t.Fatal(err)
	}
	node, err := brinktest.StartLocal(config, brinktest.LocalOptions{Memory: memory, Now: edge.NewClock().Now})
	if err != nil {
		t.Fatal(err)
	}
	sent := soak(t, node.Address, requests)
	t.Logf("%d requests, of which the origin got %d", sent, o.asked.Load())
	if node.Disk != nil {
		t.Logf("disk: %+v", node.Disk.Stats())
	}
	if t.Failed() {
		t.Logf("store: %+v", node.Store.Stats())
		node.Origins(func(name string, o *upstream.Origin) { t.Logf("origin %s: %+v", name, o.Stats()) })
	}
	if err := node.Close(); err != nil {
		t.Error(err)
	}
	if after := descriptors(t); after > before {
		t.Errorf("%d file descriptors are open, %d were before", after, before)
	}
	o.server.Close()
	goleak.VerifyNone(t)
}

// soak runs clients until they have sent so many requests.
func soak(t *testing.T, address string, requests int64) int64 {
	var sent atomic.Int64
	var failed atomic.Bool
	var known versions
	var clients sync.WaitGroup
	for i := range 48 {
		clients.Go(func() {
			c := newClient(address, i, &known)
			defer c.close()
			for sent.Load() < requests && !failed.Load() {
				n, err := c.batch()
				if err != nil {
					failed.Store(true)
					if *stacks {
						_ = pprof.Lookup("goroutine").WriteTo(os.Stderr, 2)
					}
					t.Errorf("client %d: %v", i, err)
					return
				}
				sent.Add(int64(n))
			}
		})
	}
	clients.Wait()
	return sent.Load()
}

// descriptors counts the file descriptors of this process. It waits for connections that
// are closing, and for descriptors that the garbage collector closes.
func descriptors(t *testing.T) (n int) {
	t.Helper()
	for range 50 {
		runtime.GC()
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skipf("file descriptors cannot be counted here: %v", err)
		}
		if n == len(entries) {
			return n
		}
		n = len(entries)
		time.Sleep(20 * time.Millisecond)
	}
	return n
}
