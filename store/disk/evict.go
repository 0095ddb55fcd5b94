package disk

import (
	"context"

	"github.com/cockroachdb/pebble/v2"
)

// makeRoom begins a new segment when the last one is full, and drops others
// while what is on disk, or will be when it is flushed, is more than the budget
// allows.
func (w *writer) makeRoom() error {
	t := w.tier
	if last := t.segments.last(); last.bytes >= t.sizes.segment {
		if err := w.d.saveSegment(last, pebble.NoSync); err != nil {
			return err
		}
		if err := w.beginSegment(); err != nil {
			return err
		}
	}
	for {
		used, _ := t.segments.total()
		if used+t.counts.indexBytes.Load() <= t.sizes.limit {
			return nil
		}
		seg, end := t.segments.victim(t.options.Now())
		if seg == nil {
			return nil
		}
		if err := w.evict(seg, end); err != nil {
			return err
		}
	}
}

func (w *writer) beginSegment() error {
	seg := w.tier.segments.begin(w.next)
	return w.d.saveSegment(seg, pebble.NoSync)
}

// evict drops a segment. Objects in it that were asked for since they were
// written are written again first, as long as they do not take more than half
// of what is gained.
func (w *writer) evict(seg *segment, end position) error {
	t := w.tier
	budget := seg.bytes / 2
	for k := range t.segments.heat(seg) {
		e, found, err := w.d.find(k)
		if err != nil {
			return err
		}
		if !found || e.lowest < seg.first || e.lowest >= end || e.size > budget {
			continue
		}
		n, err := w.rescue(e)
		if err != nil {
			continue // it is a miss from now on
		}
		budget -= n
	}
	if err := w.d.log.Excise(context.Background(), pebble.KeyRange{Start: seg.first.key(), End: end.key()}); err != nil {
		return err
	}
	if err := w.d.index.Delete(segmentRow(seg.first), pebble.NoSync); err != nil {
		return err
	}
	t.segments.drop(seg)
	t.counts.evictedSegments.Add(1)
	t.counts.evictedBytes.Add(seg.bytes)
	return nil
}

// rescue writes an object again, whole.
func (w *writer) rescue(e entry) (size int64, err error) {
	o, err := w.d.readObject(e.head, forWriting)
	if err != nil {
		return 0, err
	}
	o.SetPlace(nil)
	if v := o.Variants; v != nil && v.Plain != nil {
		v.Plain.SetPlace(nil)
	}
	before := w.tier.counts.bytes.Load()
	if err := w.writeAgain(o); err != nil {
		return 0, err
	}
	size = w.tier.counts.bytes.Load() - before
	w.tier.counts.rescued.Add(1)
	return size, nil
}

// forWriting is the longest body that is taken into memory to write it again.
const forWriting = 64 << 20

// sweepIfDue deletes the index entries of what was evicted, once that is much.
func (w *writer) sweepIfDue() {
	t := w.tier
	evicted := t.counts.evictedSegments.Load()
	_, n := t.segments.total()
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
func (w *writer) sweep() (err error) {
	it, err := w.d.index.NewIter(&pebble.IterOptions{LowerBound: []byte{rowObject}, UpperBound: []byte{rowObject + 1}})
	if err != nil {
		return err
	}
	defer func() {
		if cerr := it.Close(); err == nil {
			err = cerr
		}
	}()
	batch := w.d.index.NewBatch()
	defer func() { _ = batch.Close() }()
	for ok := it.First(); ok; ok = it.Next() {
		if e, ok := parseEntry(it.Value()); ok && w.tier.segments.has(e.lowest) {
			continue
		}
		if err := batch.Delete(it.Key(), nil); err != nil {
			return err
		}
		if batch.Len() > 1<<20 {
			if err := batch.Commit(pebble.NoSync); err != nil {
				return err
			}
			batch = w.d.index.NewBatch()
		}
	}
	return batch.Commit(pebble.NoSync)
}

// measure notes how large the index is.
func (w *writer) measure() {
	w.tier.counts.indexBytes.Store(int64(w.d.index.Metrics().DiskSpaceUsage()))
}
