package origin

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"brink/conf"
)

// Abort ends an exchange in every phase, at once, with a context that can end
// and without, and is no failure of the server's.
func TestAbort(t *testing.T) {
	t.Parallel()
	chunked := "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	for _, c := range []struct {
		name string
		does []step
		set  func(c *conf.Origin)
		body func() *text
	}{
		{"TLS handshake", script(rest), func(c *conf.Origin) { c.Servers[0].Scheme = "https" }, nil},
		{"head", script(request, rest), nil, nil},
		{"head, begun", script(request, say("HTTP/1.1 200"), rest), nil, nil},
		{"head, after a body", script(request, rest), nil, func() *text { return textOf(strings.Repeat("x", inlineBody+1), inlineBody+1) }},
		{"body", script(request, say(chunked), rest), nil, nil},
		{"body to the end", script(request, say("HTTP/1.1 200 OK\r\n\r\nhel"), rest), nil, nil},
		{"small request body", script(rest), nil, func() *text { return stalled("hel", 10) }},
		{"request body", script(request, rest), nil, func() *text { return stalled("hel", 1<<20) }},
		{"request body, taken slowly", script(request, sleep(200*time.Millisecond)), nil,
			func() *text { return textOf(strings.Repeat("x", 16<<20), 16<<20) }},
		{"both bodies", script(request, say(chunked), rest), nil, func() *text { return stalled("hel", -1) }},
		{"look-up", nil, func(c *conf.Origin) { c.Servers[0].Host = "slow.test" }, nil},
		{"connect", nil, func(c *conf.Origin) { *c = *configure(full(t)) }, nil},
		{"queue", nil, func(c *conf.Origin) { c.MaxConnections = 0 }, nil},
	} {
		for _, ctx := range []context.Context{context.Background(), t.Context()} {
			config, _ := serve(t, c.does)
			if c.set != nil {
				c.set(config)
			}
			o, err := newOrigin(config, hangingLookup)
			if err != nil {
				t.Fatal(err)
			}
			r := get()
			if c.body != nil {
				r.Body = c.body()
			}
			time.AfterFunc(short, o.Abort)
			began := time.Now()
			x, err := o.Fetch(ctx, r)
			if err == nil {
				_, err = readAll(x)
			}
			var e *Error
			if !errors.As(err, &e) || e.Kind != Cancelled || !errors.Is(err, errAborted.Err) {
				t.Errorf("%s: %v", c.name, err)
			}
			if took := time.Since(began); took > short+slack {
				t.Errorf("%s: took %s", c.name, took)
			}
			wantNothingLeft(t, c.name, o)
			if s := o.Stats().Servers[0]; s.Failures != [KindCount]uint64{} || s.Retries != 0 {
				t.Errorf("%s: %+v", c.name, s)
			}
			o.Close()
		}
	}
}

// wantNothingLeft checks that o holds nothing any more.
func wantNothingLeft(t testing.TB, what string, o *Origin) {
	t.Helper()
	s := o.Stats()
	o.mu.Lock()
	defer o.mu.Unlock()
	if s.Running != 0 || s.Waiting != 0 || s.Servers[0].Open != 0 || s.Servers[0].Idle != 0 ||
		len(o.mu.conns) != 0 || len(o.mu.bodies) != 0 {
		t.Errorf("%s: %+v, %d connections and %d bodies", what, s, len(o.mu.conns), len(o.mu.bodies))
	}
}

// Idle connections end, and what comes later fails without asking anybody.
func TestFetchAfterAbort(t *testing.T) {
	gone := make(chan struct{})
	config, seen := serve(t, script(request, say(hello), rest, signal(gone)))
	o := start(t, config)
	wantFetch(t, o, 1, "hello")
	o.Abort()
	<-gone
	post := get()
	post.Method, post.Body = []byte("POST"), textOf("hello", 5)
	for _, r := range []*Request{get(), post} {
		_, err := fetch(o, r)
		wantKind(t, err, Cancelled)
	}
	if post.Body.(*text).reads.Load() != 0 || seen.conns.Load() != 1 {
		t.Errorf("%d connections", seen.conns.Load())
	}
	wantNothingLeft(t, "after all", o)
	o.Close()
	o.Abort()
	o.Close()
}

// A response that is whole when Abort comes stays so; its connection is not
// kept.
func TestAbortAfterTheEnd(t *testing.T) {
	config, _ := serve(t, script(request, say(hello), rest))
	o := start(t, config)
	x, err := o.Fetch(context.Background(), get())
	if err != nil {
		t.Fatal(err)
	}
	o.Abort()
	if got, err := readAll(x); got != "hello" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	wantNothingLeft(t, "after Close", o)
}

func TestAbortTunnel(t *testing.T) {
	config, _ := serve(t, script(request, say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), rest))
	o := start(t, config)
	r := get()
	r.Upgrade = []byte("x")
	x, err := o.Fetch(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	tunnel := x.Tunnel()
	time.AfterFunc(short, o.Abort)
	if n, err := tunnel.Read(make([]byte, 1)); err == nil || err == io.EOF {
		t.Errorf("%d, %v", n, err)
	}
	tunnel.Close()
	wantNothingLeft(t, "after Close", o)
}

// Abort in the middle of a crowd: all of it ends, and nobody takes an exchange
// that was broken off for a whole one.
func TestAbortCrowd(t *testing.T) {
	t.Parallel()
	for i := range 20 {
		config, _ := serve(t, script(forever(request, say(hello))))
		config.MaxConnections, config.KeepAlive = 8, 4
		o := start(t, config)
		var running sync.WaitGroup
		for range 16 {
			running.Go(func() {
				for {
					got, err := fetch(o, get())
					if err != nil {
						wantCancelled(t, err)
						return
					}
					if got != "hello" {
						t.Errorf("%q", got)
					}
				}
			})
		}
		time.Sleep(time.Duration(i) * time.Millisecond)
		o.Abort()
		running.Wait()
		wantNothingLeft(t, "crowd", o)
		o.Close()
	}
}

func wantCancelled(t *testing.T, err error) {
	var e *Error
	if !errors.As(err, &e) || e.Kind != Cancelled {
		t.Errorf("%v", err)
	}
}
