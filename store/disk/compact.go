package disk

import (
	"context"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// Compaction is what Compact has done.
type Compaction struct {
	Entries       int64 // of the index, before
	Deleted       int64 // of them, since what they name is gone
	Before, After int64 // bytes that the index takes on disk
}

// Compact deletes the index entries of what is gone, and has the index take no
// more room than it needs. The log needs no compaction.
func (r Directory) Compact(ctx context.Context, progress func(Progress)) (c Compaction, err error) {
	err = r.change(func(d *databases) error {
		c.Before = int64(d.index.Metrics().DiskSpaceUsage())
		if err := d.forgetGone(ctx, &c, progress); err != nil {
			return err
		}
		progress(Progress{Step: "compacting the index"})
		if err := d.index.Compact(ctx, []byte{0}, []byte{0xff}, false); err != nil {
			return fmt.Errorf("compact the index: %w", err)
		}
		c.After = int64(d.index.Metrics().DiskSpaceUsage())
		return nil
	})
	return c, err
}

func (d *databases) forgetGone(ctx context.Context, c *Compaction, progress func(Progress)) error {
	if err := d.loadSegments(); err != nil {
		return err
	}
	all, err := d.entries(ctx, progress)
	if err != nil {
		return fmt.Errorf("read the index: %w", err)
	}
	var gone [][]byte
	for i := range all {
		if err := ctx.Err(); err != nil {
			return err
		}
		there, err := d.complete(all[i].entry)
		if err != nil {
			return err
		}
		if !there {
			gone = append(gone, all[i].row)
		}
		progress(Progress{Step: "looking for what is gone", Done: int64(i + 1), Total: int64(len(all))})
	}
	c.Entries, c.Deleted = int64(len(all)), int64(len(gone))
	return d.forget(gone)
}

// complete reports whether the log has both ends of the object that an entry names. An
// object that the disk cannot read is not gone: Verify reports that.
func (d *databases) complete(e entry) (bool, error) {
	if !d.segments.hasObject(e) {
		return false, nil
	}
	for _, pos := range [...]position{e.head, e.lowest} {
		_, closer, err := d.log.Get(pos.key())
		if errors.Is(err, pebble.ErrNotFound) {
			return false, nil
		}
		if err == nil {
			if err := closer.Close(); err != nil {
				return false, err
			}
		}
	}
	return true, nil
}
