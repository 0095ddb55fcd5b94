// Package fetch asks an origin for one response that may be stored, and says with one
// [Result] what came of it. It has three phases, each with a type of its own:
//
//	asking   send a request, wait for the head           owner of the response
//	  |                                                  -----------------------------
//	  | no response ------------------> Failed           nobody
//	  v
//	fetch    decide what the response is good for        asking.held
//	  |-- a 304 that renews ----------> Renewed          closed
//	  |-- a 304, or a 206, that does not fit: closed, ask again for the whole
//	  |-- not to be shared -----------> Private          the Result
//	  |-- an error, and a stored
//	  |   response may stand in ------> Failed           the Result
//	  |-- a panic --------------------> Failed           closed
//	  v
//	body     move the content into the fill: Shared      body.response, until it is closed
//
// A response has one owner at a time. It changes hands at two places only: [fetch.hand]
// gives it to the Result, and [fetch.mover] gives it to the body. Who takes a Result
// closes it, or takes the response out of it and closes that. A refresh has nobody who
// takes its Result, so the response is closed at once.
//
// A fetch runs in one of two goroutines. [Fetcher.Alone] runs it in that of the request
// that needs it, up to the body. [Fetcher.Lead] and [Fetcher.Refresh] run it in a goroutine
// of its own, so that the client that caused it may leave. [Led] is where the leader and
// its fetch meet: under its lock the response goes to the leader, or is closed because the
// leader has left.
//
// The package knows nothing of exchanges or connections. All that it needs of a request is
// in a [Spec], which is not changed once the fetch has begun.
package fetch
