package admin

import (
	"context"

	"brink/edge"
)

// Node is what the admin listener asks. Its methods may be called from many goroutines. Their
// results of type any are sent as JSON.
type Node interface {
	// Ready reports whether the node should get traffic, and if not, why.
	Ready() (ok bool, reasons []string)

	// Reload reads the conf files again and puts them in force. An error means that
	// nothing has changed; if it wraps conf.Errors, the answer shows their positions.
	// digest identifies the conf in force afterwards. ctx does not end if the client leaves.
	Reload(ctx context.Context) (digest string, err error)

	// Conf returns the conf in force. If two calls return the same, all requests
	// between them were answered by it.
	Conf() Conf

	// Explain returns the chain of decisions about a request. An error means that the
	// question is malformed.
	Explain(ctx context.Context, q edge.Question) (any, error)

	// Object describes the stored response that a request selects. It reports false if
	// there is none.
	Object(q edge.Question) (any, bool)

	// Fills describes the fetches under way whose responses may be shared.
	Fills() any

	// Disk describes RAM and the disk tier. It reports false if there is no disk tier.
	Disk() (any, bool)

	// Stats returns the counters of the node since it started.
	Stats() any
}

// Conf names a conf set.
type Conf struct {
	Digest string   `json:"digest"` // SHA-256 of the files, in hex
	Files  []string `json:"files"`  // the files that were read, in this order
}
