package edge

import (
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"brink/edge/message"
	"brink/store"
)

// next returns what Next(true) does. Half of the times it waits by Notify, as one
// goroutine that serves many streams does.
func next(s message.Stream) ([]byte, error) {
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

// A body on disk is read by a goroutine that then says so.
func TestDiskBodyNotifies(t *testing.T) {
	body := strings.Repeat("x", large)
	r := newDiskRig(t, newDirectory(t), newFakeOrigin(t, func(a *ask) {
		a.give(200, body, "Cache-Control: max-age=3600", `ETag: "1"`)
	}))
	r.get("/large")
	r.settle()
	b := &diskBody{store: r.node.store, object: r.stored("/large"), rest: large, wait: store.LongWait}
	var got []byte
	for {
		p, err := b.Next(false)
		got = append(got, p...)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(p) == 0 {
			ready := make(chan struct{})
			b.Notify(func() { close(ready) })
			<-ready
		}
	}
	ended := 0
	b.Notify(func() { ended++ })
	b.Close()
	if string(got) != body || ended != 1 {
		t.Errorf("%d bytes, told %d times of the end", len(got), ended)
	}
}

// Close waits for the read, and nothing is said after it.
func TestClosedDiskBodyDoesNotNotify(t *testing.T) {
	r := newDiskRig(t, newDirectory(t), newFakeOrigin(t, func(a *ask) {
		a.give(200, strings.Repeat("x", large), "Cache-Control: max-age=3600", `ETag: "1"`)
	}))
	r.get("/large")
	r.settle()
	for range 20 {
		b := &diskBody{store: r.node.store, object: r.stored("/large"), rest: large, wait: store.LongWait}
		told := make(chan time.Time, 1)
		b.Notify(func() { told <- time.Now() })
		b.Close()
		closed := time.Now()
		select {
		case at := <-told:
			if at.After(closed) {
				t.Error("told after Close")
			}
		case <-time.After(time.Millisecond):
		}
	}
}

// A range of a fill that has all its bytes is at its end, whatever the fill does.
func TestFillStreamNotifiesEnd(t *testing.T) {
	told := 0
	(&fillStream{rest: 0}).Notify(func() { told++ })
	if told != 1 {
		t.Errorf("told %d times", told)
	}
}
