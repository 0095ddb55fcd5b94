package store

import (
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// split is how the budget is shared out, in bytes but for the counts.
type split struct {
	tier       int64 // objects in the RAM tier, and file copies
	fileCopies int64 // what of that file copies may take
	flight     int64 // bodies that arrive or are not settled in the tier yet
	fixed      int64 // marks and the tier's use counters
	marks      int   // entries of the mark table
	counters   int64 // use counters of the tier
}

const (
	counterSize  = 4 // bytes that a use counter takes with its share of the Bloom filter
	minCounters  = 1 << 14
	maxMarks     = 1 << 16
	minMarks     = 1 << 10
	flightShare  = 4   // a quarter is for what is in flight
	copyShare    = 8   // an eighth at most is lent to file copies
	counterShare = 256 // a use counter for so many bytes of budget
)

// splitBudget shares a budget out.
func splitBudget(memory int64) split {
	var p split
	p.marks = minMarks
	for p.marks < maxMarks && int64(p.marks)*markSize < memory/128 {
		p.marks *= 2
	}
	p.counters = minCounters
	for p.counters < memory/counterShare {
		p.counters *= 2
	}
	p.fixed = int64(p.marks)*markSize + p.counters*counterSize
	p.flight = memory / flightShare
	p.tier = memory - p.fixed - p.flight
	p.fileCopies = memory / copyShare
	return p
}

// flight counts the bytes that are in flight against their limit.
type flight struct {
	limit  int64
	used   atomic.Int64
	shares shares
}

// reserve takes n bytes, or none and reports false where they are not there.
func (b *flight) reserve(n int64) bool {
	for {
		used := b.used.Load()
		if used+n > b.limit {
			return false
		}
		if b.used.CompareAndSwap(used, used+n) {
			return true
		}
	}
}

// force takes n bytes even beyond the limit.
func (b *flight) force(n int64) { b.used.Add(n) }

// release gives n bytes back.
func (b *flight) release(n int64) {
	if left := b.used.Add(-n); invariants && left < 0 {
		panic("BUG: more bytes in flight given back than taken")
	}
}

// ProcessMemory is the memory that a process has outside its store, in bytes.
type ProcessMemory struct {
	Connections int64 // held by connections, beyond what is always reserved for them
	Unseen      int64 // resident, but not counted by the Go runtime: mapped files, files in memory
	Kernel      int64 // held by the kernel for the process
	Limit       int64 // for the whole process: the cgroup's or the machine's; 0: none
}

// TuneGC tunes the garbage collector for a store of memory bytes. It sets a memory limit
// of 1.25 times that, and some for the rest of the process, but no more than Limit
// allows. Below it the heap may grow to five times the live bytes, so that a small cache
// is not collected all the time. It is called again when ProcessMemory has changed. GOMEMLIMIT
// and GOGC in the environment have precedence.
func TuneGC(memory int64, m ProcessMemory) {
	if os.Getenv("GOMEMLIMIT") == "" {
		setMemoryLimit(heapLimit(memory, m))
	}
	if os.Getenv("GOGC") == "" {
		gcPercent.Do(func() { debug.SetGCPercent(400) })
	}
}

// heapLimit is the memory limit for the garbage collector.
func heapLimit(memory int64, m ProcessMemory) int64 {
	limit := memory + memory/4 + elsewhere + m.Connections
	if m.Limit > 0 {
		limit = min(limit, m.Limit-m.Limit/16-m.Kernel)
	}
	return max(limit-m.Unseen, memory)
}

// setMemoryLimit ignores a small difference, as a change stops the world.
func setMemoryLimit(limit int64) {
	if old := debug.SetMemoryLimit(-1); old-limit > tuneStep || limit-old > tuneStep {
		debug.SetMemoryLimit(limit)
	}
}

var gcPercent sync.Once

const (
	// elsewhere is memory for the rest of the process: connections, code, and what the
	// collector needs to run well.
	elsewhere = 120 << 20
	tuneStep  = 2 << 20
)
