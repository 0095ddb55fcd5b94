package origin

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// as gives r the credentials and the pin.
func as(p *Pin, credentials string) *Request {
	r := get()
	r.Pin = p
	if credentials != "" {
		r.Fields = fieldsOf("Authorization", credentials)
	}
	return r
}

const challenge = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=x, Negotiate\r\nContent-Length: 5\r\n\r\nhello"

// A connection on which NTLM or Negotiate was spoken, by either side, is used
// for nobody else, and neither is one that somebody else has used taken for it.
func TestPrivateIsNotPooled(t *testing.T) {
	for _, c := range []struct {
		name        string
		credentials string
		response    string
		conns       int32 // for this fetch, one before and one after it
	}{
		{"nothing", "", hello, 1},
		{"other credentials", "Basic YTpi", hello, 1},
		{"NTLM", "NTLM TlRM", hello, 2},
		{"Negotiate", "negotiate YII=", hello, 2},
		{"a challenge", "", challenge, 2},
		{"another challenge", "", strings.Replace(challenge, "Negotiate", "Digest realm=y", 1), 1},
	} {
		config, seen := serve(t, script(request, say(hello), forever(request, say(c.response))), script(forever(request, say(hello))))
		o := start(t, config)
		wantFetch(t, o, 1, "hello")
		for _, r := range []*Request{as(nil, c.credentials), get()} {
			if got, err := fetch(o, r); got != "hello" || err != nil {
				t.Errorf("%s: %q, %v", c.name, got, err)
			}
		}
		if n, s := seen.conns.Load(), o.Stats().Servers[0]; n != c.conns || s.Open != s.Idle || s.Idle != 1 {
			t.Errorf("%s: %d connections, want %d; %+v", c.name, n, c.conns, s)
		}
		o.Close()
	}
}

// A pin has a connection of its own, which only its requests use, and which
// ends with it.
func TestPin(t *testing.T) {
	config, seen := serve(t, script(forever(request, say(hello))))
	config.IdleTimeout = 100 * time.Millisecond
	o := start(t, config)
	wantFetch(t, o, 1, "hello")
	pins := []*Pin{o.NewPin(), o.NewPin()}
	for range 3 {
		for _, p := range pins {
			if got, err := fetch(o, as(p, "")); got != "hello" || err != nil {
				t.Fatalf("%q, %v", got, err)
			}
		}
		wantFetch(t, o, 1, "hello")
	}
	if n, s := seen.conns.Load(), o.Stats().Servers[0]; n != 3 || s.Pinned != 2 || s.Idle != 1 || s.Reuses != 7 {
		t.Errorf("%d connections, %+v", n, s)
	}
	eventually(t, "the shared one ends", func() bool { return o.Stats().Servers[0].Idle == 0 })
	if s := o.Stats().Servers[0]; s.Open != 2 {
		t.Errorf("%+v", s)
	}
	for i, p := range pins {
		p.Close()
		p.Close()
		if s := o.Stats().Servers[0]; s.Open != 1-i || s.Pinned != 1-i {
			t.Errorf("%+v", s)
		}
	}
}

// A pin that is closed while its connection is in use takes the connection with
// it all the same.
func TestPinClosedMeanwhile(t *testing.T) {
	config, _ := serve(t, script(forever(request, say(hello))))
	o := start(t, config)
	p := o.NewPin()
	x, err := o.Fetch(context.Background(), as(p, "NTLM x"))
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	if got, err := readAll(x); got != "hello" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if s := o.Stats().Servers[0]; s.Open != 0 || s.Pinned != 0 {
		t.Errorf("%+v", s)
	}
}

// A response that asks for NTLM leaves its connection to the pin that comes
// after it.
func TestPinAfterChallenge(t *testing.T) {
	config, seen := serve(t, script(forever(request, say(challenge))))
	o := start(t, config)
	x, err := o.Fetch(context.Background(), get())
	if err != nil || !x.Private() {
		t.Fatal(err)
	}
	p := o.NewPin()
	defer p.Close()
	x.Pin(p)
	readAll(x)
	if got, err := fetch(o, as(p, "NTLM x")); got != "hello" || err != nil || seen.conns.Load() != 1 {
		t.Errorf("%q, %v, %d connections", got, err, seen.conns.Load())
	}
}

// Pinned connections count among max_connections: the oldest ones make room.
func TestPinnedMakeRoom(t *testing.T) {
	config, seen := serve(t, script(forever(request, say(hello))))
	config.MaxConnections = 2
	o := start(t, config)
	pins := make([]*Pin, 4)
	for i := range pins {
		pins[i] = o.NewPin()
		defer pins[i].Close()
		if got, err := fetch(o, as(pins[i], "")); got != "hello" || err != nil {
			t.Fatalf("%q, %v", got, err)
		}
		if s := o.Stats().Servers[0]; s.Open > 2 || s.Pinned > 2 {
			t.Fatalf("%+v", s)
		}
	}
	fetch(o, as(pins[3], ""))
	if n := seen.conns.Load(); n != 4 {
		t.Errorf("%d connections, want 4", n)
	}
	wantFetch(t, o, 1, "hello") // takes the place of the older pin
	fetch(o, as(pins[3], ""))
	if n, s := seen.conns.Load(), o.Stats().Servers[0]; n != 5 || s.Open != 2 {
		t.Errorf("%d connections, want 5; %+v", n, s)
	}
	fetch(o, as(pins[2], "")) // takes the shared one's
	if n, s := seen.conns.Load(), o.Stats().Servers[0]; n != 6 || s.Pinned != 2 || s.Open != 2 {
		t.Errorf("%d connections, want 6; %+v", n, s)
	}
}

// A pinned connection that the server has closed is replaced; a request that
// was sent is not repeated, nor sent to another server, as the connection is
// what it was for.
func TestPinnedIsLost(t *testing.T) {
	for _, c := range []struct {
		name        string
		credentials string
		dying       []step // after the first response
		conns       int32
		fails       bool
	}{
		{"while idle", "", script(), 2, false},
		{"while idle, with credentials", "NTLM x", script(), 2, false},
		{"by the request", "", script(request), 2, false},
		{"by the request, with credentials", "NTLM x", script(request), 1, true},
		{"by a status", "", script(request, say(busy), rest), 1, false},
	} {
		config, seen := serve(t, append(script(request, say(hello)), c.dying...), script(forever(request, say(hello))))
		other, second := serve(t, script(forever(request, say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother"))))
		config.Servers = append(config.Servers, other.Servers...)
		config.RetryStatus = []int{503}
		o := start(t, config)
		p := o.NewPin()
		fetch(o, as(p, ""))
		time.Sleep(10 * time.Millisecond)
		got, err := fetch(o, as(p, c.credentials))
		var e *Error
		if errors.As(err, &e) != c.fails || got == "other" {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
		if n := seen.conns.Load(); n != c.conns || len(second.all()) != 0 {
			t.Errorf("%s: %d connections, %d requests elsewhere", c.name, n, len(second.all()))
		}
		p.Close()
		o.Close()
	}
}

// The end of the origin is the end of what is pinned.
func TestPinnedEndWithOrigin(t *testing.T) {
	for name, end := range map[string]func(*Origin){"Close": (*Origin).Close, "Abort": (*Origin).Abort} {
		config, _ := serve(t, script(forever(request, say(hello))))
		o := start(t, config)
		p := o.NewPin()
		fetch(o, as(p, ""))
		end(o)
		if s := o.Stats().Servers[0]; s.Open != 0 || s.Pinned != 0 {
			t.Errorf("%s: %+v", name, s)
		}
		p.Close()
	}
}
