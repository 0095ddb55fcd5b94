package origin

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"brink/origin/health"
)

// Change is news of a server: it is ejected, or used again, or it sent an answer on an
// idle connection.
type Change struct {
	Origin, Server string
	Pause          time.Duration // it is ejected for so long; 0: it is back
	Err            error         // why; nil: it is back
	Unsolicited    time.Duration // not 0: it sent such an answer, and its connections are not kept for so long
}

// Watch calls f at each change, from the goroutine of the fetch that caused it. It
// must be called before the first Fetch.
func (o *Origin) Watch(f func(Change)) { o.watch = f }

// fail notes that the server of t failed because of err. An origin's only server is
// never ejected.
func (o *Origin) fail(t *try, err error) {
	if len(o.servers) == 1 {
		return
	}
	s, now := t.server, o.clock.now()
	o.mu.Lock()
	pause := s.mu.health.Fail(now, t.role, rand.N[time.Duration])
	s.failing.Store(true)
	o.mu.Unlock()
	t.role = health.Ordinary
	if pause != 0 && o.watch != nil {
		o.watch(Change{Origin: o.conf.Name, Server: s.name, Pause: pause, Err: err})
	}
}

// succeed notes that the server of t has answered.
func (o *Origin) succeed(t *try) {
	s := t.server
	s.answered.Store(int64(t.begun))
	if !s.failing.Load() {
		return
	}
	o.mu.Lock()
	back := s.mu.health.Succeed(t.begun, t.role)
	if back {
		s.failing.Store(false)
	}
	o.mu.Unlock()
	if back && o.watch != nil {
		o.watch(Change{Origin: o.conf.Name, Server: s.name})
	}
}

// retriesStatus reports whether retry_status has the status.
func (o *Origin) retriesStatus(status int) bool { return slices.Contains(o.conf.RetryStatus, status) }

// judge notes what a status in retry_status says about the server of t.
func (o *Origin) judge(t *try, status int) {
	if statusFaults(status) {
		o.fail(t, fmt.Errorf("status %d", status))
	} else {
		o.succeed(t)
	}
}

// statusFaults reports whether a status in retry_status speaks against the server.
// Others are about the resource, or the request.
func statusFaults(status int) bool { return status >= 500 || status == 429 }

// Ejected returns the names of the servers that have failed and not succeeded since:
// they are not asked for a while, or are due for a trial.
func (o *Origin) Ejected() (names []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range o.servers {
		if s.mu.health.Failing() {
			names = append(names, s.name)
		}
	}
	return names
}
