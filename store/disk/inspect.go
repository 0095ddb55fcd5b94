package disk

import (
	"context"
	"fmt"

	"brink/store"
)

// Inspection is what a directory has, by its index. Bytes are of records, but
// where it says so.
type Inspection struct {
	Epoch        uint64 // how often it was opened
	Objects      int64  // that can be found
	ObjectBytes  int64
	Expired      int64 // of Objects, past use
	Gone         int64 // index entries of what was evicted
	Segments     int64
	SegmentBytes int64
	LogBytes     int64 // on disk
	IndexBytes   int64 // on disk
}

// Inspect reads the index. It does not look whether what the index names can be
// read.
func (r Directory) Inspect(ctx context.Context, now store.Instant) (s Inspection, err error) {
	err = r.look(func(d *databases) error {
		s, err = d.inspect(ctx, now)
		return err
	})
	return s, err
}

func (d *databases) inspect(ctx context.Context, now store.Instant) (s Inspection, err error) {
	if err := d.loadSegments(); err != nil {
		return s, err
	}
	all, err := d.entries(ctx, func(Progress) {})
	if err != nil {
		return s, fmt.Errorf("read the index: %w", err)
	}
	bytes, segments := d.segments.total()
	s = Inspection{
		Epoch: d.epoch, Segments: int64(segments), SegmentBytes: bytes,
		LogBytes: int64(d.log.Metrics().DiskSpaceUsage()), IndexBytes: int64(d.index.Metrics().DiskSpaceUsage()),
	}
	for _, x := range all {
		switch {
		case !x.sound:
		case !d.segments.hasObject(x.entry):
			s.Gone++
		default:
			s.Objects++
			s.ObjectBytes += x.entry.size
			if x.entry.until < now {
				s.Expired++
			}
		}
	}
	return s, nil
}
