package disk

import (
	"encoding/binary"
	"maps"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"brink/purge"
)

// rowPurge: p | URL (16 bytes): the number of the newest purge of it.
const rowPurge = 'p'

// journal keeps the purges of URLs with the objects that they cover, so that a
// restart revives none.
type journal struct {
	mu sync.Mutex

	pending map[purge.URL]purge.Seq // to be written
	loaded  map[purge.URL]purge.Seq // found at the start

	writing sync.Mutex // held while pending ones are written, so that none overtakes another; before mu
}

// Purged notes a purge. It does not wait.
func (t *Tier) Purged(u purge.URL, seq purge.Seq) {
	j := &t.journal
	j.mu.Lock()
	if j.pending == nil {
		j.pending = make(map[purge.URL]purge.Seq)
	}
	j.pending[u] = seq
	j.mu.Unlock()
	select {
	case t.queue.news <- struct{}{}:
	default:
	}
}

// Purges calls restore for each purge of earlier processes.
func (t *Tier) Purges(restore func(purge.URL, purge.Seq)) {
	t.journal.mu.Lock()
	loaded := t.journal.loaded
	t.journal.loaded = nil
	t.journal.mu.Unlock()
	for u, seq := range loaded {
		restore(u, seq)
	}
}

func (j *journal) load(d *databases) (err error) {
	it, err := d.index.NewIter(&pebble.IterOptions{LowerBound: []byte{rowPurge}, UpperBound: []byte{rowPurge + 1}})
	if err != nil {
		return err
	}
	defer func() {
		if cerr := it.Close(); err == nil {
			err = cerr
		}
	}()
	j.loaded = make(map[purge.URL]purge.Seq)
	for ok := it.First(); ok; ok = it.Next() {
		k, v := it.Key(), it.Value()
		if len(k) != 17 || len(v) != 8 {
			return errMalformed
		}
		u := purge.URL{Hi: binary.BigEndian.Uint64(k[1:]), Lo: binary.BigEndian.Uint64(k[9:])}
		j.loaded[u] = purge.Seq(binary.BigEndian.Uint64(v))
	}
	return nil
}

// write writes the purges that are pending, durably. Those that it cannot write
// stay pending.
func (j *journal) write(d *databases) error {
	j.writing.Lock()
	defer j.writing.Unlock()
	j.mu.Lock()
	pending := j.pending
	j.pending = nil
	j.mu.Unlock()
	if len(pending) == 0 {
		return nil
	}
	err := d.savePurges(pending)
	if err != nil {
		j.mu.Lock()
		defer j.mu.Unlock()
		maps.Copy(pending, j.pending)
		j.pending = pending
	}
	return err
}

func (d *databases) savePurges(purges map[purge.URL]purge.Seq) error {
	batch := d.index.NewBatch()
	defer batch.Close()
	for u, seq := range purges {
		k := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64([]byte{rowPurge}, u.Hi), u.Lo)
		if err := batch.Set(k, binary.BigEndian.AppendUint64(nil, uint64(seq)), nil); err != nil {
			return err
		}
	}
	return batch.Commit(pebble.Sync)
}
