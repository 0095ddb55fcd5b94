package pressure

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"brink/test/brinktest"
)

const (
	probeEvery = 20 * time.Millisecond // 50 requests a second from each address
	// patience is how long a probe waits for an answer: as long as a person does.
	patience = 10 * time.Second
	hotPaths = 16
)

// kind is what a probe asks for.
type kind int

const (
	cached kind = iota // what is stored
	missed             // what nobody has asked for before
	kinds
)

func (k kind) String() string { return [...]string{"cached", "misses"}[k] }

// tally counts the answers of one kind.
type tally struct {
	asked, good, hits int
	took              []time.Duration // by the good ones
	fault             error           // the first
}

func (y *tally) success() share { return share(y.good) / share(max(y.asked, 1)) }

// quantile returns the time that a share of the good answers took at most.
func (y *tally) quantile(part float64) time.Duration {
	if len(y.took) == 0 {
		return 0
	}
	slices.Sort(y.took)
	return y.took[min(len(y.took)-1, int(part*float64(len(y.took))))]
}

// serial numbers the paths that are new.
var serial atomic.Int64

// warm asks for the cached paths until they are.
func (n *subject) warm(r *row) {
	r.Helper()
	for i := range hotPaths {
		path := hotPath(i)
		for tries := 0; ; tries++ {
			hit, err := n.get("", path)
			if hit {
				break
			}
			if tries == 500 {
				r.Fatalf("%s is not cached: %v", path, err)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

func hotPath(i int) string { return fmt.Sprint("/hot/", i%hotPaths) }

// get asks for a page on a connection of its own, from a local address or, if that is
// empty, any. An error is whatever a visitor would not take for the page.
func (n *subject) get(from, path string, fields ...string) (hit bool, err error) {
	var local net.Addr
	if from != "" {
		local = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	d := net.Dialer{LocalAddr: local, Timeout: patience}
	c, err := d.Dial("tcp", n.Address)
	if err != nil {
		return false, err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, ask("GET", path, append(fields, "Connection: close")...)); err != nil {
		return false, err
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return false, err
	}
	want := make([]byte, lengthOf(path))
	brinktest.Content(want, path, 0)
	if resp.StatusCode != http.StatusOK || !bytes.Equal(body, want) {
		return false, fmt.Errorf("%s: status %d, %d bytes, %s", path, resp.StatusCode, len(body), resp.Header.Get("Cache-Status"))
	}
	return strings.Contains(resp.Header.Get("Cache-Status"), "; hit"), nil
}

// ask returns a request.
func ask(method, path string, fields ...string) string {
	return method + " " + path + " HTTP/1.1\r\nHost: pressure.test\r\n" + strings.Join(append(fields, ""), "\r\n") + "\r\n"
}

// probe is a client that asks at a steady rate, however long answers take.
type probe struct {
	from    string
	node    *subject
	over    chan struct{}
	running sync.WaitGroup

	mu struct {
		sync.Mutex

		tallies [kinds]tally
	}
}

func startProbe(n *subject, from string) *probe {
	p := &probe{from: from, node: n, over: make(chan struct{})}
	p.running.Go(func() {
		clock := time.NewTicker(probeEvery)
		defer clock.Stop()
		for i := 0; ; i++ {
			select {
			case <-p.over:
				return
			case due := <-clock.C:
				p.running.Go(func() { p.ask(i, due) })
			}
		}
	})
	return p
}

// ask asks for what is cached and what is not in turn.
func (p *probe) ask(i int, due time.Time) {
	k, path := cached, hotPath(i/2)
	if i%2 == 1 {
		k, path = missed, fmt.Sprint("/new/", serial.Add(1))
	}
	hit, err := p.node.get(p.from, path)
	took := time.Since(due)
	p.mu.Lock()
	defer p.mu.Unlock()
	y := &p.mu.tallies[k]
	y.asked++
	if err != nil {
		if y.fault == nil {
			y.fault = err
		}
		return
	}
	y.good++
	y.took = append(y.took, took)
	if hit {
		y.hits++
	}
}

// stop has probes ask no more, and waits for their last answers.
func stop(all []*probe) {
	for _, p := range all {
		close(p.over)
	}
	for _, p := range all {
		p.running.Wait()
	}
}

// watch is how a node answers probes from several addresses, before an attack and
// during it.
type watch struct {
	before, during []*probe
}

// watch measures how a node answers, and has the probes go on. The attack begins when
// it returns.
func (n *subject) watch(r *row, from ...string) *watch {
	r.Helper()
	n.warm(r)
	w := &watch{before: n.probes(from)}
	time.Sleep(beforeSpan())
	stop(w.before)
	w.during = n.probes(from)
	return w
}

func (n *subject) probes(from []string) (all []*probe) {
	for _, f := range from {
		all = append(all, startProbe(n, f))
	}
	return all
}

// bars are what share of its requests a probe must have answered during an attack.
var bars = [kinds]share{cached: 1, missed: 0.99}

// noise is a p99 that says nothing: attackers, origin and probe share the processors with
// the node, and two slices of their scheduler's time are as much.
const noise = 20 * time.Millisecond

// judge ends the probes and notes what they got during the attack.
func (w *watch) judge(r *row) {
	r.Helper()
	stop(w.during)
	for i, p := range w.during {
		for k, bar := range bars {
			before, during := &w.before[i].mu.tallies[k], &p.mu.tallies[k]
			name := fmt.Sprintf("%v from %s", kind(k), p.from)
			least(r, name+", answered", during.success(), bar)
			if during.fault != nil {
				r.Logf("%s: %v", name, during.fault)
			}
			usual := before.quantile(0.99)
			mostAtFullScale(r, fmt.Sprintf("%s, p99 (%s before)", name, shortened(usual)), during.quantile(0.99), max(2*usual, noise))
			if kind(k) == cached {
				r.show(name+", from the cache", share(during.hits)/share(max(during.good, 1)))
			}
		}
	}
}
