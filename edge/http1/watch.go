package http1

import (
	"sync"
	"sync/atomic"
	"time"

	"brink/edge/engine"
	"brink/edge/message"
	"brink/edge/wire"
)

// watch finds out that a client has left while a handler works for it, or while
// the reply waits for more content. The sweeper looks at all watches in turn, so
// that a watch costs no timer and no goroutine.
//
// A reset says that the client has left. A FIN does not: the client may have
// closed the connection, or it may only have ended its own sending and wait for
// the answer (RFC 9112 section 9.6). If it has closed the connection, its kernel
// answers the next bytes with a reset; if it waits, its kernel takes them. So
// bytes must follow the FIN:
//
//	state     what happens                            next state
//	finNone   FIN, no head was sent: "HTTP/1.1 " is   finProbed
//	          FIN between two chunks: "0" is          finProbed
//	          FIN elsewhere in a reply                finSeen
//	          FIN was there just before the head      finHalf
//	finProbed the bytes are taken                     finHalf
//	finSeen   content is sent and taken               finHalf
//	          chunks, nothing is sent for answerTime  as from finNone
//	          others, nothing is sent for patience    gone
//	any       reset                                   gone
//
// The reply and every interim response begin with "HTTP/1.1 ", and a chunk's size
// may begin with "0", so these bytes can be sent ahead. In a reply with
// Content-Length, or to HTTP/1.0, there are no such bytes. If a FIN comes there, the
// client counts as gone once nothing is sent for as long as it has patience:
//
//	FIN within behindTime of the request  patientTime; clients that only end their
//	                                      sending do so right after the request
//	FIN later                             answerTime
type watch struct {
	on    atomic.Bool   // work is set; read without the lock
	wrote atomic.Uint32 // the number of writes, bytes sent ahead included

	mu sync.Mutex

	session *session          // the session whose exchange is watched
	work    message.Canceller // is cancelled if the client leaves; nil: nothing is watched
	gone    bool              // the client has left
	fin     fin
	mark    uint32 // the value of wrote when the FIN was seen

	// On the engine's clock.
	began  time.Duration // the exchange's first watch
	looked time.Duration // when there was no FIN yet; may be of an earlier exchange
	since  time.Duration // when the FIN was seen, or bytes were sent behind it
	behind bool          // the FIN may have come within behindTime of began
}

// fin is what is known about the client's FIN.
type fin uint8

const (
	finNone   fin = iota // none was seen
	finProbed            // seen; bytes were sent to see what it means
	finSeen              // seen in a reply, where no such bytes could be sent
	finHalf              // seen, and the client waits for its answer
)

const (
	// answerTime is how long to wait for a reset after bytes were sent behind a FIN. A
	// reset that comes later is noticed, too.
	answerTime = 200 * time.Millisecond
	// behindTime is how soon after a request a FIN counts as belonging to it. A sweep
	// sees a FIN late; one that may have come in time counts, too.
	behindTime  = 100 * time.Millisecond
	patientTime = 10 * time.Second
)

// Watch implements message.Client. A connection that has no TCP connection below, as in
// tests, is never found to have ended.
func (s *session) Watch(l message.Canceller) {
	w := &s.conn.watch
	if l == nil {
		w.end()
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.work == nil {
		w.began = s.conn.engine.Clock.Now()
	}
	w.session, w.work = s, l
	w.on.Store(true)
	if w.gone {
		l.Cancel()
	}
}

// end ends the watch.
func (w *watch) end() {
	if !w.on.Load() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.on.Store(false)
	w.session, w.work = nil, nil
	if w.fin != finHalf {
		w.fin = finNone
	}
}

// checkClient cancels the work if the client has left.
func (c *conn) checkClient() {
	w := &c.watch
	if !w.on.Load() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.work == nil || w.gone {
		return
	}
	switch c.net.Ended() {
	case engine.EndNone:
		w.looked = c.engine.Clock.Now()
	case engine.EndSending:
		w.gone = w.leftLocked(c)
	case engine.EndAll:
		w.gone = true
	}
	if w.gone {
		w.work.Cancel()
	}
}

// leftLocked reports whether a client that has ended its sending has left.
func (w *watch) leftLocked(c *conn) bool {
	silence := c.engine.Clock.Now() - w.since
	switch {
	case w.fin == finNone:
		w.mark, w.behind = w.wrote.Load(), w.looked < w.began+behindTime
		w.probeLocked(c)
	case w.fin == finHalf || silence < answerTime:
	case w.wrote.Load() != w.mark:
		w.fin = finHalf
	case c.net.Unsent() > 0: // the answer to these bytes will show it
	case w.session.chunks:
		w.probeLocked(c)
	default:
		return !w.behind || silence >= patientTime
	}
	return false
}

// probeLocked sends bytes behind a FIN, if some may be sent now, and looks again once
// there was time for an answer.
func (w *watch) probeLocked(c *conn) {
	w.since = c.engine.Clock.Now()
	w.fin = w.session.probe()
	if w.fin != finNone {
		time.AfterFunc(answerTime, c.checkClient)
	}
}

// content notes how the reply's content is sent.
func (w *watch) content(s *session, f wire.Framing) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.chunks = f.Kind == wire.ByChunks
}

// noteHalfClose looks for a FIN that came before the reply. The bytes that are sent next
// show whether the client waits for the reply.
func (w *watch) noteHalfClose(nc *engine.Conn) {
	if !w.on.Load() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fin == finNone && nc.Ended() == engine.EndSending {
		w.fin = finHalf
	}
}
