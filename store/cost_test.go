package store

import "testing"

// The runtime's size classes are as the table says.
func TestSizeClass(t *testing.T) {
	for n := 1; n <= 300_000; n += 1 + n/50 {
		real := int64(cap(append([]byte(nil), make([]byte, n)...)))
		if got := sizeClass(n); got != real {
			t.Errorf("a block of %d bytes takes %d, not %d", n, real, got)
		}
	}
	if sizeClass(0) != 0 || sizeClass(RunSize) != RunSize {
		t.Error("ends of the scale")
	}
}
