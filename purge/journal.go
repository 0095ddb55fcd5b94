package purge

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/zeebo/xxh3"
)

// ErrNotDurable is wrapped by errors about rules that are in force and may be
// lost with the process.
var ErrNotDurable = errors.New("in force, but not durable")

// ErrNotSent is wrapped by errors about rules that are in force on this node, and
// that its fleet may not have. It wraps ErrNotDurable.
var ErrNotSent = fmt.Errorf("%w in the fleet", ErrNotDurable)

// journal keeps rules in a file. Who adds one waits together with all others for
// the same write and sync.
//
// The file begins with a header, the log's number for names in it. Frames follow:
//
//	length (4 bytes) | checksum (8 bytes, seeded with the frame's offset) | rows
//
// A row is a kind, an ID and a number. In three cases the journal writes all rules in
// force to a new file, which replaces the old one: the file has grown much; a write
// failed, and it is not known what was written; or the disk is slow, and too many rows
// wait to be written.
type journal struct {
	path  string
	names Names
	fill  func(*rows) // what is in force

	mu sync.Mutex

	next    *commit // of what is to be written
	pending rows    // at most maxPending
	anew    bool    // the next write makes a new file with all rules in force
	urgent  bool    // sync at once, and not later
	durable bool    // the rows before pending are durable, or will be soon if that is enough
	synced  bool
	size    int64
	closed  bool

	news chan struct{} // has one in it when there may be something to write
	done chan struct{}

	// Of the goroutine that writes.
	file    *os.File // nil: the next write is a new file
	grown   int64    // bytes since the file was new
	first   int64    // bytes of it when it was
	waiting bool     // something was written that is to be synced later
}

// commit is one write and sync.
type commit struct {
	done chan struct{} // closed when err is known
	err  error
}

// wait waits for a commit. It returns at once if c is nil.
func (c *commit) wait(ctx context.Context) error {
	if c == nil {
		return nil
	}
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		return fmt.Errorf("%w yet: %w", ErrNotDurable, ctx.Err())
	}
}

const (
	magic      = "brinkpu1"
	headerSize = len(magic) + 8
	frameHead  = 4 + 8
	rowSize    = 1 + 16 + 8
	softBit    = 0x80
	maxFrame   = 1 << 20     // bytes of rows
	leastGrown = 4 << 20     // before a file is written anew
	maxPending = 4 << 20     // bytes of rows that wait to be written
	retryAfter = time.Second // a failed write
	syncAfter  = 200 * time.Millisecond
)

// Kinds of rows that are no rules.
const (
	rowLatest Kind = 'L' // the newest number
	rowFloor  Kind = 'F'
	rowCursor Kind = 'C'
)

// rows are rows of the file.
type rows []byte

func (b *rows) add(k Kind, soft bool, id ID, seq Seq) {
	if soft {
		k |= softBit
	}
	*b = append(*b, byte(k))
	*b = binary.BigEndian.AppendUint64(*b, id.Hi)
	*b = binary.BigEndian.AppendUint64(*b, id.Lo)
	*b = binary.BigEndian.AppendUint64(*b, uint64(seq))
}

func (b *rows) addCursor(c Cursor) { b.add(rowCursor, false, ID{Hi: c.Mark}, c.Seq) }

// Open opens the log in a file, and makes the file if there is none. atLeast is the
// newest stamp of any stored object. If the file ends before atLeast, is damaged or
// cannot be read, the floor is raised to make up for the lost purges. lost then says
// why; nil means that nothing is lost.
func Open(path string, names Names, limit int, atLeast Seq) (l *Log, lost error) {
	l = NewLog(names, limit)
	b, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		lost = err
	default:
		lost = l.restore(b)
	}
	if lost == nil && l.Latest() < atLeast {
		lost = fmt.Errorf("it ends at %d, there are objects of %d", l.Latest(), atLeast)
	}
	if lost != nil {
		lost = fmt.Errorf("purges are missing in %s: %w", path, lost)
		l.doubtLocked(max(l.Latest(), atLeast) + 1) // nobody else has the log yet
	}
	go newJournal(path, l).run()
	return l, lost
}

// newJournal makes the journal of l. Its goroutine is not started yet.
func newJournal(path string, l *Log) *journal {
	j := &journal{path: path, names: l.Names(), fill: l.write, next: newCommit(), news: make(chan struct{}, 1), done: make(chan struct{})}
	l.journal = j
	j.wake() // the first write is a new file
	return j
}

func newCommit() *commit { return &commit{done: make(chan struct{})} }

// restore puts the content of a file in force. It returns an error if it sees that
// something is missing.
func (l *Log) restore(b []byte) error {
	if len(b) < headerSize || string(b[:len(magic)]) != magic {
		return errors.New("it is no journal of purges")
	}
	var err error
	if got := Names(binary.BigEndian.Uint64(b[len(magic):])); got != l.table.names {
		err = errors.New("it is another cache's")
	}
	at := headerSize
	for at < len(b) {
		rows, ok := parseFrame(b[at:], at)
		if !ok {
			return fmt.Errorf("it makes no sense from byte %d on", at)
		}
		l.restoreRows(rows, err == nil)
		at += frameHead + len(rows)
	}
	return err
}

func parseFrame(b []byte, at int) (rows []byte, ok bool) {
	if len(b) < frameHead {
		return nil, false
	}
	n := int(binary.BigEndian.Uint32(b))
	if n > len(b)-frameHead || n%rowSize != 0 {
		return nil, false
	}
	rows = b[frameHead : frameHead+n]
	return rows, binary.BigEndian.Uint64(b[4:]) == xxh3.HashSeed(rows, uint64(at))
}

// restoreRows puts rows in force. If they are of another cache, it only goes on from
// their numbers.
func (l *Log) restoreRows(b []byte, ours bool) {
	for ; len(b) >= rowSize; b = b[rowSize:] {
		k := Kind(b[0] &^ softBit)
		id := ID{binary.BigEndian.Uint64(b[1:]), binary.BigEndian.Uint64(b[9:])}
		seq := Seq(binary.BigEndian.Uint64(b[17:]))
		if k == rowCursor {
			l.cursor.Store(&Cursor{seq, id.Hi})
			continue
		}
		raise(&l.latest, seq)
		switch {
		case !ours, k == rowLatest:
		case k == rowFloor:
			raise(&l.table.floor, seq)
		default:
			l.table.put(Rule{Kind: k, Soft: b[0]&softBit != 0, ID: id}, seq)
		}
	}
}

// write appends everything in force, which may change meanwhile. It reads the cursor
// first, because the cursor moves after rules and floor. It reads the floor last,
// because the floor rises before rules are forgotten.
func (l *Log) write(b *rows) {
	if c := l.cursor.Load(); c != nil {
		b.addCursor(*c)
	}
	b.add(rowLatest, false, ID{}, l.Latest())
	l.table.write(b)
	b.add(rowFloor, false, ID{}, Seq(l.table.floor.Load()))
}

// append queues rules and the cursor to be written, and returns the commit to wait for.
// Urgent rules are synced at once. Other rules are written at once, so that they
// outlive the process, and synced soon: somebody else has them and would send them
// again.
func (j *journal) append(seq Seq, rules []Rule, cursor *Cursor, urgent bool) *commit {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.urgent = j.urgent || urgent
	for _, r := range rules {
		j.pending.add(r.Kind, r.Soft, r.ID, seq)
	}
	if len(rules) == 0 {
		j.pending.add(rowFloor, false, ID{}, seq)
	}
	if cursor != nil {
		j.pending.addCursor(*cursor)
	}
	if len(j.pending) > maxPending {
		j.pending, j.anew = nil, true
	}
	j.wake()
	return j.next
}

// shrink makes the next write a new file.
func (j *journal) shrink() {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.anew = true
	j.wake()
}

func (j *journal) wake() {
	select {
	case j.news <- struct{}{}:
	default:
	}
}

// syncSoon syncs what was written.
func (j *journal) syncSoon() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.urgent = true
	j.wake()
}

// work is one write.
type work struct {
	rows rows
	anew bool    // make a new file with all rules in force
	sync bool    // at once
	done *commit // resolved by the write
	last bool
}

func (w *work) any() bool { return len(w.rows) > 0 || w.anew || w.sync }

func (j *journal) take() work {
	j.mu.Lock()
	defer j.mu.Unlock()
	w := work{rows: j.pending, anew: j.anew, sync: j.urgent || j.closed, done: j.next, last: j.closed}
	j.pending, j.anew, j.urgent, j.next = nil, false, false, newCommit()
	return w
}

// run writes until the journal is closed. After a failed write it tells those who wait,
// and later writes everything in force to a new file.
func (j *journal) run() {
	defer close(j.done)
	for range j.news {
		w := j.take()
		c := w.done
		if w.any() || j.file == nil {
			if err := j.commit(&w); err != nil {
				c.err = fmt.Errorf("%w: %w", ErrNotDurable, err)
			}
		}
		j.note(c.err == nil)
		close(c.done)
		switch {
		case w.last:
			return
		case c.err != nil:
			time.AfterFunc(retryAfter, j.wake)
		}
	}
}

func (j *journal) note(durable bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.durable, j.synced, j.size = durable, durable && !j.waiting, j.first+j.grown
}

func (j *journal) state() (durable bool, size int64) {
	if j == nil {
		return true, 0
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.durable && len(j.pending) == 0 && !j.anew, j.size
}

func (j *journal) commit(w *work) error {
	if j.file == nil || w.anew || j.grown+int64(len(w.rows)) > max(leastGrown, 2*j.first) {
		return j.renew()
	}
	n, err := j.writeFrames(j.file, w.rows, j.first+j.grown)
	if err == nil && w.sync {
		err = j.file.Sync()
	}
	if err != nil {
		return errors.Join(err, j.drop())
	}
	j.grown += n
	if !w.sync && !j.waiting {
		time.AfterFunc(syncAfter, j.syncSoon)
	}
	j.waiting = !w.sync
	return nil
}

// drop closes the file after a failed write: nobody knows where its content ends.
func (j *journal) drop() error {
	if j.file == nil {
		return nil
	}
	f := j.file
	j.file = nil
	return f.Close()
}

// writeFrames writes rows behind an offset, and returns how many bytes it took.
func (j *journal) writeFrames(f *os.File, r rows, at int64) (n int64, err error) {
	b := make([]byte, 0, frameHead+min(len(r), maxFrame))
	for len(r) > 0 && err == nil {
		part := r[:min(len(r), maxFrame/rowSize*rowSize)]
		r = r[len(part):]
		b = binary.BigEndian.AppendUint32(b[:0], uint32(len(part)))
		b = binary.BigEndian.AppendUint64(b, xxh3.HashSeed(part, uint64(at+n)))
		b = append(b, part...)
		_, err = f.Write(b)
		n += int64(len(b))
	}
	return n, err
}

// renew writes everything in force to a new file, which replaces the old one.
func (j *journal) renew() (err error) {
	if err := j.drop(); err != nil {
		return err
	}
	var all rows
	j.fill(&all)
	temporary := j.path + ".new"
	f, err := os.OpenFile(temporary, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(temporary))
		}
	}()
	if _, err := f.Write(binary.BigEndian.AppendUint64([]byte(magic), uint64(j.names))); err != nil {
		return err
	}
	n, err := j.writeFrames(f, all, int64(headerSize))
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = os.Rename(temporary, j.path)
	}
	if err == nil {
		err = syncDirectory(filepath.Dir(j.path))
	}
	if err != nil {
		return err
	}
	j.file, j.first, j.grown, j.waiting = f, int64(headerSize)+n, 0, false
	return nil
}

func syncDirectory(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// close writes what is to be written, and closes the file.
func (j *journal) close() error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	last := j.next
	j.closed = true
	j.mu.Unlock()
	j.wake()
	<-j.done
	return errors.Join(last.err, j.drop())
}
