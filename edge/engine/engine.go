package engine

// Engine serves client connections in one protocol. Its methods may be called from many
// goroutines. All but Serve come from Server.
type Engine interface {
	// Serve serves a connection until it is over, and closes it. a is what the
	// connection may hold; nil: it has no limits.
	Serve(c *Conn, a *Account)

	Retire() // see Server
	Drain()
	Close()
}
