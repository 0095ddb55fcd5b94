package engine

// Memory is how a process's memory is shared out, in bytes.
type Memory struct {
	Cache   int64 // store.memory
	Waiting int64 // connections, while some can give way: see Config
	All     int64 // connections at most
}

const (
	connections = 64 << 20  // for connections, besides a quarter of the cache's budget
	besides     = 150 * 1e6 // what the process may take beyond 1.25 times the cache's budget
	base        = besides - connections
	least       = 8 << 20  // for connections
	leastCache  = 16 << 20 // of the cache, for it to be of use
)

// Needs returns what a process may take with such a budget for its cache: a quarter more,
// and 150 MB.
func Needs(cache int64) int64 { return cache + cache/4 + besides }

// Fits reports whether a process with such a budget for its cache stays within a limit.
func Fits(cache, limit int64) bool { return Needs(cache) <= limit }

// FitCache returns the largest budget for the cache that fits into a limit.
func FitCache(limit int64) int64 { return max((limit-besides)*4/5, leastCache) }

// ShareMemory shares out what a process may have. What the cache does not take is for
// connections, but for some that the rest of the process and the kernel need. While
// connections can give way, they hold so little that the process takes no more than a
// quarter above the cache's budget, and 150 MB.
func ShareMemory(cache, limit int64) Memory {
	left := limit - limit/16 - cache - base
	m := Memory{Cache: cache, Waiting: max(min(cache/4+connections, left), least)}
	m.All = max(left-left/8, m.Waiting)
	return m
}

// Descriptors is how a process's file descriptors are shared out.
type Descriptors struct {
	Clients int // connections of clients
	Origins int // connections to origins
	Disk    int // files that each of the disk tier's databases keeps open
}

const (
	ownFiles  = 64   // listeners, the admin listener and its clients, logs, name look-ups, the bus
	bodyFiles = 1024 // files in memory from which the kernel sends bodies: at most a sixteenth of all, as package store has it
	diskFiles = 1024 // of each of the two databases
)

// ShareDescriptors shares out limit descriptors. wanted is how many connections the
// origins may have by their settings. A miss takes a connection of a client and one to
// an origin, so that clients get no more than half where both are short.
func ShareDescriptors(limit, wanted int, disk bool) Descriptors {
	d := Descriptors{}
	left := limit - ownFiles - min(bodyFiles, limit/16)
	if disk {
		d.Disk = max(min(diskFiles, limit/16), 16)
		left -= 2 * d.Disk
	}
	left = max(left, 32)
	d.Clients = max(left-wanted-wanted/16, left/2)
	d.Origins = left - d.Clients
	return d
}
