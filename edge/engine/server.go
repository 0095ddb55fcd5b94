package engine

import (
	"sync/atomic"
	"time"

	"brink/edge/message"
)

// Observer is told what no Handler hears of. The goroutines of the connections call its
// methods.
type Observer interface {
	// Refused is called instead of Handler.Done for a request that the engine answered
	// by itself, after the answer was sent. x.Reply is the answer. If the head was at
	// fault, only Peer of x.Request is set. what is a short constant phrase.
	Refused(x *message.Exchange, status int, what string)

	// Panicked reports a panic of the handler, or a reply that contradicts itself. If
	// nothing was sent yet, the client gets 500. Done follows in any case.
	Panicked(x *message.Exchange, value any, stack []byte)
}

// noObserver is the observer of an engine that has none.
type noObserver struct{}

func (noObserver) Refused(*message.Exchange, int, string)  {}
func (noObserver) Panicked(*message.Exchange, any, []byte) {}

// Server is what the engines of all protocols have in common: the handler, the settings,
// the connections, and how these end. An engine embeds it. Its methods may be called from
// many goroutines.
type Server struct {
	Handler  message.Handler
	Observer Observer
	Config   Config
	Clock    Clock

	retired  atomic.Bool
	draining atomic.Bool
	conns    registry
	sweeper  sweeper
}

// NewServer returns a server without connections. o may be nil. Close must be called once
// it has tracked a connection.
func NewServer(h message.Handler, c Config, o Observer) *Server {
	if o == nil {
		o = noObserver{}
	}
	return &Server{Handler: h, Observer: o, Config: c.withDefaults(), Clock: Clock{epoch: time.Now()}}
}

// Track adds a connection, whose entry is e. It reports false, and does nothing, once
// Close was called. Otherwise Untrack must follow when the connection has ended.
func (s *Server) Track(e *Entry, c Tracked) bool {
	if !s.conns.add(e, c) {
		return false
	}
	s.sweeper.start(s)
	return true
}

// Untrack removes the connection whose entry is e.
func (s *Server) Untrack(e *Entry) { s.conns.remove(e) }

// Each calls f for every connection, with a lock held: f must not wait.
func (s *Server) Each(f func(Tracked)) { s.conns.each(f) }

// Retire makes every connection end after the reply to its next request, and say so in
// it. New connections are served, and idle ones may wait.
func (s *Server) Retire() { s.retired.Store(true) }

// Drain makes every connection end after the exchange that it is in, and say so in the
// reply. Idle connections end at once. One that has not sent anything yet gets a second
// for a first request.
func (s *Server) Drain() {
	s.retired.Store(true)
	s.draining.Store(true)
	s.Each(Tracked.Wake)
}

// Close cuts all connections off, waits until all have ended, and ends the server.
// Later connections are not tracked.
func (s *Server) Close() {
	s.retired.Store(true)
	s.draining.Store(true)
	s.conns.close()
	s.sweeper.stop()
}

// Retired reports whether a connection must end after the reply that it begins now.
func (s *Server) Retired() bool { return s.retired.Load() }

// Draining reports whether a connection must end instead of waiting for a request.
func (s *Server) Draining() bool { return s.draining.Load() }
