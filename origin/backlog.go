package origin

import (
	"sync"
	"time"

	"brink/edge/notice"
)

// backlogMax is how many bytes of a response are read ahead for a slow client.
const backlogMax = 512 << 10

// delivery is the state of a response while its goroutine writes content to the client.
// Other goroutines may read it then.
type delivery struct {
	sync.Mutex

	out     bool     // the client was given content, and has not asked for more
	pace    pace     // of the client
	backlog *backlog // what was read ahead meanwhile; nil: nothing
}

// deliver notes that the client was given n bytes, and that more will follow.
func (x *Response) deliver(n int) {
	if x.behind == nil && x.slot.delivering.Load() != x {
		x.slot.delivering.Store(x)
	}
	x.given = n
	now := x.origin.clock.now()
	x.delivery.Lock()
	x.delivery.out = true
	x.delivery.pace.pause(now)
	x.delivery.Unlock()
}

// delivered notes that the client has taken what it was given.
func (x *Response) delivered() {
	if x.given == 0 {
		return
	}
	now := x.origin.clock.now()
	x.delivery.Lock()
	defer x.delivery.Unlock()
	x.delivery.out = false
	x.delivery.pace.resume(now, x.given)
	x.given, x.behind = 0, x.delivery.backlog
}

// slow reports whether the client is slow to read x. It may be called from any
// goroutine, until Close.
func (x *Response) slow(now time.Duration) bool {
	x.delivery.Lock()
	defer x.delivery.Unlock()
	return x.delivery.pace.isSlow(now)
}

// readAhead begins to read the rest of x ahead, if the client does not take it and it may
// fit into memory. It may be called from any goroutine while x has its slot.
func (x *Response) readAhead(now time.Duration) {
	d := &x.delivery
	d.Lock()
	defer d.Unlock()
	if !d.out || d.backlog != nil || d.pace.waited(now) < blockTime || x.exchange.remaining() > backlogMax {
		return
	}
	if !x.origin.memory.responses.take(bufferSize) {
		return
	}
	b := &backlog{memory: &x.origin.memory.responses, exchange: x.exchange, filling: true, ended: make(chan struct{})}
	b.news.L = &b.mu
	b.buffers = append(b.buffers, getBuffer())
	d.backlog = b
	go b.fill(x)
}

// cutBacklog drops what was read ahead, as x has lost its slot.
func (x *Response) cutBacklog() {
	x.delivery.Lock()
	defer x.delivery.Unlock()
	if b := x.delivery.backlog; b != nil {
		b.cut()
	}
}

// backlog is content of a response that was read ahead of its client. While fill runs,
// its goroutine owns the response. Afterwards the client's goroutine owns it again.
type backlog struct {
	memory   *byteBudget
	exchange exchange
	ended    chan struct{} // closed when the goroutine has ended

	mu      sync.Mutex
	news    sync.Cond
	notice  *notice.Notice      // is called with the next news; nil: nobody waits for it
	filling bool                // content is being read
	whole   bool                // the rest of the response is in there
	lost    bool                // what had not been taken was dropped
	buffers []*[bufferSize]byte // what is in there; nil: given back
	written int
	taken   int
}

// fill reads to the end of the content, or up to the limit.
func (b *backlog) fill(x *Response) {
	defer close(b.ended)
	x.exchange.switchBuffer()
	for {
		room := b.room()
		if room == nil {
			break
		}
		n, err := x.exchange.readInto(room)
		b.add(n)
		if err != nil || x.exchange.complete() {
			break
		}
	}
	whole := x.exchange.complete()
	b.mu.Lock()
	b.filling, b.whole = false, whole
	b.mu.Unlock()
	if whole {
		x.endExchange()
	} else if x.slot.gone.Load() != nil {
		b.cut()
	}
	b.tell()
}

// tell wakes who waits for news, and notifies who asked for that.
func (b *backlog) tell() {
	b.news.Broadcast()
	b.mu.Lock()
	n := b.notice
	b.notice = nil
	b.mu.Unlock()
	if n != nil {
		n.Call()
	}
}

// notify has the next news call n. It reports false if there is something to take, or
// nothing more will come.
func (b *backlog) notify(n *notice.Notice) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.taken < b.written || !b.filling {
		return false
	}
	b.notice = n
	return true
}

// room returns free space behind what was written, nil if there may be no more.
func (b *backlog) room() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := b.written / bufferSize
	if i < len(b.buffers) {
		return b.buffers[i][b.written%bufferSize:]
	}
	if b.written >= backlogMax || !b.memory.take(bufferSize) {
		return nil
	}
	b.buffers = append(b.buffers, getBuffer())
	return b.buffers[i][:]
}

func (b *backlog) add(n int) {
	b.mu.Lock()
	b.written += n
	b.mu.Unlock()
	b.tell()
}

// next returns the next bytes, valid until the following call. Without wait it returns
// nil where none are there yet. It reports over once all has been taken and nothing more
// comes from here.
func (b *backlog) next(wait bool) (data []byte, over bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.recycle()
	for b.taken == b.written {
		if !b.filling {
			return nil, true
		}
		if !wait {
			return nil, false
		}
		b.news.Wait()
	}
	i := b.taken / bufferSize
	end := min(b.written, (i+1)*bufferSize)
	data = b.buffers[i][b.taken%bufferSize:][:end-b.taken]
	b.taken = end
	return data, false
}

// recycle gives back the buffers before the one that is to be taken from next.
func (b *backlog) recycle() {
	for i := range b.taken / bufferSize {
		b.drop(i)
	}
}

func (b *backlog) drop(i int) {
	if i < len(b.buffers) && b.buffers[i] != nil {
		putBuffer(b.buffers[i])
		b.buffers[i] = nil
		b.memory.give(bufferSize)
	}
}

// cut drops what has not been taken, as the response will not be whole. If it is, it
// stays: its end says that nothing is missing.
func (b *backlog) cut() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.filling || b.whole {
		return
	}
	b.lost = b.lost || b.taken < b.written
	b.written = b.taken
	for i := (b.taken + bufferSize - 1) / bufferSize; i < len(b.buffers); i++ {
		b.drop(i)
	}
}

// cutShort reports, once all has been taken, whether something is missing behind it.
func (b *backlog) cutShort() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lost
}

// end stops the filling and gives all back.
func (b *backlog) end() {
	b.mu.Lock()
	if b.filling {
		b.exchange.abort()
	}
	b.mu.Unlock()
	<-b.ended
	for i := range b.buffers {
		b.drop(i)
	}
}
