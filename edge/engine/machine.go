package engine

import (
	"sync"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// MachineMemory returns how much memory this process may have, in bytes: the limit of
// its cgroup, version 1 or 2, or else the memory of the machine. 0: it is not known.
var MachineMemory = sync.OnceValue(func() int64 {
	least := int64(0)
	for _, of := range []memlimit.Provider{memlimit.FromCgroup, memlimit.FromSystem} {
		limit, err := of()
		if err == nil && limit > 0 && limit < 1<<60 && (least == 0 || int64(limit) < least) {
			least = int64(limit)
		}
	}
	return least
})
