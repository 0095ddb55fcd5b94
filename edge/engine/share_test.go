package engine

import (
	"math"
	"testing"

	"brink/conf"
)

func TestShareMemory(t *testing.T) {
	f := func(cache, limit, waiting int64) {
		t.Helper()
		m := ShareMemory(cache<<20, limit<<20)
		if m.Waiting>>20 != waiting || m.All < m.Waiting {
			t.Errorf("of %d MiB beside a cache of %d, %d MiB are for connections that wait, %d for all", limit, cache, m.Waiting>>20, m.All>>20)
		}
		if sum := m.Cache + m.Waiting + base; fits(m.Cache, limit<<20) && sum > limit<<20 {
			t.Errorf("%d MiB of %d are shared out", sum>>20, limit)
		}
	}
	f(256, 512, 128)
	f(256, 1<<20, 128)
	f(16, 160, 54)
	f(16, 1<<20, 68)
	f(4096, 8192, 1088)
	f(256, 300, 8) // it does not fit
}

func TestFitCache(t *testing.T) {
	for _, limit := range []int64{180 << 20, 300 << 20, 512 << 20, 64 << 30} {
		if cache := fitCache(limit); !fits(cache, limit) || fits(cache+1<<20, limit) {
			t.Errorf("%d fits into %d", cache, limit)
		}
	}
	if fitCache(1<<20) != leastCache {
		t.Error("a cache that is of no use")
	}
}

func TestShareDescriptors(t *testing.T) {
	f := func(limit, wanted int, disk bool, want Descriptors) {
		t.Helper()
		if got := ShareDescriptors(limit, wanted, disk); got != want {
			t.Errorf("%d with %d for origins: %+v, want %+v", limit, wanted, got, want)
		}
	}
	f(1024, 1024, false, Descriptors{Clients: 448, Origins: 448})
	f(1024, 100, false, Descriptors{Clients: 790, Origins: 106})
	f(1024, 1024, true, Descriptors{Clients: 384, Origins: 384, Disk: 64})
	f(20_000, 1024, false, Descriptors{Clients: 17_824, Origins: 1088})
	f(1<<20, 1024, true, Descriptors{Clients: 1_044_352, Origins: 1088, Disk: 1024})
	f(256, 4096, true, Descriptors{Clients: 72, Origins: 72, Disk: 16})
	f(64, 1024, false, Descriptors{Clients: 16, Origins: 16})
	if d := ShareDescriptors(1<<30, math.MaxInt32, true); d.Clients+d.Origins > 1<<30 {
		t.Errorf("more than there are: %+v", d)
	}
}

// The budget of the cache is as it is given; a default gives way to a small machine.
func TestCacheMemory(t *testing.T) {
	for _, c := range []struct {
		store conf.Store
		limit int64
		want  int64
	}{
		{conf.Store{Memory: 256 << 20}, 0, 256 << 20},
		{conf.Store{Memory: 256 << 20}, 16 << 30, 256 << 20},
		{conf.Store{Memory: 256 << 20}, 256 << 20, fitCache(256 << 20)},
		{conf.Store{Memory: 256 << 20, MemoryGiven: true}, 256 << 20, 256 << 20},
		{conf.Store{Memory: 256 << 20, MemoryGiven: true}, 255 << 20, 0},
	} {
		if got, err := CacheMemory(&c.store, c.limit); got != c.want || (err != nil) != (got == 0) {
			t.Errorf("%+v in %d: %d, want %d (%v)", c.store, c.limit, got, c.want, err)
		}
	}
	if m := ShareMemory(256<<20, 0); m.Cache != 256<<20 || m.All < 1<<40 {
		t.Errorf("without a limit: %+v", m)
	}
}

// A setting that leaves too little for the rest of the process is named, and a better one.
func TestMemoryWarning(t *testing.T) {
	const want = "store.memory is 256.0 MiB: the process may take 463.1 MiB with it, and has 300.0 MiB. Lower it to 125.6 MiB"
	for _, c := range []struct {
		store conf.Store
		limit int64
		want  string
	}{
		{conf.Store{Memory: 256 << 20, MemoryGiven: true}, 300 << 20, want},
		{conf.Store{Memory: 256 << 20}, 300 << 20, ""},
		{conf.Store{Memory: 256 << 20, MemoryGiven: true}, 512 << 20, ""},
		{conf.Store{Memory: 256 << 20, MemoryGiven: true}, 0, ""},
	} {
		if got := MemoryWarning(&c.store, c.limit); got != c.want {
			t.Errorf("%+v in %d: %q", c.store, c.limit, got)
		}
	}
}
