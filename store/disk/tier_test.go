package disk

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"brink/edge/wire"
	"brink/purge"
	"brink/store"
)

var start = store.Instant(1_800_000_000) * store.Second

func clock() store.Instant { return start }

func open(t testing.TB, o Options) *Tier {
	t.Helper()
	if o.Size == 0 {
		o.Size = MinSize
	}
	if o.Now == nil {
		o.Now = clock
	}
	if o.Path == "" {
		o.Path = "cache"
	}
	if o.Deadline == 0 {
		o.Deadline = 10 * time.Second
	}
	tier, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		tier.Close()
		exceptHung(t, tier)
	})
	return tier
}

// object makes an object whose body follows from its text and length.
func object(text string, length int) *store.Object {
	k := store.Key{Hi: hash(text), Lo: hash(text + "'")}
	o := &store.Object{
		Key: k, Primary: k, Text: text, Length: int64(length), Stamp: 7,
		Lifetime: store.Lifetime{Born: start, Fresh: start + 60*store.Second, Stale: start + 90*store.Second, Flags: store.Immutable, Source: store.FromSMaxAge},
		Tags:     []purge.ID{{Hi: 1, Lo: 2}, {Hi: 3}},
		Body:     bodyOf(text, length),
	}
	o.Head.Begin(200)
	o.Head.AddString("Content-Type", "text/plain")
	o.Head.AddString("X", "")
	o.Head.Hide(&wire.Field{Name: []byte("Surrogate-Control"), Value: []byte("max-age=60"), ID: wire.SurrogateControl})
	return o
}

func hash(text string) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range []byte(text) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h * 0x9e3779b97f4a7c15
}

// bodyOf returns a body in pieces of odd sizes.
func bodyOf(text string, length int) [][]byte {
	rng := rand.New(rand.NewPCG(hash(text), uint64(length)))
	whole := make([]byte, length)
	for i := range whole {
		whole[i] = byte(rng.Uint32())
	}
	var body [][]byte
	for len(whole) > 0 {
		n := min(len(whole), store.RunSize)
		body = append(body, whole[:n:n])
		whole = whole[n:]
	}
	return body
}

func drain(t testing.TB, tier *Tier) {
	t.Helper()
	if err := tier.Drain(time.Minute); err != nil {
		t.Fatal(err)
	}
}

// wantObject checks that a tier gives what object makes.
func wantObject(t testing.TB, tier *Tier, text string, length int) {
	t.Helper()
	want := object(text, length)
	got := tier.Load(want.Key, text, 1<<40)
	if got == nil {
		t.Fatalf("%s is not there", text)
	}
	if err := same(got, want); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

func same(a, b *store.Object) error {
	switch {
	case a.Key != b.Key || a.Primary != b.Primary || a.Text != b.Text:
		return fmt.Errorf("key %v %q", a.Key, a.Text)
	case a.Head.Status != b.Head.Status || !bytes.Equal(a.Head.Block, b.Head.Block) || !bytes.Equal(a.Head.Hidden, b.Head.Hidden):
		return fmt.Errorf("head %q", a.Head.Block)
	case !slices.Equal(a.Head.Lines, b.Head.Lines) || !slices.Equal(a.Head.HiddenLines, b.Head.HiddenLines):
		return fmt.Errorf("lines %v", a.Head.Lines)
	case a.Lifetime != b.Lifetime || a.Stamp != b.Stamp || a.Site != b.Site || !slices.Equal(a.Tags, b.Tags) || !slices.Equal(a.Selector, b.Selector):
		return fmt.Errorf("lifetime %+v, stamp %d, tags %v, selector %v", a.Lifetime, a.Stamp, a.Tags, a.Selector)
	case a.Length != b.Length || !bytes.Equal(bytes.Join(a.Body, nil), bytes.Join(b.Body, nil)):
		return fmt.Errorf("body of %d bytes", a.Length)
	case (a.Partial == nil) != (b.Partial == nil) || a.Partial != nil && *a.Partial != *b.Partial:
		return fmt.Errorf("part %+v", a.Partial)
	}
	return nil
}

var lengths = []int{0, 1, againMax, againMax + 1, store.RunSize - 1, store.RunSize, store.RunSize + 1, 3*store.RunSize + 5}

// What was saved is there at once, when it is written, and after a restart.
func TestSaveAndLoad(t *testing.T) {
	fs := vfs.NewMem()
	tier := open(t, Options{FS: fs})
	check := func(when string) {
		for _, n := range lengths {
			wantObject(t, tier, fmt.Sprint("/", n), n)
		}
		if o := tier.Load(object("/nothing", 0).Key, "/nothing", 1<<40); o != nil {
			t.Errorf("%s: there is %q", when, o.Text)
		}
	}
	for _, n := range lengths {
		tier.Save(object(fmt.Sprint("/", n), n))
	}
	check("queued")
	drain(t, tier)
	check("written")
	seed := tier.Seed()
	for range 3 {
		if err := tier.Close(); err != nil {
			t.Fatal(err)
		}
		tier = open(t, Options{FS: fs})
		check("opened again")
	}
	if tier.Seed() != seed || seed == 0 {
		t.Errorf("seed %x, was %x", tier.Seed(), seed)
	}
	if s := tier.Stats(); s.Unreadable != 0 || s.Late != 0 || s.Hits != int64(len(lengths)) {
		t.Errorf("%+v", s)
	}
}

// A newer object takes the place of an older one, and a deleted one is gone, at
// once and for ever.
func TestReplaceAndDelete(t *testing.T) {
	fs := vfs.NewMem()
	tier := open(t, Options{FS: fs})
	old, other := object("/a", 100), object("/b", 200)
	tier.Save(old)
	tier.Save(other)
	drain(t, tier)
	newer := object("/a", 5000)
	tier.Save(newer)
	tier.Delete(other.Key)
	check := func(when string) {
		t.Helper()
		wantObject(t, tier, "/a", 5000)
		if o := tier.Load(other.Key, "/b", 1<<40); o != nil {
			t.Errorf("%s: a deleted object is there", when)
		}
	}
	check("queued")
	drain(t, tier)
	check("written")
	tier.Close()
	tier = open(t, Options{FS: fs})
	check("opened again")
}

// Two texts with one hash are two objects.
func TestTextDecides(t *testing.T) {
	tier := open(t, Options{FS: vfs.NewMem()})
	o := object("/a", 10)
	tier.Save(o)
	for _, when := range []string{"queued", "written"} {
		if tier.Load(o.Key, "/other", 1<<40) != nil {
			t.Errorf("%s: another text's object", when)
		}
		drain(t, tier)
	}
}

// The index of a URL comes back with the response without Vary in it.
func TestVariants(t *testing.T) {
	fs := vfs.NewMem()
	tier := open(t, Options{FS: fs})
	for _, n := range []int{10, 100_000} {
		plain := object("/v", n)
		index := &store.Object{Key: plain.Key, Primary: plain.Key, Text: "/v", Stamp: 9, Variants: &store.Variants{
			Selectors: []store.Selector{{"accept", "accept-language"}, {}},
			Keys:      []store.Key{{Hi: 1, Lo: 2}, {Hi: 3, Lo: 4}},
			Languages: []store.Language{{Tag: "de", Key: store.Key{Hi: 1, Lo: 2}, Text: "/v|de"}},
			Plain:     plain,
		}}
		tier.Save(index)
		drain(t, tier)
		tier.Close()
		tier = open(t, Options{FS: fs})
		got := tier.Load(plain.Key, "/v", 1<<40)
		if got == nil || got.Variants == nil || got.Variants.Plain == nil || got.Stamp != 9 {
			t.Fatalf("got %+v", got)
		}
		v := got.Variants
		if err := same(v.Plain, plain); err != nil {
			t.Error(err)
		}
		if len(v.Selectors) != 2 || !slices.Equal(v.Selectors[0], index.Variants.Selectors[0]) || len(v.Selectors[1]) != 0 ||
			!slices.Equal(v.Keys, index.Variants.Keys) || !slices.Equal(v.Languages, index.Variants.Languages) {
			t.Errorf("got %+v", v)
		}
	}
}

// What a 304 renewed is written without its body, which stays where it is.
func TestRenewedHead(t *testing.T) {
	fs := vfs.NewMem()
	tier := open(t, Options{FS: fs})
	const n = 1 << 20
	o := object("/a", n)
	tier.Save(o)
	drain(t, tier)
	before := tier.Stats().WrittenBytes
	renewed := object("/a", n)
	renewed.SetLocation(o.Location())
	renewed.Lifetime.Fresh += 1000 * store.Second
	tier.Save(renewed)
	drain(t, tier)
	if wrote := tier.Stats().WrittenBytes - before; wrote > 1000 {
		t.Errorf("%d bytes written", wrote)
	}
	tier.Close()
	tier = open(t, Options{FS: fs})
	if got := tier.Load(o.Key, "/a", 1<<40); got == nil || same(got, renewed) != nil {
		t.Errorf("got %+v", got)
	}
}

// A long body is left where it is, to be read run by run.
func TestReadRuns(t *testing.T) {
	tier := open(t, Options{FS: vfs.NewMem()})
	const n = 3*store.RunSize + 5
	o := object("/a", n)
	tier.Save(o)
	drain(t, tier)
	got := tier.Load(o.Key, "/a", n-1)
	if got == nil || got.Body != nil || got.Length != n || got.Location() == nil {
		t.Fatalf("got %+v", got)
	}
	var body, buf []byte
	for i := range got.Location().Runs {
		var err error
		if buf, err = tier.Read(got, i, buf, store.ShortWait); err != nil {
			t.Fatal(err)
		}
		body = append(body, buf...)
	}
	if !bytes.Equal(body, bytes.Join(o.Body, nil)) {
		t.Error("wrong body")
	}
	if _, err := tier.Read(got, 4, nil, store.LongWait); err == nil {
		t.Error("a run that is not there was read")
	}
}

// The newest stamp of what a directory has is known when it is opened.
func TestStamp(t *testing.T) {
	fs := vfs.NewMem()
	tier := open(t, Options{FS: fs})
	for i, stamp := range []purge.Seq{3, 9, 7} {
		o := object(fmt.Sprint("/", i), 10)
		o.Stamp = stamp
		tier.Save(o)
	}
	if tier.Stamp() != 0 {
		t.Errorf("stamp %d of what was empty", tier.Stamp())
	}
	tier.Close()
	if tier = open(t, Options{FS: fs}); tier.Stamp() != 9 {
		t.Errorf("stamp %d, want 9", tier.Stamp())
	}
}
