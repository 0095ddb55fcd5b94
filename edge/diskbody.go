package edge

import (
	"errors"
	"io"
	"sync"

	"brink/edge/message"
	"brink/edge/notice"
	"brink/edge/semantics"
	"brink/edge/wire"
	"brink/origin"
	"brink/store"
)

// diskBody is the stream of a body, or of a part of one, that is on disk. It reads a run at a
// time into a buffer of its own.
type diskBody struct {
	store  *store.Store
	object *store.Object
	at     int64          // offset in the body of the next byte
	rest   int64          // bytes that are still to be sent
	buf    *[]byte        // nil: none yet, or given back
	ready  []byte         // bytes in buf that Next will return
	wait   store.DiskWait // for the next read; short for the first one, as the request can still become a miss

	resume func(at int64) (*origin.Response, error) // asks the origin for the bytes from at on
	other  *origin.Response                         // not nil: the disk failed, and the rest comes from the origin

	notice  notice.Notice
	reading chan struct{} // not nil: Notify's goroutine reads, and closes it at the end
	err     error         // neither the disk nor the origin gave the next bytes
}

var diskBuffers = sync.Pool{New: func() any { b := make([]byte, 0, store.RunSize+64); return &b }}

// sendFromDisk makes a span of an object on disk the body of the reply.
func (n *Node) sendFromDisk(x *exchange, o *store.Object, span semantics.Span) {
	b := x.diskBody
	if b == nil {
		b = &diskBody{store: n.store, object: o, at: span.First, rest: span.Length, wait: store.LongWait}
	}
	b.resume = func(at int64) (*origin.Response, error) { return n.resume(x, o, at) }
	x.Reply.Stream, x.closer, x.diskBody = b, b, nil
}

// bodyReady prepares an answer with an object on disk. It reads the first bytes of the body,
// and reduces the answer to one range at most. It reports false if the bytes cannot be read.
// Then the request is a miss, and no reply has to be broken off.
func (n *Node) bodyReady(x *exchange, o *store.Object, answer *semantics.Answer) bool {
	if !o.OnDisk() {
		return true
	}
	oneRange(o, answer)
	span := semantics.Span{First: 0, Length: o.Length}
	switch {
	case x.Request.Method == message.HEAD:
		return true
	case len(answer.Spans) == 1:
		span = answer.Spans[0].In(o)
	case answer.Status != o.Head.Status:
		return true
	}
	b := &diskBody{store: n.store, object: o, at: span.First, rest: span.Length}
	if b.read() != nil {
		b.Close()
		x.found = nil
		x.decision = semantics.Decision{Use: semantics.Gone, Reason: message.ReasonURIMiss}
		return false
	}
	x.diskBody = b
	return true
}

// oneRange makes an answer with several ranges one with the whole body. From disk, the node
// sends the whole or one range (RFC 9110 section 14.2: a server may ignore Range).
func oneRange(o *store.Object, answer *semantics.Answer) {
	if len(answer.Spans) > 1 {
		answer.Status, answer.Spans = o.Head.Status, nil
	}
}

// Next implements message.Stream. Without wait it returns no bytes that have yet to be read
// from disk.
func (b *diskBody) Next(wait bool) ([]byte, error) {
	if b.reading != nil && !b.endReading(wait) {
		return nil, nil
	}
	if b.rest > 0 && b.other == nil && len(b.ready) == 0 && b.err == nil {
		if !wait {
			return nil, nil
		}
		b.readOn()
	}
	switch {
	case b.rest == 0:
		return nil, io.EOF
	case b.err != nil:
		return nil, b.err
	case b.other != nil:
		return b.takeOver(wait)
	}
	p := b.ready
	b.ready = nil
	b.at += int64(len(p))
	b.rest -= int64(len(p))
	return p, nil
}

// readOn reads the next bytes from disk. If that fails, it asks the origin for the rest.
func (b *diskBody) readOn() {
	if b.read() != nil {
		b.other, b.err = b.resume(b.at)
	}
}

// Notify implements message.Stream. Unless bytes are ready, a goroutine reads the next run.
func (b *diskBody) Notify(ready func()) {
	b.notice.Set(ready)
	switch {
	case b.reading != nil && !b.endReading(false):
	case b.rest == 0 || b.err != nil || len(b.ready) > 0:
		b.notice.Call()
	case b.other != nil:
		b.other.Notify(b.notice.Call)
	default:
		done := make(chan struct{})
		b.reading = done
		go func() {
			b.readOn()
			close(done)
			b.notice.Call()
		}()
	}
}

// endReading reports whether Notify's goroutine has read. With wait it waits for that.
func (b *diskBody) endReading(wait bool) bool {
	if !wait {
		select {
		case <-b.reading:
		default:
			return false
		}
	}
	<-b.reading
	b.reading = nil
	return true
}

// takeOver is Next once the rest of the body comes from the origin.
func (b *diskBody) takeOver(wait bool) ([]byte, error) {
	p, err := b.other.Next(wait)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	p = p[:min(int64(len(p)), b.rest)]
	b.rest -= int64(len(p))
	if len(p) > 0 {
		err = nil // the next call returns it
	}
	return p, err
}

// read reads the rest of the run that the next byte is in. If the disk has lost it, the store
// deletes the object, and the next request fetches it.
func (b *diskBody) read() error {
	if b.buf == nil {
		b.buf = diskBuffers.Get().(*[]byte)
	}
	run, err := b.store.ReadRun(b.object, int(b.at/store.RunSize), (*b.buf)[:0], b.wait)
	b.wait = store.LongWait
	skip := b.at % store.RunSize
	if err == nil && skip >= int64(len(run)) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		b.buf = nil // a read that came too late may still write to it
		return err
	}
	*b.buf = run
	b.ready = run[skip:min(int64(len(run)), skip+b.rest)]
	return nil
}

func (b *diskBody) Trailers() *wire.Fields { return nil }

// Close waits for a read that Notify has begun. The disk's time limit, or the canceller once
// the client has left, bounds that wait.
func (b *diskBody) Close() {
	b.notice.Stop()
	if b.reading != nil {
		b.endReading(true)
	}
	if b.other != nil {
		b.other.Close()
	}
	if b.buf != nil {
		diskBuffers.Put(b.buf)
		b.buf, b.ready, b.rest = nil, nil, 0
	}
}
