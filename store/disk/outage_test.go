package disk

import (
	"fmt"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"brink/store"
)

// fallAsleep stalls the disk until the tier, which holds n objects, sleeps, and returns
// what lets the disk go on.
func fallAsleep(t *testing.T, tier *Tier, disk *faults, n int) (release func()) {
	t.Helper()
	release = disk.stall()
	tier.Delete(object("/0", 0).Key)
	time.Sleep(3 * time.Second) // the writer hangs in making it durable
	for i := range n {
		o := object(fmt.Sprint("/", i), 2000)
		tier.Load(o.Key, o.Text, 1<<40)
	}
	eventually(t, 10*time.Second, "out of service", func() bool { return tier.State() == Off && tier.databases.Load() == nil })
	return release
}

func deleteAll(tier *Tier, n int) {
	for i := range n {
		tier.Delete(object(fmt.Sprint("/", i), 0).Key)
	}
}

// allGone checks that none of n objects, which were deleted, is found.
func allGone(t *testing.T, tier *Tier, n int) {
	t.Helper()
	found := 0
	for i := range n {
		o := object(fmt.Sprint("/", i), 2000)
		if tier.Load(o.Key, o.Text, 1<<40) != nil {
			found++
		}
	}
	if found > 0 {
		t.Errorf("%d objects are found again that were deleted", found)
	}
}

// What cannot be noted as deleted while the tier sleeps (slow disk) has the tier
// begin anew; neither does it stay out of service, nor is it found after a restart.
func TestDeletionsLostWhileAsleep(t *testing.T) {
	disk := newFaults(vfs.NewMem())
	var reported states
	tier := open(t, Options{FS: disk, Queue: 64 << 10, Deadline: 20 * time.Millisecond, Report: reported.report})
	for i := range 100 {
		tier.Save(object(fmt.Sprint("/", i), 2000))
		drain(t, tier)
	}
	if err := tier.Close(); err != nil {
		t.Fatal(err)
	}
	tier = open(t, Options{FS: disk, Queue: 64 << 10, Deadline: 20 * time.Millisecond, Report: reported.report})
	release := fallAsleep(t, tier, disk, 100)
	defer release()
	for i := range 2000 { // more than the queue takes
		tier.Delete(object(fmt.Sprint("/other", i), 0).Key)
	}
	deleteAll(tier, 100)
	if tier.counts.lost.Load() == 0 {
		t.Fatal("all deletions found a place in the queue")
	}
	release()
	eventually(t, 20*time.Second, "in service", func() bool { return tier.databases.Load() != nil })
	reported.mu.Lock()
	if n := len(reported.all); n > 20 {
		t.Errorf("%d changes of state", n)
	}
	reported.mu.Unlock()
	if err := tier.Close(); err != nil {
		t.Error(err)
	}
	tier = open(t, Options{FS: disk, Queue: 64 << 10})
	allGone(t, tier, 100)
}

// A conditional deletion that waits does not stand in for that of what may not have
// become durable.
func TestBeginForgetsBehindOnly(t *testing.T) {
	q := newQueue(1 << 20)
	turn := q.begin(false)
	o := object("/a", 10)
	q.put(&work{key: o.Key, object: o, bytes: size(o)})
	w := q.next(turn)
	q.done(turn, w)                                        // written, not durable
	q.put(&work{key: o.Key, only: 12345, bytes: deletion}) // a read of it failed
	turn = q.begin(true)
	w = q.next(turn)
	if w == nil || w.key != o.Key || w.only != 0 {
		t.Errorf("first work after a reopening: %+v, want unconditional deletion", w)
	}
}

// What waits in the queue when a tier closes that sleeps (slow disk) is not lost
// behind the mark of a clean shutdown.
func TestCloseAsleep(t *testing.T) {
	for n := range 12 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			disk := newFaults(vfs.NewMem())
			tier := open(t, Options{FS: disk})
			saveAll(tier, 20, 2000)
			drain(t, tier)
			if err := tier.Close(); err != nil {
				t.Fatal(err)
			}
			tier = open(t, Options{FS: disk, Deadline: 20 * time.Millisecond})
			release := fallAsleep(t, tier, disk, 20)
			defer release()
			deleteAll(tier, 20)
			time.AfterFunc(500*time.Millisecond, release)
			if err := tier.Close(); err != nil {
				t.Log("close:", err)
			}
			tier = open(t, Options{FS: disk})
			allGone(t, tier, 20)
		})
	}
}

// A node that is stopped while its disk fails does not bring back later what was
// replaced or deleted meanwhile.
func TestCloseInOutage(t *testing.T) {
	disk := newFaults(vfs.NewMem())
	tier := open(t, Options{FS: disk})
	saveAll(tier, 20, 2000)
	drain(t, tier)
	disk.fail(0, 0, 1000)
	tier.Delete(object("/0", 0).Key)
	eventually(t, 10*time.Second, "out of service", func() bool { return tier.State() == Off })
	deleteAll(tier, 20)
	time.Sleep(time.Second)
	if err := tier.Close(); err != nil {
		t.Log("close:", err)
	}
	disk.fail(0, 0, 0)
	tier = open(t, Options{FS: disk})
	allGone(t, tier, 20)
}

// A long object that RAM has the head of, and whose body is read from disk all the
// time, has its second chance each time, in another place.
func TestRemoteInUse(t *testing.T) {
	tier := open(t, Options{FS: vfs.NewMem()})
	save(tier, version("/asked", 1, 1_000_000))
	drain(t, tier)
	key := object("/asked", 0).Key
	o := tier.Load(key, "/asked", 1000)
	if o == nil || !o.OnDisk() {
		t.Fatal("not on disk")
	}
	moved := 0
	for round := range 4 {
		for i := range o.Location().Runs {
			_, err := tier.Read(o, i, nil, store.LongWait)
			if err != nil {
				moved++
				again := tier.Load(key, "/asked", 1000)
				if again == nil {
					t.Fatalf("round %d: gone: %v", round, err)
				}
				o.SetLocation(again.Location())
				_, err = tier.Read(o, i, nil, store.LongWait)
			}
			if err != nil {
				t.Fatalf("round %d: run %d: %v", round, i, err)
			}
		}
		for i := range 60 {
			save(tier, timed(fmt.Sprint("/fill", round, ".", i), 1_000_000))
		}
		drain(t, tier)
	}
	if moved == 0 {
		t.Error("it was not moved")
	}
}
