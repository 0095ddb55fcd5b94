package origin

import (
	"errors"
	"time"
)

// The origin is under pressure while a fetch waits for a slot. Then, and only then, it
// checks the exchanges that have a slot, and frees slots in this order:
//
//  1. Fetches whose response nobody waits for, once they have run for a second, are
//     ended.
//  2. If a client does not read its response, the rest is read into memory, if it
//     fits. This frees the slot, and the client still gets the whole response.
//  3. Slow exchanges beyond their share of the slots are ended: see queue. The
//     client with the most of them loses one first, its oldest.
const (
	preemptPause = 10 * time.Millisecond // between two checks while a fetch waits
	preemptMost  = 16                    // slow exchanges that one check ends: finding each takes a pass over all
	unwantedTime = time.Second           // that a fetch keeps its slot although nobody waits for the response
	blockTime    = 20 * time.Millisecond // that a client may take to read a piece of content before the rest is read ahead
)

var (
	errSlowClient = &Error{Kind: SlowClient, Err: errors.New("others wait for a connection, and the client is slow")}
	errUnwanted   = &Error{Kind: Unwanted, Err: errors.New("others wait for a connection, and nobody waits for the response")}
)

// preempt frees slots for fetches that wait. It is called when a fetch begins to wait,
// and then calls itself again until none waits.
func (o *Origin) preempt() {
	now := o.clock.now()
	o.mu.Lock()
	if o.mu.aborted || o.mu.queue.length == 0 {
		o.mu.Unlock()
		return
	}
	if now < o.mu.preempted {
		o.preemptLaterLocked()
		o.mu.Unlock()
		return
	}
	list := o.audiencesLocked(now)
	o.mu.Unlock()

	askAudiences(list)

	o.mu.Lock()
	ended := o.endUnwantedLocked(list, now)
	o.readAheadLocked(now)
	ended = o.endSlowLocked(ended, now)
	if o.mu.queue.length > 0 {
		// A fetch still waits: try again soon.
		o.mu.preempted = now + preemptPause
		o.preemptLaterLocked()
	}
	o.mu.Unlock()
	for _, c := range ended {
		c.Abort()
	}
}

// preemptLaterLocked has a timer call preempt again, unless one will already.
func (o *Origin) preemptLaterLocked() {
	if !o.mu.preempting {
		o.mu.preempting = true
		time.AfterFunc(preemptPause, o.preemptAgain)
	}
}

// preemptAgain calls preempt from the timer.
func (o *Origin) preemptAgain() {
	o.mu.Lock()
	o.mu.preempting = false
	o.mu.Unlock()
	o.preempt()
}

// candidate is a slot whose audience has to be asked how many wait.
type candidate struct {
	slot     *slot
	serial   uint64
	audience Audience
	waiters  int
}

// audiencesLocked returns the slots of fetches with an audience that have run for
// long enough.
func (o *Origin) audiencesLocked(now time.Duration) (list []candidate) {
	for _, s := range o.mu.queue.running {
		if s.audience != nil && now-s.begun >= unwantedTime {
			list = append(list, candidate{slot: s, serial: s.serial, audience: s.audience})
		}
	}
	return list
}

// askAudiences notes how many wait for the candidates' responses. It runs without
// Origin.mu, as an audience takes a lock of its own.
func askAudiences(list []candidate) {
	for i := range list {
		list[i].waiters = list[i].audience.Waiters()
	}
}

// endUnwantedLocked ends fetches that nobody waits for, until enough slots are free. A
// client that changes from waiting to reading is not counted for a moment. So a fetch
// is ended only if nobody waits at two checks in a row.
func (o *Origin) endUnwantedLocked(list []candidate, now time.Duration) (ended []*conn) {
	q := &o.mu.queue
	for _, c := range list {
		s := c.slot
		switch {
		case s.serial != c.serial || s.client == nil || s.gone.Load() != nil:
		case c.waiters > 0:
			s.unwanted, s.shared = 0, c.waiters > 1
		case s.unwanted == 0:
			s.unwanted = now
		case len(q.running) == q.limit:
			ended = o.revokeLocked(ended, s, errUnwanted)
		}
	}
	return ended
}

// readAheadLocked begins to read ahead the responses that their clients do not read.
func (o *Origin) readAheadLocked(now time.Duration) {
	q := &o.mu.queue
	for _, s := range q.running {
		if x := s.delivering.Load(); x != nil {
			x.readAhead(now)
		}
	}
}

// endSlowLocked ends slow exchanges beyond their share, until enough slots are free. One
// that several clients wait for does not count as slow: the store ends the slow ones
// among its readers.
func (o *Origin) endSlowLocked(ended []*conn, now time.Duration) []*conn {
	q := &o.mu.queue
	for _, s := range q.running {
		q.setSlow(s, !s.shared && s.waitsForClient(now))
	}
	q.serve()
	for range preemptMost {
		s := q.slowest()
		if s == nil || q.first(quickLine) == nil {
			break
		}
		ended = o.revokeLocked(ended, s, errSlowClient)
	}
	return ended
}

// slowest returns the slow exchange to end first; nil: all are within their share.
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

// revokeLocked takes the slot of s away because of why, and gives it to the next. The
// connection of s does not count any more, and is added to ended, which the caller must
// abort. The body that the client sends is stopped here: the exchange cannot end before
// the lock is free, and afterwards nobody may use its body.
func (o *Origin) revokeLocked(ended []*conn, s *slot, why *Error) []*conn {
	q := &o.mu.queue
	q.vacate(s)
	s.gone.Store(why)
	o.mu.ended[why.Kind]++
	if c := s.conn.Load(); c != nil {
		o.forgetLocked(c)
		ended = append(ended, c)
	}
	if c := s.upload.Load(); c != nil {
		c.body.Stop()
	}
	if x := s.delivering.Load(); x != nil {
		x.cutBacklog()
	}
	q.serve()
	return ended
}
