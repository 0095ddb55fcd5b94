// Package attack runs the hostile inputs that HTTP/1.1 can carry against the
// real binary, over raw sockets, between a client and an origin of its own.
// Both are strict: they note whatever is not exactly as RFC 9112 has it.
//
// What must hold after every input is in world_test.go and oracle_test.go:
//
//	one to one   what the node says it forwarded is what the origin parsed
//	canary       normal requests over the same origin connections get their own answers
//	refusal      an error of framing ends the connection, and nothing behind it is read
//	clean cache  a victim that asks for the same URL gets the pristine response
//	budget       goroutines and descriptors are back where they were
//	log          one line a request, and no panic
//
// A file holds one family of inputs. The names of the tests begin with the
// letter and number by which the family knows them.
package attack
