package disk

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

var (
	campaign     = flag.Int("damages", 15, "how many directories TestDamages damages")
	campaignSeed = flag.Uint64("damageseed", 0, "what TestDamages draws from; 0: another each time")
)

// tree is what a directory holds, by path.
type tree map[string][]byte

// add adds the files below a directory. It fails if one goes meanwhile.
func (all tree) add(fs vfs.FS, dir string) error {
	names, err := fs.List(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		p := fs.PathJoin(dir, name)
		info, err := fs.Stat(p)
		if err == nil && info.IsDir() {
			err = all.add(fs, p)
		} else if err == nil {
			all[p], err = content(fs, p)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func content(fs vfs.FS, path string) ([]byte, error) {
	f, err := fs.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// snapshot is what a directory holds while a tier has it open.
func snapshot(fs vfs.FS) tree {
	for {
		if all := make(tree); all.add(fs, "cache") == nil {
			return all
		}
	}
}

// kindOf tells which files pebble could take for one another.
func kindOf(name string) string {
	base := path.Base(name)
	if ext := path.Ext(base); ext != "" && !strings.HasPrefix(base, "marker") {
		return ext
	}
	return strings.TrimRight(base, "-.0123456789")
}

// ruin is a directory to be damaged, and what a tier had in it.
type ruin struct {
	now    tree
	before []tree
	latest map[string]int // the version of each text; 0: it was deleted
	paths  []string       // of now, sorted
}

// newRuin has objects saved, replaced and deleted, some of it in databases that
// were closed and opened again.
func newRuin(t *testing.T, rng *rand.Rand) *ruin {
	t.Helper()
	fs := vfs.NewMem()
	r := &ruin{latest: map[string]int{}}
	seq := 0
	for range 3 {
		tier, err := openTiny(fs)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			for range 40 {
				text := fmt.Sprint("/", rng.IntN(60))
				seq++
				if rng.IntN(5) == 0 {
					tier.Delete(object(text, 0).Key)
					r.latest[text] = 0
					continue
				}
				// Not longer: what pebble does with a damaged block takes seconds if
				// that is long.
				save(tier, version(text, seq, 1<<rng.IntN(15)))
				r.latest[text] = seq
			}
			drain(t, tier)
			r.before = append(r.before, snapshot(fs))
		}
		if err := tier.Close(); err != nil {
			t.Fatal(err)
		}
		r.before = append(r.before, snapshot(fs))
	}
	r.now = r.before[len(r.before)-1]
	for p := range r.now {
		r.paths = append(r.paths, p)
	}
	slices.Sort(r.paths)
	return r
}

// older returns what a file held at another moment, nil if it held nothing else.
func (r *ruin) older(rng *rand.Rand, p string) []byte {
	var all [][]byte
	for _, moment := range r.before {
		if b, there := moment[p]; there && !bytes.Equal(b, r.now[p]) {
			all = append(all, b)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return slices.Clone(all[rng.IntN(len(all))])
}

// other returns what another file of the same kind holds, or held, and its path.
func (r *ruin) other(rng *rand.Rand, p string) ([]byte, string) {
	moment := r.before[rng.IntN(len(r.before))]
	var all []string
	for q, b := range moment {
		if q != p && kindOf(q) == kindOf(p) && !bytes.Equal(b, r.now[p]) {
			all = append(all, q)
		}
	}
	if len(all) == 0 {
		return nil, ""
	}
	slices.Sort(all)
	q := all[rng.IntN(len(all))]
	return slices.Clone(moment[q]), q
}

// damage does something to a file, and says what.
func (r *ruin) damage(rng *rand.Rand, all tree) (what string) {
	p := r.paths[rng.IntN(len(r.paths))]
	b := slices.Clone(all[p])
	switch rng.IntN(5) {
	case 0:
		n := 1 + rng.IntN(8)
		for range n {
			flip(b, rng.IntN(len(b)+1))
		}
		all[p] = b
		return fmt.Sprintf("%s: %d bits flipped", p, n)
	case 1:
		n := rng.IntN(len(b) + 1)
		all[p] = b[:n]
		return fmt.Sprintf("%s: %d of %d bytes left", p, n, len(b))
	case 2:
		delete(all, p)
		return p + ": deleted"
	case 3:
		if other, q := r.other(rng, p); other != nil {
			all[p] = other
			return fmt.Sprintf("%s: content of %s", p, q)
		}
	case 4:
		if older := r.older(rng, p); older != nil {
			all[p] = older
			return fmt.Sprintf("%s: %d older bytes for %d", p, len(older), len(b))
		}
	}
	return r.damage(rng, all) // there is nothing to exchange this file for
}

// lay makes a directory of files.
func (all tree) lay(t *testing.T) vfs.FS {
	t.Helper()
	fs := vfs.NewMem()
	for p, b := range all {
		if err := fs.MkdirAll(path.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		f, err := fs.Create(p, vfs.WriteCategoryUnspecified)
		if err != nil {
			t.Fatal(err)
		}
		// What is given to a file may be written over.
		if _, err := f.Write(slices.Clone(b)); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	return fs
}

// Whatever flips, cuts, deletions and exchanges of files have made of a
// directory, the tier serves within five seconds, again and again, and what it
// finds is what was saved last, or nothing.
func TestDamages(t *testing.T) {
	seed := *campaignSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-damageseed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	var r *ruin
	var sum remains
	for i := range *campaign {
		if i%50 == 0 {
			r = newRuin(t, rng)
		}
		all := maps.Clone(r.now)
		what := r.damage(rng, all)
		for rng.IntN(4) == 0 {
			what += ", " + r.damage(rng, all)
		}
		fs := all.lay(t)
		for opening := range 2 {
			left := r.open(t, fs, fmt.Sprintf("case %d, opening %d: %s", i, opening, what))
			sum.found += left.found
			sum.took = max(sum.took, left.took)
			fs = cloned(t, fs) // as another process finds it
		}
	}
	t.Logf("%d directories: %d objects found; serving after %v at most", *campaign, sum.found, sum.took)
	if sum.found == 0 {
		t.Error("nothing was ever left")
	}
}

// remains is what is left of a ruin.
type remains struct {
	found int           // objects
	took  time.Duration // until it served
}

// open opens a damaged directory, and looks for all that there ever was.
func (r *ruin) open(t *testing.T, fs vfs.FS, what string) (left remains) {
	t.Helper()
	began := time.Now()
	tier, err := openSized(Options{Path: "cache", FS: fs, Now: clock, Deadline: time.Second}, tiny)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	defer tier.Close() // which may be late, if pebble still looks at what is damaged
	backInService(t, tier)
	if left.took = time.Since(began); left.took > 5*time.Second {
		t.Errorf("%s: %v until it serves", what, left.took)
	}
	for text, latest := range r.latest {
		o := tier.Load(object(text, 0).Key, text, 1<<40)
		if o == nil {
			continue
		}
		left.found++
		if v, err := versionOf(o); err != nil || v != latest {
			t.Errorf("%s: %s: version %d is found, the last is %d: %v", what, text, v, latest, err)
		}
	}
	return left
}
