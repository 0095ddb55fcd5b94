package store

import "testing"

// What the process has besides the store counts, and its limit is never exceeded while the
// store fits into that.
func TestHeapLimit(t *testing.T) {
	const mib = 1 << 20
	f := func(memory int64, b ProcessMemory, want int64) {
		t.Helper()
		if got := heapLimit(memory*mib, ProcessMemory{b.Connections * mib, b.Unseen * mib, b.Kernel * mib, b.Limit * mib}); got != want*mib {
			t.Errorf("%d MiB beside %+v: %d MiB, want %d", memory, b, got/mib, want)
		}
	}
	f(256, ProcessMemory{}, 440)
	f(256, ProcessMemory{Unseen: 40}, 400)
	f(256, ProcessMemory{Connections: 100, Unseen: 40}, 500)
	f(256, ProcessMemory{Connections: 100, Unseen: 40, Kernel: 30, Limit: 512}, 410)
	f(256, ProcessMemory{Unseen: 40, Kernel: 30, Limit: 1 << 20}, 400)
	f(256, ProcessMemory{Limit: 128}, 256)
}
