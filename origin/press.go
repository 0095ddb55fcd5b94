package origin

import (
	"errors"
	"time"
)

// Pressure: somebody waits for a place. Then, and only then, the origin looks at the
// exchanges that have one, and makes some give way, in this order:
//
//  1. Fetches that nobody waits for, once they have had their place for a second.
//  2. Responses that their client does not take. Their rest is read into memory, if
//     it fits in there: the place is free, and the client gets all of it.
//  3. Slow exchanges over their share of the places: see queue. The client with
//     the most of them loses one first, the one that has had its place for longest.
const (
	pressPause = 10 * time.Millisecond // between two looks while somebody waits
	pressMost  = 16                    // slow exchanges that one look ends: each takes a pass over all
	aloneTime  = time.Second           // that a fetch which nobody waits for keeps its place
	blockTime  = 20 * time.Millisecond // that a client may take for a piece of content before its rest is read ahead
)

var (
	errSlowClient = &Error{Kind: SlowClient, Err: errors.New("others wait for a connection, and the client is slow")}
	errUnwanted   = &Error{Kind: Unwanted, Err: errors.New("others wait for a connection, and nobody waits for the response")}
)

// press makes exchanges give way to those who wait. It is called when somebody
// begins to wait, and then sees to it that it is called again.
func (o *Origin) press() {
	now := o.clock.now()
	o.mu.Lock()
	if o.mu.aborted || o.mu.queue.length == 0 {
		o.mu.Unlock()
		return
	}
	if now < o.mu.pressed {
		o.pressLaterLocked()
		o.mu.Unlock()
		return
	}
	lone := o.loneLocked(now)
	o.mu.Unlock()

	lone = unwanted(lone)

	o.mu.Lock()
	ended := o.endLoneLocked(lone, now)
	o.relieveLocked(now)
	ended = o.endSlowLocked(ended, now)
	if o.mu.queue.length > 0 {
		// Somebody waits who cannot be helped now.
		o.mu.pressed = now + pressPause
		o.pressLaterLocked()
	}
	o.mu.Unlock()
	for _, e := range ended {
		e.abort()
	}
}

// pressLaterLocked sees to it that press is called again.
func (o *Origin) pressLaterLocked() {
	if !o.mu.pressing {
		o.mu.pressing = true
		time.AfterFunc(pressPause, o.pressOn)
	}
}

// pressOn is press again.
func (o *Origin) pressOn() {
	o.mu.Lock()
	o.mu.pressing = false
	o.mu.Unlock()
	o.press()
}

// candidate is a slot that may be one that nobody waits for.
type candidate struct {
	slot     *slot
	serial   uint64
	audience Audience
	lone     bool
}

// loneLocked returns the slots that may be ones that nobody waits for.
func (o *Origin) loneLocked(now time.Duration) (list []candidate) {
	for _, s := range o.mu.queue.running {
		if s.audience != nil && now-s.begun >= aloneTime {
			list = append(list, candidate{slot: s, serial: s.serial, audience: s.audience})
		}
	}
	return list
}

// unwanted asks about candidates without the lock, as their audience has its own.
func unwanted(list []candidate) []candidate {
	for i := range list {
		list[i].lone = list[i].audience.Waiters() == 0
	}
	return list
}

// ending is what an exchange that lost its place holds.
type ending struct {
	conn   *conn
	upload *content
}

func (e ending) abort() {
	if e.conn != nil {
		e.conn.Abort()
	}
	if e.upload != nil {
		e.upload.body.Stop()
	}
}

// endLoneLocked takes the places of fetches that nobody waits for, as many as are
// needed. Those who come from waiting to reading are not counted for a moment, so that
// a fetch must be found alone twice.
func (o *Origin) endLoneLocked(list []candidate, now time.Duration) (ended []ending) {
	q := &o.mu.queue
	for _, c := range list {
		s := c.slot
		switch {
		case s.serial != c.serial || s.client == nil || s.gone.Load() != nil:
		case !c.lone:
			s.alone = 0
		case s.alone == 0:
			s.alone = now
		case len(q.running) == q.limit:
			ended = append(ended, o.revokeLocked(s, errUnwanted))
		}
	}
	return ended
}

// relieveLocked has the rest of responses read that their clients do not take.
func (o *Origin) relieveLocked(now time.Duration) {
	q := &o.mu.queue
	for _, s := range q.running {
		if x := s.lent.Load(); x != nil {
			x.relieve(now)
		}
	}
}

// endSlowLocked takes the places of slow exchanges over their share, as many as are
// needed.
func (o *Origin) endSlowLocked(ended []ending, now time.Duration) []ending {
	q := &o.mu.queue
	for _, s := range q.running {
		q.setSlow(s, s.waitsForClient(now))
	}
	q.serve()
	for range pressMost {
		s := q.slowest()
		if s == nil || q.first(quickLine) == nil {
			break
		}
		ended = append(ended, o.revokeLocked(s, errSlowClient))
	}
	return ended
}

// slowest returns the slow slot that must give way first, nil if all are within their
// share.
func (q *queue) slowest() (worst *slot) {
	for _, s := range q.running {
		switch {
		case !s.slow || q.slow <= q.slowShare() && s.client.slow <= q.clientShare():
		case worst == nil || s.client.slow > worst.client.slow ||
			s.client.slow == worst.client.slow && s.begun < worst.begun:
			worst = s
		}
	}
	return worst
}

// revokeLocked takes the place of s away because of why, and hands it on. The connection
// of s does not count any more.
func (o *Origin) revokeLocked(s *slot, why *Error) ending {
	q := &o.mu.queue
	q.vacate(s)
	s.gone.Store(why)
	o.mu.gaveWay[why.Kind]++
	e := ending{s.conn.Load(), s.upload.Load()}
	if e.conn != nil {
		o.forgetLocked(e.conn)
	}
	if x := s.lent.Load(); x != nil {
		x.forsake()
	}
	q.serve()
	return e
}
