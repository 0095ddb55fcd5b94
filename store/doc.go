// Package store owns stored responses: the objects, the fills that collapse concurrent misses
// into one fetch, and the RAM tier, which is asked before the disk. Package edge reads from
// it, and edge/fetch writes.
//
// It does not know what HTTP means. It decides neither whether a response may be stored nor
// whether it may be reused, and it never touches the network.
//
// # Glossary
//
//	text       what Key hashes: scheme, host, target and variant. Only the text identifies an object.
//	run        a piece of a body, at most RunSize bytes.
//	slot       the entry for half a key. It points to the object.
//	settle     bring a slot into the RAM tier. Until this is done, the settling table holds it.
//	flight     the bytes reserved for arriving bodies and for slots that are not settled yet.
//	share      the part of the flight budget that the bodies of one site have reserved.
//	fill       the place that takes the response to one fetch, for all requests that want it.
//	leader     the request that caused the fetch. It, or its fetch, must end the fill.
//	claim      the promise to a caller that a body stays readable from its beginning.
//	resolve    end a fill with an object that is already complete.
//	decline    end a fill because its response must not be shared.
//	limit      how many bytes of a body a fill may keep.
//	want       let a fill go on although nobody reads it.
//	fenced     said of a fill that another one has replaced because of a purge. It stores nothing.
//	overflow   pass a body on without keeping it, because it is longer than memory may keep.
//	spill      write an overflowing body to disk while it arrives.
//	unread     said of a body that nobody reads and to which nobody has a claim.
//	hold       how long the writer of an overflowing body waits for slow readers.
//	promote    bring an object from disk to RAM.
//	demote     have an object written to disk. RAM may keep it.
//	doorkeeper the filter that lets a response onto the disk only when it is stored a second time.
//	location   where the body of an object is on disk.
//	file copy  a copy of a hot, large body in a sealed file in memory, for sendfile.
//	mark       a fact about a key that is remembered for a while. Callers define the kinds.
//	stamp      the number of the newest purge in force when the fetch began.
//	verdict    what the purges mean for an object.
//	index      the list of a URL's variants, stored under its primary key (the key of the URL).
//	plain      the response without Vary, of a URL whose other responses have Vary.
//
// # The path of a request
//
// Get looks in RAM, and Load on disk. After a miss, Join returns one of three results, which
// it chooses under the lock of the key's shard: the object is stored by now; another request
// is fetching it; or this request is to fetch it. The last two have a Fill. Everyone who
// wants the response waits for the head, and then reads the body while it arrives, each
// through a Reader of its own. Finish makes an Object of the response and publishes it.
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
//	Object             nil       head only    whole, if Finish or Resolve ended it
//	Reader             no        yes          if Finish or Resolve ended it
//
// Join returns a fill only if it has not ended, and no purge covers it. If its body can no
// longer be read from the beginning, Wait says so (TooLate).
//
// # The life of an object
//
//	                   being made   arriving      published   replaced or deleted
//	set fields         its maker    no            no          no
//	Body               its maker    use Reader    yes         yes
//	Clone              yes          yes           yes         yes
//	Verdict            no           yes           yes         yes
//	MarkUsed           no           no            yes         no effect
//	be replaced        no           no            yes         Replace returns false
//	File               no           no            yes         yes
//	ReadRun (on disk)  no           no            yes         until its segment is dropped
//
// Start, Resolve and Replace take ownership of the new object from its maker. From then on
// the object goes through these places, and may stop at any of them:
//
//	slot -> settling table -> RAM tier -> evicted
//	          '-> written to disk (demoted) -> read again (promoted) -> its segment is dropped
//
// # The RAM tier is not exact
//
// It is the library ristretto, which admits objects late, may reject or lose them, and may
// keep what it was told to delete. So each half key has one slot, and storing swaps the
// object in the slot at once. If two keys share a slot, the newer object replaces the other.
// The settling table holds the slot until the RAM tier has it. Each Get asks the purge log
// whether the object may be used, so a purge works without any deletion.
//
// # Memory
//
// At the start the budget is divided into the objects in the RAM tier, the flight budget, and
// tables of fixed size. File copies and purge rules borrow from the RAM tier. Nothing is
// freed by hand: whoever holds a slice of a body may go on reading it.
//
// # Locks
//
// A shard is a part of the tables of fills and slots. Under shard.mu a goroutine may take one
// of: the locks of ristretto, the lock of the settling queue, the locks of package purge, and
// those of the disk tier. Meanwhile it never waits for I/O or takes another shard.mu. Fill.mu
// is never held together with a shard.mu, and Store's other locks are leaves, except for one
// chain: fileCopies.mu, then Store.lent, then the locks of ristretto.
package store
