// Package attack sends hostile HTTP/1.1 to the real binary, over raw sockets, from its
// own client and its own origin. Both are strict: they report everything that does not
// follow RFC 9112 exactly.
//
// world_test.go and oracle_test.go check after every input:
//
//	one to one   the origin parsed exactly the requests that the node says it forwarded
//	canary       normal requests over the same origin connections get their own answers
//	refusal      an error of framing ends the connection, and the node reads nothing after it
//	clean cache  a victim that asks for the same URL gets the pristine response
//	budget       goroutines and descriptors are back where they were
//	log          one line a request, and no panic
//
// A file holds one family of inputs. The name of a case begins with its letter and
// number in the family.
package attack
