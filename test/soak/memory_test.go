package soak

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"brink/test/brinktest"
)

// memory is a line of /proc/PID/status, in bytes.
func memory(t *testing.T, node *brinktest.Node, line string) int64 {
	t.Helper()
	n, err := node.Memory(line)
	if err != nil {
		t.Skipf("memory cannot be measured here: %v", err)
	}
	return n
}

// resident is what the node has in memory once it has collected its garbage.
func resident(t *testing.T, node *brinktest.Node) int64 {
	t.Helper()
	for range 3 {
		resp, err := http.Get("http://" + node.Admin + "/debug/pprof/heap?gc=1")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	least := memory(t, node, "VmRSS")
	// Freed memory goes back to the system bit by bit.
	for range 30 {
		time.Sleep(100 * time.Millisecond)
		least = min(least, memory(t, node, "VmRSS"))
	}
	return least
}

// TestIdleConnections measures what a connection costs that waits for its next
// request.
func TestIdleConnections(t *testing.T) {
	if brinktest.RaceEnabled {
		t.Skip("the race detector takes memory of its own")
	}
	const clients, most = 10_000, 8 << 10
	g := startGate(t, &gate{control: "max-age=60", size: 1000, wait: func(int64) {}})
	node := startNode(t, g)
	before := resident(t, node)
	h := gather(t, node.Address, clients)
	for range 3 {
		h.ask(t, "/page")
		h.answers(t, g.size, func(int) string { return "/page" })
	}
	each := (resident(t, node) - before) / clients
	t.Logf("an idle connection takes %d bytes", each)
	if each > most {
		t.Errorf("more than %d", most)
	}
}

// TestResidentMemory sends ten times the budget through the store, in objects of 10 KiB to
// 1 MiB, several at a time. It checks the highest resident memory.
func TestResidentMemory(t *testing.T) {
	if brinktest.RaceEnabled {
		t.Skip("the race detector takes memory of its own")
	}
	const budget, most = 64 << 20, 64<<20*5/4 + 150<<20
	g := startGate(t, &gate{control: "max-age=600", wait: func(int64) {}})
	node := startNode(t, g)
	var came atomic.Int64
	var clients sync.WaitGroup
	for i := range 4 {
		clients.Go(func() {
			client := http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for n := 0; came.Load() < 10*budget; n++ {
				size, err := fetch(&client, node.URL(fmt.Sprintf("/%d/%d", i, n)))
				if err != nil {
					t.Error(err)
					return
				}
				came.Add(size)
			}
		})
	}
	clients.Wait()
	peak := memory(t, node, "VmHWM")
	t.Logf("at most %d MiB resident with a budget of %d MiB", peak>>20, budget>>20)
	if peak > most {
		t.Errorf("more than %d MiB", most>>20)
	}
}

// fetch reads a body and checks its length.
func fetch(client *http.Client, url string) (int64, error) {
	resp, err := client.Get(url)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	if err == nil && n != resp.ContentLength {
		err = fmt.Errorf("%d bytes of %d", n, resp.ContentLength)
	}
	return n, err
}
