package store

import (
	"sync"
	"testing"
	"time"
)

// All who miss a key share one look below, and what was replaced or dropped
// meanwhile does not come up.
func TestLoad(t *testing.T) {
	d := newFakeDisk()
	s := openOverDisk(t, d)
	below := response(s, "/a").withBody([][]byte{[]byte("below")}, 5)
	d.Save(below)
	d.mu.Lock() // the disk is slow
	var seen sync.WaitGroup
	for range 20 {
		seen.Go(func() {
			if o, _ := s.Load(below.Key, []byte(below.Text)); o == nil || string(o.Body[0]) != "below" {
				t.Errorf("got %+v", o)
			}
		})
	}
	time.Sleep(20 * time.Millisecond)
	d.mu.Unlock()
	seen.Wait()
	if d.loads != 1 {
		t.Errorf("%d looks", d.loads)
	}
	if o, _ := s.Get(below.Key, []byte(below.Text)); o == nil {
		t.Error("not brought up")
	}
	if o, _ := s.Load(s.Hash([]byte("/b")), []byte("/b")); o != nil {
		t.Errorf("got %+v", o)
	}
}

func TestLoadOvertaken(t *testing.T) {
	for _, overtake := range []func(s *Store, o *Object){
		func(s *Store, o *Object) { s.Delete(o.Key) },
		func(s *Store, o *Object) { s.put(o.withBody([][]byte{[]byte("newer")}, 5)) },
	} {
		d := newFakeDisk()
		s := openOverDisk(t, d)
		below := response(s, "/a").withBody([][]byte{[]byte("below")}, 5)
		d.Save(below)
		sh := s.shard(below.Key)
		l := &load{text: below.Text, done: make(chan struct{})}
		sh.mu.Lock()
		sh.mu.loads[below.Key] = l // under way
		sh.mu.Unlock()
		overtake(s, below)
		sh.mu.Lock()
		o := s.promoteLocked(sh, below, l.overtaken)
		sh.mu.Unlock()
		if o != nil && string(o.Body[0]) != "newer" {
			t.Errorf("got %q", o.Body)
		}
	}
}

// clear has RAM forget a key, and only RAM.
func (s *Store) clear(k Key) {
	sh := s.shard(k)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	s.clearLocked(sh, s.slotLocked(sh, k.Hi))
}
