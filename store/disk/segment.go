package disk

import (
	"encoding/binary"
	"fmt"
	"sort"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"brink/store"
)

// segments are the stretches of the log, oldest first. Room is made by dropping
// the first. The writer alone changes the list.
type segments struct {
	mu sync.Mutex

	list  []*segment // never empty once the tier runs; what is written goes to the last
	bytes int64      // of all
}

// segment is a stretch of the log from a position up to the next one's.
type segment struct {
	first position
	bytes int64
	until store.Instant          // when the last of its objects is of no use any more
	hot   map[store.Key]struct{} // keys of objects asked for since they were written
}

// maxHot bounds how many hot keys of a segment are remembered.
const maxHot = 1 << 16

func segmentRow(first position) []byte {
	return binary.BigEndian.AppendUint64([]byte{rowSegment}, uint64(first))
}

// begin adds a segment. Nothing was written at or behind first.
func (s *segments) begin(first position) *segment {
	s.mu.Lock()
	defer s.mu.Unlock()
	seg := &segment{first: first}
	s.list = append(s.list, seg)
	return seg
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

func (s *segments) last() *segment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list[len(s.list)-1]
}

// floor is the position before which nothing is left.
func (s *segments) floor() position {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.list) == 0 {
		return 0
	}
	return s.list[0].first
}

func (s *segments) total() (bytes int64, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bytes, len(s.list)
}

// at returns the index of the segment that a position belonged to when it was
// written, -1 if all there are began later.
func (s *segments) atLocked(pos position) int {
	return sort.Search(len(s.list), func(i int) bool { return s.list[i].first > pos }) - 1
}

// has reports whether the segment of a position is there, as far as the oldest
// one tells.
func (s *segments) has(pos position) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.atLocked(pos) >= 0
}

// extend notes that what stands at a position is of use until later.
func (s *segments) extend(pos position, until store.Instant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.atLocked(pos); i >= 0 {
		s.list[i].until = max(s.list[i].until, until)
	}
}

// touch notes that the object of a key, whose lowest record is at pos, is in use.
func (s *segments) touch(k store.Key, pos position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.atLocked(pos)
	if i < 0 {
		return
	}
	seg := s.list[i]
	if seg.hot == nil {
		seg.hot = make(map[store.Key]struct{})
	}
	if len(seg.hot) < maxHot {
		seg.hot[k] = struct{}{}
	}
}

// victim returns the segment to drop first, and where it ends: one whose objects
// are all past use, or the oldest. It is nil if only the last is left.
func (s *segments) victim(now store.Instant) (seg *segment, end position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.list) < 2 {
		return nil, 0
	}
	for i, seg := range s.list[:len(s.list)-1] {
		if seg.until < now {
			return seg, s.list[i+1].first
		}
	}
	return s.list[0], s.list[1].first
}

// drop takes a segment off the list.
func (s *segments) drop(seg *segment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.list {
		if s.list[i] == seg {
			s.list = append(s.list[:i:i], s.list[i+1:]...)
			s.bytes -= seg.bytes
			return
		}
	}
}

// heat returns the hot keys of a segment.
func (s *segments) heat(seg *segment) map[store.Key]struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	hot := seg.hot
	seg.hot = nil
	return hot
}

// saveSegment keeps what is known of a segment for the next start.
func (d *databases) saveSegment(seg *segment, sync *pebble.WriteOptions) error {
	b := binary.BigEndian.AppendUint64(nil, uint64(seg.bytes))
	b = binary.BigEndian.AppendUint64(b, uint64(seg.until))
	return d.index.Set(segmentRow(seg.first), b, sync)
}

// loadSegments finds the segments that the log has. What a crash has left
// unsaid of the last one is made up from the database.
func (d *databases) loadSegments() (list []*segment, bytes int64, err error) {
	it, err := d.index.NewIter(&pebble.IterOptions{LowerBound: []byte{rowSegment}, UpperBound: []byte{rowSegment + 1}})
	if err != nil {
		return nil, 0, err
	}
	defer func() {
		if cerr := it.Close(); err == nil {
			err = cerr
		}
	}()
	for ok := it.First(); ok; ok = it.Next() {
		v := it.Value()
		seg := &segment{first: positionOf(it.Key()[1:])}
		if len(v) != 16 || seg.first == 0 {
			return nil, 0, fmt.Errorf("%w: segment", errMalformed)
		}
		seg.bytes, seg.until = int64(binary.BigEndian.Uint64(v)), store.Instant(binary.BigEndian.Uint64(v[8:]))
		list = append(list, seg)
	}
	for i, seg := range list {
		if seg.bytes == 0 {
			end := firstOf(d.epoch)
			if i+1 < len(list) {
				end = list[i+1].first
			}
			n, err := d.log.EstimateDiskUsage(seg.first.key(), end.key())
			if err != nil {
				return nil, 0, err
			}
			seg.bytes, seg.until = int64(n), forever
		}
		bytes += seg.bytes
	}
	return list, bytes, nil
}

// forever is an instant that does not come.
const forever = store.Instant(1<<63 - 1)
