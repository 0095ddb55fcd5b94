package disk

import (
	"cmp"
	"context"
	"encoding/binary"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"brink/store"
)

// indexed is an entry of the index with its row.
type indexed struct {
	row   []byte
	key   store.Key
	entry entry
	sound bool // the row makes sense; otherwise there is nothing but the row
}

// tick is after how many entries somebody hears of the progress.
const tick = 1 << 10

// entries returns all of the index, in the order in which the log is read
// fastest. It takes some 120 bytes of memory for each.
func (d *databases) entries(ctx context.Context, progress func(Progress)) (all []indexed, err error) {
	err = d.rows(rowObject, func(row, value []byte) error {
		all = append(all, parseRow(row, value))
		if len(all)%tick == 0 {
			progress(Progress{Step: "reading the index", Done: int64(len(all))})
			return ctx.Err()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b indexed) int { return cmp.Compare(a.entry.head, b.entry.head) })
	return all, nil
}

func parseRow(row, value []byte) indexed {
	x := indexed{row: append([]byte(nil), row...)}
	if len(row) == 17 {
		x.key = store.Key{Hi: binary.BigEndian.Uint64(row[1:]), Lo: binary.BigEndian.Uint64(row[9:])}
		x.entry, x.sound = parseEntry(value)
	}
	return x
}

// forget deletes rows from the index, durably.
func (d *databases) forget(rows [][]byte) error {
	batch := d.index.NewBatch()
	defer batch.Close()
	for _, row := range rows {
		if err := batch.Delete(row, nil); err != nil {
			return err
		}
	}
	return batch.Commit(pebble.Sync)
}
