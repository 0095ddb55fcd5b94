package disk

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"brink/edge/wire"
	"brink/purge"
	"brink/store"
)

// noise is what bodies are cut out of.
var noise = func() []byte {
	b := make([]byte, 5<<20)
	rng := rand.NewChaCha8([32]byte{1})
	_, _ = rng.Read(b)
	return b
}()

// version makes one of the objects that a key has in the course of time. Its
// body follows from the text, the version and the length.
func version(text string, v, length int) *store.Object { return renewal(text, v, v, length) }

// renewal makes a version that has the body of another.
func renewal(text string, v, body, length int) *store.Object {
	o := object(text, 0)
	o.Head.AddString("Etag", fmt.Sprint(v, " ", body))
	o.Length, o.Stamp = int64(length), purge.Seq(v)
	at := hash(fmt.Sprint(text, "#", body)) % (1 << 20)
	for from := 0; from < length; from += store.RunSize {
		to := min(length, from+store.RunSize)
		o.Body = append(o.Body, noise[at:][from:to:to])
	}
	return o
}

// versionOf returns which version an object is, after a look at all of it.
func versionOf(o *store.Object) (v int, err error) {
	var body int
	if _, err := fmt.Sscan(string(o.Head.Get(wire.ETag)), &v, &body); err != nil {
		return 0, err
	}
	return v, same(o, renewal(o.Text, v, body, int(o.Length)))
}

// save saves an object as soon as there is room in the queue.
func save(tier *Tier, o *store.Object) {
	for {
		if n, _ := tier.queue.size(); n+size(o) < tier.options.Queue/2 {
			tier.Save(o)
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// usage returns what the files below a directory take on disk.
func usage(dir string) (bytes int64, files int) {
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		var st syscall.Stat_t
		if err == nil && d.Type().IsRegular() && syscall.Stat(path, &st) == nil {
			bytes += st.Blocks * 512
			files++
		}
		return nil
	})
	return bytes, files
}

// sampler looks again and again how much a directory takes.
type sampler struct {
	most, files atomic.Int64
	stop        chan struct{}
	running     sync.WaitGroup
}

func sample(dir string) *sampler {
	s := &sampler{stop: make(chan struct{})}
	s.running.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			n, files := usage(dir)
			s.most.Store(max(s.most.Load(), n))
			s.files.Store(max(s.files.Load(), int64(files)))
			select {
			case <-tick.C:
			case <-s.stop:
				return
			}
		}
	})
	return s
}

func (s *sampler) end() (most, files int64) {
	close(s.stop)
	s.running.Wait()
	return s.most.Load(), s.files.Load()
}

// Many times the budget goes through a directory. It never takes a tenth more
// than the budget, nothing is written twice, what is in use survives, and what
// is found is what was saved last.
func TestBudget(t *testing.T) {
	t.Run("mixed", func(t *testing.T) { testBudget(t, 20, 13) }) // 512 B to 2 MiB
	t.Run("short", func(t *testing.T) { testBudget(t, 2, 3) })   // 512 B to 2 KiB
}

func testBudget(t *testing.T, times int64, doublings int) {
	dir := filepath.Join(t.TempDir(), "cache")
	tier := open(t, Options{Path: dir, FS: vfs.Default, Memory: 64 << 20})
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	watch := sample(dir)

	rng := rand.New(rand.NewPCG(1, 2))
	saved := map[string]int{} // the version of each text that was saved last
	var texts []string
	wrong := func(o *store.Object) {
		if v, err := versionOf(o); err != nil || v != saved[o.Text] {
			t.Errorf("%s: version %d, want %d: %v", o.Text, v, saved[o.Text], err)
		}
	}
	// They stand together, so that all of them must fit what a segment rescues.
	const loved = 20
	lovedText := func(i int) string { return fmt.Sprint("/loved/", i) }
	for i := range loved {
		saved[lovedText(i)] = 1
		save(tier, version(lovedText(i), 1, 1000<<(i%5)))
	}
	drain(t, tier)
	next := int64(0)
	var heap uint64
	for i := 0; tier.counts.bytes.Load() < times*MinSize; i++ {
		text := fmt.Sprint("/", i)
		if len(texts) > 0 && rng.IntN(4) == 0 {
			text = texts[len(texts)-1-rng.IntN(min(len(texts), 1000))]
		}
		if saved[text] == 0 {
			texts = append(texts, text)
		}
		saved[text]++
		save(tier, version(text, saved[text], 256<<rng.IntN(doublings)*(100+rng.IntN(100))/100))
		if text := texts[len(texts)-1-rng.IntN(min(len(texts), 2000))]; i%8 == 0 {
			if o := tier.Load(object(text, 0).Key, text, 1<<40); o != nil {
				wrong(o)
			}
		}
		if tier.counts.bytes.Load() < next {
			continue
		}
		next += 8 << 20
		for i := range loved {
			text := lovedText(i)
			if o := tier.Load(object(text, 0).Key, text, 1<<40); o == nil {
				t.Fatalf("%s is gone after %d bytes", text, next)
			} else {
				wrong(o)
			}
		}
		var now runtime.MemStats
		runtime.ReadMemStats(&now)
		heap = max(heap, now.HeapAlloc)
	}
	drain(t, tier)
	most, files := watch.end()

	var found, bytes int64
	for text := range saved {
		if o := tier.Load(object(text, 0).Key, text, 1<<40); o != nil {
			wrong(o)
			found++
			bytes += o.Length
		}
	}
	s := tier.Stats()
	amplification := float64(s.FlushedBytes) / float64(s.WrittenBytes)
	t.Logf("%d MiB written, WA %.3f, at most %d MiB in %d files, %d of %d objects found with %d MiB, %d segments evicted, %d objects rescued, heap %d MiB",
		s.WrittenBytes>>20, amplification, most>>20, files, found, len(saved), bytes>>20, s.EvictedSegments, s.Rescued, heap>>20)
	if most > MinSize*11/10 {
		t.Errorf("the directory took %d bytes", most)
	}
	if amplification > 1.1 {
		t.Errorf("write amplification %.3f", amplification)
	}
	if bytes < MinSize/2 {
		t.Errorf("%d bytes found", bytes)
	}
	if s.Dropped+s.FailedWrites+s.Unreadable+s.Late != 0 {
		t.Errorf("%+v", s)
	}
	if files > 300 {
		t.Errorf("%d files", files)
	}
	if grown := int64(heap - before.HeapAlloc); grown > 100<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	if live, dangling := entries(t, tier); dangling > live/2 {
		t.Errorf("%d index entries, %d of what is gone", live, dangling)
	}
}

// entries counts the index entries of what is there and of what was evicted.
func entries(t *testing.T, tier *Tier) (live, dangling int) {
	it, err := tier.databases.Load().index.NewIter(&pebble.IterOptions{LowerBound: []byte{rowObject}, UpperBound: []byte{rowObject + 1}})
	if err != nil {
		t.Fatal(err)
	}
	defer it.Close()
	for ok := it.First(); ok; ok = it.Next() {
		if e, ok := parseEntry(it.Value()); ok && tier.segments.Load().hasObject(e) {
			live++
		} else {
			dangling++
		}
	}
	return live, dangling
}

// timed makes an object of a megabyte that is of use for a time.
func timed(text string, seconds store.Instant) *store.Object {
	o := version(text, 1, 1<<20)
	o.Lifetime = store.Lifetime{Born: start, Fresh: start + seconds*store.Second}
	return o
}

// kept returns which of the texts prefix0, prefix1 and so on are there, and does
// not ask for them.
func kept(t *testing.T, tier *Tier, prefix string, n int) (list []bool) {
	for i := range n {
		e, found, err := tier.databases.Load().find(object(fmt.Sprint(prefix, i), 0).Key)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, found && tier.segments.Load().hasObject(e))
	}
	return list
}

// What is past use goes first; then what is oldest.
func TestEvictionOrder(t *testing.T) {
	var now atomic.Int64
	now.Store(int64(start))
	tier := open(t, Options{FS: vfs.NewMem(), Now: func() store.Instant { return store.Instant(now.Load()) }})
	fill := func(prefix string, n int, seconds store.Instant) {
		for i := range n {
			save(tier, timed(fmt.Sprint(prefix, i), seconds))
		}
		drain(t, tier)
	}
	fill("/old", 16, 1000)
	fill("/short", 16, 10)
	fill("/late", 16, 1000)
	now.Add(100 * int64(store.Second))
	fill("/more", 20, 1000)
	for i, there := range kept(t, tier, "/old", 16) {
		if !there {
			t.Errorf("/old%d went before what is of no use", i)
		}
	}
	if _, dangling := entries(t, tier); dangling == 0 {
		t.Error("nothing of no use went")
	}
	fill("/most", 30, 1000)
	gone := true
	for i, there := range kept(t, tier, "/old", 16) {
		if there {
			gone = false
		} else if !gone {
			t.Errorf("/old%d went before an older one", i)
		}
	}
	if there := kept(t, tier, "/most", 30); !there[0] {
		t.Error("what was just written went")
	}
}

// arrive writes some of the runs of an object's body while it arrives.
func arrive(t *testing.T, s store.Stream, runs [][]byte) {
	t.Helper()
	for _, run := range runs {
		if err := s.Write(run); err != nil {
			t.Fatal(err)
		}
	}
}

// saveStreamed saves an object whose body came by way of a stream.
func saveStreamed(t *testing.T, tier *Tier, s store.Stream, o *store.Object) {
	t.Helper()
	location, err := s.Commit()
	if err != nil {
		t.Fatal(err)
	}
	s.Abort()
	o.Body = nil
	o.SetLocation(location)
	tier.Save(o)
	drain(t, tier)
}

// Bodies that were written while they arrived are past use like others, and
// then go first.
func TestEvictionOfStreams(t *testing.T) {
	var now atomic.Int64
	now.Store(int64(start))
	tier := open(t, Options{FS: vfs.NewMem(), Now: func() store.Instant { return store.Instant(now.Load()) }})
	fill := func(prefix string, n int) {
		for i := range n {
			save(tier, timed(fmt.Sprint(prefix, i), 1000))
		}
		drain(t, tier)
	}
	fill("/old", 16)
	for i := range 4 {
		o := timed(fmt.Sprint("/short", i), 10)
		o.Body = slices.Concat(o.Body, o.Body, o.Body, o.Body)
		o.Length *= 4
		s := tier.Stream(o, o.Length)
		arrive(t, s, o.Body)
		saveStreamed(t, tier, s, o)
	}
	fill("/late", 16)
	now.Add(100 * int64(store.Second))
	fill("/more", 18)
	for i, there := range kept(t, tier, "/old", 16) {
		if !there {
			t.Errorf("/old%d went before what is of no use", i)
		}
	}
	if there := kept(t, tier, "/short", 1); there[0] {
		t.Error("nothing of no use went")
	}
}

// A body that arrives so slowly that all else is evicted meanwhile is whole in
// the end, although it is past use by then.
func TestArrivingIsSpared(t *testing.T) {
	var now atomic.Int64
	now.Store(int64(start))
	tier := open(t, Options{FS: vfs.NewMem(), Now: func() store.Instant { return store.Instant(now.Load()) }})
	o := timed("/slow", 10)
	s := tier.Stream(o, o.Length)
	arrive(t, s, o.Body[:3])
	drain(t, tier)
	now.Add(100 * int64(store.Second))
	for i := range 100 {
		save(tier, timed(fmt.Sprint("/fill", i), 1000))
	}
	drain(t, tier)
	if there := kept(t, tier, "/fill", 10); there[9] {
		t.Fatal("nothing was evicted")
	}
	whole := timed("/slow", 10)
	for i := range 3 {
		if run, err := s.Read(i, nil); err != nil || !bytes.Equal(run, whole.Body[i]) {
			t.Fatalf("run %d: %d bytes, %v", i, len(run), err)
		}
	}
	arrive(t, s, o.Body[3:])
	saveStreamed(t, tier, s, o)
	if got := tier.Load(o.Key, "/slow", 1<<40); got == nil || same(got, whole) != nil {
		t.Errorf("got %+v", got)
	}
}

// An object that was asked for is written again, however long, and so is what
// is under its key's index. One that was not is gone.
func TestSecondChance(t *testing.T) {
	tier := open(t, Options{FS: vfs.NewMem()})
	plain := version("/vary", 3, 300_000)
	index := &store.Object{Key: plain.Key, Primary: plain.Key, Text: "/vary", Variants: &store.Variants{Plain: plain}}
	save(tier, index)
	for _, n := range lengths {
		save(tier, version(fmt.Sprint("/asked", n), 1, n))
		save(tier, version(fmt.Sprint("/not", n), 1, n))
		save(tier, timed(fmt.Sprint("/beside", n), 1000))
	}
	drain(t, tier)
	for round := range 4 {
		for _, n := range lengths {
			text := fmt.Sprint("/asked", n)
			o := tier.Load(object(text, 0).Key, text, 1<<40)
			if o == nil {
				t.Fatalf("round %d: %s is gone", round, text)
			}
			if _, err := versionOf(o); err != nil {
				t.Errorf("round %d: %s: %v", round, text, err)
			}
		}
		if o := tier.Load(index.Key, "/vary", 1<<40); o == nil {
			t.Fatal("the index is gone")
		} else if err := same(o.Variants.Plain, plain); err != nil {
			t.Error(err)
		}
		for i := range 60 {
			save(tier, timed(fmt.Sprint("/fill", round, ".", i), 1000))
		}
		drain(t, tier)
	}
	for _, n := range lengths {
		text := fmt.Sprint("/not", n)
		if tier.Load(object(text, 0).Key, text, 1<<40) != nil {
			t.Errorf("%s is there", text)
		}
	}
	if s := tier.Stats(); s.Rescued < int64(4*len(lengths)) || s.Unreadable != 0 {
		t.Errorf("%d rescued, %d unreadable", s.Rescued, s.Unreadable)
	}
}

// A renewed head whose body was evicted is not found, and the body is written
// again when there is one.
func TestRenewedAfterEviction(t *testing.T) {
	tier := open(t, Options{FS: vfs.NewMem()})
	o := version("/a", 1, 1<<20)
	save(tier, o)
	drain(t, tier)
	for i := range 80 {
		save(tier, timed(fmt.Sprint("/fill", i), 1000))
	}
	drain(t, tier)
	if tier.Load(o.Key, "/a", 0) != nil {
		t.Fatal("the object is still there")
	}
	save(tier, o) // it has a Location yet
	drain(t, tier)
	got := tier.Load(o.Key, "/a", 1<<40)
	if got == nil {
		t.Fatal("the object is not there")
	}
	if err := same(got, o); err != nil {
		t.Error(err)
	}
}

// What a crash left in the log without a segment is dropped at the next start,
// and its room counts.
func TestLeftovers(t *testing.T) {
	fs := vfs.NewMem()
	tier := open(t, Options{FS: fs})
	save(tier, version("/a", 1, 100_000))
	drain(t, tier)
	d := tier.databases.Load()
	for _, p := range []position{1, firstOf(d.epoch) - 1} {
		if err := d.log.Set(p.key(), noise[:1<<20], pebble.NoSync); err != nil {
			t.Fatal(err)
		}
	}
	tier.Close()
	tier = open(t, Options{FS: fs})
	it, err := tier.databases.Load().log.NewIter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer it.Close()
	n := 0
	for ok := it.First(); ok; ok = it.Next() {
		if bytes.HasPrefix(it.Value(), noise[:100]) {
			t.Errorf("leftovers at %x", binary.BigEndian.Uint64(it.Key()))
		}
		n++
	}
	if n != 1 {
		t.Errorf("%d records", n)
	}
	if s := tier.Stats(); s.SegmentBytes < 100_000 || s.SegmentBytes > 110_000 {
		t.Errorf("%d bytes in segments", s.SegmentBytes)
	}
}

// What does not fit is dropped, and no older object is found in its place.
func TestTooLarge(t *testing.T) {
	tier := open(t, Options{FS: vfs.NewMem()})
	save(tier, version("/a", 1, 1000))
	drain(t, tier)
	o := version("/a", 2, 1000)
	for o.Length = 0; o.Length < tier.sizes.object; o.Length += 1 << 18 {
		o.Body = append(o.Body, noise[:1<<18])
	}
	tier.Save(o)
	drain(t, tier)
	if tier.Load(o.Key, "/a", 1<<40) != nil {
		t.Error("an older object is there")
	}
	if s := tier.Stats(); s.Dropped != 1 || s.WrittenBytes > 10_000 {
		t.Errorf("%+v", s)
	}
}

// Small flushes, one after the other, make small files, which are neither merged
// nor written again.
func TestSmallFlushes(t *testing.T) {
	tier := open(t, Options{FS: vfs.NewMem()})
	const n = 200
	for i := range n {
		save(tier, version(fmt.Sprint("/", i), 1, 20_000))
		drain(t, tier)
		for tier.databases.Load().log.Metrics().Levels[0].TablesCount > 0 {
			time.Sleep(time.Millisecond) // it is moved
		}
	}
	s := tier.Stats()
	log := tier.databases.Load().log.Metrics()
	if files := log.Total().TablesCount; files != n {
		t.Errorf("%d files", files)
	}
	if amplification := float64(s.FlushedBytes) / float64(s.WrittenBytes); amplification > 1.1 {
		t.Errorf("write amplification %.3f", amplification)
	}
}

// A file is so large that there are never very many, but for what trickles in.
func TestFileSizes(t *testing.T) {
	for budget := int64(MinSize); budget <= 1<<40; budget *= 2 {
		s := sizesOf(budget, defaultMemory)
		if n := budget / s.file; n > 8192 {
			t.Errorf("budget %d: up to %d files of %d", budget, n, s.file)
		}
		if s.object > s.limit/4 || s.segment < s.memtable || s.limit < budget*85/100 {
			t.Errorf("budget %d: %+v", budget, s)
		}
	}
}
