package origin

import (
	"crypto/tls"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// piped returns a connection over a pipe, whose clock has run for a while, and
// the server's end of it.
func piped() (*conn, net.Conn) {
	near, far := net.Pipe()
	c := &conn{raw: &socket{Conn: near, clock: clock{time.Now().Add(-time.Hour)}}}
	c.net = c.raw
	return c, far
}

// Limits that follow each other on one connection each last what they say, be
// the one before longer, shorter or still set.
func TestDeadlinesAreExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, far := piped()
		defer far.Close()
		defer c.abort()
		for _, limit := range []time.Duration{20, 20, 30, 5, 25, 24, 1, 20} {
			limit *= time.Second
			for range 3 { // limits of which only the last one is reached
				if err := c.arm(c.raw.clock.now(), limit); err != nil {
					t.Fatal(err)
				}
				time.Sleep(limit / 3)
			}
			began := time.Now()
			c.arm(c.raw.clock.now(), limit)
			if _, err := c.read(make([]byte, 1)); !timedOut(err) || time.Since(began) != limit {
				t.Errorf("read: %v after %s, want %s", err, time.Since(began), limit)
			}
			began = time.Now()
			if _, err := c.write([]byte("x"), limit); !timedOut(err) || time.Since(began) != limit {
				t.Errorf("write: %v after %s, want %s", err, time.Since(began), limit)
			}
		}
	})
}

// A wait that an early deadline breaks off loses nothing of what was written or
// read, over TLS either, where a time-out would end the connection.
func TestEarlyDeadlineLosesNothing(t *testing.T) {
	for _, over := range []string{"plain", "TLS"} {
		synctest.Test(t, func(t *testing.T) {
			c, far := piped()
			defer c.abort()
			if over == "TLS" {
				own, _ := certificate(t, time.Now().Add(time.Hour), "app.test")
				c.tls = tls.Client(c.raw, &tls.Config{InsecureSkipVerify: true})
				c.net = c.tls
				far = tls.Server(far, &tls.Config{Certificates: []tls.Certificate{own}})
			}
			done := make(chan struct{})
			go func() {
				defer close(done)
				defer far.Close()
				b := make([]byte, 1)
				for range 10 {
					time.Sleep(9 * time.Second)
					if _, err := far.Read(b); err != nil {
						t.Error(over, err)
						return
					}
					time.Sleep(9 * time.Second)
					if _, err := far.Write(b); err != nil {
						t.Error(over, err)
						return
					}
				}
			}()
			for i := range byte(10) {
				b := []byte{i}
				if _, err := c.write(b, 10*time.Second); err != nil {
					t.Fatal(over, err)
				}
				c.arm(c.raw.clock.now(), 10*time.Second)
				if _, err := c.read(b); err != nil || b[0] != i {
					t.Fatal(over, err, b, i)
				}
			}
			<-done
		})
	}
}

// The wait inside the poller, for plain TCP, keeps to the limit too.
func TestHeadTimeoutIsExact(t *testing.T) {
	t.Parallel()
	const limit = 2 * time.Second
	config, _ := serve(t, script(request, sleep(limit/2), say(hello), request, rest))
	config.HeadTimeout, config.BodyTimeout = limit, limit
	o := start(t, config)
	wantFetch(t, o, 1, "hello")
	began := time.Now()
	_, err := fetch(o, get())
	took := time.Since(began)
	wantKind(t, err, ResponseTimeout)
	if took < limit || took > limit+limit/10 {
		t.Errorf("took %s, want %s", took, limit)
	}
}

// An idle connection ends when the conf says.
func TestIdleTimeoutIsExact(t *testing.T) {
	t.Parallel()
	const limit = 2 * time.Second
	ended := make(chan time.Time, 1)
	config, _ := serve(t, script(sleep(limit/8), request, say(hello), func(p *peer) {
		rest(p)
		ended <- time.Now()
	}))
	config.IdleTimeout = limit
	o := start(t, config)
	wantFetch(t, o, 1, "hello")
	began := time.Now()
	if took := (<-ended).Sub(began); took < limit-limit/20 || took > limit+limit/10 {
		t.Errorf("ended after %s, want %s", took, limit)
	}
}

// A limit that stays the same is set on the descriptor once in its time.
func TestDeadlineIsSetSeldom(t *testing.T) {
	var d deadline
	set := 0
	for now := time.Hour; now < time.Hour+time.Minute; now += 10 * time.Millisecond {
		if at, ok := d.give(now, 30*time.Second); ok {
			set++
			if at != now+30*time.Second {
				t.Errorf("%s, want %s", at-now, 30*time.Second)
			}
		}
	}
	if set != 2 {
		t.Errorf("set %d times in a minute, want 2", set)
	}
}
