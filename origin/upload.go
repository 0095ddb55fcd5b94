package origin

import (
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"brink/edge/wire"
)

// upload sends content that does not go with the head. It has a goroutine of
// its own, so that a response is seen while the request is still being sent.
type upload struct {
	conn    *conn
	slot    *slot
	content *content
	limit   time.Duration // of one write
	ending  atomic.Bool   // the last write has begun
	stopped atomic.Bool   // by cease
	done    chan struct{} // closed when the goroutine has ended; what follows may be read then
	ended   time.Time
	failure *Error // why it is not whole
}

func startUpload(c *conn, s *slot, b *content, limit time.Duration) *upload {
	b.begin()
	s.upload.Store(b)
	u := &upload{conn: c, slot: s, content: b, limit: limit, done: make(chan struct{})}
	go u.run()
	return u
}

func (u *upload) run() {
	defer close(u.done)
	buf := getBuffer()
	defer putBuffer(buf)
	if u.content.length >= 0 {
		u.failure = u.sendLength(buf[:])
	} else {
		u.failure = u.sendChunks(buf[:])
	}
	u.ended = time.Now()
	u.slot.upload.Store(nil)
	if u.failure != nil && u.failure.Kind != ConnectionTerminated && !u.stopped.Load() {
		u.conn.abort() // whoever waits for a response waits in vain
	}
}

// cease ends the sending without ending the connection: the server has said
// all it will say. A last write that is under way is let go on.
func (u *upload) cease() {
	if u.over() || u.ending.Load() {
		return
	}
	u.stopped.Store(true)
	u.content.body.Stop()
}

// lastWriteTime is how long the last write may take after the server has answered
// it, before the connection is given up.
const lastWriteTime = 20 * time.Millisecond

// awaitLastWrite waits for the goroutine where the last write has begun: the server
// may answer what it got before that write has returned.
func (u *upload) awaitLastWrite() {
	if u.over() || !u.ending.Load() {
		return
	}
	late := time.NewTimer(lastWriteTime)
	defer late.Stop()
	select {
	case <-u.done:
	case <-late.C:
	}
}

func (u *upload) sendLength(buf []byte) *Error {
	for left := u.content.length; left > 0; {
		n, err := u.content.read(buf[:min(left, int64(len(buf)))])
		if n > 0 {
			left -= int64(n)
			u.ending.Store(left == 0)
			if err := u.write(buf[:n]); err != nil {
				return err
			}
		}
		if err != nil && left > 0 {
			return bodyError(err)
		}
	}
	return nil
}

// sendChunks sends one chunk a read, in one write with what frames it.
func (u *upload) sendChunks(buf []byte) *Error {
	data := buf[chunkRoom : len(buf)-len(wire.ChunkEnd)]
	for {
		n, err := u.content.read(data)
		if n > 0 {
			var line [chunkRoom]byte
			head := wire.AppendChunkHead(line[:0], n)
			start := chunkRoom - len(head)
			copy(buf[start:], head)
			end := chunkRoom + n + copy(buf[chunkRoom+n:], wire.ChunkEnd)
			if err := u.write(buf[start:end]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			u.ending.Store(true)
			return u.write(wire.AppendLastChunk(buf[:0], u.content.body.Trailers()))
		}
		if err != nil {
			return bodyError(err)
		}
	}
}

func (u *upload) write(p []byte) *Error {
	if _, err := u.conn.write(p, u.limit); err != nil {
		return sendError(err)
	}
	return nil
}

// over reports whether the goroutine has ended. A nil *upload has.
func (u *upload) over() bool {
	if u == nil {
		return true
	}
	select {
	case <-u.done:
		return true
	default:
		return false
	}
}

// whole reports whether all of the content has been sent.
func (u *upload) whole() bool { return u == nil || u.over() && u.failure == nil }

// halt makes the goroutine end, and waits for it. The connection must have
// been closed, or the content is whole.
func (u *upload) halt() {
	if u == nil {
		return
	}
	if !u.over() {
		u.content.body.Stop()
	}
	<-u.done
}

// firstError says that the head of a request could not be sent.
func firstError(err error) *Error {
	if !timedOut(err) {
		err = fmt.Errorf("%w: %w", errDead, err)
	}
	return sendError(err)
}

// sendError says that bytes of a request could not be sent.
func sendError(err error) *Error {
	kind := ConnectionTerminated
	if timedOut(err) {
		kind = ConnectionWriteTimeout
	}
	return &Error{Kind: kind, Err: fmt.Errorf("send the request: %w", err)}
}
