package store

import "testing"

// Who finds a response at the last moment, when Join is about to have it
// fetched, has asked for it like any other.
func TestJoinAsks(t *testing.T) {
	d := newFakeDisk()
	s := openOverDisk(t, d)
	o := whole(s, "/a", []byte("a"))
	s.Put(o)
	drain(t, s)
	if d.objects[o.Key] != nil {
		t.Fatal("below although nobody asked for it")
	}
	if got, _, _ := s.Join(o.Key, o.Primary, o.Text, nil); got != o {
		t.Fatalf("got %+v", got)
	}
	if d.objects[o.Key] != o {
		t.Error("not below although it was asked for")
	}
}
