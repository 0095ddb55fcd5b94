package edge

import (
	"testing"

	"brink/edge/message"
)

// A reply from RAM allocates nothing.
func TestNoAllocs(t *testing.T) {
	fields := []string{"Cache-Control: max-age=60", `ETag: "1"`, "Content-Type: text/plain", "Server: x"}
	plain := newRig(t, "", func(a *ask) {
		f := fields
		if a.target == "/vary" {
			f = append(f[:len(f):len(f)], "Vary: Accept-Encoding, Accept-Language")
		}
		a.give(200, digits, f...)
	})
	edited := newRig(t, `
  key { headers = ["X-Device"] }
  path "/other/**" { ttl = "10s" }
  response {
    remove = ["Server"]
    set    = { "X-Frame" = "DENY" }
  }`, always(200, digits, fields...))
	for _, c := range []struct {
		name   string
		rig    *rig
		method string
		target string
		fields []string
		status int
	}{
		{"hit", plain, "GET", "/a", nil, 200},
		{"HEAD", plain, "HEAD", "/a", nil, 200},
		{"not modified", plain, "GET", "/a", []string{`If-None-Match: "1"`}, 304},
		{"range", plain, "GET", "/a", []string{"Range: bytes=2-4"}, 206},
		{"no range", plain, "GET", "/a", []string{"Range: bytes=20-"}, 416},
		{"variant", plain, "GET", "/vary", []string{"Accept-Encoding: gzip, br", "Accept-Language: de, en;q=0.5"}, 200},
		{"edits", edited, "GET", "/a", []string{"X-Device: phone"}, 200},
		{"edits of a 304", edited, "GET", "/a", []string{"X-Device: phone", `If-None-Match: "1"`}, 304},
	} {
		c.rig.do("GET", c.target, c.fields...)
		c.rig.do("GET", c.target, without(c.fields, "If-", "Range")...)
		c.rig.quiet()
		// Another range and other replies in between must not cost memory either.
		client := c.rig.client()
		client.do("GET", c.target, without(c.fields, "If-", "Range")...)
		client.ask(c.method, c.target, c.fields...)
		x := &client.x
		ok := true
		n := testing.AllocsPerRun(200, func() {
			x.Reply = message.Reply{Body: x.Reply.Body[:0]}
			ok = ok && c.rig.node.TryServe(x) && x.Reply.Head.Status == c.status
			c.rig.node.Done(x, message.Sent{Complete: true})
		})
		if !ok {
			t.Errorf("%s: not answered from RAM with %d", c.name, c.status)
		}
		if n != 0 && !raceEnabled {
			t.Errorf("%s: %v allocations", c.name, n)
		}
	}
}

// Replies of all kinds by turns leave each other's memory alone.
func TestNoAllocsByTurns(t *testing.T) {
	r := newRig(t, "", always(200, digits, "Cache-Control: max-age=60", `ETag: "1"`))
	r.get("/a")
	r.quiet()
	var clients []*fakeClient
	for _, f := range [][]string{nil, {"Range: bytes=1-2"}, {`If-None-Match: "1"`}, {"Range: bytes=5-"}} {
		c := r.client()
		c.ask("GET", "/a", f...)
		clients = append(clients, c)
	}
	x := message.Exchange{Client: clients[0]}
	n := testing.AllocsPerRun(200, func() {
		for _, c := range clients {
			x.Now, x.Request = r.clock(), c.x.Request
			x.Reply = message.Reply{Body: x.Reply.Body[:0]}
			if !r.node.TryServe(&x) {
				t.Fatal("not from RAM")
			}
			r.node.Done(&x, message.Sent{})
		}
	})
	if n != 0 && !raceEnabled {
		t.Errorf("%v allocations", n)
	}
}

// without drops the fields that begin so.
func without(fields []string, prefixes ...string) (kept []string) {
	for _, f := range fields {
		drop := false
		for _, p := range prefixes {
			drop = drop || len(f) >= len(p) && f[:len(p)] == p
		}
		if !drop {
			kept = append(kept, f)
		}
	}
	return kept
}
