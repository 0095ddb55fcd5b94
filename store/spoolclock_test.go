package store

import (
	"os"
	"runtime"
	"slices"
	"testing"
)

// clockOf returns a clock with n spools of a byte each, in use.
func clockOf(n int) (*spoolClock, []*spool) {
	c := new(spoolClock)
	var spools []*spool
	for range n {
		sp := new(spool)
		sp.file.Store(new(os.File))
		sp.used.Store(true)
		c.add(sp, 1)
		spools = append(spools, sp)
	}
	return c, spools
}

// left returns which spools have their files.
func left(spools []*spool) (at []int) {
	for i, sp := range spools {
		if sp.file.Load() != nil {
			at = append(at, i)
		}
	}
	return at
}

func TestSpoolClock(t *testing.T) {
	c, spools := clockOf(6)
	use := func(at ...int) {
		for _, i := range at {
			spools[i].used.Store(true)
		}
	}
	now := Instant(1)
	for _, step := range []struct {
		what  string
		after Instant
		used  []int
		files int // to be left at most
		want  []int
	}{
		{"there is room", 0, nil, 6, []int{0, 1, 2, 3, 4, 5}},
		{"all are in use", 0, nil, 5, []int{0, 1, 2, 3, 4, 5}},
		{"the next turn is not due", spoolTurn - 1, nil, 5, []int{0, 1, 2, 3, 4, 5}},
		{"the first that is not in use", 1, []int{0, 2}, 5, []int{0, 2, 3, 4, 5}},
		{"the hand goes on", 0, []int{3}, 4, []int{0, 2, 3, 5}},
		{"two at once, one behind the end", 0, nil, 2, []int{0, 2, 3}},
		{"a turn later", 2 * spoolTurn, []int{0, 3}, 2, []int{0, 3}},
		{"in use since", 0, nil, 1, []int{0, 3}},
		{"not in use since", spoolTurn, nil, 0, nil},
	} {
		now += step.after
		use(step.used...)
		before := len(left(spools))
		evicted := c.trim(100, step.files, now)
		if got := left(spools); !slices.Equal(got, step.want) || int(evicted) != before-len(got) || int(c.bytes) != len(got) {
			t.Fatalf("%s: %v are left, want %v; %d evicted, %d bytes", step.what, got, step.want, evicted, c.bytes)
		}
	}
}

// Bytes count like files.
func TestSpoolClockBytes(t *testing.T) {
	c, spools := clockOf(4)
	c.trim(3, 100, 1)
	c.trim(3, 100, 1+spoolTurn)
	if got := left(spools); len(got) != 3 || c.bytes != 3 {
		t.Errorf("%v are left, %d bytes", got, c.bytes)
	}
	c.clear()
	if got := left(spools); len(got) != 0 || c.bytes != 0 || len(c.spools) != 0 {
		t.Errorf("%v are left after the end", got)
	}
}

// The clock keeps nothing that nobody else has, and the hand its place.
func TestSpoolClockForgets(t *testing.T) {
	c, spools := clockOf(6)
	c.hand = 4
	spools[1], spools[5] = nil, nil
	kept := []*spool{spools[0], spools[2], spools[3], spools[4]}
	clear(spools)
	runtime.GC()
	c.forget()
	if len(c.spools) != 4 || c.bytes != 4 || c.hand != 3 || c.spools[3].spool.Value() != kept[3] {
		t.Errorf("%d are left of %d bytes, the hand at %d", len(c.spools), c.bytes, c.hand)
	}
	runtime.KeepAlive(kept)
}
