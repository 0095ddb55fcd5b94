package http1

import (
	"brink/edge/engine"
	"brink/edge/message"
	"brink/edge/wire"
)

// Engine serves HTTP/1 connections. It implements engine.Engine.
type Engine struct {
	*engine.Server

	limits wire.Limits
}

// New makes an engine. o may be nil. Close must be called once the engine has served.
func New(h message.Handler, c engine.Config, o engine.Observer) *Engine {
	s := engine.NewServer(h, c, o)
	return &Engine{Server: s, limits: wire.Limits{Target: s.Config.MaxTarget, Fields: s.Config.MaxFields}}
}

// Serve serves a connection until it is over, and closes it. a is what it may hold; nil:
// there are no limits.
func (e *Engine) Serve(nc *engine.Conn, a *engine.Account) {
	c := newConn(e, nc, a)
	if !e.Track(&c.entry, c) {
		nc.Close()
		return
	}
	defer e.Untrack(&c.entry)
	c.run()
}
