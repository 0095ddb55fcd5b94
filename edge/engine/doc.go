// Package engine has what the engines of all protocols share. An engine turns the bytes of
// a client's connection into exchanges, and replies into bytes. Engines embed its Server, and
// listen admits connections through its Gate. The package speaks no protocol, and never
// reads a connection. Engines read and write through its Conn.
//
// What it has, by file:
//
//	engine, server       the interface of an engine, and the Server that it embeds:
//	                     handler, observer, settings, how connections end
//	config               the settings; defaults come from package conf
//	conn, kernel         a connection: plain TCP, or wrapped, for example by TLS
//	clock, registry, sweep
//	                     the list of connections, the deadlines of their waits, and the
//	                     goroutine that finds passed deadlines
//	pace                 the least rate at which content must move
//	refusal              an error with which an engine answers by itself: status, reason, text
//	limits, gate, account, clients, heads, set
//	                     the limits on connections (a Gate for each listener) and on
//	                     their memory (an Account for each connection)
//	machine, resident, share
//	                     memory and file descriptors of the process, and who gets how many
//
// # What a new engine must do
//
// It embeds *Server, which gives it Retire, Drain and Close, and adds Serve. For each
// connection:
//
//   - Call Track when the connection begins, and Untrack when it has ended. Put an
//     Entry and what Inspect reads first in its struct: a sweep then loads little memory.
//   - Implement Tracked. Inspect checks the Deadlines, and whether the client has left. Wake
//     ends a wait for a request. Cut ends the connection. None of them may wait.
//   - Implement Owner, and call Account.Bind. Owner.Waits returns the Stage of the
//     connection, and how long it has waited. Owner.Leave closes the connection. If a request
//     has begun by then, the connection is closed after the reply.
//   - Count its memory in the Account. Call Hold while the connection waits for a request.
//     Call Account.Serve before a request takes memory: it may say no. Call Force for memory
//     that is taken already: it cannot. Call BeginHead and EndHead around a head that comes
//     in parts, and around the wait for the first request. GateConfig.Cost is the memory, in
//     bytes, of a waiting connection: the engine's package exports a constant for it.
//   - Call Account.Begin before, and Account.End after, every request that waits for the origin
//     or the disk. If Begin or Serve says no, set Exchange.Limit and have the handler refuse
//     the request.
//   - Once Server.Retired, close each connection after its next reply. Once Server.Draining,
//     also close each that waits for a request.
//
// For each request:
//
//   - Use limits and time-outs of Config, and refuse with a Refusal, which goes to
//     Observer.Refused instead of Handler.Done. A panic of the handler goes to
//     Observer.Panicked, and ends only that exchange.
//   - Call Handler.TryServe, then Serve if that says no, and Done once in any case.
//   - Implement message.Client. Watch cancels work when the client has left. Interim sends a
//     1xx response. Hold keeps an object for later requests on the connection, or returns
//     false if requests can run side by side on it.
//   - Keep a Pace for content in each direction while the engine waits for the client.
//   - Break a reply off so that the client sees that it is incomplete: with the protocol's
//     own means, or with Conn.Reset.
//
// An engine may read and write the descriptor itself if Conn.Direct returns one. Otherwise
// the connection is wrapped, for example by TLS. A deadline may interrupt a read of a wrapped
// connection, which can be read again later. After an interrupted write it cannot be used any
// more (see writeLate in http1).
//
// # Which connection is closed if there are too many
//
// In this order:
//
//	1  with a head that is incomplete after a second, the oldest first
//	2  idle: of a sample, the one that has been idle longest
//	3  with a head that is incomplete for less than a second, the oldest first
//	-  never with a request under way: the new connection waits, or is refused
//
// A new connection counts as one with an incomplete head, even before its first byte. In its
// first second it is most likely a client with a long round trip. So idle connections (2) are
// closed before these (3).
//
// To keep hits fast, a connection does not call its Account between two hits, unless a head
// comes in parts. So the package does not know which connections are idle, and asks their
// Owners.
//
// Lock order: part.mu of the registry, then what the methods of Tracked lock. Likewise
// clients.mu or Gate.mu, then what the methods of Owner lock. These methods must not call
// Track, Untrack, or an Account. All other locks are leaves (nothing is locked under them),
// and no two of this package are held together.
package engine
