package disk

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"sort"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"brink/purge"
	"brink/store"
)

// segments are the parts of the log, oldest first. To make room, a whole segment is
// dropped. Only the writer changes the list. Positions between two segments belong to a
// segment that was dropped.
type segments struct {
	mu sync.Mutex

	list  []*segment // never empty once the tier runs; what is written goes to the last
	bytes int64      // of all
	hot   int        // keys in the hot of all
}

// segment is a part of the log: the positions from first up to end.
type segment struct {
	first position
	end   position // of the last: lastPosition
	bytes int64
	until store.Instant          // when the last of its objects is past use
	stamp purge.Seq              // the newest stamp in the log when it was begun
	hot   map[store.Key]struct{} // keys of objects asked for since they were written

	arriving []*arrival // bodies of which it has a part; some are whole by now
}

// maxHot bounds how many hot keys are remembered: about ten megabytes.
const maxHot = 1 << 18

// lastPosition is never used.
const lastPosition = position(math.MaxUint64)

// forever is an instant that does not come.
const forever = store.Instant(math.MaxInt64)

func segmentRow(first position) []byte {
	return binary.BigEndian.AppendUint64([]byte{rowSegment}, uint64(first))
}

// begin ends the last segment and adds one that begins at first. Nothing was written at
// first or above.
func (s *segments) begin(first position, stamp purge.Seq) *segment {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.list); n > 0 {
		s.list[n-1].end = min(s.list[n-1].end, first)
	}
	seg := &segment{first: first, end: lastPosition, stamp: stamp}
	s.list = append(s.list, seg)
	return seg
}

// oldest returns the stamp of the oldest segment.
func (s *segments) oldest() purge.Seq {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.list) == 0 {
		return 0
	}
	return s.list[0].stamp
}

// wrote notes what was written to the last segment.
func (s *segments) wrote(n int64, until store.Instant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := s.list[len(s.list)-1]
	last.bytes += n
	last.until = max(last.until, until)
	s.bytes += n
}

// arrives notes that what was written last is a part of a body that is arriving.
func (s *segments) arrives(a *arrival) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := s.list[len(s.list)-1]
	if !slices.Contains(last.arriving, a) {
		last.arriving = append(last.arriving, a)
	}
}

// needed reports whether a body is arriving of which the segment has a part.
func (seg *segment) needed() bool {
	return slices.ContainsFunc(seg.arriving, func(a *arrival) bool { return !a.over.Load() })
}

func (s *segments) last() *segment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list[len(s.list)-1]
}

func (s *segments) total() (bytes int64, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bytes, len(s.list)
}

// atLocked returns the segment of a position, nil if it was dropped.
func (s *segments) atLocked(pos position) *segment {
	i := sort.Search(len(s.list), func(i int) bool { return s.list[i].first > pos }) - 1
	if i < 0 || pos >= s.list[i].end {
		return nil
	}
	return s.list[i]
}

// hasObject reports whether no part of an object was dropped, as far as its entry
// shows.
func (s *segments) hasObject(e entry) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.atLocked(e.lowest) != nil && s.atLocked(e.head) != nil
}

// hasBody reports whether no run of a body was dropped.
func (s *segments) hasBody(p *store.Location) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, pos := range p.Runs {
		if s.atLocked(position(pos)) == nil {
			return false
		}
	}
	return true
}

// extend notes that a body is of use until a later time.
func (s *segments) extend(p *store.Location, until store.Instant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, pos := range p.Runs {
		if seg := s.atLocked(position(pos)); seg != nil {
			seg.until = max(seg.until, until)
		}
	}
}

// touch notes that an object is in use. Its lowest record is at pos.
func (s *segments) touch(k store.Key, pos position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seg := s.atLocked(pos)
	if seg == nil || s.hot >= maxHot {
		return
	}
	if seg.hot == nil {
		seg.hot = make(map[store.Key]struct{})
	}
	before := len(seg.hot)
	seg.hot[k] = struct{}{}
	s.hot += len(seg.hot) - before
}

// victim returns the segment to drop next: one whose objects are all past use, or else
// the oldest. It spares segments with parts of arriving bodies while there are others.
// It returns nil if only the last segment is left.
func (s *segments) victim(now store.Instant) *segment {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.list) < 2 {
		return nil
	}
	var oldest *segment
	for _, seg := range s.list[:len(s.list)-1] {
		switch {
		case seg.needed():
		case seg.until < now:
			return seg
		case oldest == nil:
			oldest = seg
		}
	}
	if oldest == nil {
		return s.list[0]
	}
	return oldest
}

// drop takes a segment off the list.
func (s *segments) drop(seg *segment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.list {
		if s.list[i] == seg {
			s.list = append(s.list[:i:i], s.list[i+1:]...)
			s.bytes -= seg.bytes
			s.hot -= len(seg.hot)
			return
		}
	}
}

// takeHot takes the hot keys of a segment.
func (s *segments) takeHot(seg *segment) map[store.Key]struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	hot := seg.hot
	s.hot -= len(hot)
	seg.hot = nil
	return hot
}

// saveSegment saves the row of a segment for the next start.
func (d *databases) saveSegment(seg *segment) error {
	b := binary.BigEndian.AppendUint64(nil, uint64(seg.end))
	b = binary.BigEndian.AppendUint64(b, uint64(seg.until))
	b = binary.BigEndian.AppendUint64(b, uint64(seg.stamp))
	return d.index.Set(segmentRow(seg.first), b, pebble.NoSync)
}

// loadSegments finds the segments that the log has, and how large they are.
func (d *databases) loadSegments() error {
	list, err := d.savedSegments()
	if err != nil {
		return fmt.Errorf("read the segments: %w", err)
	}
	bytes, err := d.weigh(list)
	if err != nil {
		return fmt.Errorf("weigh the segments: %w", err)
	}
	d.segments.list, d.segments.bytes = list, bytes
	return nil
}

// ownSegments finds the segments for a tier that begins an epoch. It drops the records
// of the log that are in no segment: a crash may leave records whose segment the index
// does not know.
func (d *databases) ownSegments() (list []*segment, bytes int64, err error) {
	if list, err = d.savedSegments(); err != nil {
		return nil, 0, err
	}
	var end position
	for _, seg := range list {
		seg.end = min(seg.end, firstOf(d.epoch))
		if err := d.dropRest(end, seg.first); err != nil {
			return nil, 0, err
		}
		end = seg.end
	}
	if err := d.dropRest(end, lastPosition); err != nil {
		return nil, 0, err
	}
	bytes, err = d.weigh(list)
	return list, bytes, err
}

// weigh measures how large the segments are on disk.
func (d *databases) weigh(list []*segment) (bytes int64, err error) {
	for _, seg := range list {
		n, err := d.log.EstimateDiskUsage(seg.first.key(), (seg.end - 1).key())
		if err != nil {
			return 0, err
		}
		seg.bytes = int64(n)
		bytes += seg.bytes
	}
	return bytes, nil
}

// savedSegments reads the rows of the segments. One that was not full when its
// process ended has no known end, and goes up to the next.
func (d *databases) savedSegments() (list []*segment, err error) {
	err = d.rows(rowSegment, func(row, v []byte) error {
		seg := &segment{first: positionOf(row[1:])}
		if len(v) != 24 || seg.first == 0 {
			return fmt.Errorf("%w: segment", errMalformed)
		}
		seg.end, seg.until = positionOf(v[:8]), store.Instant(binary.BigEndian.Uint64(v[8:16]))
		seg.stamp = purge.Seq(binary.BigEndian.Uint64(v[16:]))
		if seg.end == lastPosition {
			seg.until = forever
		}
		list = append(list, seg)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range len(list) - 1 {
		list[i].end = min(list[i].end, list[i+1].first)
	}
	return list, nil
}

// dropRest drops what there is from one position up to another.
func (d *databases) dropRest(from, to position) error {
	if from >= to {
		return nil
	}
	it, err := d.log.NewIter(&pebble.IterOptions{LowerBound: from.key(), UpperBound: to.key()})
	if err != nil {
		return err
	}
	some := it.First()
	if err := it.Close(); err != nil || !some {
		return err
	}
	return d.drop(from, to)
}

// drop drops the records from one position up to another.
func (d *databases) drop(from, to position) error {
	return d.log.Excise(context.Background(), pebble.KeyRange{Start: from.key(), End: to.key()})
}
