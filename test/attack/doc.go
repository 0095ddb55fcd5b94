// Package attack has a client that sends hostile requests to the real binary, and an origin
// that answers it with hostile responses, both over raw sockets. Both are strict: they report
// everything from the node that does not follow RFC 9112 exactly.
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
// A file holds one family of inputs. The name of a case, such as A04/get, begins with the
// letter of its family and its number there.
package attack
