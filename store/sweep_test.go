package store

import (
	"fmt"
	"testing"

	"brink/purge"
)

// What survived the purges so far is not asked about them again, and they are
// forgotten; what they cover stays covered, and what may have been missed is
// doubtful.
func TestSweep(t *testing.T) {
	s := open(t, Options{})
	url := func(text string) purge.Rule {
		return purge.Rule{Kind: purge.URL, ID: s.Hash([]byte(text)).URL()}
	}
	for _, text := range []string{"/kept", "/gone", "/soft"} {
		s.Put(whole(s, text, []byte("one")))
	}
	drain(t, s)
	s.purges.Put(url("/gone"))
	soft := url("/soft")
	soft.Soft = true
	s.purges.Put(soft)
	for i := range 100 {
		s.purges.Put(url(fmt.Sprint("/other/", i)))
	}
	if oldest := s.Sweep(); oldest != 0 {
		t.Errorf("oldest is %d although a soft-purged object is there", oldest)
	}
	s.Put(whole(s, "/soft", []byte("two")))
	fill := s.Alone(s.Hash([]byte("/fill")), s.Hash([]byte("/fill")), "/fill")
	s.purges.Put(url("/last"))
	if oldest := s.Sweep(); oldest != 102 {
		t.Errorf("oldest is %d although a fill of 102 is under way", oldest)
	}
	fill.Fail(ErrAborted)
	oldest := s.Sweep()
	if oldest != 103 {
		t.Errorf("oldest is %d", oldest)
	}
	s.purges.Trim(oldest)
	if n := s.purges.Stats().Rules; n != 0 {
		t.Errorf("%d rules", n)
	}
	if o, v := s.Get(s.Hash([]byte("/kept")), []byte("/kept")); o == nil || v != purge.Untouched {
		t.Errorf("what is kept: %v", v)
	}
	if s.lookup("/gone") != nil {
		t.Error("what is gone is there")
	}
	s.purges.Put(url("/kept"))
	if s.lookup("/kept") != nil {
		t.Error("what is purged later is there")
	}
	old := whole(s, "/old", []byte("one"))
	old.Stamp = 5
	if v := s.Verdict(old); v != purge.Doubtful {
		t.Errorf("what was missed: %v", v)
	}
}
