package store

import "sync/atomic"

// counters are what the store counts of itself.
type counters struct {
	objects, bytes, fills atomic.Int64

	evictions, rejections, oversize, dropped, deleted, purged atomic.Int64
	collisions, joined, fenced, failed, busy, tooLarge        atomic.Int64
	overflows, cut, promoted, spills, unread, slow            atomic.Int64
	copiesMade, copiesEvicted, copiesRefused, copiesFailed    atomic.Int64
}

// Stats is a snapshot of the store. Bytes are of memory, not of content.
type Stats struct {
	Memory        int64 // the whole budget
	Fixed         int64 // bytes of it for marks and use counters
	TierLimit     int64 // bytes of it for objects in the RAM tier, less FileCopyBytes and what purge rules take
	FlightLimit   int64 // bytes of it for what is in flight
	FileCopyLimit int64 // bytes of TierLimit that file copies may take
	Longest       int64 // bytes of the longest object that the RAM tier takes

	Objects       int64 // in the RAM tier
	Bytes         int64 // that they take
	Fills         int64 // not ended
	FlightBytes   int64 // of bodies that arrive or settle
	Settling      int64 // objects on their way into the RAM tier
	Marks         int64 // keys marked as not to be shared
	FileCopies    int64 // files with copies of hot, large bodies, given back or not
	FileCopyBytes int64 // that they take

	Evictions  int64 // objects that had to make room
	Rejections int64 // objects that the RAM tier did not find worth keeping
	Oversize   int64 // objects too large for the RAM tier
	Dropped    int64 // objects that could not be handed to the RAM tier
	Deleted    int64 // objects forgotten on request
	Purged     int64 // hard-purged objects whose memory was reclaimed
	Collisions int64 // lookups that met another text under their key
	Joined     int64 // requests that joined a fetch under way
	Fenced     int64 // objects not stored because a purge overtook their fetch
	Failed     int64 // fills that ended without a whole response
	Busy       int64 // fills refused for want of memory
	TooLarge   int64 // fills refused because of the announced length
	Overflows  int64 // bodies that outgrew what is stored while they arrived
	Cut        int64 // readers cut off because they held up others
	Unread     int64 // fills ended because nobody read the body, and much of it was left
	Slow       int64 // fills ended because nobody read the body, and it arrived slowly
	Crowded    int64 // times that a site got no more of the flight budget, so that some is left for others
	Promoted   int64 // objects brought up from the tier below
	Spills     int64 // bodies that went to the tier below while they arrived

	FileCopiesMade    int64
	FileCopiesEvicted int64 // that had to make room
	FileCopiesRefused int64 // for which there was no room
	FileCopiesFailed  int64 // that could not be made: no more files, no more memory
}

// Stats returns a snapshot. It reads the whole mark table: for scrapes, not for
// requests.
func (s *Store) Stats() Stats {
	c := &s.counts
	copyBytes, open := s.fileCopies.taken()
	return Stats{
		Memory:        s.split.tier + s.split.flight + s.split.fixed,
		Fixed:         s.split.fixed,
		TierLimit:     s.split.tier,
		FlightLimit:   s.split.flight,
		FileCopyLimit: s.split.fileCopies,
		Longest:       min(s.maxObject, s.maxCost),
		Objects:       c.objects.Load(),
		Bytes:         c.bytes.Load(),
		Fills:         c.fills.Load(),
		FlightBytes:   s.flight.used.Load(),
		Settling:      s.unsettled.Load(),
		Marks:         s.marks.count(s.now()),
		FileCopies:    int64(open),
		FileCopyBytes: copyBytes,
		Evictions:     c.evictions.Load(),
		Rejections:    c.rejections.Load(),
		Oversize:      c.oversize.Load(),
		Dropped:       c.dropped.Load(),
		Deleted:       c.deleted.Load(),
		Purged:        c.purged.Load(),
		Collisions:    c.collisions.Load(),
		Joined:        c.joined.Load(),
		Fenced:        c.fenced.Load(),
		Failed:        c.failed.Load(),
		Busy:          c.busy.Load(),
		TooLarge:      c.tooLarge.Load(),
		Overflows:     c.overflows.Load(),
		Cut:           c.cut.Load(),
		Unread:        c.unread.Load(),
		Slow:          c.slow.Load(),
		Crowded:       s.flight.shares.refused.Load(),
		Promoted:      c.promoted.Load(),
		Spills:        c.spills.Load(),

		FileCopiesMade:    c.copiesMade.Load(),
		FileCopiesEvicted: c.copiesEvicted.Load(),
		FileCopiesRefused: c.copiesRefused.Load(),
		FileCopiesFailed:  c.copiesFailed.Load(),
	}
}
