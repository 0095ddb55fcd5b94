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
//	            FIN, head not sent                 taken
//	finNone ------------------------> finAsked -----------> finHalf
//	   |     "100 Continue" is sent      |                     ^
//	   |                                 | reset               |
//	   |                                 v      FIN before     |
//	   |                               gone     the head ------+
//	   |     FIN, head sent              ^                     |
//	   +----------------------------> finSeen                  |
//	                                     |                     |
//	     nothing sent for answerTime: gone     content sent ---+
//
// An unexpected 100 (Continue) is for the client to discard (RFC 9110 section
// 15.2.1). In the middle of a reply there are no such bytes to send, so a FIN
// that comes then and is followed by silence counts as having left: clients that
// end their sending do it with the request. An HTTP/1.0 client takes no interim
// response, and is waited for.
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

// goOn is what a client that expects no such thing discards.
var goOn = []byte("HTTP/1.1 100 Continue\r\n\r\n")

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
	case s.x.Request.Protocol == message.HTTP10:
		return finHalf
	case !s.conn.sock.writeWhole(goOn):
		return finNone
	}
	s.conn.watch.wrote.Add(1)
	return finAsked
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
