package soak

import (
	"math"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"brink/test/brinktest"
)

// gate is an origin whose answers wait.
type gate struct {
	server   *httptest.Server
	control  string             // Cache-Control
	size     int                // of the bodies; 0: each has another, see churned
	personal bool               // the token names the user
	wait     func(number int64) // before the answer to a request; they count from 1
	asked    atomic.Int64
}

func startGate(t *testing.T, g *gate) *gate {
	g.server = httptest.NewServer(g)
	t.Cleanup(g.server.Close)
	return g
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.wait(g.asked.Add(1))
	token := r.URL.Path
	if g.personal {
		token = userOf(r.Header.Get("Cookie"))
	}
	w.Header().Set("Cache-Control", g.control)
	w.Header().Set("X-Token", token)
	size := g.size
	if size == 0 {
		size = churned(token)
	}
	w.Header().Set("Content-Length", itoa(int64(size)))
	body := make([]byte, size)
	brinktest.Content(body, token, 0)
	_, _ = w.Write(body)
}

// churned is a size from 10 KiB to 1 MiB, as many below as above 100 KiB.
func churned(path string) int {
	share := float64(token{path: path}.sum()%1000) / 1000
	return int(10 * 1024 * math.Pow(102.4, share))
}

// Ten thousand clients that want one thing at once cost the origin one fetch,
// and each gets all of it.
func TestCollapse10k(t *testing.T) {
	clients := 10_000
	if brinktest.RaceEnabled {
		clients = 1_000
	}
	open := make(chan struct{})
	g := startGate(t, &gate{control: "max-age=60", size: 16 << 10, wait: func(int64) { <-open }})
	node := startNode(t, g)
	h := gather(t, node.Address, clients)
	h.ask(t, "/cold")
	awaitWaiters(t, node, clients)
	began := time.Now()
	close(open)
	h.answers(t, g.size, func(int) string { return "/cold" })
	t.Logf("%d clients had their answer %v after the origin gave it", clients, time.Since(began).Round(time.Millisecond))
	if n := g.asked.Load(); n != 1 {
		t.Errorf("the origin was asked %d times", n)
	}
}

// Clients that wait for what turns out not to be shared do not queue: the
// origin sees all the others at once, and each gets its own.
func TestUncacheableIsNotQueued(t *testing.T) {
	const clients = 100
	open := make(chan struct{})
	var others sync.WaitGroup
	others.Add(clients - 1)
	together := make(chan struct{})
	go func() {
		others.Wait()
		close(together)
	}()
	g := startGate(t, &gate{control: "private", size: 1000, personal: true})
	g.wait = func(number int64) {
		if number == 1 {
			<-open
			return
		}
		others.Done()
		select {
		case <-together:
		case <-time.After(20 * time.Second):
			t.Errorf("the origin waits for %d requests at once, %d came", clients-1, g.asked.Load()-1)
		}
	}
	node := startNode(t, g)
	h := gather(t, node.Address, clients)
	h.ask(t, "/private")
	awaitWaiters(t, node, clients)
	close(open)
	h.answers(t, g.size, func(i int) string { return itoa(int64(i)) })
	if n := g.asked.Load(); n != clients {
		t.Errorf("the origin was asked %d times", n)
	}
}
