package http1

import (
	"io"
	"testing"
	"time"

	"brink/edge/engine"
	"brink/edge/message"
)

// tracked returns how many connections the engine has.
func (s *server) tracked() (n int) {
	s.Each(func(engine.Tracked) { n++ })
	return n
}

// A wrapped connection that is asked to leave answers a request that has come, and ends
// otherwise: where it was idle, and where a part of a head has come.
func TestWrappedLeave(t *testing.T) {
	s := startTLS(t, &fake{try: func(x *message.Exchange) bool { give(x, 200, "y"); return true }, silent: true},
		engine.Config{HeadTimeout: time.Hour, IdleTimeout: time.Hour})
	for _, c := range []struct{ name, sent, want string }{
		{"idle", "", ""},
		{"behind a request", asks, okClose("y")},
		{"behind a part of a head", "GET / HTT", ""},
	} {
		for range 50 {
			nc := s.dialTLS()
			io.WriteString(nc, asks)
			expect(t, nc, ok("y"))
			io.WriteString(nc, c.sent)
			s.only().Leave()
			got, err := io.ReadAll(nc)
			if string(got) != c.want && string(got) != ok("y") || c.want != "" && err != nil || isTimeout(err) {
				t.Fatalf("%s: %q, %v", c.name, got, err)
			}
			nc.Close()
			eventually(t, "the end of the connection", func() bool { return s.tracked() == 0 })
		}
	}
}

// Inspect wakes only what is late.
func TestInspect(t *testing.T) {
	w := new(deadlines)
	c := newConn(New(new(fake), engine.Config{}, nil), engine.NewConn(w), nil)
	c.readBy.Set(time.Second)
	c.writeBy.Set(2 * time.Second)
	for _, step := range []struct {
		now         time.Duration
		read, write int // calls so far
	}{{time.Second - 1, 0, 0}, {time.Second, 1, 0}, {2 * time.Second, 2, 1}} {
		if c.Inspect(step.now); w.read != step.read || w.write != step.write {
			t.Errorf("at %v: %d and %d deadlines", step.now, w.read, w.write)
		}
	}
	c.readBy.Clear()
	c.writeBy.Clear()
	if c.Inspect(time.Hour); w.read != 2 || w.write != 1 {
		t.Errorf("without limits: %d and %d deadlines", w.read, w.write)
	}
}

// deadlines counts the deadlines that are set.
type deadlines struct {
	counted
	read, write int
}

func (d *deadlines) SetReadDeadline(time.Time) error  { d.read++; return nil }
func (d *deadlines) SetWriteDeadline(time.Time) error { d.write++; return nil }
