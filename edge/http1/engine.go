package http1

import (
	"net"
	"sync/atomic"
	"time"

	"brink/edge/engine"
	"brink/edge/message"
	"brink/edge/wire"
	"brink/store"
)

// Config is how an engine treats its clients. What is zero takes its default,
// unless it says what 0 means.
type Config struct {
	Scheme  string          // of the connections: "http" (default) or "https"
	Trusted message.Proxies // proxies whose forwarding fields are believed; none: these fields are never believed

	MaxHead   int   // bytes of request line and fields; above it 431. Default 32 KiB
	MaxTarget int   // bytes of the request target; above it 414. Default 16 KiB
	MaxFields int   // field lines; above it 431. Default 128
	MaxBody   int64 // bytes of request content; above it 413. 0: no limit

	HeadTimeout   time.Duration // from a head's first byte to its last. Default 10s
	IdleTimeout   time.Duration // between requests. Default 60s
	BodyTimeout   time.Duration // without progress of content, either way. Default 30s
	MinRate       int64         // bytes of content a second, either way, once BodyGrace was spent waiting. 0: any rate will do
	BodyGrace     time.Duration // 0: MinRate holds from the beginning
	TunnelTimeout time.Duration // of a tunnel without a byte in either direction. Default 10m

	Now func() store.Instant // the node's clock. Default: the wall clock
}

func (c Config) withDefaults() Config {
	setDefault(&c.Scheme, "http")
	setDefault(&c.MaxHead, 32<<10)
	setDefault(&c.MaxTarget, 16<<10)
	setDefault(&c.MaxFields, 128)
	setDefault(&c.HeadTimeout, 10*time.Second)
	setDefault(&c.IdleTimeout, 60*time.Second)
	setDefault(&c.BodyTimeout, 30*time.Second)
	setDefault(&c.TunnelTimeout, 10*time.Minute)
	if c.Now == nil {
		c.Now = func() store.Instant { return store.Instant(time.Now().UnixNano()) }
	}
	return c
}

func setDefault[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}

// Observer is told what no Handler hears of. Its methods are called from the
// goroutines of the connections.
type Observer interface {
	// Refused is called instead of Handler.Done for a request that the engine
	// answered by itself, after the answer was sent: x.Reply is the answer, and
	// of x.Request only Peer is set where the head was at fault. what is a
	// short constant phrase.
	Refused(x *message.Exchange, status int, what string)

	// Panicked reports a panic of the handler, or a reply that contradicts
	// itself. If nothing was sent yet the client gets 500, and Done follows in
	// any case.
	Panicked(x *message.Exchange, value any, stack []byte)
}

// Engine serves connections. Its methods may be called from many goroutines.
type Engine struct {
	handler  message.Handler
	observer Observer
	config   Config
	limits   wire.Limits

	epoch    time.Time    // of the engine's own clock
	coarse   atomic.Int64 // that clock, as the last sweep read it
	retired  atomic.Bool  // connections end after a reply
	draining atomic.Bool  // those that wait for a request end, too
	conns    registry
	sweeper  sweeper
}

// New makes an engine. o may be nil. Close must be called once the engine has
// served.
func New(h message.Handler, c Config, o Observer) *Engine {
	e := &Engine{handler: h, observer: o, config: c.withDefaults(), epoch: time.Now()}
	if o == nil {
		e.observer = deaf{}
	}
	e.limits = wire.Limits{Target: e.config.MaxTarget, Fields: e.config.MaxFields}
	return e
}

// deaf is the observer of an engine that has none.
type deaf struct{}

func (deaf) Refused(*message.Exchange, int, string)  {}
func (deaf) Panicked(*message.Exchange, any, []byte) {}

// Serve serves a connection until it is over, and closes it. a is what it may hold; nil:
// there are no limits.
func (e *Engine) Serve(nc net.Conn, a *engine.Account) {
	c := newConn(e, nc, a)
	if !e.conns.add(c) {
		nc.Close()
		return
	}
	defer e.conns.remove(c)
	e.sweeper.start(e)
	c.run()
}

// Retire makes every connection end after the reply to its next request, which
// says "Connection: close". New ones are served, and idle ones may wait.
func (e *Engine) Retire() { e.retired.Store(true) }

// Drain makes every connection end after the exchange it is in, with
// "Connection: close"; idle ones end at once. One that has not sent anything
// yet gets a second for a first request.
func (e *Engine) Drain() {
	e.retired.Store(true)
	e.draining.Store(true)
	e.conns.each(func(c *conn) { c.wake() })
}

// Close cuts all connections off, waits until every call of Serve has returned
// and ends the engine. Later connections are closed at once.
func (e *Engine) Close() {
	e.retired.Store(true)
	e.draining.Store(true)
	e.conns.close()
	e.sweeper.stop()
}

// clock reads the engine's own clock, which only measures waits.
func (e *Engine) clock() time.Duration { return time.Since(e.epoch) }
