// Package fetch asks an origin for one response that may be stored, and reports the outcome
// in one [Result]. Package edge calls it. A fetch has three phases, each with a type of its
// own. The right column says who owns the response, and so must close it:
//
//	asking   send a request, wait for the head
//	  |-- no response ----------------> Failed           nobody: there is none
//	  v
//	fetch    edge/semantics judges the response          asking.held
//	  |-- a 304 that renews ----------> Renewed          nobody: it is closed
//	  |-- a 304 or 206 that does not match
//	  |   the stored response --------> asking (whole)   nobody: it is closed
//	  |-- not to be shared -----------> Private          the Result
//	  |-- an error; a stored response
//	  |   may be sent instead --------> Failed           the Result, as the error may be sent
//	  |-- a panic --------------------> Failed           nobody: it is closed
//	  v
//	body     move the content into the fill: Shared      body.response, until the end
//
// A response has one owner at a time. Two functions change the owner: [fetch.hand] gives the
// response to the Result, and [fetch.mover] gives it to the body. Whoever takes a Result must
// close it, or take the response out of it and close that. Nobody takes the Result of a
// refresh, so hand closes it at once.
//
// The function called decides which goroutine runs a fetch. [Fetcher.Alone] uses the
// goroutine of the request, and a new one for the body. [Fetcher.Lead] and [Fetcher.Refresh]
// use a new one for all of it, so that the client that caused the fetch may leave. [Led] then
// hands the Result to the leader, or closes the response if the leader has left.
//
// The package knows nothing of exchanges or connections. All that it needs of a request is
// in a [Spec], which is not changed once the fetch has begun.
//
// Lock order: Led.mu, then the locks of the leader's message.Client (for Interim) and of
// package origin (to close a response). Neither of them calls a Led.
package fetch
