package message

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"brink/edge/wire"
)

var trusted = Proxies{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:ffff::/48"), netip.MustParsePrefix("127.0.0.1/32"),
}

// fieldsOf makes fields of "Name: value" lines with "|" between them.
func fieldsOf(t testing.TB, lines string) (f wire.Fields) {
	t.Helper()
	for line := range strings.SplitSeq(lines, "|") {
		if line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			t.Fatalf("no field: %q", line)
		}
		f.Append([]byte(name), []byte(strings.Trim(value, " \t")))
	}
	return f
}

// believed says what becomes of a request of 10.0.0.1 with these fields.
func believed(t testing.TB, lines string) string {
	t.Helper()
	r := Request{Peer: netip.MustParseAddrPort("10.0.0.1:4711"), Fields: fieldsOf(t, lines)}
	scheme, host := trusted.Believe(&r, "http", []byte("own.test"))
	way := "unknown"
	if r.Client().IsValid() {
		way = r.Client().String()
	}
	for _, p := range r.Way.Proxies {
		way += " > " + p.String()
	}
	return fmt.Sprintf("%s %s://%s", way, scheme, host)
}

func TestBelieve(t *testing.T) {
	hops := func(n int) string { return strings.TrimSuffix(strings.Repeat("10.0.0.9, ", n), ", ") }
	// f compares what is believed. Without "://" in want, scheme and host are the connection's.
	f := func(lines, want string) {
		t.Helper()
		if !strings.Contains(want, "://") {
			want += " http://own.test"
		}
		if got := believed(t, lines); got != want {
			t.Errorf("%.200s\n got %s\nwant %s", lines, got, want)
		}
	}

	// Nothing said: the proxy asks for itself.
	f("", "10.0.0.1")
	f("X-Forwarded-For:", "10.0.0.1")
	f("X-Forwarded-For: , ,|X-Real-IP: 192.0.2.1", "10.0.0.1")
	f("Via: 1.1 x", "10.0.0.1")

	// The right-most address that is not trusted.
	f("X-Forwarded-For: 192.0.2.1", "192.0.2.1 > 10.0.0.1")
	f("X-Forwarded-For: 192.0.2.1, 10.0.0.2", "192.0.2.1 > 10.0.0.2 > 10.0.0.1")
	f("X-Forwarded-For: 6.6.6.6, 192.0.2.1, 10.0.0.3, 10.0.0.2", "192.0.2.1 > 10.0.0.3 > 10.0.0.2 > 10.0.0.1")
	f("X-Forwarded-For: 10.0.0.8, 192.0.2.1", "192.0.2.1 > 10.0.0.1")
	f("X-Forwarded-For: 10.0.0.3, 10.0.0.2", "10.0.0.3 > 10.0.0.2 > 10.0.0.1")
	f("X-Forwarded-For: 10.0.0.1", "10.0.0.1 > 10.0.0.1")
	f("X-Forwarded-For: 192.0.2.1, 192.0.2.2", "192.0.2.2 > 10.0.0.1")

	// Lines and blanks, and what is empty.
	f("X-Forwarded-For: 6.6.6.6|X-Forwarded-For: 192.0.2.1, 10.0.0.3|Accept: x|x-forwarded-for: 10.0.0.2", "192.0.2.1 > 10.0.0.3 > 10.0.0.2 > 10.0.0.1")
	f("X-Forwarded-For:  \t192.0.2.1\t ,,,\t10.0.0.2 ,", "192.0.2.1 > 10.0.0.2 > 10.0.0.1")
	f("X-Forwarded-For: 192.0.2.1|X-Forwarded-For:", "192.0.2.1 > 10.0.0.1")
	f("X_Forwarded_For: 192.0.2.1", "10.0.0.1")

	// IPv6, ports, both kinds in one.
	f("X-Forwarded-For: 2001:db8::1", "2001:db8::1 > 10.0.0.1")
	f("X-Forwarded-For: [2001:db8::1]", "2001:db8::1 > 10.0.0.1")
	f("X-Forwarded-For: [2001:db8::1]:4711, 10.0.0.2:80", "2001:db8::1 > 10.0.0.2 > 10.0.0.1")
	f("X-Forwarded-For: 2001:DB8:0:0::1, 2001:db8:ffff::7", "2001:db8::1 > 2001:db8:ffff::7 > 10.0.0.1")
	f("X-Forwarded-For: 192.0.2.1:65535", "192.0.2.1 > 10.0.0.1")
	f("X-Forwarded-For: ::ffff:192.0.2.1, ::ffff:10.0.0.2", "192.0.2.1 > 10.0.0.2 > 10.0.0.1")

	// The way ends at an element that is no address; nothing to the left of it counts.
	f("X-Forwarded-For: unknown", "unknown > 10.0.0.1")
	f("X-Forwarded-For: 6.6.6.6, unknown, 10.0.0.2", "unknown > 10.0.0.2 > 10.0.0.1")
	f("X-Forwarded-For: 6.6.6.6, _hidden", "unknown > 10.0.0.1")
	f("X-Forwarded-For: 6.6.6.6, unix:", "unknown > 10.0.0.1")
	f("X-Forwarded-For: unix:/run/x.sock", "unknown > 10.0.0.1")
	f("X-Forwarded-For: evil.test", "unknown > 10.0.0.1")
	f("X-Forwarded-For: 192.0.2.1 10.0.0.2", "unknown > 10.0.0.1")
	f("X-Forwarded-For: 192.0.2.256", "unknown > 10.0.0.1")
	f("X-Forwarded-For: 010.0.0.2", "unknown > 10.0.0.1")
	f("X-Forwarded-For: 10.2", "unknown > 10.0.0.1")
	f("X-Forwarded-For: 10.0.0.0/8", "unknown > 10.0.0.1")
	f("X-Forwarded-For: 192.0.2.1:", "unknown > 10.0.0.1")
	f("X-Forwarded-For: 192.0.2.1:123456", "unknown > 10.0.0.1")
	f("X-Forwarded-For: 192.0.2.1:+1", "unknown > 10.0.0.1")
	f("X-Forwarded-For: [192.0.2.1]", "unknown > 10.0.0.1")
	f("X-Forwarded-For: [2001:db8::1", "unknown > 10.0.0.1")
	f("X-Forwarded-For: [2001:db8::1]4711", "unknown > 10.0.0.1")
	f("X-Forwarded-For: fe80::1%eth0", "unknown > 10.0.0.1")
	f("X-Forwarded-For: 6.6.6.6\x80", "unknown > 10.0.0.1")
	f(`X-Forwarded-For: "6.6.6.6`, "unknown > 10.0.0.1")
	f(`X-Forwarded-For: ", 192.0.2.1`, "192.0.2.1 > 10.0.0.1")

	// A long way.
	f("X-Forwarded-For: 6.6.6.6, 192.0.2.1, "+hops(99), "192.0.2.1"+strings.Repeat(" > 10.0.0.9", 99)+" > 10.0.0.1")
	f("X-Forwarded-For: 192.0.2.1, "+hops(100), "unknown"+strings.Repeat(" > 10.0.0.9", 99)+" > 10.0.0.1")
	f("X-Forwarded-For: "+hops(5000)+", 192.0.2.1", "192.0.2.1 > 10.0.0.1")

	// The first of the three fields counts, and no other.
	f("X-Real-IP: 192.0.2.1", "192.0.2.1 > 10.0.0.1")
	f("X-Real-IP: [2001:db8::1]:80", "2001:db8::1 > 10.0.0.1")
	f("X-Real-IP: 6.6.6.6|X-Real-IP: 192.0.2.1", "192.0.2.1 > 10.0.0.1")
	f("X-Forwarded-For: 192.0.2.1|X-Real-IP: 6.6.6.6|Forwarded: for=7.7.7.7;proto=https;host=evil.test", "192.0.2.1 > 10.0.0.1")
	f("X-Forwarded-For: unknown|X-Real-IP: 6.6.6.6", "unknown > 10.0.0.1")
	f("X-Real-IP: 192.0.2.1|Forwarded: for=7.7.7.7;proto=https;host=evil.test", "192.0.2.1 > 10.0.0.1")
}

// RFC 7239 section 4 to 6.
func TestBelieveForwarded(t *testing.T) {
	f := func(value, want string) {
		t.Helper()
		if !strings.Contains(want, "://") {
			want += " http://own.test"
		}
		if got := believed(t, "Forwarded: "+value); got != want {
			t.Errorf("%s\n got %s\nwant %s", value, got, want)
		}
	}
	f("for=192.0.2.1", "192.0.2.1 > 10.0.0.1")
	f("For=192.0.2.1;By=203.0.113.43;Proto=HTTPS;Host=a.test", "192.0.2.1 > 10.0.0.1 https://a.test")
	f(`for="[2001:db8:cafe::17]:4711"`, "2001:db8:cafe::17 > 10.0.0.1")
	f(`for="[2001:db8::1]";host="a.test:8443";proto=https`, "2001:db8::1 > 10.0.0.1 https://a.test:8443")
	f(`for="192.0.2.1:_port"`, "192.0.2.1 > 10.0.0.1")
	f("for=192.0.2.1 ; proto=https", "192.0.2.1 > 10.0.0.1 https://own.test")
	f("for=192.0.2.1;;proto=https;", "192.0.2.1 > 10.0.0.1 https://own.test")
	f("for=192.0.2.1;secret=x", "192.0.2.1 > 10.0.0.1")
	f("for=6.6.6.6;host=evil.test, for=192.0.2.1;proto=https;host=a.test, for=10.0.0.2;proto=http;host=inner.test", "192.0.2.1 > 10.0.0.2 > 10.0.0.1 https://a.test")
	f("for=6.6.6.6|Forwarded: for=192.0.2.1;proto=https|Forwarded: for=10.0.0.2", "192.0.2.1 > 10.0.0.2 > 10.0.0.1 https://own.test")
	f("for=192.0.2.1, for=10.0.0.2;proto=https", "192.0.2.1 > 10.0.0.2 > 10.0.0.1")
	f("for=10.0.0.3;proto=https;host=a.test, for=10.0.0.2", "10.0.0.3 > 10.0.0.2 > 10.0.0.1 https://a.test")
	f("proto=https;host=a.test", "unknown > 10.0.0.1 https://a.test")

	f("for=unknown;proto=https", "unknown > 10.0.0.1 https://own.test")
	f("for=6.6.6.6, for=_gazonk", "unknown > 10.0.0.1")
	f(`for="_gazonk:4711"`, "unknown > 10.0.0.1")
	f(`for="unix:/x"`, "unknown > 10.0.0.1")
	f(`for=""`, "unknown > 10.0.0.1")

	// A malformed element gives no address, no scheme and no host.
	f("192.0.2.1", "unknown > 10.0.0.1")
	f("for=192.0.2.1;for=192.0.2.2;proto=https", "unknown > 10.0.0.1")
	f("proto=https;proto=https;for=192.0.2.1", "unknown > 10.0.0.1")
	f("for=2001:db8::1;proto=https", "unknown > 10.0.0.1")
	f("for=[2001:db8::1];proto=https", "unknown > 10.0.0.1")
	f("for=192.0.2.1:80;proto=https", "unknown > 10.0.0.1")
	f("for =192.0.2.1;proto=https", "unknown > 10.0.0.1")
	f("for= 192.0.2.1;proto=https", "unknown > 10.0.0.1")
	f("for=;proto=https", "unknown > 10.0.0.1")
	f("for=192.0.2.1 proto=https", "unknown > 10.0.0.1")
	f(`for="192.0.2.1" proto=https`, "unknown > 10.0.0.1")
	f(`for="192.0.2.1"x;proto=https`, "unknown > 10.0.0.1")
	f(`for="192.0.2.1\";proto=https`, "unknown > 10.0.0.1")
	f(`for="192.0.2.\1";proto=https`, "unknown > 10.0.0.1")
	f("proto=https;for=192.0.2.1;host", "unknown > 10.0.0.1")

	// A quote that a client leaves open does not swallow the elements of proxies.
	f(`for="6.6.6.6, for=192.0.2.1`, "192.0.2.1 > 10.0.0.1")
	f(`for="6.6.6.6, for="[2001:db8::1]";proto=https`, "2001:db8::1 > 10.0.0.1 https://own.test")
	f(`for="6.6.6.6\, for=192.0.2.1, for=10.0.0.2`, "192.0.2.1 > 10.0.0.2 > 10.0.0.1")
	f(`for="a,b", for=192.0.2.1`, "192.0.2.1 > 10.0.0.1")
	f(`for=192.0.2.1;host="a,b"`, "192.0.2.1 > 10.0.0.1 http://a,b") // parsing the URL refuses it
}

// Scheme and host, for the client's place on the way.
func TestBelieveSchemeAndHost(t *testing.T) {
	f := func(lines, want string) {
		t.Helper()
		_, got, _ := strings.Cut(believed(t, lines), "10.0.0.1 ")
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", lines, got, want)
		}
	}
	f("X-Forwarded-Proto: https", "https://own.test")
	f("X-Forwarded-Proto: HTTPS", "https://own.test")
	f("X-Forwarded-Proto: wss", "https://own.test")
	f("X-Forwarded-Proto: http", "http://own.test")
	f("X-Forwarded-Proto: ws", "http://own.test")
	for _, unknown := range []string{"", "ftp", "https:", "on", "1", `"https"`} {
		f("X-Forwarded-Proto: "+unknown, "http://own.test")
	}
	f("X-Forwarded-For: 192.0.2.1|X-Forwarded-Proto: https|X-Forwarded-Host: a.test", "https://a.test")
	f("X-Forwarded-Host:", "http://own.test")
	f("X-Forwarded-Host: a.test:8443", "http://a.test:8443")

	// As many as addresses, or fewer, or more: counted from the right.
	f("X-Forwarded-For: 192.0.2.1, 10.0.0.2|X-Forwarded-Proto: https, http|X-Forwarded-Host: a.test, inner.test", "https://a.test")
	f("X-Forwarded-For: 192.0.2.1, 10.0.0.2|X-Forwarded-Proto: https|X-Forwarded-Host: a.test", "https://a.test")
	f("X-Forwarded-For: 192.0.2.1|X-Forwarded-Proto: https, http|X-Forwarded-Host: evil.test, a.test", "http://a.test")
	f("X-Forwarded-For: 6.6.6.6, 192.0.2.1|X-Forwarded-Proto: https|X-Forwarded-Proto: http", "http://own.test")
	f("X-Forwarded-For: 6.6.6.6, 192.0.2.1, 10.0.0.2|X-Forwarded-Proto: ftp, https, http", "https://own.test")
	f("X-Forwarded-Proto: https, http", "http://own.test")

	// With an address in Forwarded, the others count for what they say.
	f("Forwarded: for=192.0.2.1;proto=http;host=b.test|X-Forwarded-Proto: https", "https://b.test")
	f("Forwarded: for=192.0.2.1;proto=https;host=b.test|X-Forwarded-Host: a.test", "https://a.test")
	f("Forwarded: for=192.0.2.1;proto=https|X-Forwarded-Proto: ftp", "http://own.test")
}

// The memory is the caller's, and nothing allocates.
func TestBelieveNoAllocs(t *testing.T) {
	for _, lines := range []string{
		"X-Forwarded-For: 2001:db8::1, 192.0.2.1, 10.0.0.3, [2001:db8:ffff::1]:80|X-Forwarded-Proto: https|X-Forwarded-Host: a.test",
		`Forwarded: for="[2001:db8::1]:80";proto=https;host="a.test:1", for=10.0.0.2`,
		"X-Real-IP: 192.0.2.1",
	} {
		r := Request{Peer: netip.MustParseAddrPort("10.0.0.1:1"), Fields: fieldsOf(t, lines)}
		room := make([]netip.Addr, 0, 4)
		n := testing.AllocsPerRun(100, func() {
			r.Way = Way{Proxies: room}
			trusted.Believe(&r, "http", nil)
		})
		if n != 0 || !r.Way.Client.IsValid() || &r.Way.Proxies[0] != &room[:1][0] {
			t.Errorf("%s: %v allocations, %v", lines, n, r.Way)
		}
	}
}

func TestTrusts(t *testing.T) {
	for address, want := range map[string]bool{
		"10.255.0.1": true, "11.0.0.1": false, "::ffff:10.0.0.1": true, "2001:db8:ffff:1::%eth0": true, "::1": false, "::a00:1": false,
	} {
		if got := trusted.Trusts(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %t", address, got)
		}
	}
	if trusted.Trusts(netip.Addr{}) || Proxies(nil).Trusts(netip.MustParseAddr("10.0.0.1")) {
		t.Error("nobody is trusted")
	}
}

// A clone has a way of its own.
func TestCloneWay(t *testing.T) {
	r := Request{Peer: netip.MustParseAddrPort("10.0.0.1:1"), Fields: fieldsOf(t, "X-Forwarded-For: 192.0.2.1, 10.0.0.2")}
	trusted.Believe(&r, "http", nil)
	c := r.Clone()
	clear(r.Way.Proxies)
	if c.Client() != netip.MustParseAddr("192.0.2.1") || fmt.Sprint(c.Way.Proxies) != "[10.0.0.2 10.0.0.1]" {
		t.Errorf("%+v", c.Way)
	}
}

// Whatever clients write in front, the client is the one whom the trusted proxy
// names, and no address of the way is made up.
func FuzzBelieve(f *testing.F) {
	f.Add("6.6.6.6, 10.0.0.2", false)
	f.Add(`for="a, for=10.0.0.3;host="b\"`, true)
	f.Add("[::1]:80, unknown,,\t10.0.0.2", false)
	f.Fuzz(func(t *testing.T, front string, standard bool) {
		if !wire.ValidValue([]byte(front)) {
			t.Skip()
		}
		name, own, lone := wire.XForwardedFor, "192.0.2.1, 10.0.0.2", front
		if standard {
			name, own = wire.Forwarded, `for="192.0.2.1:80";proto=https;host=a.test, for=10.0.0.2;host=b.test`
		}
		var r Request
		r.Peer = netip.MustParseAddrPort("10.0.0.1:1")
		r.Fields.AppendID(name, []byte(front+", "+own))
		scheme, host := trusted.Believe(&r, "http", nil)
		if r.Client().String() != "192.0.2.1" || fmt.Sprint(r.Way.Proxies) != "[10.0.0.2 10.0.0.1]" || standard && (scheme != "https" || string(host) != "a.test") {
			t.Errorf("%q: %v %s://%s", front, r.Way, scheme, host)
		}
		r.Fields.Reset()
		r.Way = Way{}
		r.Fields.AppendID(name, []byte(lone))
		trusted.Believe(&r, "http", nil)
		if c := r.Client(); c.IsValid() && len(r.Way.Proxies) > 0 {
			checkNode(t, lone, c)
		}
	})
}

// checkNode compares with the parser of the standard library: some piece of
// text, cut at what may stand around an address, is a.
func checkNode(t *testing.T, text string, a netip.Addr) {
	t.Helper()
	pieces := strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(" \t,;=\"[]", c) })
	for _, p := range pieces {
		for _, p := range []string{p, strings.SplitN(p, ":", 2)[0]} {
			if got, err := netip.ParseAddr(p); err == nil && got.Unmap() == a {
				return
			}
		}
	}
	t.Errorf("%v is not in %q", a, text)
}
