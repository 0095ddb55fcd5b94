// Package edge is the path of a request through the node: find the site and
// the rule, look the response up, answer, or fetch it for everybody who waits.
//
// serve.go shows the whole path; each of its lines is a file of this package.
// edge neither parses bytes from the network nor stores any: engines
// (edge/http1) call it through message.Handler, decisions are edge/semantics,
// objects and fills are store, upstream connections are origin.
//
// Lock order: the node takes no lock on the path of a request. Tables are
// immutable and replaced whole through one atomic pointer.
package edge
