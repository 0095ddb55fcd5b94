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

	pending map[purge.URL]purge.Seq // to be written durably
	newest  purge.Seq               // of those in force
	loaded  map[purge.URL]purge.Seq // found at the start
}

// Purged notes a purge. It does not wait.
func (t *Tier) Purged(u purge.URL, seq purge.Seq) {
	j := &t.journal
	j.mu.Lock()
	if j.pending == nil {
		j.pending = make(map[purge.URL]purge.Seq)
	}
	j.pending[u] = seq
	j.newest = max(j.newest, seq)
	j.mu.Unlock()
	t.queue.wake()
}

// Purges calls restore for each purge of earlier processes.
func (t *Tier) Purges(restore func(purge.URL, purge.Seq)) {
	t.journal.mu.Lock()
	loaded := t.journal.loaded
	t.journal.loaded = nil
	for _, seq := range loaded {
		t.journal.newest = max(t.journal.newest, seq)
	}
	t.journal.mu.Unlock()
	for u, seq := range loaded {
		restore(u, seq)
	}
}

func (j *journal) load(d *databases) error {
	loaded := make(map[purge.URL]purge.Seq)
	err := d.rows(rowPurge, func(k, v []byte) error {
		if len(k) != 17 || len(v) != 8 {
			return errMalformed
		}
		u := purge.URL{Hi: binary.BigEndian.Uint64(k[1:]), Lo: binary.BigEndian.Uint64(k[9:])}
		loaded[u] = purge.Seq(binary.BigEndian.Uint64(v))
		return nil
	})
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.loaded = loaded
	return nil
}

// write writes the purges that are pending, durably. Until then they stay so,
// whatever becomes of the databases.
func (j *journal) write(d *databases) error {
	d.purging.Lock()
	defer d.purging.Unlock()
	j.mu.Lock()
	pending := maps.Clone(j.pending)
	j.mu.Unlock()
	if len(pending) == 0 {
		return nil
	}
	if err := d.savePurges(pending); err != nil {
		return err
	}
	if err := d.watch.cause(); err != nil {
		return err // what seems durable may not be
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for u, seq := range pending {
		if j.pending[u] == seq {
			delete(j.pending, u)
		}
	}
	return nil
}

// latest returns the number of the newest purge.
func (j *journal) latest() purge.Seq {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.newest
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
