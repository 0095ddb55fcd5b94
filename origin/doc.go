// Package origin owns the way to the servers behind this node: connections and
// their reuse, name look-ups, the limit on concurrent fetches and its queue, the
// choice of a server, its health, and HTTP/1.1 (RFC 9112) as a client speaks it.
//
// It never decides what may be cached, never repairs a response that is malformed or
// cut off, and never logs. Every failure is an *Error with one Kind, the word of RFC 9209
// for it. Watch reports servers that are ejected, and their return.
//
// # The path of a fetch
//
//	1  read small content of the request before anything is taken   content.go
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
// and gives the head of the response, or says how far the request came. What it leaves
// behind is an exchange, which reads the content and ends. A balancer chooses among the
// servers that may be asked.
//
// # Words
//
//	slot          permission for one exchange to run: there are max_connections of them
//	queue         fetches that wait for a slot; a free slot goes to the client with the fewest
//	preempt       take a slot from an exchange whose client is slow, as others wait
//	try           one server asked for one fetch
//	ejected       not asked for a while, after a failure; as in Envoy's outlier detection
//	trial         the one request that is sent once that time is over (a half-open circuit breaker)
//	pin           ties a connection to one client (connection affinity), for NTLM and Negotiate
//	private       said of a connection that must serve one client only
//	backlog       content that was read ahead of a slow client, so that its slot is free
//	unsolicited   an answer that came on an idle connection and belongs to no request
//
// # Goroutines and locks
//
// A fetch runs on its caller's goroutine, which writes the request and reads the response.
// Two things have a goroutine of their own, which Response.Close waits for: sending content
// that is not small, and reading ahead of a slow client. An Origin has one more, the keeper,
// which looks names up and ends idle connections. Close ends an Origin that nobody will use
// any more and leaves its fetches alone. Abort ends them too, so a fetch needs no context for
// the end of the process.
//
// Lock order: Origin.mu, then the locks of one response (delivery, backlog) or of one
// request's content. No I/O happens under any of them.
package origin
