// Package site has the compiled tables of a conf set: the sites by host name, their
// rules by path, and what a rule says: of the cache, of fields to edit, of an answer of
// its own.
//
// Nothing here is written to after Compile. What a site comes to while it is served, as an
// outage of its origin, is kept elsewhere.
package site
