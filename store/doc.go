// Package store owns stored responses: the objects, the fills that collapse
// concurrent misses into one fetch, the RAM tier and the order of the tiers.
//
// It never knows what HTTP means: it neither parses a field nor decides
// whether a response may be stored or reused, and it never touches the
// network.
//
// A request asks Get. On a miss it asks Join, which says under one lock whether
// the object is there by now, whether another request is fetching it, or
// whether this one is to. The fetch is a Fill: everyone who wants its result
// waits for the head and then reads the body while it arrives, each with a
// Reader of its own. Finish makes an Object of it, which from then on is
// immutable, and publishes it.
//
// The RAM tier is a hint. It takes objects late, rejects or loses them, and may
// not forget them when told to. So an object sits in a slot, one a key, which
// is swapped at once; until the tier shows the slot, the settling table does;
// and whether an object may be used is asked of the purge log at each Get.
//
// Memory: the budget is shared out once, between objects in the tier, what is
// in flight (bodies that arrive, objects that settle) and fixed tables. Nothing
// is freed by hand: whoever holds a slice of a body may go on reading it. Large
// bodies that are asked for again and again have a copy in a sealed file, from
// which the kernel sends without copying (file copy); the RAM tier lends the memory.
//
// Lock order: shard.mu, then Fill.mu, then the RAM tier's own, the queue's and
// the purge log's. Two shards are never locked at once, nothing that blocks is
// called under a shard's lock, and no shard is locked under a fill's.
package store
