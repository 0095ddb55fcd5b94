package store

import (
	"os"
	"runtime"
	"slices"
	"testing"
)

// clockOf returns a clock with n file copies of a byte each, in use.
func clockOf(n int) (*copyClock, []*fileCopy) {
	c := new(copyClock)
	var fileCopies []*fileCopy
	for range n {
		fc := new(fileCopy)
		fc.file.Store(new(os.File))
		fc.used.Store(true)
		c.add(fc, 1)
		fileCopies = append(fileCopies, fc)
	}
	return c, fileCopies
}

// left returns which file copies have their files.
func left(fileCopies []*fileCopy) (at []int) {
	for i, fc := range fileCopies {
		if fc.file.Load() != nil {
			at = append(at, i)
		}
	}
	return at
}

func TestFileCopyClock(t *testing.T) {
	c, fileCopies := clockOf(6)
	use := func(at ...int) {
		for _, i := range at {
			fileCopies[i].used.Store(true)
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
		{"the next turn is not due", copyRest - 1, nil, 5, []int{0, 1, 2, 3, 4, 5}},
		{"the first that is not in use", 1, []int{0, 2}, 5, []int{0, 2, 3, 4, 5}},
		{"the hand goes on", 0, []int{3}, 4, []int{0, 2, 3, 5}},
		{"two at once, one behind the end", 0, nil, 2, []int{0, 2, 3}},
		{"a turn later", 2 * copyRest, []int{0, 3}, 2, []int{0, 3}},
		{"in use since", 0, nil, 1, []int{0, 3}},
		{"not in use since", copyRest, nil, 0, nil},
	} {
		now += step.after
		use(step.used...)
		before := len(left(fileCopies))
		evicted := c.trim(100, step.files, now)
		if got := left(fileCopies); !slices.Equal(got, step.want) || int(evicted) != before-len(got) || int(c.bytes) != len(got) {
			t.Fatalf("%s: %v are left, want %v; %d evicted, %d bytes", step.what, got, step.want, evicted, c.bytes)
		}
	}
}

// Bytes count like files.
func TestFileCopyClockBytes(t *testing.T) {
	c, fileCopies := clockOf(4)
	c.trim(3, 100, 1)
	c.trim(3, 100, 1+copyRest)
	if got := left(fileCopies); len(got) != 3 || c.bytes != 3 {
		t.Errorf("%v are left, %d bytes", got, c.bytes)
	}
	c.clear()
	if got := left(fileCopies); len(got) != 0 || c.bytes != 0 || len(c.copies) != 0 {
		t.Errorf("%v are left after the end", got)
	}
}

// The clock keeps nothing that nobody else has, and the hand its place.
func TestFileCopyClockForgets(t *testing.T) {
	c, fileCopies := clockOf(6)
	c.hand = 4
	fileCopies[1], fileCopies[5] = nil, nil
	kept := []*fileCopy{fileCopies[0], fileCopies[2], fileCopies[3], fileCopies[4]}
	clear(fileCopies)
	runtime.GC()
	c.forget()
	if len(c.copies) != 4 || c.bytes != 4 || c.hand != 3 || c.copies[3].fileCopy.Value() != kept[3] {
		t.Errorf("%d are left of %d bytes, the hand at %d", len(c.copies), c.bytes, c.hand)
	}
	runtime.KeepAlive(kept)
}
