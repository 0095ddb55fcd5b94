package engine

import (
	"fmt"

	"brink/conf"
)

// Memory is how the memory of a process is divided, in bytes.
type Memory struct {
	Cache   int64 // store.memory
	Disk    int64 // of Cache: for the buffers of the disk tier, if there is one
	Rules   int64 // of Cache: what the store lends to purge rules
	Waiting int64 // for connections, while some wait for a request: see Capacity
	All     int64 // for connections at most
}

const (
	connections = 64 << 20  // for connections, in addition to a quarter of the cache's budget
	besides     = 150 * 1e6 // what the process may take beyond 1.25 times the cache's budget
	base        = besides - connections
	least       = 8 << 20  // for connections
	leastCache  = 16 << 20 // of the cache, for it to be of use
)

// needs returns how many bytes a process may take if its cache has this budget: 1.25
// times the budget and 150 MB.
func needs(cache int64) int64 { return cache + cache/4 + besides }

// fits reports whether a process stays within a limit if its cache has this budget.
func fits(cache, limit int64) bool { return needs(cache) <= limit }

// fitCache returns the largest budget for the cache that fits into a limit.
func fitCache(limit int64) int64 { return max((limit-besides)*4/5, leastCache) }

// CacheMemory returns the budget of the cache: the setting, or as much of the default as
// fits into a limit. A setting that is larger than the limit is an error. A limit of 0 is
// not known.
func CacheMemory(c *conf.Store, limit int64) (int64, error) {
	memory := int64(c.Memory)
	switch {
	case limit == 0:
		return memory, nil
	case !c.MemoryGiven:
		return min(memory, fitCache(limit)), nil
	case memory > limit:
		return 0, fmt.Errorf("store.memory is %s, and the machine, or the cgroup of the process, has %s",
			c.Memory.Rounded(), conf.Size(limit).Rounded())
	}
	return memory, nil
}

// MemoryWarning returns a warning if the process may take more than limit with the memory
// that is set for the store, and "" otherwise. A limit of 0 is not known.
func MemoryWarning(c *conf.Store, limit int64) string {
	memory := int64(c.Memory)
	if limit == 0 || !c.MemoryGiven || fits(memory, limit) {
		return ""
	}
	return fmt.Sprintf("store.memory is %s: the process may take %s with it, and has %s. Lower it to %s",
		c.Memory.Rounded(), conf.Size(needs(memory)).Rounded(), conf.Size(limit).Rounded(), conf.Size(fitCache(limit)).Rounded())
}

// unknownMemory is assumed if the limit is not known.
const unknownMemory = 1 << 50

// ShareMemory divides the memory of a process. A limit of 0 is not known. Connections get
// the memory that the cache, the rest of the process and the kernel do not need. While some
// of them wait for a request, connections hold less: the process then takes no more than
// needs.
func ShareMemory(cache, limit int64) Memory {
	if limit == 0 {
		limit = unknownMemory
	}
	left := limit - limit/16 - cache - base
	m := Memory{Cache: cache, Disk: cache / 4, Rules: cache / 8, Waiting: max(min(cache/4+connections, left), least)}
	m.All = max(left-left/8, m.Waiting)
	return m
}

// Descriptors is how the file descriptors of a process are divided.
type Descriptors struct {
	Clients int // connections of clients
	Origins int // connections to origins
	Disk    int // files that each of the disk tier's databases keeps open
}

const (
	ownFiles  = 64   // listeners, the admin listener and its clients, logs, name look-ups, the bus
	bodyFiles = 1024 // files in memory from which the kernel sends bodies: at most a sixteenth of all, as in package store
	diskFiles = 1024 // of each of the two databases
)

// ShareDescriptors divides limit descriptors. wanted is how many connections the
// settings of the origins allow. A miss takes a client connection and one to an origin.
// So if there are too few for both, each gets half.
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
