package disk

import (
	"cmp"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"brink/store"
)

// makeRoom begins a new segment when the last one is full, and drops others
// while what is on disk, or will be when it is flushed and need bytes are
// written, is more than the budget allows.
func (w *writer) makeRoom(need int64) error {
	t := w.tier
	if t.room.full.Load() {
		return errNoRoom
	}
	if last := w.d.segments.last(); last.bytes >= t.sizes.segment {
		if err := w.beginSegment(); err != nil {
			return err
		}
		w.measure()
	}
	for {
		if t.used(w.d)+need <= t.limit.Load() {
			return nil
		}
		seg := w.d.segments.victim(t.options.Now())
		if seg == nil {
			return nil
		}
		if err := w.evict(seg); err != nil {
			return err
		}
	}
}

// used is what segments and index take, or will when they are flushed.
func (t *Tier) used(d *databases) int64 {
	bytes, _ := d.segments.total()
	return bytes + t.counts.indexBytes.Load()
}

// beginSegment has what is written from now on go to a new segment.
func (w *writer) beginSegment() error {
	last := w.d.segments.last()
	seg := w.d.segments.begin(w.next, w.stamp)
	if err := w.d.saveSegment(last); err != nil {
		return err
	}
	return w.d.saveSegment(seg)
}

// evict drops a segment. Objects in it that were asked for since they were
// written are written again first, the smallest ones first, as long as they do
// not take more than half of what is gained.
func (w *writer) evict(seg *segment) error {
	hot, err := w.hot(seg)
	if err != nil {
		return err
	}
	budget := seg.bytes / 2
	for _, e := range hot {
		if e.size > budget {
			break
		}
		n, err := w.rescue(e)
		budget -= n
		if err == nil {
			w.tier.counts.rescued.Add(1)
		} // else it is a miss from now on
	}
	return w.drop(seg)
}

// hot returns the entries of the objects in a segment that were asked for, by
// size.
func (w *writer) hot(seg *segment) (hot []entry, err error) {
	for k := range w.d.segments.takeHot(seg) {
		e, found, err := w.d.find(k)
		if err != nil {
			return nil, err
		}
		if found && e.lowest >= seg.first && e.lowest < seg.end {
			hot = append(hot, e)
		}
	}
	slices.SortFunc(hot, func(a, b entry) int { return cmp.Compare(a.size, b.size) })
	return hot, nil
}

// drop drops a segment as it is.
func (w *writer) drop(seg *segment) error {
	t := w.tier
	if err := w.d.drop(seg.first, seg.end); err != nil {
		return err
	}
	if err := w.d.index.Delete(segmentRow(seg.first), pebble.NoSync); err != nil {
		return err
	}
	w.d.segments.drop(seg)
	t.counts.evictedSegments.Add(1)
	t.counts.evictedBytes.Add(seg.bytes)
	return nil
}

// rescue writes an object again, whole, run by run.
func (w *writer) rescue(e entry) (size int64, err error) {
	before := w.tier.counts.bytes.Load()
	defer func() { size = w.tier.counts.bytes.Load() - before }()
	o, err := w.d.readObject(e.head, 0)
	if err != nil {
		return 0, err
	}
	if err := w.copyBody(o); err != nil {
		return 0, err
	}
	if v := o.Variants; v != nil && v.Plain != nil {
		if err := w.copyBody(v.Plain); err != nil {
			return 0, err
		}
	}
	return 0, w.writeAgain(o)
}

// copyBody writes the runs of a body again, or, if it is only one, has it written
// with its head.
func (w *writer) copyBody(o *store.Object) error {
	old := o.Location()
	switch {
	case old == nil:
		return nil
	case o.Length <= store.RunSize:
		err := w.d.readBody(o, store.RunSize)
		o.SetLocation(nil)
		return err
	}
	location := &store.Location{Runs: make([]uint64, 0, len(old.Runs))}
	for _, from := range old.Runs {
		b, err := w.d.read(position(from), w.buf[:0])
		if err != nil {
			return err
		}
		w.buf = b
		if _, err := unseal(b, position(from), kindRun); err != nil {
			return err
		}
		pos := w.take()
		w.buf = seal(b[:len(b)-sealSize], pos, kindRun)
		if err := w.set(pos, useful(o)); err != nil {
			return err
		}
		location.Runs = append(location.Runs, uint64(pos))
	}
	o.SetLocation(location)
	return nil
}

// sweepIfDue deletes the index entries of what was evicted, once that is much.
func (w *writer) sweepIfDue() {
	t := w.tier
	evicted := t.counts.evictedSegments.Load()
	_, n := w.d.segments.total()
	if evicted-w.swept < int64(max(4, n/4)) {
		return
	}
	w.swept = evicted
	if err := w.sweep(); err != nil {
		t.counts.failedWrites.Add(1)
	}
	w.measure()
}

// sweep goes through the index once.
func (w *writer) sweep() error {
	batch := w.d.index.NewBatch()
	defer batch.Close()
	err := w.d.rows(rowObject, func(row, value []byte) error {
		if e, ok := parseEntry(value); ok && w.d.segments.hasObject(e) {
			return nil
		}
		if err := batch.Delete(row, nil); err != nil || batch.Len() <= 1<<20 {
			return err
		}
		err := batch.Commit(pebble.NoSync)
		batch.Reset()
		return err
	})
	if err != nil {
		return err
	}
	return batch.Commit(pebble.NoSync)
}

// measure notes how large the index is.
func (w *writer) measure() {
	w.tier.counts.indexBytes.Store(int64(w.d.index.Metrics().DiskSpaceUsage()))
}
