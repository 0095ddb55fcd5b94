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
		s.put(whole(s, text, []byte("one")))
	}
	drain(t, s)
	s.purges.Put(url("/gone"))
	soft := url("/soft")
	soft.Soft = true
	s.purges.Put(soft)
	for i := range 100 {
		s.purges.Put(url(fmt.Sprint("/other/", i)))
	}
	if oldest := s.sweep(); oldest != 0 {
		t.Errorf("oldest is %d although a soft-purged object is there", oldest)
	}
	s.put(whole(s, "/soft", []byte("two")))
	fill := s.BeginPrivate(s.Hash([]byte("/fill")), s.Hash([]byte("/fill")), "/fill")
	s.purges.Put(url("/last"))
	if oldest := s.sweep(); oldest != 102 {
		t.Errorf("oldest is %d although a fill of 102 is under way", oldest)
	}
	fill.Fail(ErrAborted)
	oldest := s.sweep()
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

// What is older than the floor stays doubtful whatever is forgotten, so that it does not
// hold back the rules for ever.
func TestSweepBelowFloor(t *testing.T) {
	log := purge.NewLog(0, 1000)
	s := open(t, Options{Purges: log})
	tag := func(i int) purge.Rule {
		return purge.Rule{Kind: purge.Tag, ID: log.Names().Tag(fmt.Sprint(i))}
	}
	old := whole(s, "/old", []byte("one"))
	old.Tags = []purge.ID{log.Names().Tag("a")}
	s.put(old)
	for i := range 5000 {
		log.Put(tag(i))
	}
	s.put(whole(s, "/new", []byte("one")))
	for i := range 100 {
		log.Put(tag(6000 + i))
	}
	drain(t, s)
	if log.Floor() == 0 || log.Stats().Rules < 500 {
		t.Fatalf("%+v", log.Stats())
	}
	log.Trim(s.sweep())
	if n := log.Stats().Rules; n != 0 {
		t.Errorf("%d rules are left", n)
	}
	if _, v := s.Get(s.Hash([]byte("/old")), []byte("/old")); v != purge.Doubtful {
		t.Errorf("what is below the floor: %v", v)
	}
	if _, v := s.Get(s.Hash([]byte("/new")), []byte("/new")); v != purge.Untouched {
		t.Errorf("what is new: %v", v)
	}
	log.Suspect(true) // everything is doubtful, but not for good
	purged := log.Put(purge.Rule{Kind: purge.URL, ID: s.Hash([]byte("/other")).URL()})
	if oldest := s.sweep(); oldest >= purged {
		t.Errorf("forgets up to %d while %d may matter", oldest, purged)
	}
}

// What purge rules take is lent to them by the RAM tier.
func TestRulesAreLentMemory(t *testing.T) {
	s := open(t, Options{})
	room := s.tier.room()
	for i := range 1000 {
		s.purges.Put(purge.Rule{Kind: purge.Tag, ID: s.purges.Names().Tag(fmt.Sprint(i))})
	}
	s.lendRules()
	if lent := room - s.tier.room(); lent != 1000*purge.RuleSize {
		t.Errorf("%d bytes are lent", lent)
	}
	s.lendFileCopies(5000)
	s.purges.Trim(s.purges.Latest())
	s.lendRules()
	if lent := room - s.tier.room(); lent != 5000 {
		t.Errorf("%d bytes are lent at the end", lent)
	}
}
