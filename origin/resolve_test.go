package origin

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"brink/conf"
)

// names is a resolver whose answer can be changed.
type names struct {
	mu     sync.Mutex
	answer []string
	err    error
	asked  int
}

func (n *names) set(err error, addresses ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.answer, n.err = addresses, err
}

func (n *names) find(context.Context, string) ([]netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked++
	var found []netip.Addr
	for _, a := range n.answer {
		found = append(found, netip.MustParseAddr(a))
	}
	return found, n.err
}

func hangingLookup(ctx context.Context, _ string) ([]netip.Addr, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// named starts an Origin for name, at the port of config.
func named(t *testing.T, config *conf.Origin, name string, find lookup) *Origin {
	config.Servers[0].Host = name
	o, err := newOrigin(config, find)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Close)
	return o
}

// serveAt is serve on several loopback addresses with one port.
func serveAt(t *testing.T, addresses ...string) (*conf.Origin, []*record) {
	for range 20 {
		var listeners []net.Listener
		port := "0"
		for _, a := range addresses {
			l, err := net.Listen("tcp", net.JoinHostPort(a, port))
			if err != nil {
				break
			}
			_, port, _ = net.SplitHostPort(l.Addr().String())
			listeners = append(listeners, l)
		}
		if len(listeners) < len(addresses) {
			for _, l := range listeners {
				l.Close()
			}
			continue
		}
		var config *conf.Origin
		var seen []*record
		for _, l := range listeners {
			c, r := serveOn(t, l, script(forever(request, say(hello))))
			config, seen = c, append(seen, r)
		}
		return config, seen
	}
	t.Fatal("no port that is free at all addresses")
	return nil, nil
}

// ATTACKS.md E09
func TestProhibited(t *testing.T) {
	for _, a := range []string{
		"127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1",
		"169.254.169.254", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "224.0.0.1", "ff02::1", "0.0.0.0", "::", "0.1.2.3",
		"100.64.0.1", "198.18.0.1", "192.0.0.8", "255.255.255.255", "240.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::a00:1",
		"2002:7f00:1::", "2002:c0a8:101::1", "::127.0.0.1", "fec0::1", "::ffff:169.254.169.254",
	} {
		if !prohibited(netip.MustParseAddr(a)) {
			t.Errorf("%s is allowed", a)
		}
	}
	for _, a := range []string{
		"1.1.1.1", "8.8.8.8", "172.32.0.1", "172.15.0.1", "192.169.0.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::101:101",
		"2002:101:101::1", "::ffff:1.1.1.1",
	} {
		if prohibited(netip.MustParseAddr(a)) {
			t.Errorf("%s is prohibited", a)
		}
	}
}

func TestPrivateAddresses(t *testing.T) {
	for _, c := range []struct {
		host  string
		allow bool
		ok    bool
	}{
		{"app.test", false, false},
		{"app.test.", false, false},
		{"0x7f000001", false, false},
		{"app.test", true, true},
		{"localhost", false, true},
		{"LocalHost", false, true},
		{"127.0.0.1", false, true}, // written by whoever wrote the conf file
	} {
		config, seen := serve(t, script(forever(request, say(hello))))
		config.AllowPrivate = c.allow
		o := named(t, config, c.host, (&names{answer: []string{"127.0.0.1"}}).find)
		_, err := fetch(o, get())
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", c.host, err)
		}
		if err != nil {
			wantKind(t, err, DestinationProhibited)
			if !strings.Contains(err.Error(), "allow_private = true") || seen.conns.Load() != 0 {
				t.Errorf("%s: %v, %d connections", c.host, err, seen.conns.Load())
			}
		}
	}
}

// ATTACKS.md X29
func TestLookupFails(t *testing.T) {
	t.Parallel()
	config, _ := serve(t, script(forever(request, say(hello))))
	config.AllowPrivate, config.Resolve, config.KeepAlive = true, 5*time.Millisecond, 0
	n := &names{err: errors.New("no such host")}
	o := named(t, config, "app.test", n.find)
	_, err := fetch(o, get())
	wantKind(t, err, DNSError)

	n.set(nil, "127.0.0.1")
	eventually(t, "the name is found", func() bool { _, err := fetch(o, get()); return err == nil })

	// From here on the last good answer stands, whatever fails.
	for _, failure := range []error{errors.New("refused"), &net.DNSError{IsTimeout: true}, nil} {
		n.set(failure)
		before := o.Stats().Servers[0].Failures
		eventually(t, "a look-up fails", func() bool { return o.Stats().Servers[0].Failures != before })
		wantFetch(t, o, 2, "hello")
	}
}

// A look-up that failed just now stands for those who ask next.
func TestLookupFailureIsRemembered(t *testing.T) {
	n := &names{err: errors.New("no such host")}
	config := configure("127.0.0.1:1")
	o := named(t, config, "app.test", n.find)
	for range 50 {
		_, err := fetch(o, get())
		wantKind(t, err, DNSError)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.asked > 5 {
		t.Errorf("asked %d times", n.asked)
	}
}

func TestLookupTimeout(t *testing.T) {
	config := configure("127.0.0.1:1")
	config.ConnectTimeout = short
	_, err := fetch(named(t, config, "app.test", hangingLookup), get())
	wantKind(t, err, DNSTimeout)
}

// Connections follow the name: those to an address that is gone are not used
// again, neither idle ones nor those in use at the time.
func TestNameMoves(t *testing.T) {
	config, seen := serveAt(t, "127.0.0.1", "127.0.0.2")
	config.AllowPrivate, config.Resolve = true, 5*time.Millisecond
	n := &names{answer: []string{"127.0.0.1"}}
	o := named(t, config, "app.test", n.find)
	wantFetch(t, o, 2, "hello")
	busy, err := o.Fetch(context.Background(), get())
	if err != nil {
		t.Fatal(err)
	}
	n.set(nil, "127.0.0.2")
	eventually(t, "the answer is seen", func() bool { return !o.servers[0].dialer.endpoint.hasAddress(busy.http1.conn.addr) })
	if got, err := readAll(busy); got != "hello" || err != nil {
		t.Fatal(got, err)
	}
	if s := o.Stats().Servers[0]; s.Open != 0 {
		t.Errorf("%+v", s)
	}
	wantFetch(t, o, 3, "hello")
	if a, b := len(seen[0].all()), len(seen[1].all()); a != 3 || b != 3 {
		t.Errorf("%d and %d requests", a, b)
	}
}

// A name that turns to a private address is refused from then on, and what was
// kept for the old address is not used.
func TestNameTurnsPrivate(t *testing.T) {
	n := &names{answer: []string{"1.1.1.1"}}
	p, err := newEndpoint("app.test", "80", n.find, false)
	if err != nil {
		t.Fatal(err)
	}
	got, failure := p.addresses(context.Background())
	if failure != nil || len(got) != 1 {
		t.Fatal(got, failure)
	}
	n.set(nil, "127.0.0.1")
	if changed, err := p.refresh(context.Background(), 0); !changed || err != nil {
		t.Fatal(changed, err)
	}
	if p.hasAddress(got[0]) {
		t.Error("the old address still counts")
	}
	_, failure = p.addresses(context.Background())
	wantKind(t, failure, DestinationProhibited)
}

// All addresses are tried, those that may not be dialled left out.
func TestAllAddresses(t *testing.T) {
	config, seen := serveAt(t, "127.0.0.1", "127.0.0.3")
	config.AllowPrivate, config.KeepAlive = true, 0
	o := named(t, config, "app.test", (&names{answer: []string{"127.0.0.1", "127.0.0.2", "127.0.0.3"}}).find)
	wantFetch(t, o, 12, "hello")
	a, b := len(seen[0].all()), len(seen[1].all())
	if a+b != 12 || a < 4 || b < 4 {
		t.Errorf("%d and %d requests", a, b)
	}
}

func TestGuardLeavesPublicAddresses(t *testing.T) {
	p, err := newEndpoint("app.test", "80", (&names{answer: []string{"10.0.0.1", "1.1.1.1", "127.0.0.1"}}).find, false)
	if err != nil {
		t.Fatal(err)
	}
	got, failure := p.addresses(context.Background())
	if failure != nil || len(got) != 1 || got[0].String() != "1.1.1.1:80" {
		t.Errorf("%v, %v", got, failure)
	}
}

// An address that does not answer holds up only for the head start.
func TestHeadStart(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	hangs := netip.MustParseAddrPort(full(t))
	began := time.Now()
	c, addr, err := race(ctx, []netip.AddrPort{hangs, netip.MustParseAddrPort(l.Addr().String())})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if took := time.Since(began); addr.String() != l.Addr().String() || took < headStart/2 || took > headStart+slack {
		t.Errorf("%s after %s", addr, took)
	}
}

func TestOrder(t *testing.T) {
	var list []netip.AddrPort
	for _, a := range []string{"[2001:db8::1]:1", "[2001:db8::2]:1", "192.0.2.1:1"} {
		list = append(list, netip.MustParseAddrPort(a))
	}
	var d dialer
	var first []string
	for range 4 {
		ordered := d.rotate(list)
		first = append(first, ordered[0].Addr().String())
		if len(ordered) != 3 || ordered[2] != list[2] {
			t.Errorf("%v", ordered)
		}
	}
	if strings.Join(first, " ") != "2001:db8::1 2001:db8::2 2001:db8::1 2001:db8::2" {
		t.Errorf("%v", first)
	}
}
