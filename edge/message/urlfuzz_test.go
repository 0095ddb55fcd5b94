package message

import (
	"bufio"
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"brink/edge/wire"
)

// FuzzURL: the canonical form is its own, net/url takes what is accepted, and
// the path has the segments that a slow reading gives: an escaped slash never
// makes or ends one.
func FuzzURL(f *testing.F) {
	for _, target := range []string{
		"/", "*", "/a?b", "//a", "/%61/%2e%2E/%2f/%c3%a9", "/a/./../..//b;c", "http://B.test:80/x", "http://b?x", "/..;/%00", "/.", "/%2e%2e%2fa",
	} {
		for _, host := range []string{"a.test", "A.TEST.:80", "[2001:DB8::1]:8080", "127.0.0.1", "a:443"} {
			f.Add(host, target)
		}
	}
	f.Fuzz(func(t *testing.T, host, target string) {
		var u URL
		before := []byte(host + target)
		in := bytes.Clone(before)
		if _, fault := ParseURL(&u, "http", in[:len(host)], in[len(host):], nil); fault != URLOK {
			return
		}
		if !bytes.Equal(in, before) {
			t.Fatalf("parsing changed its input: %q, was %q", in, before)
		}
		var again URL
		buf, fault := ParseURL(&again, "http", u.Host, u.Target, nil)
		if fault != URLOK || !sameURL(&u, &again) || len(u.Host) > 0 && u.Host[0] != '[' && buf != nil {
			t.Fatalf("%q %q is %s, and that is %v, %s", host, target, u.show(), fault, again.show())
		}
		if string(u.Target) == "*" {
			return
		}
		comparePath(t, target, &u)
	})
}

func comparePath(t *testing.T, target string, u *URL) {
	t.Helper()
	if _, err := url.ParseRequestURI(target); err != nil {
		t.Fatalf("accepted %q, net/url says %v", target, err)
	}
	raw, query, asked := strings.Cut(target, "?")
	if string(u.Query) != query || asked != (u.Query != nil) {
		t.Fatalf("%q: query %q, want %q", target, u.Query, query)
	}
	if raw[0] != '/' { // absolute-form
		_, raw, _ = strings.Cut(raw, "://")
		_, raw, _ = strings.Cut(raw, "/")
	}
	got := strings.Split(strings.TrimPrefix(string(u.Path), "/"), "/")
	want := resolve(t, strings.Split(strings.TrimPrefix(raw, "/"), "/"))
	if len(got) != len(want) {
		t.Fatalf("%q: %d segments in %q, want %d", target, len(got), u.Path, len(want))
	}
	for i := range got {
		if plain, err := url.PathUnescape(got[i]); err != nil || plain != want[i] {
			t.Fatalf("%q: segment %d of %q is %q, want %q", target, i, u.Path, plain, want[i])
		}
	}
}

// resolve decodes each segment by itself and resolves dot segments.
func resolve(t *testing.T, segments []string) (out []string) {
	t.Helper()
	for i, s := range segments {
		plain, err := url.PathUnescape(s)
		if err != nil {
			t.Fatalf("accepted %q: %v", s, err)
		}
		if plain != "." && plain != ".." {
			out = append(out, plain)
			continue
		}
		if plain == ".." && len(out) > 0 {
			out = out[:len(out)-1]
		}
		if i == len(segments)-1 {
			out = append(out, "")
		}
	}
	return out
}

// FuzzTarget reads a whole request head: what both the grammar and the URL
// accept, net/http accepts with the same host and target.
func FuzzTarget(f *testing.F) {
	for _, in := range []string{
		"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n",
		"GET http://b.test:80 HTTP/1.1\r\nHost: a.test\r\n\r\n",
		"GET http://b.test?a HTTP/1.1\r\nHost: a.test\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n",
		"GET //b.test/%2e%2e/%2F HTTP/1.1\r\nHost: A.test.:80\r\n\r\n",
	} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var r wire.Request
		var u URL
		n, _ := wire.HeadEnd(in, 0)
		if n == 0 || r.Parse(in[:n], wire.Limits{}) != wire.None || r.Content.Kind != wire.NoContent {
			return
		}
		if _, fault := ParseURL(&u, "http", r.Fields.Get(wire.Host), r.Target, nil); fault != URLOK {
			return
		}
		theirs, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(in[:n])))
		if err != nil {
			t.Fatalf("accepted %q, net/http says %v", in, err)
		}
		host, fault := new(URL), URLOK
		if _, fault = ParseURL(host, "http", []byte(theirs.Host), []byte("/"), nil); fault != URLOK || !bytes.Equal(host.Host, u.Host) {
			t.Fatalf("%q: host %q, theirs %q", in, u.Host, theirs.Host)
		}
		if theirs.URL.RawQuery != string(u.Query) {
			t.Fatalf("%q: query %q, theirs %q", in, u.Query, theirs.URL.RawQuery)
		}
	})
}
