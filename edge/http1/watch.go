package http1

import (
	"sync"
	"sync/atomic"
	"time"

	"brink/edge/message"
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
//	state     what happens                           next state
//	finNone   FIN, no head was sent: "HTTP/1.1 " is  finAsked
//	          FIN, the head was sent                 finSeen
//	          FIN was there just before the head     finHalf
//	finAsked  the bytes are taken                    finHalf
//	finSeen   content is sent and taken              finHalf
//	          nothing is sent for answerTime         gone
//	any       reset                                  gone
//
// The reply and every interim response begin with "HTTP/1.1 ", so these bytes can
// be sent ahead. In the middle of a reply there are no such bytes. If a FIN comes
// there, and then nothing is sent for answerTime, the client counts as gone:
// clients that only end their sending do so right after the request.
type watch struct {
	on    atomic.Bool   // leash is set; read without the lock
	wrote atomic.Uint32 // the number of writes, bytes sent ahead included

	mu sync.Mutex

	session *session      // the session whose exchange is watched
	leash   message.Leash // nil: nothing is watched
	gone    bool          // the client has left
	fin     fin
	mark    uint32        // the value of wrote when the FIN was seen
	since   time.Duration // when the FIN was seen, on the engine's clock
}

// fin is what is known about the client's FIN.
type fin uint8

const (
	finNone  fin = iota // none was seen
	finAsked            // seen before the reply; bytes were sent to see what it means
	finSeen             // seen in the middle of a reply
	finHalf             // seen, and the client waits for its answer
)

// answerTime is how long to wait for a reset after bytes were sent behind a FIN. A
// reset that comes later is noticed, too.
const answerTime = 200 * time.Millisecond

// Watch implements message.Client. A connection that is no plain socket is not
// watched.
func (s *session) Watch(l message.Leash) {
	w := &s.conn.watch
	if l == nil {
		w.end()
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.session, w.leash = s, l
	w.on.Store(true)
	if w.gone {
		l.Cut()
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
	w.session, w.leash = nil, nil
	if w.fin != finHalf {
		w.fin = finNone
	}
}

// look cuts the leash if the client has left.
func (c *conn) look() {
	w := &c.watch
	if !w.on.Load() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.leash == nil || w.gone {
		return
	}
	switch c.sock.ended() {
	case endNone:
	case endSending:
		w.gone = w.leftLocked(c)
	case endAll:
		w.gone = true
	}
	if w.gone {
		w.leash.Cut()
	}
}

// leftLocked reports whether a client that has ended its sending has left.
func (w *watch) leftLocked(c *conn) bool {
	switch w.fin {
	case finNone:
		w.mark, w.since = w.wrote.Load(), c.engine.clock()
		w.fin = w.session.probe()
		if w.fin == finAsked || w.fin == finSeen {
			time.AfterFunc(answerTime, c.look)
		}
	case finAsked, finSeen:
		switch {
		case c.engine.clock()-w.since < answerTime:
		case w.wrote.Load() != w.mark:
			w.fin = finHalf
		case c.sock.unsent() > 0: // the answer to these bytes will show it
		default:
			return true
		}
	}
	return false
}

// opening is the beginning of every response.
var opening = []byte("HTTP/1.1 ")

// probe sends bytes to a client that has ended its sending, if some may be sent
// now, and does not wait.
func (s *session) probe() fin {
	if !s.early.TryLock() {
		return finNone // an interim response is on its way
	}
	defer s.early.Unlock()
	switch {
	case s.begun:
		return finSeen
	case s.ahead == 0 && !s.conn.sock.writeWhole(opening):
		return finNone
	}
	s.ahead = len(opening)
	s.conn.watch.wrote.Add(1)
	return finAsked
}

// takeAhead returns how many bytes of a response were sent already.
func (s *session) takeAhead() int {
	n := s.ahead
	s.ahead = 0
	return n
}

// settle looks for a FIN that came before the reply. The bytes that are sent next
// show whether the client waits for the reply.
func (w *watch) settle(k *socket) {
	if k == nil || !w.on.Load() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fin == finNone && k.ended() == endSending {
		w.fin = finHalf
	}
}
