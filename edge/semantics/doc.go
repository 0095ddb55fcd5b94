// Package semantics owns the decisions about caching of RFC 9110 and RFC 9111: whether a
// request may be answered from the cache, whether a response may be stored and for how long,
// whether a stored response may be used, and what to answer with. Package edge and edge/fetch
// ask it and act on the answers.
//
// All of it is pure functions of (request fields, stored response, rules, now). It never
// reads a clock, does I/O or takes a lock, and does not allocate on a hit.
package semantics
