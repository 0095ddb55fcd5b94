// Package engine has what the engines of all protocols share. An engine turns the bytes of
// a client's connection into exchanges, and replies into bytes. The package knows no
// protocol, and never reads or writes a connection by itself, except that a Refusal is
// rendered here and that Conn can write a few bytes at once.
//
// What it has, by file:
//
//	engine, server       the interface of an engine, and what is behind it: handler,
//	                     observer, settings, how connections end
//	config               the settings; defaults come from package conf
//	conn, kernel         a connection: plain TCP, or wrapped, as by TLS
//	clock, registry, sweep
//	                     deadlines of waits, and the goroutine that finds those that passed
//	pace                 the least rate at which content must move
//	refusal              status, reason and text of what an engine answers by itself
//	limits, gate, account, clients, heads, set
//	                     how many connections there may be, and what they may hold
//	machine, resident, share
//	                     memory and file descriptors of the process, and who gets how many
//
// # What a new engine must do
//
// It embeds *Server, which gives it Retire, Drain and Close, and adds Serve. For each
// connection:
//
//   - Track it, with an Entry at the top of its struct, and Untrack it at the end. It
//     implements Tracked: Inspect looks at its Deadlines and at its client, Wake breaks
//     off a wait for a request, and Cut ends it. None of them may wait.
//   - Implement Owner and Bind the Account. Waits says which Stage it is at, and for how
//     long. Leave closes it, after the reply if a request has come meanwhile.
//   - Count its memory: Hold while it waits for a request, Serve or Force while a request
//     is under way, BeginHead and EndHead around a head that comes in parts, or before the
//     first request. The package of the engine exports Cost, the bytes of a connection
//     that waits: it goes into GateConfig.
//   - Begin and End every request that has to wait for the origin or the disk. If Begin or
//     Serve says no, set Exchange.Limit and have the handler refuse the request.
//   - End after a reply once Server.Retired, and instead of waiting once Server.Draining.
//
// For each request:
//
//   - Use limits and time-outs of Config, and refuse with a Refusal, which goes to
//     Observer.Refused instead of Handler.Done. A panic of the handler goes to
//     Observer.Panicked, and costs one exchange.
//   - Call Handler.TryServe, then Serve if that says no, and Done once in any case.
//   - Implement message.Client: Watch, which cancels work when the client has left; Hold,
//     which reports false where requests run side by side on a connection; Interim.
//   - Keep a Pace for content in each direction while it waits for the client.
//   - Break a reply off so that the client sees that it is incomplete: with the protocol's
//     own means, or with Conn.Reset.
//
// It reads and writes the descriptor by itself only if Conn.Direct gives one. Otherwise the
// connection is wrapped. A wrapper's read may be broken off with a deadline and goes on
// later. A write that is broken off ends it (http1 has an example, in writeLate).
//
// # Which connection is closed if there are too many
//
// In this order:
//
//	1  with a head that is incomplete after a second, the oldest first
//	2  idle: of a sample, the one that has been idle longest
//	3  with a younger incomplete head, the oldest first
//	-  never with a request under way: the new connection waits, or is refused
//
// A new connection counts as one with an incomplete head, of which nothing has come
// yet. In its first second it is most likely a client with a long round trip. So idle
// connections are closed first.
//
// A connection that answers hits does not call an Account between two requests. It
// joins the incomplete heads only if a head does not come in one piece. To find idle
// connections, the package asks their owners.
//
// Lock order: clients.mu before gate.mu. All others are leaves, but under the lock of a
// part of the registry the methods of Tracked are called.
package engine
