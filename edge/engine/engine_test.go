package engine

import (
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// fakeConn is a connection whose stage a test sets.
type fakeConn struct {
	stage atomic.Uint32
	since atomic.Int64 // Unix nanoseconds
	left  atomic.Bool
}

func (c *fakeConn) Waits() (Stage, time.Duration) {
	return Stage(c.stage.Load()), time.Duration(time.Now().UnixNano() - c.since.Load())
}

func (c *fakeConn) Leave() { c.left.Store(true) }

// at sets the stage.
func (c *fakeConn) at(a *Account, s Stage) {
	c.since.Store(time.Now().UnixNano())
	c.stage.Store(uint32(s))
	if s == Head {
		a.BeginHead()
	} else {
		a.EndHead()
	}
}

// bound is a connection that was let in.
type bound struct {
	*fakeConn
	*Account
}

func addr(text string) netip.Addr { return netip.MustParseAddr(text) }

// connect lets a connection in at some stage.
func connect(t *testing.T, g *Gate, peer string, s Stage) bound {
	t.Helper()
	a := g.Admit(addr(peer))
	if a == nil {
		t.Fatalf("a connection of %s is refused", peer)
	}
	c := new(fakeConn)
	a.Bind(c)
	c.at(a, s)
	return bound{c, a}
}

// empty checks that nothing is counted any more.
func empty(t *testing.T, l *Limits) {
	t.Helper()
	if used, open := l.Used(); used != 0 || open != 0 {
		t.Errorf("%d bytes and %d connections are left", used, open)
	}
	if busy := l.busy.Load(); busy != 0 {
		t.Errorf("%d bytes of requests under way are left", busy)
	}
	if len(l.clients.all) != 0 || l.heads.first != nil || l.heads.last != nil {
		t.Errorf("%d clients are left, heads from %v", len(l.clients.all), l.heads.first)
	}
	for _, g := range l.gates {
		if len(g.set.list) != 0 {
			t.Errorf("%d connections of a gate are left", len(g.set.list))
		}
	}
}

// What requests under way hold closes nothing that waits, as long as all of it fits.
func TestRequestsCloseNothing(t *testing.T) {
	l := NewLimits(Capacity{Connections: 100, Waiting: 1000, All: 5000})
	g := l.Gate(GateConfig{Cost: 100})
	var all []bound
	for range 10 {
		all = append(all, connect(t, g, "192.0.2.1", Head))
	}
	for i, c := range all {
		c.fakeConn.at(c.Account, Busy)
		if !c.Serve(400) {
			t.Fatalf("request %d is refused", i)
		}
	}
	for range 3 { // the sum is exhausted: 10 times 500
		if more := l.Gate(GateConfig{Cost: 100}).Admit(addr("192.0.2.2")); more != nil {
			t.Error("a connection is let in beyond what all may hold")
			more.Close()
		}
	}
	for _, c := range all[:5] {
		c.fakeConn.at(c.Account, Idle)
		c.Hold(0)
	}
	more := connect(t, g, "192.0.2.2", Head)
	for i, c := range all {
		if c.left.Load() {
			t.Errorf("connection %d was closed", i)
		}
		c.Close()
	}
	more.Close()
	empty(t, l)
}

// Old heads give way before idle connections, these before young heads, and requests
// under way never.
func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimits(Capacity{Connections: 100, Waiting: 700})
		g := l.Gate(GateConfig{Cost: 100})
		busy := connect(t, g, "192.0.2.1", Busy)
		early := connect(t, g, "192.0.2.1", Head)
		time.Sleep(time.Millisecond)
		late := connect(t, g, "192.0.2.2", Head)
		time.Sleep(2 * time.Second)
		longer := connect(t, g, "192.0.2.1", Idle)
		time.Sleep(time.Second)
		shorter := connect(t, g, "192.0.2.1", Idle)
		young := connect(t, g, "192.0.2.1", Head)
		all := []bound{busy, early, late, longer, shorter, young, connect(t, g, "192.0.2.3", Busy)}
		for i, next := range []bound{early, late, longer, shorter, young} {
			if next.left.Load() {
				t.Errorf("connection %d has given way too early", i)
			}
			all = append(all, connect(t, g, "192.0.2.4", Busy))
			if !next.left.Load() {
				t.Errorf("connection %d has not given way", i)
			}
		}
		if a := g.Admit(addr("192.0.2.5")); a != nil || busy.left.Load() {
			t.Errorf("with requests under way alone, a connection is let in: %v", a)
		}
		for _, b := range all {
			b.Close()
		}
		if h, i, m := l.Count(HeadEvicted), l.Count(IdleEvicted), l.Count(MemoryRefused); h != 3 || i != 2 || m != 1 {
			t.Errorf("counted %d heads, %d idle and %d refused", h, i, m)
		}
		empty(t, l)
	})
}

// What a head grows to is reserved before it grows; requests under way may take more than
// connections that wait.
func TestHold(t *testing.T) {
	l := NewLimits(Capacity{Connections: 100, Waiting: 1000, All: 2000})
	g := l.Gate(GateConfig{Cost: 100})
	a, b := connect(t, g, "192.0.2.1", Head), connect(t, g, "192.0.2.1", Busy)
	if !b.Hold(700) || !a.Hold(100) || a.left.Load() {
		t.Error("what fits is not given")
	}
	if !b.Hold(750) || !a.left.Load() {
		t.Error("a head does not give way to a request")
	}
	if !b.Hold(1800) || b.Hold(2000) {
		t.Error("a request under way gets too little or too much")
	}
	if used, _ := l.Used(); used != 1900 {
		t.Errorf("%d bytes are counted, want 1900", used)
	}
	b.Force(5000)
	if used, _ := l.Used(); used != 5100 {
		t.Errorf("%d bytes are counted, want 5100", used)
	}
	b.Hold(0)
	a.Close()
	b.Close()
	empty(t, l)
}

// All listeners together have one number of connections.
func TestPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimits(Capacity{Connections: 4, Waiting: 1 << 20})
		one, other := l.Gate(GateConfig{PerClient: 10}), l.Gate(GateConfig{Connections: 2, PerClient: 10})
		first := connect(t, one, "192.0.2.1", Idle)
		time.Sleep(time.Second)
		rest := []bound{connect(t, one, "192.0.2.1", Idle), connect(t, other, "192.0.2.1", Busy), connect(t, other, "192.0.2.1", Idle)}
		// The second listener is full: only its own connections make room.
		go ended(rest[2], func() { rest[2].Close() })
		rest[2] = connect(t, other, "192.0.2.1", Busy)
		if first.left.Load() {
			t.Error("a connection of another listener has given way")
		}
		go ended(first, first.Close)
		rest = append(rest, connect(t, one, "192.0.2.1", Busy))
		rest[0].fakeConn.at(rest[0].Account, Busy)
		// All are busy: the next one waits for the end of one.
		go func() { time.Sleep(5 * time.Second); rest[1].Close() }()
		began := time.Now()
		last := connect(t, one, "192.0.2.1", Busy)
		if waited := time.Since(began); waited != 5*time.Second {
			t.Errorf("it has waited for %v, want 5s", waited)
		}
		one.Shut()
		if one.Admit(addr("192.0.2.1")) != nil {
			t.Error("a connection is let in at a full gate that is shut")
		}
		for _, b := range []bound{rest[0], rest[2], rest[3], last} {
			b.Close()
		}
		empty(t, l)
	})
}

// For one connection, one gives way: an end that nobody waited for does not have a second
// one asked before the first has had time.
func TestOneGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimits(Capacity{Connections: 2, Waiting: 1 << 20})
		g := l.Gate(GateConfig{PerClient: 10})
		connect(t, g, "192.0.2.1", Busy).Close()
		a, b := connect(t, g, "192.0.2.1", Idle), connect(t, g, "192.0.2.1", Idle)
		for _, x := range []bound{a, b} {
			go func() {
				for !x.left.Load() {
					time.Sleep(time.Millisecond)
				}
				x.Close()
			}()
		}
		c := connect(t, g, "192.0.2.1", Busy)
		if n := l.Count(IdleEvicted); n != 1 {
			t.Errorf("%d have given way, want 1", n)
		}
		c.Close()
		a.fakeConn.left.Store(true)
		b.fakeConn.left.Store(true)
		time.Sleep(time.Second)
		empty(t, l)
	})
}

// ended calls end once a connection was asked to leave.
func ended(b bound, end func()) {
	for !b.left.Load() {
		time.Sleep(time.Millisecond)
	}
	end()
}

func TestPerClient(t *testing.T) {
	l := NewLimits(Capacity{Connections: 100, Waiting: 1 << 20})
	g := l.Gate(GateConfig{PerClient: 2, Requests: 3, Exempt: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}})
	a := connect(t, g, "2001:db8::1", Idle)
	b := connect(t, g, "2001:db8::2", Busy)
	c := connect(t, g, "2001:db8:0:0:ffff::3", Busy)
	if !a.left.Load() || b.left.Load() || l.Count(ClientEvicted) != 1 {
		t.Error("of one /64, the idle connection has not given way")
	}
	a.Close()
	if g.Admit(addr("2001:db8::4")) != nil || l.Count(ClientRefused) != 1 {
		t.Error("a connection is let in beside busy ones")
	}
	other := []bound{b, c, connect(t, g, "2001:db8:0:1::1", Busy), connect(t, g, "::ffff:192.0.2.1", Busy), connect(t, g, "192.0.2.1", Busy)}
	if g.Admit(addr("192.0.2.1")) != nil {
		t.Error("an IPv4 address counts twice")
	}
	for range 5 {
		other = append(other, connect(t, g, "198.51.100.9", Busy))
	}
	for i := range 4 {
		if b.Begin(addr("203.0.113.1")) != (i < 3) {
			t.Errorf("request %d of a client", i)
		}
	}
	if !b.Begin(addr("203.0.113.2")) || !b.Begin(netip.Addr{}) {
		t.Error("another client's request is refused")
	}
	b.End(netip.Addr{})
	b.End(addr("203.0.113.2"))
	for range 3 {
		b.End(addr("203.0.113.1"))
	}
	for _, o := range other {
		o.Close()
	}
	if l.Count(RequestRefused) != 1 {
		t.Errorf("%d requests are counted as refused", l.Count(RequestRefused))
	}
	empty(t, l)
}

// Whatever many connections do at once, all of it is counted out in the end.
func TestHistory(t *testing.T) {
	l := NewLimits(Capacity{Connections: 40, Waiting: 30_000, All: 60_000})
	gates := []*Gate{l.Gate(GateConfig{Cost: 500, PerClient: 20}), l.Gate(GateConfig{Cost: 500, Connections: 20})}
	var running sync.WaitGroup
	for i := range 64 {
		running.Go(func() {
			peer := addr(fmt.Sprintf("192.0.2.%d", i%5))
			for turn := range 200 {
				a := gates[(i+turn)%2].Admit(peer)
				if a == nil {
					continue
				}
				c := new(fakeConn)
				a.Bind(c)
				for step := range 6 {
					c.at(a, Stage((i+turn+step)%3))
					a.Hold(int64((i * turn * step) % 3000))
					if a.Begin(peer) {
						a.End(peer)
					}
					if c.left.Load() {
						break
					}
				}
				a.Close()
			}
		})
	}
	running.Wait()
	empty(t, l)
}

// A connection without an account has no limits.
func TestNoAccount(t *testing.T) {
	var a *Account
	a.Bind(nil)
	a.BeginHead()
	a.EndHead()
	a.Force(1)
	if !a.Hold(1<<60) || !a.Begin(netip.Addr{}) || a.Leaving() {
		t.Error("a limit")
	}
	a.Refused(HeadEvicted)
	a.End(netip.Addr{})
	a.Close()
}
