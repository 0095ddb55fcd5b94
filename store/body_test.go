package store

import (
	"bytes"
	"testing"
)

func TestBodyCost(t *testing.T) {
	for length, want := range map[int64]int64{
		-1: firstRun, 0: 24, 1: 8 + 24, RunSize: RunSize + 24 + 24, RunSize + 1: RunSize + 24 + 8 + 24, 3 * RunSize: 3*(RunSize+24) + 24,
	} {
		if got := bodyCost(length); got != want {
			t.Errorf("%d: %d, not %d", length, got, want)
		}
	}
}

func TestNextRun(t *testing.T) {
	for _, c := range []struct {
		length, written int64
		hint            int
		limit           int64
		want            int
	}{
		{100, 0, 0, 1 << 20, 100},
		{RunSize + 1, 0, 0, 1 << 20, RunSize},
		{RunSize + 1, RunSize, 0, 1 << 20, 1},
		{-1, 0, 1 << 20, 1 << 20, firstRun},
		{-1, 0, 0, 100, 100},
		{-1, firstRun, 0, 1 << 20, firstRun},
		{-1, firstRun, 10_000, 1 << 20, 10_000},
		{-1, RunSize, 0, 1 << 20, RunSize},
		{-1, 1<<20 - 5, 0, 1 << 20, 5},
		{-1, 1 << 20, 0, 1 << 20, 0},
	} {
		b := body{length: c.length, written: c.written}
		if got := b.next(c.hint, c.limit); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

// Readers get what is shown, run by run.
func TestBodyAt(t *testing.T) {
	var b body
	b.begin(-1)
	b.grow(4)
	copy(b.free(), "abcd")
	b.written = 4
	b.grow(4)
	copy(b.free(), "ef")
	b.written = 6
	if b.at(0) != nil {
		t.Error("bytes that are not shown")
	}
	b.show()
	for pos, want := range map[int64]string{0: "abcd", 3: "d", 4: "ef", 5: "f", 6: "", 100: ""} {
		if got := b.at(pos); string(got) != want {
			t.Errorf("at %d: %q", pos, got)
		}
	}
	if got := bytes.Join(b.slices(), []byte("|")); string(got) != "abcd|ef" {
		t.Errorf("%q", got)
	}
	var again body
	again.adopt(&Object{Body: b.slices()})
	if again.length != 6 || string(again.at(5)) != "f" || again.first() != 0 {
		t.Errorf("%+v", again)
	}
}

// tell wakes those who wait by then, and not those who wait later.
func TestGate(t *testing.T) {
	var g gate
	g.tell()
	first := g.wait()
	if g.wait() != first {
		t.Error("two channels for the same news")
	}
	g.tell()
	<-first
	select {
	case <-g.wait():
		t.Error("woken by old news")
	default:
	}
}
