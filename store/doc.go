// Package store owns stored responses: the objects, the fills that collapse
// concurrent misses into one fetch, the RAM tier and the order of the tiers.
//
// It does not know what HTTP means. It decides neither whether a response may be
// stored nor whether it may be reused, and it never touches the network.
//
// # The path of a request
//
// Get looks in RAM, and Load on disk. After a miss, Join answers one of three things
// under one lock: the object is stored by now; another request is fetching it; or this
// request is to fetch it. The fetch is a Fill. Everyone who wants its result waits for
// the head, and then reads the body while it arrives, each through a Reader of its own.
// Finish makes an Object of the response and publishes it.
//
// # The life of a fill
//
// Which call is legal in which phase:
//
//	                   begun     started      ended
//	Limit, Want        yes       no           no
//	Claim              yes       no           no
//	Start              yes       panics       panics
//	Resolve, Decline   yes       no           no effect
//	Write              panics    yes          error
//	Finish             error     yes          error
//	Fail               yes       yes          no effect
//	Wait               blocks    at once      at once
//	Object             nil       head only    whole after Finish and Resolve
//	Reader             no        yes          after Finish and Resolve
//
// Join returns a fill in the first two phases only, and not if a purge covers it or its
// body can no longer be read from the beginning.
//
// # The life of an object
//
//	                   being made   arriving      published   replaced or deleted
//	set fields         its maker    no            no          no
//	Body               its maker    use Reader    yes         yes
//	Clone              yes          yes           yes         yes
//	Verdict            no           yes           yes         yes
//	MarkUsed           no           no            yes         no effect
//	Replace it         no           no            yes         returns false
//	File               no           no            yes         yes
//	ReadRun (on disk)  no           no            yes         until its segment is dropped
//
// Start, Resolve and Replace take an object over from its maker. An object is published
// in these steps, of which later ones may fail:
//
//	slot -> settling table -> RAM tier -> evicted
//	          '-> written to disk (demoted) -> read again (promoted) -> its segment is dropped
//
// # The RAM tier is a hint
//
// It admits objects late, rejects or loses them, and may keep what it was told to
// delete. So each key has one slot, and storing swaps the object in the slot at once.
// The settling table holds the slot until the RAM tier shows it. Each Get asks the purge
// log whether the object may be used; no purge depends on a deletion.
//
// # Memory
//
// The budget is divided once, between the objects in the RAM tier, the flight budget and
// tables of fixed size. Nothing is freed by hand: whoever holds a slice of a body may go
// on reading it.
//
// # Locks
//
// Lock order: shard.mu, then Fill.mu, then the RAM tier's own, the queue's and the purge
// log's. No goroutine locks two shards at once, calls anything that blocks under a
// shard's lock, or locks a shard while it holds a fill's lock.
//
// # Glossary
//
//	text       what Key hashes: scheme, host, target and variant. Only the text identifies an object.
//	run        a piece of a body, at most RunSize bytes.
//	slot       the entry for half a key in the RAM tier. It points to the object.
//	settling   a slot is on its way into the RAM tier.
//	flight     the bytes that are reserved for bodies that arrive and slots that settle.
//	share      the part of the flight budget that the bodies of one site have reserved.
//	fill       one fetch, shared by all requests that want its result.
//	lead       the request that causes the fetch leads the fill.
//	claim      the promise that a body stays readable from its beginning for a caller.
//	fenced     another fill has taken this one's place, because of a purge. It stores nothing.
//	overflow   a body grows beyond what may be kept in memory.
//	spill      an overflowing body goes to disk while it arrives.
//	unread     nobody reads the body of a fill, and nobody has a claim to it.
//	hold       a time in which slow readers block the writer of an overflowing body.
//	promote    move an object from disk to RAM.
//	demote     have an object written to disk. RAM may keep it.
//	doorkeeper the filter that keeps responses off the disk that were stored only once.
//	location   where the body of an object is on disk.
//	file copy  a copy of a hot, large body in a sealed file in memory, for sendfile.
//	mark       a fact about a key that is remembered for a while. Callers define the kinds.
//	stamp      the newest purge that was in force when the fetch began.
//	verdict    what the purges mean for an object.
//	index      the list of a URL's variants, stored under the URL's own key.
//	plain      the response without Vary of a URL that has an index.
package store
