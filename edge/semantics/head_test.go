package semantics

import (
	"strings"
	"testing"

	"brink/edge/wire"
	"brink/store"
)

func TestRenderHead(t *testing.T) {
	const date = "Date: " + made
	for _, c := range []struct {
		status int
		fields string // "|" between lines
		via    string
		want   string
		hidden string
	}{
		// Order, case and several lines stay.
		{200, date + "|x-b: 1|X-A: 2|X-B: 3", "", "HTTP/1.1 200 OK|" + date + "|x-b: 1|X-A: 2|X-B: 3", ""},
		{404, date + "|Set-Cookie: a=1|Set-Cookie: b=2", "", "HTTP/1.1 404 Not Found|" + date + "|Set-Cookie: a=1|Set-Cookie: b=2", ""},
		{299, date + "|X-Empty:", "", "HTTP/1.1 299 Unknown|" + date + "|X-Empty: ", ""},
		// RFC 9110 section 6.6.1: a missing Date is the time of receipt; one that is there is not changed.
		{200, "A: 1", "", "HTTP/1.1 200 OK|A: 1|Date: Thu, 01 Jan 1970 00:00:07 GMT", ""},
		{200, "Date: soon", "", "HTTP/1.1 200 OK|Date: soon", ""},
		// RFC 9111 section 3.1, RFC 9110 section 7.6.1: fields of one hop.
		{200, date + "|Connection: a, b|a: 1|B: 2|c: 3", "", "HTTP/1.1 200 OK|" + date + "|c: 3", ""},
		{200, date + "|Connection: close|Connection: a|a: 1", "", "HTTP/1.1 200 OK|" + date, ""},
		{200, date + "|Keep-Alive: x|Proxy-Connection: x|Proxy-Authenticate: x|Proxy-Authorization: x", "", "HTTP/1.1 200 OK|" + date, ""},
		{200, date + "|Proxy-Authentication-Info: x|TE: x|Trailer: x|Transfer-Encoding: x|Upgrade: x|HTTP2-Settings: x", "", "HTTP/1.1 200 OK|" + date, ""},
		// Made anew for each reply.
		{200, date + "|Content-Length: 5|Age: 7", "", "HTTP/1.1 200 OK|" + date, ""},
		// What a message means cannot be declared to be of one hop.
		{200, date + "|Connection: Cache-Control, vary, content-encoding|Cache-Control: no-store|Vary: a|Content-Encoding: br", "",
			"HTTP/1.1 200 OK|" + date + "|Cache-Control: no-store|Vary: a|Content-Encoding: br", ""},
		// RFC 9213: fields for caches are kept, but not for clients.
		{200, date + "|Surrogate-Control: max-age=1|A: 1|CDN-Cache-Control: max-age=2|Brink-Cache-Control: max-age=3", "",
			"HTTP/1.1 200 OK|" + date + "|A: 1", "Surrogate-Control: max-age=1|CDN-Cache-Control: max-age=2|Brink-Cache-Control: max-age=3"},
		// RFC 9110 section 7.6.3; RFC 9211 section 2: each hop adds to what is there.
		{200, date + "|Via: 1.1 parent|Cache-Status: parent; hit", "edge-1", "HTTP/1.1 200 OK|" + date + "|Via: 1.1 parent|Cache-Status: parent; hit|Via: 1.1 edge-1", ""},
		// What cannot be written in HTTP/1.
		{200, date + "|bad name: 1|B\x01: 2|ok: a\rb|ok: c\x00d|ok: \xc3\xbc\tx", "", "HTTP/1.1 200 OK|" + date + "|ok: \xc3\xbc\tx", ""},
		// http-cache-tests headers: stored as it comes, whatever the status.
		{200, date + "|Content-Range: ANA|Content-MD5: x|Clear-Site-Data: cookies|Set-Cookie2: a=b", "",
			"HTTP/1.1 200 OK|" + date + "|Content-Range: ANA|Content-MD5: x|Clear-Site-Data: cookies|Set-Cookie2: a=b", ""},
	} {
		var h wire.Head
		RenderHead(&h, c.status, parseLines(strings.Split(c.fields, "|")...), 7, HeadOptions{Via: c.via})
		if got := linesOf(&h); got != c.want || h.Status != c.status {
			t.Errorf("%q:\n got %s\nwant %s", c.fields, got, c.want)
		}
		checkLines(t, &h)
		var f wire.Fields
		FieldsOf(&h, &f)
		visible := strings.Join(strings.Split(c.want, "|")[1:], "|")
		if got, want := listOf(&f), strings.Trim(visible+"|"+c.hidden, "|"); got != want {
			t.Errorf("%q: fields %s, want %s", c.fields, got, want)
		}
	}
}

// TestStoredFieldsList is the list of http-cache-tests: which fields are
// stored, and which a 304 does not update (RFC 9111 sections 3.1 and 3.2).
func TestStoredFieldsList(t *testing.T) {
	for _, c := range []struct {
		name          string
		kept, updated bool
	}{
		{"Test-Header", true, true},
		{"X-Test-Header", true, true},
		{"Content-Foo", true, true},
		{"X-Content-Foo", true, true},
		{"Cache-Control", true, true},
		{"Connection", false, false},
		{"Content-Encoding", true, false},
		{"Content-Location", true, true},
		{"Content-MD5", true, false},
		{"Content-Range", true, false},
		{"Content-Security-Policy", true, true},
		{"Content-Type", true, true},
		{"Clear-Site-Data", true, true},
		{"ETag", true, false},
		{"Expires", true, true},
		{"Keep-Alive", false, false},
		{"Proxy-Authenticate", false, false},
		{"Proxy-Authentication-Info", false, false},
		{"Proxy-Authorization", false, false},
		{"Proxy-Connection", false, false},
		{"Public-Key-Pins", true, true},
		{"Set-Cookie", true, true},
		{"Set-Cookie2", true, true},
		{"TE", false, false},
		{"Transfer-Encoding", false, false},
		{"Upgrade", false, false},
		{"X-Frame-Options", true, true},
		{"X-XSS-Protection", true, true},
		// Further ones: made per reply, about the way, or about this response only.
		{"Content-Length", false, false},
		{"Age", false, false},
		{"Vary", true, true},
		{"Last-Modified", true, true},
		{"Via", true, false},
	} {
		o := &store.Object{}
		RenderHead(&o.Head, 200, parseLines(c.name+": a", "Date: "+made), 0, HeadOptions{})
		lower := strings.ToLower(c.name)
		if got := o.Head.Lookup(lower) != nil; got != c.kept {
			t.Errorf("%s: stored %t", c.name, got)
		}
		m := Merge(o, &Response{Status: 304, Fields: parseLines(c.name + ": b")}, 0, HeadOptions{})
		want := ""
		switch {
		case c.updated:
			want = "b"
		case c.kept:
			want = "a"
		}
		if got := string(m.Head.Lookup(lower)); got != want {
			t.Errorf("%s: %q after a 304, want %q", c.name, got, want)
		}
	}
}

func TestRenderHeadReusesMemory(t *testing.T) {
	f := parseLines("A: 1", "B: 2", "Date: "+made)
	var h wire.Head
	RenderHead(&h, 200, f, 0, HeadOptions{Via: "edge-1"})
	if n := testing.AllocsPerRun(100, func() { RenderHead(&h, 200, f, 0, HeadOptions{Via: "edge-1"}) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
