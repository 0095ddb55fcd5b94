package store

import (
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"brink/purge"
)

// openLarge returns a store that keeps bodies of up to 64 MiB.
func openLarge(t testing.TB) *Store {
	s := newStore(Options{Memory: 8 << 30, MaxObject: 64 << 20, Purges: purge.NewLog(0, 0), Now: clock})
	s.start(newFakeTier())
	t.Cleanup(s.Close)
	return s
}

// pourOut pours until that fails, or all there is, and ends the fill.
func pourOut(f *Fill, length int64) error {
	for f.written() < length {
		if err := pour(f, f.written(), min(64<<10, length-f.written())); err != nil {
			f.Fail(err)
			return err
		}
	}
	_, err := f.Finish()
	return err
}

// A body that nobody reads any more comes to its end if that is near. Otherwise it ends
// after the bound, counted from where it was.
func TestUnreadBodyEnds(t *testing.T) {
	for name, c := range map[string]struct {
		length, read int64 // of the body; read when the last reader leaves
		unknown      bool
		wanted       bool
		written      int64 // in the end
	}{
		"soon":                {length: 40 << 20, read: 1 << 20, written: 9 << 20},
		"of unknown length":   {length: 40 << 20, read: 1 << 20, unknown: true, written: 9 << 20},
		"little is left":      {length: 40 << 20, read: 32 << 20, written: 40 << 20},
		"it reaches the rest": {length: 16 << 20, read: 1 << 20, written: 16 << 20},
		"it is short":         {length: 8 << 20, read: 0, written: 8 << 20},
		"a refresh":           {length: 40 << 20, read: 0, wanted: true, written: 40 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			s := openLarge(t)
			f := s.lead(t, "/a")
			announced := c.length
			if c.unknown {
				announced = -1
			}
			if c.wanted {
				f.Want()
			}
			if err := f.Start(response(s, "/a"), announced); err != nil {
				t.Fatal(err)
			}
			if c.read > 0 {
				r := f.Reader(0)
				if err := pour(f, 0, c.read); err != nil {
					t.Fatal(err)
				}
				r.Close()
			}
			err := pourOut(f, c.length)
			whole := c.written == c.length
			if whole != (err == nil) || !whole && !errors.Is(err, ErrUnread) || f.written() != c.written {
				t.Errorf("%d bytes came of %d, %v", f.written(), c.length, err)
			}
			if st := s.Stats(); (st.Unread == 1) == whole || st.Failed != 0 {
				t.Errorf("%d ended unread, %d failed", st.Unread, st.Failed)
			}
			if whole != (s.lookup("/a") != nil) {
				t.Error("stored what did not come, or not what came")
			}
			s.idle(t)
		})
	}
}

// A long body that nobody has read at all is not begun.
func TestNeverReadBodyEndsAtOnce(t *testing.T) {
	s := openLarge(t)
	f := s.startFill(t, "/a", 40<<20)
	if err := pourOut(f, 40<<20); !errors.Is(err, ErrUnread) || f.written() != 0 {
		t.Errorf("%d bytes came, %v", f.written(), err)
	}
	if o := f.Wait(nil); o != Failed {
		t.Errorf("waiting for it: %v", o)
	}
	s.idle(t)
}

// Somebody who comes before the bound revives the body; who comes just after it fetches
// alone, and gets no part of it.
func TestUnreadBodyRevives(t *testing.T) {
	s := openLarge(t)
	f := s.startFill(t, "/a", 40<<20)
	f.Reader(0).Close()
	if err := pour(f, 0, 7<<20); err != nil {
		t.Fatal(err)
	}
	if o := f.Wait(nil); o != Started {
		t.Fatal(o)
	}
	r := f.Reader(0)
	if err := pour(f, 7<<20, 20<<20); err != nil {
		t.Fatal(err)
	}
	r.Close()
	err := pour(f, 27<<20, 12<<20)
	if err != nil {
		t.Errorf("what is left would have come: %v", err)
	}
	f.Fail(io.ErrUnexpectedEOF)

	f = s.startFill(t, "/b", 40<<20)
	f.Reader(0).Close()
	if err := pour(f, 0, 10<<20); !errors.Is(err, ErrUnread) {
		t.Fatal(err)
	}
	if o := f.Wait(nil); o != TooLate {
		t.Errorf("waiting for a fill that is about to end: %v", o)
	}
	f.Fail(ErrUnread)
	s.idle(t)
}

// A body that comes slowly ends once nobody reads it, later if it is wanted.
func TestUnreadBodyThatDripsEnds(t *testing.T) {
	for name, c := range map[string]struct {
		wanted, read bool
		pause        time.Duration // between two bytes
		bytes        int64         // in the end
	}{
		"nobody reads":      {pause: 2 * time.Second, bytes: 5},
		"a refresh":         {wanted: true, pause: 2 * time.Second, bytes: 30},
		"somebody reads":    {read: true, pause: 2 * time.Second, bytes: 100},
		"it is fast enough": {pause: 900 * time.Microsecond, bytes: 20_000},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := openSmall(t)
				f := s.lead(t, "/a")
				if c.wanted {
					f.Want()
				}
				if err := f.Start(response(s, "/a"), 500_000); err != nil {
					t.Fatal(err)
				}
				if c.read {
					defer f.Reader(0).Close()
				}
				var err error
				for err == nil && f.written() < c.bytes {
					time.Sleep(c.pause)
					_, err = f.Write([]byte{1})
				}
				if f.written() < c.bytes-1 {
					t.Errorf("%d bytes came, %v", f.written(), err)
				}
				for range 2 {
					time.Sleep(c.pause)
					if err == nil {
						_, err = f.Write([]byte{1})
					}
				}
				if ends := !c.read && c.pause > time.Second; ends != errors.Is(err, ErrSlow) || ends != (s.Stats().Slow == 1) {
					t.Errorf("%v, %d were slow", err, s.Stats().Slow)
				}
				f.Fail(io.ErrUnexpectedEOF)
			})
		})
	}
}

// Between waiting and reading there is somebody all the time.
func TestWaitersBetweenWaitAndRead(t *testing.T) {
	s := openLarge(t)
	f := s.lead(t, "/a")
	if err := f.Start(response(s, "/a"), 100); err != nil {
		t.Fatal(err)
	}
	for _, leaves := range []bool{true, false} {
		if o := f.Wait(nil); o != Started {
			t.Fatal(o)
		}
		if n := f.Waiters(); n != 1 {
			t.Errorf("%d wait", n)
		}
		if leaves {
			f.Leave()
		} else {
			r := f.Reader(0)
			if n := f.Waiters(); n != 1 {
				t.Errorf("%d wait or read", n)
			}
			r.Close()
		}
		if n := f.Waiters(); n != 0 {
			t.Errorf("%d wait, and nobody is there", n)
		}
	}
	f.Fail(ErrUnread)
}
