package engine

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// tracked is a connection that counts what the server asks of it.
type tracked struct {
	entry                  Entry
	inspected, woken, cuts atomic.Int32
	ended                  func() // called once, by Cut
	once                   sync.Once
}

func (c *tracked) Inspect(time.Duration) { c.inspected.Add(1) }
func (c *tracked) Wake()                 { c.woken.Add(1) }
func (c *tracked) Cut() {
	c.cuts.Add(1)
	if c.ended != nil {
		go c.once.Do(c.ended)
	}
}

// quickServer returns a server that sweeps every 5 ms.
func quickServer() *Server {
	return NewServer(nil, Config{IdleTimeout: 10 * time.Millisecond}, nil)
}

// A limit is exceeded by less than 50 ms, or by a twentieth of it.
func TestSweepsAreOftenEnough(t *testing.T) {
	for _, limit := range []time.Duration{time.Millisecond, 50 * time.Millisecond, 200 * time.Millisecond, time.Second, 2 * time.Second,
		10 * time.Second, time.Minute} {
		c := Config{HeadTimeout: limit, IdleTimeout: limit, BodyTimeout: limit}
		if tick := c.tick(); tick > max(50*time.Millisecond, limit/20) {
			t.Errorf("%s is looked at every %s", limit, tick)
		}
	}
}

// Every tracked connection is inspected, those of the other parts of the registry too,
// and none after Untrack.
func TestSweep(t *testing.T) {
	s := quickServer()
	all := make([]*tracked, 40)
	for i := range all {
		all[i] = new(tracked)
		if !s.Track(&all[i].entry, all[i]) {
			t.Fatal("not tracked")
		}
	}
	for _, c := range all {
		for until := time.Now().Add(5 * time.Second); c.inspected.Load() == 0 && time.Now().Before(until); {
			time.Sleep(time.Millisecond)
		}
		if c.inspected.Load() == 0 {
			t.Fatal("a connection is not inspected")
		}
	}
	for i := range all { // from the middle, the front and the back of the lists
		s.Untrack(&all[(i*7)%len(all)].entry)
	}
	n := 0
	s.Each(func(Tracked) { n++ })
	if n != 0 {
		t.Errorf("%d connections are left", n)
	}
	before := all[0].inspected.Load()
	time.Sleep(20 * time.Millisecond)
	if all[0].inspected.Load() != before {
		t.Error("inspected after Untrack")
	}
	s.Close()
}

// Retire wakes nobody, Drain wakes all, and Close cuts all off and waits for their end.
func TestEndOfServer(t *testing.T) {
	s := quickServer()
	c := new(tracked)
	c.ended = func() { s.Untrack(&c.entry) }
	s.Track(&c.entry, c)
	s.Retire()
	if !s.Retired() || s.Draining() || c.woken.Load() != 0 {
		t.Errorf("retired %v, draining %v, woken %d times", s.Retired(), s.Draining(), c.woken.Load())
	}
	s.Drain()
	if !s.Draining() || c.woken.Load() != 1 || c.cuts.Load() != 0 {
		t.Errorf("draining %v, woken %d times, cut %d times", s.Draining(), c.woken.Load(), c.cuts.Load())
	}
	s.Close()
	if c.cuts.Load() != 1 {
		t.Errorf("cut %d times", c.cuts.Load())
	}
	if s.Track(new(Entry), new(tracked)) {
		t.Error("a connection is tracked after Close")
	}
	s.Close()
}

// The coarse clock is the clock at the last sweep.
func TestCoarseClock(t *testing.T) {
	c := Clock{epoch: time.Now().Add(-time.Minute)}
	if c.Coarse() != 0 {
		t.Errorf("before a sweep: %v", c.Coarse())
	}
	now := c.read()
	if now < time.Minute || c.Coarse() != now || c.Now() < now {
		t.Errorf("read %v, coarse %v, now %v", now, c.Coarse(), c.Now())
	}
}

// A deadline of zero never passes.
func TestDeadline(t *testing.T) {
	var d Deadline
	if d.Passed(time.Hour) {
		t.Error("a deadline passed that was never set")
	}
	d.Set(time.Second)
	if d.Passed(time.Second-1) || !d.Passed(time.Second) || d.By() != time.Second {
		t.Error("passed at the wrong instant")
	}
	d.Clear()
	if d.Passed(time.Hour) {
		t.Error("a deadline passed that was cleared")
	}
}
