package disk

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"brink/edge/wire"
	"brink/store"
)

var crashes = flag.Int("crashes", 80, "how many crashes TestCrashes makes")

// world is a tier that crashes, and what is known of it.
type world struct {
	t    *testing.T
	rng  *rand.Rand
	fs   *vfs.MemFS
	tier *Tier

	texts map[string]*past
	seq   int
}

// past is what became of a text.
type past struct {
	durable int      // the version at the last Drain; 0: none
	head    position // of that one, if it was there
	now     int      // the version; 0: none
	body    int      // of the object's body
	length  int
	saved   []int // versions since the last Drain
	changed bool  // since the last Drain
	object  *store.Object
}

// tiny makes evictions and flushes common.
var tiny = sizes{
	queue: 64 << 20, cache: 1 << 20, logCache: 1 << 20,
	limit: 4 << 20, object: 1 << 20, segment: 256 << 10, memtable: 512 << 10, file: 64 << 10, indexMemtable: 256 << 10,
}

func openTiny(fs vfs.FS) (*Tier, error) {
	return openSized(Options{Path: "cache", FS: fs, Now: clock, Deadline: time.Minute}, tiny)
}

// Whatever a crash leaves, the tier opens; what it finds is what was saved; what
// was durable is found, unless it was evicted; what was durably deleted or
// replaced is not; and the newest stamp is known.
func TestCrashes(t *testing.T) {
	w := &world{t: t, rng: rand.New(rand.NewPCG(3, 4)), fs: vfs.NewCrashableMem(), texts: map[string]*past{}}
	var err error
	if w.tier, err = openTiny(w.fs); err != nil {
		t.Fatal(err)
	}
	var found, wanted, evicted, rescued int64
	for i := range *crashes {
		for range 20 + w.rng.IntN(60) {
			w.step()
		}
		if w.rng.IntN(3) == 0 {
			w.drain()
		}
		percent := [...]int{0, 10, 50, 100}[i%4]
		clone := w.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: w.rng})
		<-w.tier.queue.drained() // an eviction may be half done
		must := w.must()
		tier, err := openTiny(clone)
		if err != nil {
			t.Fatalf("crash %d: %v", i, err)
		}
		found += int64(w.check(i, tier))
		for text := range must {
			if tier.Load(object(text, 0).Key, text, 1<<40) == nil {
				t.Errorf("crash %d with %d %%: %s is gone", i, percent, text)
			}
		}
		wanted += int64(len(must))
		s := w.tier.Stats()
		if i%20 == 19 {
			evicted, rescued = evicted+s.EvictedSegments, rescued+s.Rescued
			w.goOn(clone, tier)
		} else {
			tier.Close()
		}
		if t.Failed() {
			break
		}
	}
	s := w.tier.Stats()
	evicted, rescued = evicted+s.EvictedSegments, rescued+s.Rescued
	w.tier.Close()
	t.Logf("%d crashes, %d objects found, %d of those that had to be; %d segments evicted, %d objects rescued", *crashes, found, wanted, evicted, rescued)
	if found == 0 || wanted == 0 || evicted == 0 || rescued == 0 {
		t.Error("little was tried")
	}
}

// step does something to an object or a URL.
func (w *world) step() {
	text := fmt.Sprint("/", w.rng.IntN(400))
	k := object(text, 0).Key
	p := w.texts[text]
	if p == nil {
		p = new(past)
		w.texts[text] = p
	}
	w.seq++
	switch n := w.rng.IntN(20); {
	case n < 2:
		w.tier.Delete(k)
		p.now, p.changed, p.object = 0, true, nil
	case n < 4:
		if o := w.tier.Load(k, text, 1<<40); o != nil {
			w.right(o, p.now)
		}
	case n < 6 && p.object != nil:
		o := renewal(text, w.seq, p.body, p.length)
		o.SetLocation(p.object.Location())
		w.save(p, o)
	default:
		p.length, p.body = 1<<w.rng.IntN(19), w.seq
		w.save(p, version(text, w.seq, p.length))
	}
}

func (w *world) save(p *past, o *store.Object) {
	save(w.tier, o)
	p.now, p.changed, p.object = w.seq, true, o
	p.saved = append(p.saved, w.seq)
}

// right checks an object that a tier gave, which must be of a version.
func (w *world) right(o *store.Object, v int) {
	got, err := versionOf(o)
	if err != nil || got != v {
		w.t.Errorf("%s: version %d, want %d: %v", o.Text, got, v, err)
	}
}

// drain makes everything durable.
func (w *world) drain() {
	drain(w.t, w.tier)
	for text, p := range w.texts {
		p.durable, p.changed, p.saved = p.now, false, nil
		p.head = w.head(text)
	}
}

// head returns where the head of a text's object is, zero if there is none.
func (w *world) head(text string) position {
	e, found, err := w.tier.databases.Load().find(object(text, 0).Key)
	if err != nil {
		w.t.Fatal(err)
	}
	if !found || !w.tier.segments.Load().hasObject(e) {
		return 0
	}
	return e.head
}

// must returns the texts whose objects a crash a moment ago must have left:
// durable, and neither evicted nor written again since.
func (w *world) must() map[string]bool {
	texts := map[string]bool{}
	for text, p := range w.texts {
		if p.durable != 0 && !p.changed && p.head != 0 && p.head == w.head(text) {
			texts[text] = true
		}
	}
	return texts
}

// check looks at all that a tier has after a crash.
func (w *world) check(crash int, tier *Tier) (found int) {
	for text, p := range w.texts {
		o := tier.Load(object(text, 0).Key, text, 1<<40)
		if o == nil {
			continue
		}
		found++
		if o.Stamp > tier.Stamp() {
			w.t.Errorf("crash %d: %s has stamp %d, the newest is said to be %d", crash, text, o.Stamp, tier.Stamp())
		}
		v, err := versionOf(o)
		if err != nil || v == 0 || v != p.durable && !slices.Contains(p.saved, v) {
			w.t.Errorf("crash %d: %s: version %d, want %d or one of %v: %v", crash, text, v, p.durable, p.saved, err)
		}
	}
	if n := tier.Stats().Unreadable; n != 0 {
		w.t.Errorf("crash %d: %d objects are unreadable", crash, n)
	}
	return found
}

// goOn takes what a crash left for the world from now on.
func (w *world) goOn(fs *vfs.MemFS, tier *Tier) {
	w.tier.Close()
	w.fs, w.tier = fs, tier
	for text, p := range w.texts {
		p.now, p.object, p.changed, p.saved = 0, nil, true, nil
		if o := tier.Load(object(text, 0).Key, text, 1<<40); o != nil {
			_, err := fmt.Sscan(string(o.Head.Get(wire.ETag)), &p.now, &p.body)
			if err != nil {
				w.t.Fatal(err)
			}
			p.length, p.object = int(o.Length), o
		}
	}
	w.drain()
}
