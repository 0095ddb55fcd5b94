package conf

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

// storeFits checks the budget against what there is.
func (d *decoder) storeFits(b *block, s *Store) {
	a := b.attribute("memory")
	if a == nil {
		return
	}
	s.MemoryGiven = true
	if has := MachineMemory(); has > 0 && int64(s.Memory) > has {
		d.add(wrong("memory: %s is more than this machine, or the cgroup of the process, has: %s",
			formatSize(s.Memory), formatSize(Size(has>>20<<20))).in(a.value.Range()))
	}
}
