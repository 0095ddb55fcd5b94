package message

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// show writes a URL in one line, for tables.
func (u *URL) show() string {
	s := fmt.Sprintf("%s %s %s", u.Scheme, u.Host, u.Path)
	if u.Query != nil {
		s += " ?" + string(u.Query)
	}
	switch {
	case u.Literal:
		s += " literal"
	case u.Suspect:
		s += " suspect"
	case u.Ambiguous:
		s += " ambiguous"
	}
	return s
}

func parse(scheme, host, target string) string {
	var u URL
	if _, fault := ParseURL(&u, scheme, []byte(host), []byte(target), nil); fault != URLOK {
		return fault.String()
	}
	return u.show()
}

// RFC 9112 section 3.2: the forms of a target.
func TestParseURL(t *testing.T) {
	for _, c := range []struct{ scheme, host, target, want string }{
		{"http", "a.test", "/", "http a.test /"},
		{"https", "a.test", "/x?y", "https a.test /x ?y"},
		{"http", "a.test", "/?", "http a.test / ?"},
		{"http", "a.test", "*", "http a.test *"},
		{"http", "a.test", "", "malformed request target"},
		{"http", "a.test", "x", "malformed request target"},
		{"http", "a.test", "?x", "malformed request target"},
		{"http", "a.test", "**", "malformed request target"},
		{"http", "a.test", "a.test:80", "malformed request target"},
		{"http", "", "/", "malformed host"},

		// Absolute-form: the authority replaces Host.
		{"http", "a.test", "http://evil/", "http evil /"},
		{"http", "a.test", "HTTP://EVIL:80/%7ea", "http evil /~a"},
		{"http", "", "http://b.test/", "http b.test /"},
		{"http", "a.test", "http://b.test", "http b.test /"},
		{"http", "a.test", "http://b.test?x=/", "http b.test / ?x=/"},
		{"http", "a.test", "http://b.test:22/", "http b.test:22 /"},
		{"https", "a.test", "https://b.test:443/", "https b.test /"},
		{"http", "a.test", "http://b.test//x", "http b.test //x literal"},
		{"http", "a.test", "//evil/x", "http a.test //evil/x literal"},
		{"http", "a.test", "http://b.test/http://c/", "http b.test /http://c/ literal"},
		{"http", "a@b", "http://b.test/", "malformed host"},
		{"http", "a.test", "http:///x", "malformed host"},
		{"http", "a.test", "http://?x", "malformed host"},
		{"http", "a.test", "http://u@b.test/", "malformed host"},
		{"http", "a.test", "http://u:p@b.test/", "malformed host"},
		{"http", "a.test", "http://b.test\\/", "malformed host"},
		{"http", "a.test", "http://b.test#/", "malformed host"},
		{"http", "a.test", "ftp://b.test/", "unknown scheme"},
		{"http", "a.test", "://b.test/", "unknown scheme"},
		{"http", "a.test", "http:/b.test/", "malformed request target"},
		{"http", "a.test", "https://b.test", "scheme of another connection"},
		{"https", "a.test", "http://b.test/", "scheme of another connection"},
	} {
		if got := parse(c.scheme, c.host, c.target); got != c.want {
			t.Errorf("%s %q %q\n got %s\nwant %s", c.scheme, c.host, c.target, got, c.want)
		}
	}
}

// RFC 9110 sections 4.2.3 and 7.2, RFC 3986 section 3.2.2.
func TestHost(t *testing.T) {
	long := strings.Repeat("a.", 127)
	for _, c := range []struct{ host, want, name string }{
		{"a.test", "a.test", "a.test"},
		{"WWW.Example.COM", "www.example.com", "www.example.com"},
		{"a_b.test", "a_b.test", "a_b.test"},
		{"localhost", "localhost", "localhost"},
		{"a.test.", "a.test", "a.test"},
		{"a.test.:8080", "a.test:8080", "a.test"},
		{"A.test:8080", "a.test:8080", "a.test"},
		{"a.test:80", "a.test", "a.test"},
		{"A.test.:80", "a.test", "a.test"},
		{"a.test:443", "a.test:443", "a.test"},
		{"a.test:1", "a.test:1", "a.test"},
		{"a.test:65535", "a.test:65535", "a.test"},
		{"127.0.0.1", "127.0.0.1", "127.0.0.1"},
		{"127.0.0.1:8080", "127.0.0.1:8080", "127.0.0.1"},
		{"255.255.255.255", "255.255.255.255", "255.255.255.255"},
		{"a1", "a1", "a1"},
		{"1a.2b", "1a.2b", "1a.2b"},
		{"[::1]", "[::1]", "[::1]"},
		{"[::1]:80", "[::1]", "[::1]"},
		{"[2001:DB8:0:0::1]:8080", "[2001:db8::1]:8080", "[2001:db8::1]"},
		{"[::ffff:1.2.3.4]", "[::ffff:1.2.3.4]", "[::ffff:1.2.3.4]"},
		{long + "a", long + "a", long + "a"},
		{long + "aa", "", ""},
		{"a, b", "", ""},
		{"a,b", "", ""},
		{"a@b", "", ""},
		{"a/b", "", ""},
		{"a?b", "", ""},
		{"a#b", "", ""},
		{"a\\b", "", ""},
		{"a%62", "", ""},
		{"a b", "", ""},
		{" a", "", ""},
		{"a\x00b", "", ""},
		{"\xc3\xa9.test", "", ""},
		{".", "", ""},
		{".a", "", ""},
		{"a..b", "", ""},
		{"a..", "", ""},
		{"a:", "", ""},
		{":80", "", ""},
		{"a:0", "", ""},
		{"a:080", "", ""},
		{"a:+80", "", ""},
		{"a:8o", "", ""},
		{"a:65536", "", ""},
		{"a:99999", "", ""},
		{"a:100000", "", ""},
		{"a:80:80", "", ""},
		{"1.2.3", "", ""},
		{"127.1", "", ""},
		{"2130706433", "", ""},
		{"1.2.3.256", "", ""},
		{"1.2.3.4.5", "", ""},
		{"1.2.3.04", "", ""},
		{"0177.0.0.1", "", ""},
		{"a.1", "", ""},
		{"1.2.3.4.:8080", "1.2.3.4:8080", "1.2.3.4"},
		{"[::1", "", ""},
		{"[::1]a", "", ""},
		{"[::1]:", "", ""},
		{"[::1%25eth0]", "", ""},
		{"[::1%eth0]", "", ""},
		{"[1.2.3.4]", "", ""},
		{"[]", "", ""},
		{"[", "", ""},
		{"::1", "", ""},
	} {
		var u URL
		_, fault := ParseURL(&u, "http", []byte(c.host), []byte("/"), nil)
		if fault != URLOK && (fault != BadHost || c.want != "") || fault == URLOK && (string(u.Host) != c.want || string(u.Name) != c.name) {
			t.Errorf("%q: %v, %q, %q, want %q, %q", c.host, fault, u.Host, u.Name, c.want, c.name)
		}
	}
	var u URL
	if ParseURL(&u, "https", []byte("a:443"), []byte("/"), nil); string(u.Host) != "a" {
		t.Errorf("%q", u.Host)
	}
	if ParseURL(&u, "https", []byte("a:80"), []byte("/"), nil); string(u.Host) != "a:80" {
		t.Errorf("%q", u.Host)
	}
}

// RFC 3986 section 6.2.2.
func TestPath(t *testing.T) {
	for _, c := range []struct{ target, want string }{
		// Section 6.2.2.2: escapes of unreserved characters are decoded.
		{"/%61ccount", "/account"},
		{"/%41%5a%30%2d%2E%5F%7e", "/AZ0-._~"},
		{"/%7Ea?%7Ea", "/~a ?%7Ea"},
		// Section 6.2.2.1: other escapes are in capitals.
		{"/%c3%a9", "/%C3%A9"},
		{"/%C3%A9", "/%C3%A9"},
		{"/%3b%20%25", "/%3B%20%25 ambiguous"},
		{"/%2561", "/%2561 ambiguous"},
		{"/a;b=c,d!$&'()*+:@", "/a;b=c,d!$&'()*+:@ ambiguous"},
		{"/a[1]^|", "/a[1]^|"},
		// Section 5.2.4: dot segments are removed.
		{"/a/b/c/./../../g", "/a/g"},
		{"/./a", "/a"},
		{"/a/.", "/a/"},
		{"/a/..", "/"},
		{"/..", "/"},
		{"/.", "/"},
		{"/../../a", "/a"},
		{"/a/../", "/"},
		{"/a/b/..?x/../y", "/a/ ?x/../y"},
		{"/%2e%2e/a", "/a"},
		{"/a/%2E/b", "/a/b"},
		{"/a/.%2e/b", "/b"},
		{"/a//../b", "/a/b"},
		{"/a/..//b", "//b literal"},
		{"/...", "/... ambiguous"},
		{"/.a/..b/c.", "/.a/..b/c. ambiguous"},
		{"/a.?.", "/a. ?. ambiguous"},
		{"/a?/./../", "/a ?/./../"},
		// Read in two ways.
		{"/account%2fx.css", "/account%2Fx.css literal"},
		{"/account%5Cx.css", "/account%5Cx.css suspect"},
		{"/account%0a.js", "/account%0A.js suspect"},
		{"/account%1f", "/account%1F suspect"},
		{"/account%7f", "/account%7F suspect"},
		{"/account%23.css", "/account%23.css suspect"},
		{"/account%3fx.css", "/account%3Fx.css literal"},
		{"/@scope%2fname", "/@scope%2Fname literal"},
		{"/a%2F%2F", "/a%2F%2F literal"},
		{"/a%2Fb%5C", "/a%2Fb%5C suspect"},
		{"//a%23", "//a%23 suspect"},
		{"/a%2f..", "/a%2F.. suspect"},
		{"/a%2f.%2fb", "/a%2F.%2Fb suspect"},
		{"/a%2f%2e%2e/b", "/a%2F../b suspect"},
		{"/a%2f..;x", "/a%2F..;x suspect"},
		{"/a%2f...%2f.b", "/a%2F...%2F.b literal"},
		{"/.%2fa", "/.%2Fa suspect"},
		{"/a%3f..%2f", "/a%3F..%2F literal"},
		{"/account/..%2fstatic/x.js", "/account/..%2Fstatic/x.js suspect"},
		{"/static%2f..%2faccount", "/static%2F..%2Faccount suspect"},
		{"/static/%2e%2e%2faccount", "/static/..%2Faccount suspect"},
		{"/%c0%af", "/%C0%AF suspect"},
		{"/%C1%9C", "/%C1%9C suspect"},
		{"//account", "//account literal"},
		{"/a//", "/a// literal"},
		{"/static/..;/account", "/static/..;/account suspect"},
		{"/static/.;a/account", "/static/.;a/account suspect"},
		{"/%2e;x", "/.;x suspect"},
		{"/static/..%3baccount", "/static/..%3Baccount suspect"},
		{"/;/", "/;/ suspect"},
		{"/%3b/a", "/%3B/a suspect"},
		{"/;a?b/c", "/;a ?b/c ambiguous"},
		{"/a;b", "/a;b ambiguous"},
		{"/a%3bb", "/a%3Bb ambiguous"},
		{"/a%252fb", "/a%252fb ambiguous"},
		{"/a%25%32%46b", "/a%252Fb ambiguous"},
		{"/a%25252fb", "/a%25252fb ambiguous"},
		{"/a%2525252fb", "/a%2525252fb suspect"},
		{"/100%25", "/100%25"},
		{"/a./b", "/a./b ambiguous"},
		{"/a.", "/a. ambiguous"},
		{"/a.?b", "/a. ?b ambiguous"},
		{"/a%20/b", "/a%20/b ambiguous"},
		{"/a%20", "/a%20 ambiguous"},
		{"/a%20b", "/a%20b"},
		{"/%e0%80%af", "/%E0%80%AF suspect"},
		{"/%f0%80%80%af", "/%F0%80%80%AF suspect"},
		{"/%f8%80%80%80%af", "/%F8%80%80%80%AF suspect"},
		{"/%fc%80%80%80%80%af", "/%FC%80%80%80%80%AF suspect"},
		{"/%e0%a4%b9", "/%E0%A4%B9"},
		{"/%f0%9f%98%80", "/%F0%9F%98%80"},
		{"/%e0", "/%E0"},
		{"/%e0a", "/%E0a"},
		{"/account;x.css", "/account;x.css ambiguous"},
		{"/account/x.css", "/account/x.css"},
		{"/account/.css", "/account/.css"},
		{"/a?b//c%2f%01", "/a ?b//c%2f%01"},
		{"/a/%2f/../b", "/a/b"},
		// Refused.
		{"/account%00.css", "escaped NUL in request target"},
		{"/%00", "escaped NUL in request target"},
		{"/a?%00", "escaped NUL in request target"},
		{"/a?b=c%00d&e", "escaped NUL in request target"},
		{"/a?%0", "/a ?%0"},
		{"/a?%2500", "/a ?%2500"},
		{"/%", "malformed escape in path"},
		{"/%4", "malformed escape in path"},
		{"/%zz", "malformed escape in path"},
		{"/%4g", "malformed escape in path"},
		{"/%4?1", "malformed escape in path"},
		{"/a?%zz", "/a ?%zz"},
		{"/a\\b", "malformed request target"},
		{"/a?\\b", "malformed request target"},
		{"/a#b", "malformed request target"},
		{"/a?#b", "malformed request target"},
		{"/a b", "malformed request target"},
		{"/a?b c", "malformed request target"},
		{"/a\x00", "malformed request target"},
		{"/\xc3\xa9", "malformed request target"},
		{"/?\xc3\xa9", "malformed request target"},
		{"/\x7f", "malformed request target"},
		{"/<a>", "malformed request target"},
		{"/\"", "malformed request target"},
		{"/{a}", "malformed request target"},
		{"/`", "malformed request target"},
		{"/?<a>\"{}|^`[]", "/ ?<a>\"{}|^`[]"},
	} {
		want := c.want
		if want[0] == '/' {
			want = "http a.test " + want
		}
		if got := parse("http", "a.test", c.target); got != want {
			t.Errorf("%q\n got %s\nwant %s", c.target, got, want)
		}
	}
}

// What is canonical is not copied; what is not goes to the caller's memory.
func TestParseURLMemory(t *testing.T) {
	host, target := []byte("a.test:80"), []byte("/a%20b?c")
	var u URL
	if buf, _ := ParseURL(&u, "http", host, target, nil); buf != nil || &u.Host[0] != &host[0] || &u.Target[0] != &target[0] {
		t.Error("a canonical URL was copied")
	}
	if &u.Path[0] != &u.Target[0] || &u.Query[0] != &u.Target[7] || len(u.Target) != 8 {
		t.Error("the parts are not parts of the target")
	}
	buf, _ := ParseURL(&u, "http", []byte("A.test"), []byte("/%61?c"), []byte("before"))
	if string(buf) != "beforea.test/a?c" || string(u.Host) != "a.test" || string(u.Target) != "/a?c" {
		t.Errorf("%q, %q, %q", buf, u.Host, u.Target)
	}
	_ = append(u.Host, 'X')
	_ = append(u.Path, 'X')
	if string(u.Target) != "/a?c" {
		t.Errorf("the host or path grew into the rest: %q", u.Target)
	}
	clone := (&Request{URL: u}).Clone()
	if got := clone.URL.show(); got != u.show() {
		t.Errorf("the clone is %s, not %s", got, u.show())
	}
}

func TestParseURLNoAllocs(t *testing.T) {
	host, target := []byte("www.example.com:8080"), []byte("/assets/app%20x.js?v=1")
	odd, dots := []byte("WWW.example.com"), []byte("/a/../%61?b")
	buf := make([]byte, 0, 256)
	var u URL
	if n := testing.AllocsPerRun(100, func() { ParseURL(&u, "http", host, target, nil) }); n != 0 {
		t.Errorf("plain: %v allocations", n)
	}
	if n := testing.AllocsPerRun(100, func() { ParseURL(&u, "http", odd, dots, buf[:0]) }); n != 0 {
		t.Errorf("with memory to write to: %v allocations", n)
	}
}

func TestURLFaultsSpeak(t *testing.T) {
	for f := URLOK; f < urlFaultCount; f++ {
		if f.String() == "" || f.Status() < 400 {
			t.Errorf("fault %d has no phrase or no status", f)
		}
	}
	if WrongScheme.Status() != 421 || BadHost.Status() != 400 {
		t.Error("RFC 9110 section 15.5.20: another scheme is misdirected, a bad host is not")
	}
}

func BenchmarkParseURL(b *testing.B) {
	host, target := []byte("www.example.com"), []byte("/assets/app-5f2c9d.js?v=1234")
	var u URL
	b.ReportAllocs()
	for b.Loop() {
		if _, fault := ParseURL(&u, "http", host, target, nil); fault != URLOK {
			b.Fatal(fault)
		}
	}
}

func sameURL(a, b *URL) bool {
	return a.Scheme == b.Scheme && bytes.Equal(a.Host, b.Host) && bytes.Equal(a.Name, b.Name) && bytes.Equal(a.Target, b.Target) &&
		bytes.Equal(a.Path, b.Path) && bytes.Equal(a.Query, b.Query) && (a.Query == nil) == (b.Query == nil) && a.Suspect == b.Suspect && a.Literal == b.Literal && a.Ambiguous == b.Ambiguous
}
