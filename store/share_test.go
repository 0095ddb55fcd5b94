package store

import (
	"errors"
	"testing"

	"brink/purge"
)

// fillUp starts bodies of a site until there is no memory for another.
func fillUp(t *testing.T, s *Store, site uint64, name string, length int64) (fills []*Fill) {
	t.Helper()
	for i := 0; ; i++ {
		text := name + string(rune('a'+i/26)) + string(rune('a'+i%26))
		f := s.lead(t, text)
		o := response(s, text)
		o.Site = purge.ID{Lo: site}
		err := f.Start(o, length)
		if errors.Is(err, ErrBusy) {
			f.Decline(0)
			return fills
		}
		if err != nil {
			t.Fatal(err)
		}
		fills = append(fills, f)
	}
}

// One site cannot take all the memory for bodies in flight while there are others: each
// that comes finds some, and what ends can be had by others again.
func TestSitesShareTheFlightBudget(t *testing.T) {
	s := openSmall(t)
	const length = 250 << 10
	whole := s.flight.limit
	alone := fillUp(t, s, 1, "/1", length)
	if got := int64(len(alone)) * length; got < whole*9/10 {
		t.Errorf("the only site got %d bytes of %d", got, whole)
	}
	for _, f := range alone {
		f.Fail(ErrAborted)
	}
	var fills []*Fill
	s.Sites(4) // of which nobody has asked for three yet
	for i, share := range []int64{2, 4, 8} {
		more := fillUp(t, s, uint64(i+1), "/"+string(rune('2'+i)), length)
		if got := int64(len(more)) * length; got < whole/share*8/10 || got > whole/share*11/10 {
			t.Errorf("site %d got %d bytes of %d, want a part of %d", i+1, got, whole, share)
		}
		fills = append(fills, more...)
	}
	if s.Stats().Crowded == 0 || s.Stats().Busy == 0 {
		t.Errorf("not counted: %+v", s.Stats())
	}
	for _, f := range fills {
		f.Fail(ErrAborted)
	}
	for site, sh := range s.flight.shares.sites {
		if held := sh.held.Load(); held != 0 {
			t.Errorf("site %v holds %d bytes", site, held)
		}
	}
	s.idle(t)
}

// The only body of a site may take all that is free.
func TestOnlyBodyOfASite(t *testing.T) {
	s := newStore(Options{Memory: 64 << 20, MaxObject: 16 << 20, Purges: purge.NewLog(0, 0), Now: clock})
	s.start(newFakeTier())
	t.Cleanup(s.Close)
	for i, length := range []int64{1 << 10, 14 << 20} {
		f := s.lead(t, "/a")
		o := response(s, "/a")
		o.Site = purge.ID{Lo: uint64(i)}
		if err := f.Start(o, length); err != nil {
			t.Fatal(err)
		}
		r := f.Reader(0)
		if err := pour(f, 0, length); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Finish(); err != nil {
			t.Fatal(err)
		}
		r.Close()
		s.Delete(s.Hash([]byte("/a")))
	}
	s.idle(t)
}
