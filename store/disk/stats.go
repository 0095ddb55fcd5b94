package disk

import "sync/atomic"

// counters are what a tier counts, from its start on.
type counters struct {
	hits, misses, late, unreadable              atomic.Int64
	written, bytes, dropped, failedWrites, lost atomic.Int64
	evictedSegments, evictedBytes, rescued      atomic.Int64
	indexBytes                                  atomic.Int64 // a gauge: the index on disk
}

// Stats is a snapshot of a tier. Bytes are of records, but where it says so.
type Stats struct {
	InService    bool
	Full         bool  // the disk, so that nothing is written
	Limit        int64 // bytes that may be kept, with the index
	Longest      int64 // bytes of the longest object that is taken
	Segments     int64
	SegmentBytes int64
	IndexBytes   int64 // on disk
	DiskBytes    int64 // that the directory takes by pebble's account
	QueueBytes   int64
	QueueLength  int64

	Hits       int64
	Misses     int64
	Late       int64 // reads that took too long
	Unreadable int64 // objects that were lost to faults of the disk

	Written         int64 // objects
	WrittenBytes    int64
	FlushedBytes    int64 // that the log's database has written in all: flushes and compactions
	Dropped         int64 // objects not written: the queue was full
	FailedWrites    int64
	EvictedSegments int64
	EvictedBytes    int64
	Rescued         int64 // objects written again since they were in use
}

// Stats returns a snapshot.
func (t *Tier) Stats() Stats {
	c := &t.counts
	s := Stats{
		Limit:      t.limit.Load(),
		Longest:    t.Largest(),
		Full:       t.room.full.Load(),
		IndexBytes: c.indexBytes.Load(),
		Hits:       c.hits.Load(), Misses: c.misses.Load(), Late: c.late.Load(), Unreadable: c.unreadable.Load(),
		Written: c.written.Load(), WrittenBytes: c.bytes.Load(), Dropped: c.dropped.Load(), FailedWrites: c.failedWrites.Load(),
		EvictedSegments: c.evictedSegments.Load(), EvictedBytes: c.evictedBytes.Load(), Rescued: c.rescued.Load(),
	}
	bytes, segments := t.segments.Load().total()
	s.SegmentBytes, s.Segments = bytes, int64(segments)
	queued, n := t.queue.size()
	s.QueueBytes, s.QueueLength = queued, int64(n)
	if d := t.databases.Load(); d != nil {
		s.InService = d.watch.cause() == nil
	}
	// If the disk does not answer, these stay zero.
	if m, err := within(t, t.options.Deadline, (*databases).measure); err == nil {
		s.DiskBytes, s.FlushedBytes = m.used, m.flushed
	}
	return s
}

// measures are what databases take and have written.
type measures struct{ used, flushed int64 }

// measure may wait for ever, like a read.
func (d *databases) measure() (m measures, err error) {
	log := d.log.Metrics()
	m.used = int64(log.DiskSpaceUsage() + d.index.Metrics().DiskSpaceUsage())
	for i := range log.Levels {
		l := &log.Levels[i]
		m.flushed += int64(l.TableBytesFlushed + l.TableBytesCompacted)
	}
	return m, nil
}
