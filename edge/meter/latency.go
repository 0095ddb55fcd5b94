package meter

import (
	"math/bits"
	"time"

	"brink/edge/message"
)

// group is a set of outcomes whose latencies belong together.
type group uint8

const (
	groupHit   group = iota // answered with a stored response, without a wait
	groupMiss               // waited for a fetch, its own or a shared one
	groupPass               // waited for the origin, past the cache
	groupOther              // answered by the node itself
	groupCount
)

var groupNames = [groupCount]string{"hit", "miss", "pass", "other"}

func (g group) String() string { return groupNames[g] }

var groups = [message.OutcomeCount]group{
	message.Refused:     groupOther,
	message.Hit:         groupHit,
	message.Stale:       groupHit,
	message.Revalidated: groupMiss,
	message.Miss:        groupMiss,
	message.Pass:        groupPass,
	message.Failed:      groupOther,
	message.Purged:      groupOther,
}

// The bounds of a histogram are 2^k and 1.5*2^k nanoseconds, from 2^firstExp (8.192 us)
// to 2^lastExp (68.7 s). A bucket includes its upper bound. The error of a quantile is a
// third at most, and no search is needed to find the bucket of a duration.
const (
	firstExp    = 13
	lastExp     = 36
	boundCount  = 2*(lastExp-firstExp) + 1
	bucketCount = boundCount + 1 // the last is beyond every bound
)

// histogram counts durations. Buckets are not cumulative.
type histogram struct {
	buckets [bucketCount]uint64
	sum     uint64 // nanoseconds
}

func (h *histogram) observe(d time.Duration) {
	h.buckets[bucketOf(d)]++
	h.sum += uint64(max(d, 0))
}

func (h *histogram) merge(o *histogram) {
	addEach(h.buckets[:], o.buckets[:])
	h.sum += o.sum
}

// bucketOf returns the number of the first bound that is not below d.
func bucketOf(d time.Duration) int {
	if d <= 1<<firstExp {
		return 0
	}
	below := uint64(d) - 1
	exp := bits.Len64(below) - 1 // 2^exp <= below < 2^(exp+1)
	half := int(below>>(exp-1)) & 1
	return min(2*(exp-firstExp)+half+1, bucketCount-1)
}

// bound returns the i-th bound.
func bound(i int) time.Duration {
	if i%2 == 0 {
		return 1 << (firstExp + i/2)
	}
	return 3 << (firstExp + i/2 - 1)
}
