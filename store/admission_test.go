package store

import (
	"errors"
	"testing"
)

// A response goes below when its URL was asked for before, by way of RAM or not;
// what is only stored does not, and takes an older one's place there.
func TestSecondTime(t *testing.T) {
	d := newFakeDisk()
	s := openOverDisk(t, d)
	o := whole(s, "/a", []byte("first"))
	s.put(o)
	if len(d.objects) != 0 || d.deleted[o.Key] != 1 {
		t.Errorf("%d below, %d deleted", len(d.objects), d.deleted[o.Key])
	}
	s.MarkUsed(o, AdmitAuto)
	if d.objects[o.Key] != o {
		t.Error("not below although it was asked for")
	}
	newer := o.withBody([][]byte{[]byte("newer")}, 5)
	s.put(newer)
	if d.objects[o.Key] != newer {
		t.Error("an older one is below")
	}
	other := response(s, "/b").withBody([][]byte{[]byte("other")}, 5)
	s.put(other)
	s.clear(other.Key)
	s.put(other.withBody(other.Body, 5))
	if d.objects[other.Key] == nil {
		t.Error("not below although it was stored twice")
	}
}

// What a path writes when it is stored needs nobody to ask for it.
func TestAdmitAlways(t *testing.T) {
	d := newFakeDisk()
	s := openOverDisk(t, d)
	o := admitted(whole(s, "/a", []byte("first")), AdmitAlways)
	s.put(o)
	if d.objects[o.Key] != o {
		t.Error("not below")
	}
	renewed := admitted(whole(s, "/a", []byte("first")), AdmitAlways)
	if !s.Replace(o, renewed) || d.objects[o.Key] != renewed {
		t.Error("the renewed one is not below")
	}
	variant := admitted(whole(s, "/b variant", []byte("variant")), AdmitAlways)
	variant.Selector = Selector{"accept"}
	k := s.Hash([]byte("/b"))
	s.put(variant)
	s.Index(k, "/b", variant)
	if d.objects[variant.Key] != variant || d.objects[k] == nil {
		t.Error("a variant or its index is not below")
	}
}

// What a path never writes stays in RAM however often it is stored and asked
// for, in all its forms, and takes the place of what is below from before.
func TestAdmitNever(t *testing.T) {
	d := newFakeDisk()
	s := openOverDisk(t, d)
	o := admitted(whole(s, "/a", []byte("a")), AdmitNever)
	for range 3 {
		s.put(o)
		s.MarkUsed(o, AdmitNever)
	}
	s.put(admitted(whole(s, "/a", []byte("b")), AdmitNever))
	variant := admitted(whole(s, "/a variant", []byte("variant")), AdmitNever)
	variant.Selector = Selector{"accept-language"}
	s.put(variant)
	s.Index(o.Key, o.Text, variant)
	s.IndexLanguage(o.Key, o.Text, "de", variant)
	s.put(admitted(whole(s, "/a", []byte("beside")), AdmitNever))
	if v := s.variants("/a"); v == nil || v.Plain == nil || len(v.Languages) != 1 {
		t.Errorf("index %+v", v)
	}
	if len(d.objects) != 0 {
		t.Errorf("%d below", len(d.objects))
	}
}

// A path that has become one that never writes has what is below replaced, even
// what came from there, and what it wrote in RAM before is not written any more.
func TestAdmitNeverAfterAuto(t *testing.T) {
	d := newFakeDisk()
	s := openOverDisk(t, d)
	below := whole(s, "/a", []byte("below"))
	d.Save(below)
	if o, _ := s.Load(below.Key, []byte(below.Text)); o == nil {
		t.Fatal("not brought up")
	}
	s.put(admitted(whole(s, "/a", []byte("newer")), AdmitNever))
	if d.objects[below.Key] != nil {
		t.Error("an older one is below")
	}
	before := whole(s, "/b", []byte("before"))
	s.put(before)
	s.MarkUsed(before, AdmitNever)
	if d.objects[before.Key] != nil {
		t.Error("below although the path writes nothing any more")
	}
	s.MarkUsed(before, AdmitAuto)
	if d.objects[before.Key] != before {
		t.Error("not below although the path writes again")
	}
}

// A body that RAM does not take is not kept where nothing is written: announced
// it is declined, otherwise passed on, as without a tier below.
func TestAdmitNeverLarge(t *testing.T) {
	d := newFakeDisk()
	s := openOverDisk(t, d)
	o := admitted(response(s, "/a"), AdmitNever)
	_, f, _ := s.Join(o.Key, o.Key, o.Text, nil)
	if err := f.Start(o, 10<<20); !errors.Is(err, ErrTooLarge) {
		t.Fatal(err)
	}
	f.Decline(1)
	_, f, _ = s.Join(o.Key, o.Key, o.Text, nil)
	if err := f.Start(o, -1); err != nil {
		t.Fatal(err)
	}
	if f.Wait(nil) != Started {
		t.Fatal("cannot join")
	}
	r := f.Reader(0)
	got := make(chan int64)
	go func() {
		defer r.Close()
		n, _ := drink(t, r, 0)
		got <- n
	}()
	if err := pour(f, 0, 10<<20); err != nil {
		t.Fatal(err)
	}
	if o, err := f.Finish(); o != nil || err != nil {
		t.Errorf("%v, %v", o, err)
	}
	if n := <-got; n != 10<<20 {
		t.Errorf("%d bytes", n)
	}
	if len(d.objects)+len(d.bodies) != 0 || s.counts.spills.Load() != 0 {
		t.Errorf("below are %d objects, %d bodies", len(d.objects), len(d.bodies))
	}
}

func admitted(o *Object, a Admission) *Object {
	o.Admission = a
	return o
}

// Who has got an object before it was replaced, or dropped, and reports only then
// that it is in use, does not bring it back below.
func TestAskedTooLate(t *testing.T) {
	d := newFakeDisk()
	s := openOverDisk(t, d)
	o := whole(s, "/a", []byte("older"))
	s.put(o)
	got, _ := s.Get(o.Key, []byte(o.Text)) // a request in Node.recall, between Get and Asked
	newer := whole(s, "/a", []byte("newer"))
	s.put(newer)
	s.MarkUsed(got, AdmitAuto)
	if b := d.objects[o.Key]; b == o {
		t.Error("replaced: the older one is below")
	}
	p := whole(s, "/b", []byte("older"))
	s.put(p)
	got, _ = s.Get(p.Key, []byte(p.Text))
	s.Delete(p.Key)
	s.MarkUsed(got, AdmitAuto)
	if d.objects[p.Key] != nil {
		t.Error("dropped: it is below")
	}
}
