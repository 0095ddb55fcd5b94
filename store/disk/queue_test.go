package disk

import (
	"errors"
	"testing"
	"time"
)

// What comes later for a key takes the place of what is not done yet.
func TestQueueKeepsTheNewest(t *testing.T) {
	q := newQueue(10_000)
	lease := q.begin(true)
	older, newer := object("/a", 10), object("/a", 20)
	if !q.put(&work{key: older.Key, object: older, bytes: 100}) || !q.put(&work{key: newer.Key, object: newer, bytes: 200}) {
		t.Fatal("not taken")
	}
	if w := q.look(older.Key); w == nil || w.object != newer {
		t.Errorf("%+v", w)
	}
	if bytes, n := q.size(); bytes != 200 || n != 1 {
		t.Errorf("%d bytes, %d things", bytes, n)
	}
	w := q.next(lease)
	if w == nil || w.object != newer {
		t.Fatalf("%+v", w)
	}
	if q.look(newer.Key) != w {
		t.Error("not pending while it is done")
	}
	q.done(lease, w)
	if bytes, n := q.size(); bytes != 0 || n != 0 || q.next(lease) != nil {
		t.Errorf("%d bytes, %d things left", bytes, n)
	}
}

// A deletion of one head does nothing to what waits to be written for the key.
func TestQueueDeletesOneHead(t *testing.T) {
	q := newQueue(10_000)
	o := object("/a", 10)
	q.put(&work{key: o.Key, object: o, bytes: 100})
	if !q.put(&work{key: o.Key, only: 7, bytes: deletion}) || q.look(o.Key).object != o {
		t.Error("the deletion took the object's place")
	}
}

// Objects leave an eighth of the queue to deletions. A full queue does not keep what was
// to be done before.
func TestQueueIsBounded(t *testing.T) {
	q := newQueue(800)
	a, b := object("/a", 10), object("/b", 10)
	if !q.put(&work{key: a.Key, object: a, bytes: 700}) {
		t.Error("700 bytes of 800")
	}
	if q.put(&work{key: b.Key, object: b, bytes: 1}) {
		t.Error("an object in the room of deletions")
	}
	if !q.put(&work{key: b.Key, bytes: 100}) {
		t.Error("no room for a deletion")
	}
	if q.put(&work{key: a.Key, object: a, bytes: 701}) || q.look(a.Key) != nil {
		t.Error("the object from before is still to be written")
	}
	q.close()
	if q.put(&work{key: a.Key, bytes: 1}) || !errors.Is(q.await(&work{bytes: 1}, time.Second), errOff) {
		t.Error("a closed queue takes work")
	}
}

// The next writer has what the one before did not end, and deletes first what that one
// may not have made durable. The one before has no say any more.
func TestQueueChangesHands(t *testing.T) {
	q := newQueue(10_000)
	first := q.begin(true)
	a, b, c := object("/a", 10), object("/b", 10), object("/c", 10)
	for _, o := range []*work{{key: a.Key, object: a}, {key: b.Key, object: b}, {key: c.Key, object: c}} {
		q.put(o)
	}
	q.done(first, q.next(first)) // a, not durable
	hangs := q.next(first)       // b
	if !q.owes(true) {
		t.Error("nothing owed for a")
	}
	second := q.begin(true)
	if q.next(first) != nil {
		t.Error("the first writer gets more")
	}
	q.done(first, hangs)
	q.durable(first)
	for i, want := range []struct {
		key     *work
		deletes bool
	}{{&work{key: a.Key}, true}, {hangs, false}, {&work{key: c.Key}, false}} {
		w := q.next(second)
		if w == nil || w.key != want.key.key || (w.object == nil) != want.deletes {
			t.Fatalf("%d: %+v", i, w)
		}
		q.done(second, w)
	}
	q.durable(second)
	if q.owes(true) || q.next(second) != nil {
		t.Error("something is left")
	}
	<-q.drained()
}
