package admin

import (
	"context"

	"brink/edge"
)

// Node answers the questions of the admin listener. Its methods may be called from many
// goroutines. Values that they return as any are encoded as JSON.
type Node interface {
	// Ready reports whether the node should get traffic, and if not, why.
	Ready() (ok bool, reasons []string)

	// Reload reads the conf files again and puts them in force, or leaves
	// everything as it was and says why. An error that holds conf.Errors is
	// shown with its positions. digest is of the conf in force afterwards. ctx
	// does not end if the client leaves.
	Reload(ctx context.Context) (digest string, err error)

	// Conf returns the conf in force. If two calls return the same, all requests
	// between them were answered by it.
	Conf() Conf

	// Explain returns the chain of decisions about a request. An error is the
	// question's fault.
	Explain(ctx context.Context, q edge.Question) (any, error)

	// Object describes the stored response that a request selects, and whether
	// there is one.
	Object(q edge.Question) (any, bool)

	// Fills describes the fetches that fill the cache right now.
	Fills() any

	// Disk describes the tier below RAM beside RAM, and says whether there is one.
	Disk() (any, bool)

	// Stats returns the counters of the node since it started.
	Stats() any
}

// Conf names a conf set.
type Conf struct {
	Digest string   `json:"digest"` // SHA-256 of the files, in hex
	Files  []string `json:"files"`  // the files that were read, in this order
}
