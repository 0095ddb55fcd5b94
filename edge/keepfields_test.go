package edge

import (
	"net/netip"
	"testing"

	"brink/edge/message"
)

// Requests that are passed on carry no field that a client could mislead the origin
// with, unless the rule keeps it, or a trusted proxy says by it who asks.
func TestKeepFields(t *testing.T) {
	seen := func(a *ask) {
		a.give(200, a.field("X-Client-IP")+","+a.field("My_Field")+","+a.field("X-Remote-User")+","+a.field("X-Forwarded-User"), "Cache-Control: max-age=60")
	}
	fields := []string{"X-Client-IP: a", "My_Field: b", "X-Remote-User: c", "X-Forwarded-User: d"}
	for _, c := range []struct {
		site    string
		trusted bool
		passed  string // to the origin of a POST
		fetched string // and of a GET whose response may be stored
	}{
		{"", false, ",,,", ",,,"},
		{"", true, ",,c,d", ",,c,d"},
		{`keep_fields = ["x-client-ip", "my_*", "X-Remote-User"]`, false, "a,b,c,", ",,c,"},
	} {
		r := newRig(t, c.site, seen)
		client := r.client()
		if c.trusted {
			client.trusted = message.Proxies{netip.MustParsePrefix("192.0.2.1/32")}
		}
		client.do("POST", "/a", fields...).want(t, 200, "fwd=method", c.passed)
		client.do("GET", "/b", fields...).want(t, 200, "fwd=uri-miss", c.fetched)
		r.quiet()
	}
}

// Nobody but a trusted proxy chooses a stored response by the user's name.
func TestForgedField(t *testing.T) {
	r := newRig(t, `key { headers = ["X-Remote-User"] }`, func(a *ask) { a.give(200, "page of "+a.field("X-Remote-User"), "Cache-Control: max-age=60") })
	proxy := r.behind()
	proxy.do("GET", "/a", "X-Remote-User: alice").want(t, 200, "stored", "page of alice")
	r.quiet()
	proxy.do("GET", "/a", "X-Remote-User: alice").want(t, 200, "hit", "page of alice")
	r.get("/a", "X-Remote-User: alice").want(t, 200, "detail=forged-field:X-Remote-User", "page of ")
	r.get("/a").want(t, 200, "stored", "page of ")
	r.quiet()
}
