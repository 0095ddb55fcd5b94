// Package origin owns the way to the servers behind this node: connections and
// their reuse, name look-ups, the limit on concurrent fetches and its queue, the
// choice of a server, its health, and HTTP/1.1 (RFC 9112) as a client speaks it.
//
// It never decides what may be cached, never repairs a response that is malformed or
// cut off, and never logs. Every failure is an *Error, whose Kind is an error type of RFC 9209
// (Proxy-Status). [Origin.Watch] reports when a server is ejected (not asked for a while), and
// when it is back. edge/fetch calls the package, and edge for passes and tunnels.
//
// # The path of a fetch
//
//	1  read small content of the request, before a slot is taken    content.go
//	2  take a slot, or wait in the queue for one                     try.go, queue.go, client.go, slot.go
//	   while fetches wait: take slots from slow clients              preempt.go, backlog.go
//	3  choose a server                                               balance.go, health
//	4  send the request over that server's protocol                  protocol.go, http1.go
//	     a kept connection, or a new one                             pool.go, pin.go; dial.go, resolve.go, tls.go
//	     request head, content, response head                        http1exchange.go, http1request.go, upload.go, http1head.go
//	5  note what the outcome says about the server                   ejection.go, unsolicited.go
//	6  on failure: another connection or another server, within limits   origin.go (fetch), retry.go, budget.go
//	7  read the content                                              response.go, http1content.go
//	8  give the slot and the connection back                         http1end.go, pool.go
//
// Two interfaces separate these steps. A protocol speaks to one server: it takes a request
// and gives the head of the response, or says whether the server may have seen the request. It
// returns an exchange: here this is one use of a connection to a server, with which the caller
// reads the content and then gives the connection back. A balancer chooses among the servers
// that may be asked.
//
// # Words
//
//	slot          permission for one exchange to run: there are max_connections of them (the
//	              slots of package store are something else)
//	fetch         any request to an origin, including a pass
//	queue         fetches that wait for a slot; a free slot goes to the client with the fewest slots
//	preempt       take a slot from an exchange whose client is slow, because others wait
//	try           one attempt at a fetch: one server is asked
//	ejected       not asked for a while, after a failure; as in Envoy's outlier detection
//	trial         the one request sent to a server when its ejection is over (a half-open circuit breaker)
//	private       said of a connection on which NTLM or Negotiate was spoken: it must serve one
//	              client only (an authenticated connection)
//	pin           keeps a private connection for its client from one request to the next
//	backlog       content that was read ahead of a slow client, to free its slot
//	unsolicited   an answer that came on an idle connection and belongs to no request
//
// # Goroutines and locks
//
// A fetch runs on its caller's goroutine. Three tasks have goroutines of their own: sending
// content that is not small, reading ahead for a slow client, and Response.Notify, which
// reads what comes next. Response.Close waits for all three. An Origin has one more, the
// keeper, which looks names up and ends idle connections. Close ends the keeper and the idle
// connections, Abort also the fetches. So a fetch needs no context that ends with the process.
//
// Lock order: Origin.mu, then delivery (a mutex), then backlog.mu; or Origin.mu, then
// content.mu. Aborting work under Canceller.mu takes no other lock. All other locks are
// leaves. Nothing waits for I/O under a lock, except backlog.end, which closes a connection.
package origin
