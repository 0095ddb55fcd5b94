package faults

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// phase is a time in which answers are counted together.
type phase int

const (
	before phase = iota
	during       // from the beginning of a fault until the disk is back in service
	after
	phases
)

// tally is what clients got in a phase.
type tally struct {
	mu sync.Mutex

	ram    []time.Duration // how long answers to hot paths took that came from RAM
	other  int             // answers to hot paths that did not
	places [fromRAM + 1]int
	cut    int // bodies that were broken off
}

func (y *tally) add(hot bool, a answer) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.places[a.from]++
	switch {
	case a.cut:
		y.cut++
	case hot && a.from == fromRAM:
		y.ram = append(y.ram, a.took)
	case hot:
		y.other++
	}
}

// quantile returns the time that a share of the hot answers took at most.
func (y *tally) quantile(share float64) time.Duration {
	y.mu.Lock()
	defer y.mu.Unlock()
	if len(y.ram) == 0 {
		return 0
	}
	slices.Sort(y.ram)
	return y.ram[min(len(y.ram)-1, int(share*float64(len(y.ram))))]
}

// load is clients that ask a node until they are stopped.
type load struct {
	t       *testing.T
	address string
	phase   atomic.Int32
	tallies atomic.Pointer[[phases]tally]
	serial  atomic.Int64 // of new paths
	pause   atomic.Int64 // nanoseconds between two requests for new ones
	over    atomic.Bool
	running sync.WaitGroup
}

// pauses are between two requests of a client, at least, while it is measured
// how long they take; otherwise leisure times as long.
var pauses = map[string]time.Duration{
	"hot": 2 * time.Millisecond, "cold": 5 * time.Millisecond, "large": 50 * time.Millisecond, "new": 10 * time.Millisecond,
}

const leisure = 4

func pauseOf(kind string) time.Duration {
	if *report > 0 {
		return pauses[kind]
	}
	return leisure * pauses[kind]
}

// startLoad asks for all there is until it is where it belongs, and begins to
// ask at steady rates. Stop ends that.
func startLoad(t *testing.T, address string) *load {
	t.Helper()
	l := &load{t: t, address: address}
	l.pause.Store(int64(pauseOf("new")))
	l.begin()
	for _, name := range []string{"cold", "cold", "large", "large"} {
		l.once(name)
	}
	// RAM takes its time to tell what is hot.
	for tries, stayed := 0, 0; stayed < 10; tries++ {
		stayed++
		if l.once("hot") < kinds["hot"].paths {
			stayed = 0
		}
		if tries == 500 {
			t.Fatal("what is hot does not stay in RAM")
		}
	}
	for i, name := range []string{"hot", "hot", "cold", "cold", "large"} {
		rng := rand.New(rand.NewPCG(uint64(i), 7))
		n := kinds[name].paths
		l.client(func() string { return fmt.Sprintf("/%s/%d", name, rng.IntN(n)) }, func() time.Duration { return pauseOf(name) })
	}
	// Each new path twice: what is asked for a second time goes to disk.
	asked := 0
	l.client(func() string {
		asked++
		return fmt.Sprint("/new/", l.serial.Add(int64(asked%2)))
	}, func() time.Duration { return time.Duration(l.pause.Load()) })
	return l
}

// begin sets the counts to zero.
func (l *load) begin() {
	l.phase.Store(int32(before))
	l.tallies.Store(new([phases]tally))
}

// turn begins a phase.
func (l *load) turn(p phase) { l.phase.Store(int32(p)) }

func (l *load) tally(p phase) *tally { return &l.tallies.Load()[p] }

// once asks for all paths of a kind, one after the other. It returns how many
// came from RAM.
func (l *load) once(name string) (fromMemory int) {
	l.t.Helper()
	c := newClient(l.address)
	defer c.close()
	for i := range kinds[name].paths {
		a, err := c.get(fmt.Sprintf("/%s/%d", name, i))
		if err != nil {
			l.t.Fatal(err)
		}
		if a.from == fromRAM {
			fromMemory++
		}
	}
	return fromMemory
}

// client has one more client ask for what next returns, with pauses.
func (l *load) client(next func() string, pause func() time.Duration) {
	l.running.Go(func() {
		c := newClient(l.address)
		defer c.close()
		for !l.over.Load() {
			due := time.Now().Add(pause())
			path := next()
			a, err := c.get(path)
			if err != nil {
				l.t.Error(err)
				c.close()
			} else {
				l.tally(phase(l.phase.Load())).add(kindOf(path) == kinds["hot"], a)
			}
			time.Sleep(time.Until(due))
		}
	})
}

func (l *load) stop() {
	l.over.Store(true)
	l.running.Wait()
}
