package bus

import "sync/atomic"

// counts are of what happened since the node started.
type counts struct {
	applied atomic.Uint64 // items that came through the stream
	sent    atomic.Uint64 // items that the stream took from this node
	unsent  atomic.Uint64 // items that it did not take
	doubts  atomic.Uint64 // times that all was put in doubt
	refused atomic.Uint64 // reports that were not noted
}
