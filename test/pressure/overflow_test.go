package pressure

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// untilCut is how long a slow reader may hold the others up, until it is cut off: the two
// seconds over which its pace is looked at, and some.
const untilCut = 2500 * time.Millisecond

// A slow reader of a response that is too long for the cache does not slow the others.
func TestOverflow(t *testing.T) {
	const readers = 10
	length := of[int64](10e6, 50e6)
	r := begin(t, "overflow", fmt.Sprintf("%d readers of %v without a length, no disk, and one at 10 KB/s", readers, size(length)))
	n := start(r, startOrigin(r, answers{"long": func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Cache-Control", "max-age=3600")
		pause(q, time.Second) // until all readers are there
		zeros(w, length)
	}}), settings{})
	alone, whole := n.readTogether("/long/1", readers, length)
	least(r, "whole bodies", count(whole), readers)
	c := gather(r, plan{
		Target: n.Address, From: []string{attacker}, Count: 1, Every: time.Second, Once: true,
		Opening: ask("GET", "/long/2"), Read: 10_000, Buffer: 4096,
	})
	c.assemble(r)
	together, whole := n.readTogether("/long/2", readers, length)
	least(r, "whole bodies beside a slow reader", count(whole), readers)
	mostAtFullScale(r, fmt.Sprintf("time of the slowest of the others (%s without it)", shortened(alone)), together, alone+untilCut)
	r.attackers(c)
	n.recovers(r)
}

// readTogether has some readers ask for a path at once. It returns how long the slowest
// took, and how many bodies were whole.
func (n *subject) readTogether(path string, readers int, length int64) (slowest time.Duration, whole int) {
	began := time.Now()
	got := make([]int64, readers)
	var running sync.WaitGroup
	for i := range readers {
		running.Go(func() { got[i] = n.read(path) })
	}
	running.Wait()
	for _, k := range got {
		if k == length {
			whole++
		}
	}
	return time.Since(began), whole
}

// read reads a body and returns how long it is; -1: it has no clean end, or has none in time.
func (n *subject) read(path string) int64 {
	c, err := net.DialTimeout("tcp", n.Address, patience)
	if err != nil {
		return -1
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(of(2*patience, 6*patience)))
	if _, err := io.WriteString(c, ask("GET", path)); err != nil {
		return -1
	}
	resp, err := http.ReadResponse(bufio.NewReaderSize(c, 64<<10), nil)
	if err != nil {
		return -1
	}
	defer resp.Body.Close()
	k, err := io.Copy(io.Discard, resp.Body)
	if err != nil {
		return -1
	}
	return k
}
