package disk

import (
	"errors"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"brink/purge"
	"brink/store"
)

const (
	// flushAfter is how long written data may stay in memory only, if it is worth a
	// file (sizes.file), and how long a deletion may not be durable.
	flushAfter = 2 * time.Second
	// flushAtLast is the same for less data: a crash then loses little.
	flushAtLast = 5 * time.Minute
	writerTick  = 500 * time.Millisecond
)

// writer does the work of the queue on a goroutine of its own.
type writer struct {
	tier  *Tier
	d     *databases
	lease int // of the queue
	next  position
	buf   []byte

	stamp purge.Seq // the newest that the index knows of

	dirty        int64     // bytes written to the log since the last flush
	dirtySince   time.Time // the first of them
	changedSince time.Time // the first change of the index that is not durable; zero: all are
	swept        int64     // segments that were evicted when the index was swept last
}

// run writes until the tier closes or the database fails.
func (w *writer) run() {
	tick := time.NewTicker(writerTick)
	defer tick.Stop()
	for {
		w.work()
		w.attend()
		select {
		case <-w.tier.queue.news:
		case <-tick.C:
		case <-w.tier.quit:
			w.work() // what came since: the queue is closed by now
			return
		case <-w.d.watch.failed:
			return
		}
	}
}

// work does the work of the queue until the databases have failed. The next writer does
// the rest.
func (w *writer) work() {
	for w.d.watch.cause() == nil {
		job := w.tier.queue.next(w.lease)
		if job == nil {
			return
		}
		w.do(job)
		w.tier.queue.done(w.lease, job)
		w.attend()
	}
}

// attend does the work that is due at times: flush, give way, sweep.
func (w *writer) attend() {
	w.flushIfDue()
	w.dropIfLimitLowered()
	w.sweepIfDue()
}

// do does one piece of work. A failed write is no loss, because the origin has the
// object. But Load must not find an older one.
func (w *writer) do(job *work) {
	if job.stream != nil {
		w.writeRun(job.stream, job.run)
		return
	}
	var err error
	if job.object != nil {
		err = w.write(job.object)
	}
	switch {
	case errors.Is(err, errNoRoom):
		w.tier.counts.dropped.Add(1)
	case err != nil:
		w.tier.counts.failedWrites.Add(1)
	}
	if job.object != nil && err == nil {
		return
	}
	w.changed()
	if job.only != 0 {
		w.deleteHead(job.key, job.only)
		return
	}
	if err := w.d.index.Delete(objectRow(job.key), pebble.NoSync); err != nil {
		w.tier.fail(w.d, err)
	}
}

// writeRun writes a run of a stream.
func (w *writer) writeRun(s *stream, i int) {
	run, wanted := s.next(i)
	if !wanted {
		s.wrote(i, 0, nil)
		return
	}
	err := w.makeRoom(int64(len(run)))
	pos := w.take()
	if err == nil {
		w.buf = seal(append(w.buf[:0], run...), pos, kindRun)
		err = w.set(pos, s.until)
		w.d.segments.arrives(s.arrival)
	}
	if err != nil {
		w.tier.counts.failedWrites.Add(1)
	}
	s.wrote(i, pos, err)
}

// deleteHead deletes a key's entry if it names a head.
func (w *writer) deleteHead(k store.Key, head position) {
	e, found, err := w.d.find(k)
	if err == nil && found && e.head == head {
		err = w.d.index.Delete(objectRow(k), pebble.NoSync)
	}
	if err != nil {
		w.tier.counts.failedWrites.Add(1)
	}
}

// take returns a new position. No position is used twice.
func (w *writer) take() position {
	p := w.next
	w.next++
	return p
}

// write makes room for an object and writes it.
func (w *writer) write(o *store.Object) error {
	if err := w.makeRoom(size(o)); err != nil {
		return err
	}
	return w.writeAgain(o)
}

// writeAgain writes an object's head, and its body if that is not in the log.
func (w *writer) writeAgain(o *store.Object) error {
	lowest, before := w.next, w.tier.counts.bytes.Load()
	inline, err := w.ensureBody(o, inlineMax, &lowest)
	if err != nil {
		return err
	}
	if v := o.Variants; v != nil && v.Plain != nil {
		if _, err := w.ensureBody(v.Plain, againMax, &lowest); err != nil {
			return err
		}
	}
	pos := w.take()
	w.buf = appendHead(w.buf[:0], o, pos)
	until := useful(o)
	if err := w.set(pos, until); err != nil {
		return err
	}
	if inline && o.Length > againMax {
		o.SetLocation(locationOf(pos))
	}
	size := w.tier.counts.bytes.Load() - before
	e := entry{head: pos, lowest: lowest, size: size, until: until}
	w.tier.counts.written.Add(1)
	if err := w.noteStamp(o.Stamp); err != nil {
		return err
	}
	return w.d.index.Set(objectRow(o.Key), e.encode(), pebble.NoSync)
}

// noteStamp writes a stamp to the index before the first object with it.
func (w *writer) noteStamp(stamp purge.Seq) error {
	if stamp <= w.stamp {
		return nil
	}
	w.stamp = stamp
	return w.d.noteMeta(metaStamp, uint64(stamp))
}

// ensureBody writes a body to disk before its head, and notes the place in o's Location.
// A body of at most most bytes is written with the head instead: then inline is true. lowest becomes the lowest position of the body if that is lower.
func (w *writer) ensureBody(o *store.Object, most int64, lowest *position) (inline bool, err error) {
	if p := o.Location(); p != nil && len(p.Runs) > 0 && w.d.segments.hasBody(p) {
		*lowest = min(*lowest, position(p.Runs[0]))
		w.d.segments.extend(p, useful(o))
		return false, nil
	}
	if o.OnDisk() {
		return false, errNotThere // what is left of the body is of no use
	}
	o.SetLocation(nil)
	if o.Length <= most {
		return true, nil
	}
	return false, w.writeBody(o)
}

// writeBody writes the runs of a body.
func (w *writer) writeBody(o *store.Object) error {
	location := &store.Location{Runs: make([]uint64, 0, runCount(o.Length))}
	until := useful(o)
	r := runs{body: o.Body}
	for range runCount(o.Length) {
		pos := w.take()
		w.buf = seal(r.append(w.buf[:0], store.RunSize), pos, kindRun)
		if err := w.set(pos, until); err != nil {
			return err
		}
		location.Runs = append(location.Runs, uint64(pos))
	}
	o.SetLocation(location)
	return nil
}

// set writes the record in buf.
func (w *writer) set(pos position, until store.Instant) error {
	if err := w.d.log.Set(pos.key(), w.buf, pebble.NoSync); err != nil {
		return err
	}
	n := int64(len(w.buf))
	w.tier.counts.bytes.Add(n)
	w.d.segments.wrote(n, until)
	if w.dirty == 0 {
		w.dirtySince = time.Now()
	}
	w.dirty += n
	w.changed()
	return nil
}

// changed notes that the index is about to change.
func (w *writer) changed() {
	if w.changedSince.IsZero() {
		w.changedSince = time.Now()
	}
}

// runs cuts a body anew, into pieces of one size.
type runs struct {
	body [][]byte
	at   int // bytes of body[0] that are done
}

// append appends the next n bytes, or what is left.
func (r *runs) append(b []byte, n int) []byte {
	for n > 0 && len(r.body) > 0 {
		piece := r.body[0][r.at:]
		k := min(n, len(piece))
		b = append(b, piece[:k]...)
		n -= k
		r.at += k
		if k == len(piece) {
			r.body, r.at = r.body[1:], 0
		}
	}
	return b
}

// useful returns until when an object may be used without asking the origin.
func useful(o *store.Object) store.Instant {
	l := &o.Lifetime
	until := max(l.Fresh, l.Stale, l.IfError)
	if o.Variants != nil {
		until = forever
	}
	return until
}

// flushIfDue has what was written made durable, in the background. A file in the
// log stays as it is until it goes: there must not be too many.
func (w *writer) flushIfDue() {
	if w.dirty == 0 && w.changedSince.IsZero() {
		return
	}
	now := time.Now()
	age := now.Sub(w.dirtySince)
	if w.dirty >= w.tier.sizes.file && age >= flushAfter || w.dirty > 0 && age >= flushAtLast {
		w.dirty = 0
		if _, err := w.d.log.AsyncFlush(); err != nil {
			w.tier.counts.failedWrites.Add(1)
		}
	}
	if w.changedSince.IsZero() || now.Sub(w.changedSince) < flushAfter {
		return
	}
	w.changedSince = time.Time{}
	w.syncIndex()
	w.measure()
}

// syncIndex makes durable what the index has.
func (w *writer) syncIndex() {
	if err := w.d.index.LogData(nil, pebble.Sync); err != nil {
		w.tier.counts.failedWrites.Add(1)
		return
	}
	if w.d.watch.cause() == nil { // or it seems durable and is not
		w.tier.queue.durable(w.lease)
	}
}

// dropIfLimitLowered drops segments if the disk is full and stays so.
func (w *writer) dropIfLimitLowered() {
	if !w.tier.limitLowered.Swap(false) {
		return
	}
	for w.tier.used(w.d) > w.tier.limit.Load() {
		seg := w.d.segments.victim(w.tier.options.Now())
		if seg == nil {
			return
		}
		if err := w.drop(seg); err != nil {
			w.tier.counts.failedWrites.Add(1)
			return
		}
	}
}
