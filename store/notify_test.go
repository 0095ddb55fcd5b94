package store

import (
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"
)

// next returns what Next(true) does. Half of the times it waits by Notify, as one
// goroutine that serves many streams does.
func next(s *Reader) ([]byte, error) {
	if rand.IntN(2) == 0 {
		return s.Next(true)
	}
	for {
		b, err := s.Next(false)
		if len(b) > 0 || err != nil {
			return b, err
		}
		ready := make(chan struct{})
		s.Notify(func() { close(ready) })
		<-ready
	}
}

// flag is a callback that counts its calls.
type flag struct {
	calls atomic.Int32
	ready chan struct{}
}

func newFlag() *flag { return &flag{ready: make(chan struct{}, 10)} }

func (f *flag) raise() {
	f.calls.Add(1)
	f.ready <- struct{}{}
}

// A reader that has everything so far is told once of what comes next, and is idle
// until then.
func TestReaderIsNotified(t *testing.T) {
	broken := errors.New("broken")
	for name, happens := range map[string]func(f *Fill, r *Reader){
		"bytes":   func(f *Fill, _ *Reader) { f.Write(pattern(10)) },
		"end":     func(f *Fill, _ *Reader) { f.Finish() },
		"failure": func(f *Fill, _ *Reader) { f.Fail(broken) },
		"abort":   func(_ *Fill, r *Reader) { r.Abort() },
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, Options{})
			f := s.startFill(t, "/a", -1)
			r := f.Reader(0)
			if b, err := r.Next(false); b != nil || err != nil {
				t.Fatalf("%q, %v", b, err)
			}
			told := newFlag()
			r.Notify(told.raise)
			if n := told.calls.Load(); n != 0 || f.idle() != 1 {
				t.Fatalf("told %d times of nothing, %d idle", n, f.idle())
			}
			happens(f, r)
			<-told.ready
			if b, err := r.Next(false); b == nil && err == nil {
				t.Error("told of nothing")
			}
			f.Fail(broken)
			r.Close()
			time.Sleep(time.Millisecond)
			if n := told.calls.Load(); n != 1 || f.idle() != 0 {
				t.Errorf("told %d times, %d idle", n, f.idle())
			}
			s.idle(t)
		})
	}
}

func (f *Fill) idle() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.mu.body.idle
}

// What came before Notify is told at once.
func TestReaderIsNotifiedAtOnce(t *testing.T) {
	s := open(t, Options{})
	f := s.startFill(t, "/a", -1)
	r := f.Reader(0)
	told := newFlag()
	for i, happens := range []func(){
		func() { f.Write(pattern(10)) },
		func() { f.Finish() },
	} {
		r.Next(false)
		happens()
		r.Notify(told.raise)
		if n := told.calls.Load(); int(n) != i+1 {
			t.Errorf("told %d times, want %d", n, i+1)
		}
		r.Next(false)
	}
	r.Close()
	s.idle(t)
}

// A reader that is closed is told nothing, and is not idle any more.
func TestClosedReaderIsNotNotified(t *testing.T) {
	s := open(t, Options{})
	f := s.startFill(t, "/a", -1)
	r := f.Reader(0)
	told := newFlag()
	r.Notify(told.raise)
	r.Close()
	if n := f.idle(); n != 0 {
		t.Errorf("%d idle", n)
	}
	f.Write(pattern(10))
	f.Finish()
	time.Sleep(time.Millisecond)
	if n := told.calls.Load(); n != 0 {
		t.Errorf("told %d times", n)
	}
	s.idle(t)
}
