package store

import (
	"slices"
	"sort"
)

// firstRun is the size of the first run of a body whose length is not known.
// Each further one is as large as all before it, up to RunSize.
const firstRun = 4 << 10

// run is a piece of a body. Only the bytes before body.written have content.
type run struct {
	start int64 // offset in the body
	bytes []byte
}

func (r *run) end() int64 { return r.start + int64(len(r.bytes)) }

// body is the body of a fill as it arrives. The fill's lock guards it, except for the
// bytes of runs. Bytes after written belong to the writer. Bytes before written never
// change.
type body struct {
	runs        []run
	length      int64 // announced; -1: not known
	written     int64
	shown       int64 // of it, what readers may have: see Fill.commit
	overflowing bool
	spill       *spill // of an overflowing body; nil: there is none
	complete    bool   // all has arrived
	readers     map[*Reader]struct{}
	owed        int // future readers: callers that got Started, or will
	unread      unread
	news        gate // readers wait for bytes or the end
	idle        int  // readers that do
	room        gate // the writer of an overflowing body waits for its readers
	hold        hold
	tail        int // readers and future readers in the first run
	spare       int64
}

func (b *body) begin(length int64) { b.length = length }

// bodyCost is how many bytes to reserve for a body when it begins: all of it, or the
// first run if its length is not known.
func bodyCost(length int64) int64 {
	if length < 0 {
		return firstRun
	}
	whole := length / RunSize
	return whole*(RunSize+24) + sizeClass(int(length%RunSize)) + 24
}

// kept reports whether an overflowing body is kept whole in the tier below.
func (b *body) kept() bool { return b.spill != nil && !b.spill.broken }

// free returns the writable rest of the last run.
func (b *body) free() []byte {
	if len(b.runs) == 0 {
		return nil
	}
	last := &b.runs[len(b.runs)-1]
	return last.bytes[b.written-last.start:]
}

// grow appends a run of n bytes.
func (b *body) grow(n int) {
	b.runs = append(b.runs, run{start: b.written, bytes: make([]byte, n)})
}

// next returns the size of the next run of a body that may grow to limit bytes, or 0 if
// it has. The writer has hint bytes ready.
func (b *body) next(hint int, limit int64) int {
	if b.length >= 0 {
		return int(min(RunSize, b.length-b.written))
	}
	if b.written == 0 {
		return int(min(firstRun, limit))
	}
	n := min(RunSize, max(b.written, int64(hint)))
	return int(max(0, min(n, limit-b.written)))
}

// at returns the bytes from pos to the end of their run, as far as readers may have
// them. It returns nil if there are none. The caller has checked that they were not
// dropped.
func (b *body) at(pos int64) []byte {
	if pos >= b.shown {
		return nil
	}
	i := sort.Search(len(b.runs), func(i int) bool { return b.runs[i].end() > pos })
	r := &b.runs[i]
	return r.bytes[pos-r.start : min(b.shown-r.start, int64(len(r.bytes)))]
}

// show lets readers have everything that is written.
func (b *body) show() {
	b.shown = b.written
	b.news.tell()
}

// first returns the offset of the first byte that was not dropped.
func (b *body) first() int64 {
	if len(b.runs) == 0 {
		return b.written
	}
	return b.runs[0].start
}

// slices returns the written part of the runs.
func (b *body) slices() [][]byte {
	if b.written == 0 {
		return nil
	}
	out := make([][]byte, len(b.runs))
	for i, r := range b.runs {
		n := min(b.written-r.start, int64(len(r.bytes)))
		out[i] = r.bytes[:n:n]
	}
	return out
}

// adopt makes the body of an existing object the body b.
func (b *body) adopt(o *Object) {
	b.runs, b.written = nil, 0
	for _, p := range o.Body {
		b.runs = append(b.runs, run{start: b.written, bytes: p})
		b.written += int64(len(p))
	}
	b.length, b.shown = b.written, b.written
}

// compactLocked frees memory that the body does not use. A short body becomes one run
// of its size. A long body gets a last run of its size. Readers go on in the new runs.
func (f *Fill) compactLocked() {
	b := &f.mu.body
	if b.length >= 0 || b.written == 0 {
		return
	}
	from := 0
	if b.written > RunSize {
		from = len(b.runs) - 1
	}
	size := int(b.written - b.runs[from].start)
	var old int64
	for _, r := range b.runs[from:] {
		old += sizeClass(len(r.bytes))
	}
	if len(b.runs)-from == 1 && old-sizeClass(size) <= old/8 {
		return
	}
	joined := make([]byte, 0, size)
	for _, r := range b.runs[from:] {
		joined = append(joined, r.bytes[:min(b.written-r.start, int64(len(r.bytes)))]...)
	}
	b.runs = append(slices.Clone(b.runs[:from]), run{start: b.runs[from].start, bytes: joined})
	f.releaseLocked(old - sizeClass(size))
}

// withBody returns a copy of o with a whole body.
func (o *Object) withBody(body [][]byte, length int64) *Object {
	c := o.Clone()
	c.Body, c.Length = body, length
	return c
}

// gate lets goroutines wait for the next call of tell. It is guarded by the lock of the
// state that they wait for:
//
//	wait := g.wait()
//	mu.Unlock()
//	<-wait
//
// Or it calls functions then.
type gate struct {
	next  chan struct{}
	calls []func()
}

// wait returns a channel that the next tell closes.
func (g *gate) wait() <-chan struct{} {
	if g.next == nil {
		g.next = make(chan struct{})
	}
	return g.next
}

// call has the following tell call fn, on a goroutine that holds no lock.
func (g *gate) call(fn func()) { g.calls = append(g.calls, fn) }

// tell wakes all who wait.
func (g *gate) tell() {
	if g.next != nil {
		close(g.next)
		g.next = nil
	}
	if g.calls != nil {
		go callAll(g.calls)
		g.calls = nil
	}
}

func callAll(calls []func()) {
	for _, fn := range calls {
		fn()
	}
}
