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
// closed the connection, or only ended its own sending and wait for the answer
// (RFC 9112 section 9.6). The kernel of a client that has closed answers the
// next bytes with a reset, and that of one that waits takes them. So bytes must
// follow the FIN:
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
// All that may come next begins with "HTTP/1.1 ", be it the reply or an interim
// response, so these bytes can be sent ahead. In the middle of a reply there are
// no such bytes. A FIN that comes there and is followed by silence counts as
// having left: clients that end only their sending do it with the request.
type watch struct {
	on    atomic.Bool   // leash is set: spares the sweeper the lock
	wrote atomic.Uint32 // writes of output that were waited for

	mu sync.Mutex

	session *session      // whose exchange is watched
	leash   message.Leash // nil: nobody asks
	gone    bool          // the client has left
	fin     fin
	mark    uint32        // wrote, when the FIN was seen
	since   time.Duration // when that was, on the engine's clock
}

// fin is what is known of the end of the client's sending.
type fin uint8

const (
	finNone  fin = iota // it has not ended, as far as was looked
	finAsked            // it has; bytes were sent to see what that means
	finSeen             // it has, in the middle of a reply
	finHalf             // it has, and the client waits for its answer
)

// answerTime is how long the answer to bytes behind a FIN may take. A reset
// that comes later is noticed, too.
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

// end is the end of the watch.
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
		case c.sock.unsent() > 0: // what is on its way will show it
		default:
			return true
		}
	}
	return false
}

// opening is what every response begins with.
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

// settle looks for a FIN that came before the reply: what is sent next shows
// whether that client waits for it.
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
