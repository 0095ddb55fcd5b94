package disk

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"brink/store"
)

// history saves, loads and deletes some keys, of which it knows what was done to
// them last: nothing else may ever be found.
type history struct {
	tier   *Tier
	name   string
	latest map[string]int // length of the object that was saved last; absent: deleted
	saved  int

	found, missed int
}

func (h *history) step(rng *rand.Rand) error {
	text := fmt.Sprintf("/%s/%d", h.name, rng.IntN(20))
	k := object(text, 0).Key
	switch rng.IntN(8) {
	case 0:
		h.saved++
		// No two versions of an object have the same length.
		length := rng.IntN(10)*store.RunSize/4 + h.saved
		h.tier.Save(object(text, length))
		h.latest[text] = length
	case 1:
		if rng.IntN(4) == 0 {
			h.tier.Delete(k)
			delete(h.latest, text)
		}
	default:
		got := h.tier.Load(k, text, 1<<40)
		if got == nil {
			h.missed++
			return nil
		}
		h.found++
		length, there := h.latest[text]
		if !there {
			return fmt.Errorf("%s: found after it was deleted", text)
		}
		if err := same(got, object(text, length)); err != nil {
			return fmt.Errorf("%s: not what was saved last: %w", text, err)
		}
	}
	return nil
}

// underLoad runs histories while the function runs, and checks them.
func underLoad(t *testing.T, tier *Tier, do func()) {
	t.Helper()
	var running sync.WaitGroup
	var over atomic.Bool
	var found, missed atomic.Int64
	for i := range 4 {
		running.Go(func() {
			h := &history{tier: tier, name: fmt.Sprint(i), latest: make(map[string]int)}
			rng := rand.New(rand.NewPCG(uint64(i), 1))
			for !over.Load() {
				if err := h.step(rng); err != nil {
					t.Error(err)
					return
				}
				if rng.IntN(16) == 0 {
					time.Sleep(time.Millisecond)
				}
			}
			found.Add(int64(h.found))
			missed.Add(int64(h.missed))
		})
	}
	do()
	over.Store(true)
	running.Wait()
	if found.Load() == 0 {
		t.Error("nothing was ever found")
	}
}

// Whatever the disk does, what is found is what was saved last, and once the
// disk works again so does the tier.
func TestFailingDisk(t *testing.T) {
	for _, c := range []struct {
		name                 string
		reads, writes, syncs int64
	}{
		{"reads 1%", 10, 0, 0},
		{"reads 10%", 100, 0, 0},
		{"reads 100%", 1000, 0, 0},
		{"writes 1%", 0, 10, 0},
		{"writes 10%", 0, 100, 0},
		{"writes 100%", 0, 1000, 0},
		{"syncs 1%", 0, 0, 10},
		{"syncs 10%", 0, 0, 100},
		{"syncs 100%", 0, 0, 1000},
		{"all 1%", 10, 10, 10},
		{"all 10%", 100, 100, 100},
		{"all 100%", 1000, 1000, 1000},
	} {
		t.Run(c.name, func(t *testing.T) {
			disk := newFaults(vfs.NewMem())
			tier := open(t, Options{FS: disk, Queue: 16 << 20, Deadline: 100 * time.Millisecond})
			underLoad(t, tier, func() {
				time.Sleep(200 * time.Millisecond)
				disk.fail(c.reads, c.writes, c.syncs)
				time.Sleep(600 * time.Millisecond)
				disk.fail(0, 0, 0)
				ended := time.Now()
				backInService(t, tier)
				t.Logf("back in service after %v", time.Since(ended))
				time.Sleep(200 * time.Millisecond)
			})
			tier.Close()
		})
	}
}

// A stalled disk does not hold anybody up, and loses nothing.
func TestStalledDisk(t *testing.T) {
	disk := newFaults(vfs.NewMem())
	var reported states
	tier := open(t, Options{FS: disk, Deadline: 20 * time.Millisecond, Report: reported.report})
	saveAll(tier, 100, 50_000)
	drain(t, tier)
	if err := tier.Close(); err != nil {
		t.Fatal(err)
	}
	tier = open(t, Options{FS: disk, Deadline: 20 * time.Millisecond, Report: reported.report})
	release := disk.stall()
	defer release()
	for i := range 100 {
		o := object(fmt.Sprint("/", i), 50_000)
		begun := time.Now()
		got := tier.Load(o.Key, o.Text, 1<<40)
		if took := time.Since(begun); took > time.Second {
			t.Fatalf("a load took %v", took)
		}
		if got != nil && same(got, o) != nil {
			t.Errorf("%s: wrong", o.Text)
		}
		if i%10 == 0 {
			tier.Delete(o.Key)
		}
	}
	eventually(t, 10*time.Second, "out of service", func() bool { return tier.State() == Off })
	begun := time.Now()
	for i := range 1000 {
		o := object(fmt.Sprint("/", i%100), 50_000)
		tier.Load(o.Key, o.Text, 1<<40)
	}
	if took := time.Since(begun); took > 10*time.Second { // each would wait for 20 ms
		t.Errorf("1000 loads out of service took %v", took)
	}
	release()
	eventually(t, 10*time.Second, "serving", func() bool { return tier.State() == Serving })
	drain(t, tier)
	for i := range 100 {
		o := object(fmt.Sprint("/", i), 50_000)
		if got := tier.Load(o.Key, o.Text, 1<<40); (got == nil) != (i%10 == 0) {
			t.Errorf("%s: found %v", o.Text, got != nil)
		}
	}
}

func saveAll(tier *Tier, n, length int) {
	for i := range n {
		tier.Save(object(fmt.Sprint("/", i), length))
	}
}

// On a full disk what is there is found, and what is replaced is not; with room
// again all is as before.
func TestFullDisk(t *testing.T) {
	disk := newQuota(vfs.NewMem(), 1<<40)
	var reported states
	tier := open(t, Options{FS: disk, Queue: 16 << 20, Report: reported.report})
	saveAll(tier, 100, 50_000)
	drain(t, tier)
	eventually(t, 10*time.Second, "the room is made", func() bool { tier.room.mu.Lock(); defer tier.room.mu.Unlock(); return tier.room.kept })
	taken := disk.left.Swap(0)
	underLoad(t, tier, func() {
		eventually(t, 10*time.Second, "read-only", func() bool { return tier.State() == ReadOnly })
		found := 0
		for i := range 100 {
			if o := object(fmt.Sprint("/", i), 50_000); tier.Load(o.Key, o.Text, 1<<40) != nil {
				found++
			}
		}
		if found == 0 {
			t.Error("nothing is found on a full disk")
		}
		time.Sleep(time.Second)
		disk.left.Add(taken)
		backInService(t, tier)
	})
	if reported.has(Off) {
		t.Error("the tier was out of service")
	}
}

// Databases that fail on a full disk come back: there is the room to do it in.
func TestFailOnFullDisk(t *testing.T) {
	disk := newQuota(vfs.NewMem(), 1<<40)
	tier := open(t, Options{FS: disk, Queue: 16 << 20})
	saveAll(tier, 100, 50_000)
	drain(t, tier)
	eventually(t, 10*time.Second, "the room is made", func() bool { tier.room.mu.Lock(); defer tier.room.mu.Unlock(); return tier.room.kept })
	disk.left.Store(0)
	tier.fail(tier.databases.Load(), errLate)
	eventually(t, 10*time.Second, "read-only", func() bool { return tier.State() == ReadOnly })
}

// A disk that is smaller than the budget is used as far as it goes.
func TestSmallDisk(t *testing.T) {
	disk := newQuota(vfs.NewMem(), 40<<20)
	tier := open(t, Options{FS: disk, Queue: 16 << 20})
	underLoad(t, tier, func() { time.Sleep(4 * time.Second) })
	backInService(t, tier)
}

// The writer is ahead of a slow disk, and waits for memtables to be flushed, when
// the disk is full: there is room to flush them all.
func TestFullWhileFlushing(t *testing.T) {
	disk := newQuota(vfs.NewMem(), 100<<20)
	disk.pause = time.Millisecond
	tier := open(t, Options{Size: 512 << 20, FS: disk, Memory: 256 << 20})
	for began := time.Now(); tier.State() != ReadOnly; {
		if time.Since(began) > 30*time.Second {
			t.Fatal("the disk does not get full")
		}
		tier.Save(object(fmt.Sprint("/", time.Since(began)), 1_000_000))
	}
	backInService(t, tier)
}

// A tier that is started on a full disk has the room that it left there, and all that
// it had.
func TestRestartOnFullDisk(t *testing.T) {
	disk := newQuota(vfs.NewMem(), 1<<40)
	o := Options{FS: disk, Size: 1 << 30}
	const n = 5000
	tier := open(t, o)
	for i := range n {
		save(tier, object(fmt.Sprint("/", i), 1000))
	}
	drain(t, tier)
	eventually(t, 10*time.Second, "the room is made", func() bool { tier.room.mu.Lock(); defer tier.room.mu.Unlock(); return tier.room.kept })
	if err := tier.Close(); err != nil {
		t.Fatal(err)
	}
	disk.left.Store(64 << 10)
	tier = open(t, o)
	eventually(t, 10*time.Second, "in service", func() bool { return tier.State() != Off })
	found := 0
	for i := range n {
		o := object(fmt.Sprint("/", i), 1000)
		if tier.Load(o.Key, o.Text, 1<<40) != nil {
			found++
		}
	}
	if found < n {
		t.Errorf("%d of %d objects found", found, n)
	}
}

// A disk without a free byte does not hold up a start. What is there is found again when
// there is room, but for what was deleted meanwhile, and keys stay the same.
func TestStartWithoutRoom(t *testing.T) {
	const n = 50
	mem := vfs.NewMem()
	tier := open(t, Options{FS: mem})
	for i := range n {
		o := object(fmt.Sprint("/", i), 2000)
		o.Stamp = 7
		tier.Save(o)
	}
	seed := tier.Seed()
	if err := tier.Close(); err != nil {
		t.Fatal(err)
	}
	disk := newQuota(mem, 0)
	_ = mem.Remove(mem.PathJoin(tier.options.Path, "room"))
	began := time.Now()
	tier = open(t, Options{FS: disk, Path: tier.options.Path})
	if took := time.Since(began); took > openTimeout/2 {
		t.Errorf("opened after %v", took)
	}
	if tier.State() != Off || tier.Seed() != seed || tier.Stamp() != 7 {
		t.Fatalf("%v, the seed is %d and was %d, the stamp is %d", tier.State(), tier.Seed(), seed, tier.Stamp())
	}
	tier.Delete(object("/0", 0).Key)
	disk.left.Store(1 << 30)
	backInService(t, tier)
	for i := range n {
		o := object(fmt.Sprint("/", i), 2000)
		if there := tier.Load(o.Key, o.Text, 1<<40) != nil; there != (i > 0) {
			t.Errorf("%s is found: %t", o.Text, there)
		}
	}
}

// On a disk that is smaller than the budget the tier comes to use what there is: it
// does not fill it again and again, with what only takes room.
func TestSmallDiskWears(t *testing.T) {
	disk := newQuota(vfs.NewMem(), 40<<20)
	tier := open(t, Options{FS: disk})
	for n := range 5000 {
		tier.Save(object(fmt.Sprint("/", n), 100_000))
		time.Sleep(2 * time.Millisecond)
	}
	drain(t, tier)
	if stored, room := tier.Stats().WrittenBytes, disk.rooms.Load(); room > stored/4 {
		t.Errorf("%d bytes stored, and %d to take room", stored, room)
	}
}

// clumsy is a disk that fails to delete directories once.
type clumsy struct {
	vfs.FS
	bad atomic.Bool
}

func (d *clumsy) RemoveAll(name string) error {
	if d.bad.Swap(false) {
		return syscall.EIO
	}
	return d.FS.RemoveAll(name)
}

// Old databases that cannot be deleted at once are deleted later.
func TestOldDatabasesGo(t *testing.T) {
	disk := &clumsy{FS: vfs.NewMem()}
	tier := open(t, Options{FS: disk})
	saveAll(tier, 10, 1000)
	drain(t, tier)
	disk.bad.Store(true)
	tier.mu.Lock()
	tier.mu.empty = true
	tier.mu.Unlock()
	tier.fail(tier.databases.Load(), errLost)
	backInService(t, tier)
	eventually(t, 10*time.Second, "deleted", func() bool {
		names, err := disk.List("cache")
		return err == nil && !disk.bad.Load() && !slices.ContainsFunc(names, func(name string) bool { return strings.HasSuffix(name, oldSuffix) })
	})
}
