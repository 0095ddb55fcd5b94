package store

import "time"

// Wait blocks until the fill has a response, or has ended without one, or done is
// closed (nil: never). A caller that gets Started then calls Reader, or Leave if it
// does not want the body.
func (f *Fill) Wait(done <-chan struct{}) Outcome {
	if o, ok := f.enter(); ok {
		return o
	}
	return f.WaitClaimed(done)
}

// Claim promises the caller that the body can be read from its first byte. The caller
// calls WaitClaimed later. Claim must be called before the fetch begins. Otherwise a
// fast origin could send the whole response before its own client waits for it.
func (f *Fill) Claim() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mu.body.owed++
}

// WaitClaimed is Wait for a caller of Claim or Store.BeginPrivate. It never returns
// GaveUp if the outcome is known when it is called.
func (f *Fill) WaitClaimed(done <-chan struct{}) Outcome {
	f.waiting.Add(1)
	defer f.waiting.Add(-1)
	select {
	case <-f.decided:
	default:
		select {
		case <-f.decided:
		case <-done:
			f.Leave()
			return GaveUp
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	o := f.mu.phase.outcome()
	if o != Started {
		f.mu.body.owed--
	}
	return o
}

// enter returns the outcome if it is known. Otherwise it gives the caller a claim to
// the body from its first byte.
func (f *Fill) enter() (o Outcome, known bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.mu.phase == begun:
		f.mu.body.owed++
		return 0, false
	case f.mu.phase.outcome() == Started && f.mu.body.overflowing && !f.mu.body.kept():
		return TooLate, true
	case f.mu.phase == started && f.mu.deserted:
		return TooLate, true
	case f.mu.phase == started:
		f.mu.body.owed++
		f.attendLocked()
	}
	return f.mu.phase.outcome(), true
}

// Leave gives up the claim of a caller that got Started from Wait and does not call
// Reader. Without it, the writer of an overflowing body may wait for that reader for a
// while.
func (f *Fill) Leave() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mu.body.owed = max(0, f.mu.body.owed-1)
	f.mu.body.room.tell()
	f.attendLocked()
}

// Object returns the response after Started or Resolved, and nil otherwise. Its Body is
// empty while the body arrives.
func (f *Fill) Object() *Object {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.mu.object
}

// Length returns the length of the body in bytes, or -1 if none was announced. It does
// not depend on how much has arrived, so all clients get the same head.
func (f *Fill) Length() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.mu.phase == resolved {
		return f.mu.object.Length
	}
	return f.mu.body.length
}

// Err returns why the fill failed, or nil.
func (f *Fill) Err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.mu.err
}

// Reason returns what Decline was given.
func (f *Fill) Reason() uint8 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.mu.reason
}

// Waiters returns how many callers wait for the response or read it. A caller that has
// returned from Wait and has not begun to read counts, however long that takes.
func (f *Fill) Waiters() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return max(int(f.waiting.Load()), f.mu.body.owed) + len(f.mu.body.readers)
}

// FillInfo is a snapshot of a fill.
type FillInfo struct {
	Text    string
	Phase   string
	Begun   Instant
	Length  int64 // announced; -1: not known
	Written int64
	Waiters int // for the head
	Readers int
	Joined  bool          // other requests may join
	Unread  time.Duration // for how long nobody has read the body; 0: somebody does
}

// Fills calls each with every fill that has not ended, in no order. It holds no lock
// during the calls.
func (s *Store) Fills(each func(FillInfo)) {
	for i := range s.shards {
		sh := &s.shards[i]
		var fills []*Fill
		var infos []FillInfo
		sh.mu.Lock()
		for f := range sh.mu.live {
			fills = append(fills, f)
			infos = append(infos, FillInfo{Text: f.text, Begun: f.begun, Joined: sh.mu.fills[f.key] == f})
		}
		sh.mu.Unlock()
		for i, f := range fills {
			f.describe(&infos[i])
			each(infos[i])
		}
	}
}

func (f *Fill) describe(info *FillInfo) {
	f.mu.Lock()
	defer f.mu.Unlock()
	info.Phase = f.mu.phase.String()
	info.Length = f.mu.body.length
	info.Written = f.mu.body.written
	info.Waiters = int(f.waiting.Load())
	info.Readers = len(f.mu.body.readers)
	if since := f.mu.body.unread.since; !since.IsZero() {
		info.Unread = time.Since(since)
	}
}
