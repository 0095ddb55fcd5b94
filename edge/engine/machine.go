package engine

import (
	"sync"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// MachineMemory is how much memory this process may have, in bytes: what its cgroup
// allows, of either version, or else what the machine has. 0: it is not known.
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
