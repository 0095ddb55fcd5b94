package disk

import "brink/store"

// Status is what a tier looks like inside.
type Status struct {
	Figures  map[string]int64 `json:"figures"` // as in the metrics
	Segments []SegmentStatus  `json:"segments"`
}

// SegmentStatus describes one segment of the log. The oldest is dropped first.
type SegmentStatus struct {
	First   uint64 `json:"first"`   // position
	Bytes   int64  `json:"bytes"`   // written to it
	Seconds int64  `json:"seconds"` // until the last of its objects is past use; negative: since
	Hot     int    `json:"hot"`     // objects asked for since they were written
}

// Status returns a snapshot.
func (t *Tier) Status() Status {
	stats := t.Stats()
	return Status{Figures: stats.Figures(), Segments: t.segments.Load().status(t.options.Now())}
}

func (s *segments) status(now store.Instant) []SegmentStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]SegmentStatus, 0, len(s.list))
	for _, seg := range s.list {
		all = append(all, SegmentStatus{
			First: uint64(seg.first), Bytes: seg.bytes, Seconds: int64(seg.until/store.Second - now/store.Second), Hot: len(seg.hot),
		})
	}
	return all
}
