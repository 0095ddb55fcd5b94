package origin

import (
	"context"
	"fmt"
	"sync"
	"time"

	"brink/conf"
)

// Origin is one configured group of servers with the same content. Its methods
// may be called from any goroutine.
type Origin struct {
	conf     *conf.Origin
	servers  []*server
	balancer balancer
	host     []byte       // the Host field of all requests; empty: the request's own
	watch    func(Change) // see Watch; nil: none
	clock    clock
	memory   *Memory

	descriptors *Descriptors // nil: only the origin's own limit counts

	life context.Context    // ends with Abort
	kill context.CancelFunc // ends life
	stop context.CancelFunc // of the keeper
	kept sync.WaitGroup     // the keeper

	mu struct {
		sync.Mutex

		queue      queue
		retries    retryBudget
		preempted  time.Duration // when preempt may check again
		preempting bool          // a timer will
		candidates []*server     // memory for candidatesLocked
		ended      [KindCount]uint64
		closed     bool // no connection is kept any more
		aborted    bool
		conns      map[*conn]struct{}    // all that there are
		bodies     map[*content]struct{} // being read in advance
		requests   uint64
	}
}

// New returns the origin that c describes and begins to look its names up; it
// connects nowhere. c is kept and must not be written to. The error is of c:
// a port or a CA that cannot be read.
func New(c *conf.Origin) (*Origin, error) { return newOrigin(c, systemLookup) }

func newOrigin(c *conf.Origin, find lookup) (*Origin, error) {
	if len(c.Servers) == 0 {
		return nil, fmt.Errorf("origin %q: no server", c.Name)
	}
	o := &Origin{conf: c, host: []byte(c.Host), clock: clock{time.Now()}, memory: NewMemory(), balancer: roundRobin{}}
	o.mu.conns, o.mu.bodies = map[*conn]struct{}{}, map[*content]struct{}{}
	o.mu.queue = newQueue(c.MaxConnections, c.Queue)
	for i := range c.Servers {
		s, err := newServer(c, &c.Servers[i], find)
		if err != nil {
			return nil, fmt.Errorf("origin %q, server %s: %w", c.Name, c.Servers[i].URL, err)
		}
		o.add(s)
	}
	o.life, o.kill = context.WithCancel(context.Background())
	ctx, stop := context.WithCancel(o.life)
	o.stop = stop
	o.kept.Go(func() { o.keeper(ctx) })
	return o, nil
}

// add puts s among the servers. One that is listed twice counts twice.
func (o *Origin) add(s *server) {
	for _, other := range o.servers {
		if other.name == s.name {
			other.weight += s.weight
			return
		}
	}
	s.protocol = &http1{o}
	o.servers = append(o.servers, s)
}

// Name is the name in the configuration.
func (o *Origin) Name() string { return o.conf.Name }

// Close ends the keeper and the idle connections. Fetches that run go on, and
// later ones work too, as after a reload of the configuration requests may
// still hold the old Origin; but no connection is kept any more.
func (o *Origin) Close() {
	o.mu.Lock()
	o.mu.closed = true
	o.mu.Unlock()
	o.stop()
	o.kept.Wait()
	for _, s := range o.servers {
		o.sweep(s)
	}
	o.unshare()
}

// keeper looks names up every Resolve interval, beginning now, and ends idle
// connections that are old or lead where the name no longer does.
func (o *Origin) keeper(ctx context.Context) {
	o.resolve(ctx)
	look := time.NewTicker(max(o.conf.Resolve, time.Millisecond))
	defer look.Stop()
	tidy := time.NewTimer(o.tidy())
	defer tidy.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			o.resolve(ctx)
		case <-tidy.C:
			tidy.Reset(o.tidy())
		}
	}
}

// resolve looks all names up, at the same time.
func (o *Origin) resolve(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, o.conf.ConnectTimeout)
	defer cancel()
	var running sync.WaitGroup
	for _, s := range o.servers {
		running.Go(func() {
			switch changed, err := s.dialer.endpoint.refresh(limited, 0); {
			case err != nil && ctx.Err() == nil:
				o.count(s, err.Kind)
			case changed:
				o.sweep(s)
			}
		})
	}
	running.Wait()
}

// leave gives a slot back.
func (o *Origin) leave(s *slot) {
	o.mu.Lock()
	o.mu.queue.leave(s)
	o.mu.Unlock()
}

// Fetch sends r and returns when the head of the final response is there. The
// response must be closed. The error is an *Error.
//
// The exchange lasts until Response.Close, or until ctx ends: then the connection
// is closed at once, whatever it was doing. A Canceller and context.Background() cost
// almost nothing; another ctx takes three allocations. Abort ends the exchange in
// any case.
func (o *Origin) Fetch(ctx context.Context, r *Request) (*Response, error) {
	if r.Into != nil && r.Into.slot != nil {
		panic("BUG: a fetch into a response that is open")
	}
	var body *content
	if r.Body != nil {
		body = newContent(r.Body, o.clock, &o.memory.uploads)
		if err := o.advance(ctx, body); err != nil {
			body.free()
			return nil, err
		}
	}
	t, err := o.admit(ctx, r, body)
	if err != nil {
		body.free()
		return nil, err
	}
	x, err := o.fetch(ctx, r, body, t)
	if err != nil {
		body.free()
		o.leave(t.slot)
		return nil, err
	}
	return x, nil
}

// fetch is Fetch with a slot. A kept connection may have been closed by the server just
// as the request went out. So a request that can be repeated then goes over a fresh one,
// once. If the server fails, the request goes to another one.
func (o *Origin) fetch(ctx context.Context, r *Request, body *content, t try) (*Response, error) {
	a := attempts{left: o.conf.Retries, until: t.begun + o.conf.HeadTimeout}
	secret := hasCredentials(r)
	for {
		t.limit = o.tryLimit(&t, &a, body.repeatable(r.Idempotent) && !secret)
		got := t.server.protocol.exchange(ctx, t, r, body)
		again := body.repeatable(r.Idempotent) && !secret // the exchange may have used the content up
		x := got.response
		switch {
		case got.reached == outdated && again:
			if x != nil {
				x.retire(discard)
			}
			o.retry(&t, &a)
		case got.failure != nil:
			err := o.failed(t.server, got.failure)
			if got.faults(&t, body) && !o.ended(ctx) {
				o.fail(&t, err)
			}
			goesOn := got.reached == unreached || again && !t.private && got.unsettled(&t)
			if !goesOn || !o.next(ctx, r, &t, &a, triedServer{server: t.server, kind: err.Kind}) {
				return nil, err
			}
		case o.retriesStatus(x.Status):
			o.judge(&t, x.Status)
			goesOn := again && !t.private && !got.informed
			if !goesOn || !o.next(ctx, r, &t, &a, triedServer{server: t.server, status: x.Status}) {
				return x, nil
			}
			x.retire(park)
		default:
			o.succeed(&t)
			return x, nil
		}
	}
}
