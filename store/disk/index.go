package disk

import (
	"encoding/binary"
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"brink/store"
)

// Rows of the index, by the first byte of their keys.
const (
	rowMeta    = 'm' // m | name: what the tier must know of itself
	rowObject  = 'o' // o | key (16 bytes): entry
	rowSegment = 's' // s | first position (8 bytes): segment
)

// entry says where the object of a key is.
type entry struct {
	head   position
	lowest position // of the head and its runs: with that segment the object goes
	size   int64    // bytes of all its records
	until  store.Instant
}

const entrySize = 32

func objectRow(k store.Key) []byte {
	return appendKey(append(make([]byte, 0, 17), rowObject), k)
}

func (e *entry) encode() []byte {
	b := make([]byte, 0, entrySize)
	b = binary.BigEndian.AppendUint64(b, uint64(e.head))
	b = binary.BigEndian.AppendUint64(b, uint64(e.lowest))
	b = binary.BigEndian.AppendUint64(b, uint64(e.size))
	return binary.BigEndian.AppendUint64(b, uint64(e.until))
}

func parseEntry(b []byte) (e entry, ok bool) {
	if len(b) != entrySize {
		return e, false
	}
	return entry{
		head:   position(binary.BigEndian.Uint64(b)),
		lowest: position(binary.BigEndian.Uint64(b[8:])),
		size:   int64(binary.BigEndian.Uint64(b[16:])),
		until:  store.Instant(binary.BigEndian.Uint64(b[24:])),
	}, true
}

// find returns the entry of a key.
func (d *databases) find(k store.Key) (e entry, found bool, err error) {
	b, closer, err := d.index.Get(objectRow(k))
	if errors.Is(err, pebble.ErrNotFound) {
		return e, false, nil
	}
	if err != nil {
		return e, false, err
	}
	e, found = parseEntry(b)
	return e, found, closer.Close()
}

// read appends the record at a position to buf. It reports errNotThere if there
// is none.
func (d *databases) read(pos position, buf []byte) ([]byte, error) {
	b, closer, err := d.log.Get(pos.key())
	if errors.Is(err, pebble.ErrNotFound) {
		return buf, errNotThere
	}
	if err != nil {
		return buf, err
	}
	buf = append(buf, b...)
	return buf, closer.Close()
}

// errNotThere: the log has no record at a position, be it evicted or lost in a
// crash.
var errNotThere = errors.New("no record there")

// meta reads a number that the tier has noted of itself; zero if it has not.
func (d *databases) meta(name string) (uint64, error) {
	b, closer, err := d.index.Get(append([]byte{rowMeta}, name...))
	if errors.Is(err, pebble.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer closer.Close()
	if len(b) != 8 {
		return 0, errMalformed
	}
	return binary.BigEndian.Uint64(b), nil
}

// noteMeta notes a number before all that is written to the index after it.
func (d *databases) noteMeta(name string, n uint64) error {
	return d.index.Set(append([]byte{rowMeta}, name...), binary.BigEndian.AppendUint64(nil, n), pebble.NoSync)
}

// setMeta notes numbers durably, all or none.
func (d *databases) setMeta(numbers map[string]uint64) error {
	batch := d.index.NewBatch()
	defer batch.Close()
	for name, n := range numbers {
		if err := batch.Set(append([]byte{rowMeta}, name...), binary.BigEndian.AppendUint64(nil, n), nil); err != nil {
			return err
		}
	}
	return batch.Commit(pebble.Sync)
}
