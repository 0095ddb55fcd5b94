package edge

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"brink/purge"
	"brink/store"
	"brink/store/disk"
)

// directory is what outlives a node.
type directory struct {
	fs     vfs.FS // of the tier
	purges string // path of the journal
}

func newDirectory(t *testing.T) directory {
	return directory{vfs.NewMem(), filepath.Join(t.TempDir(), "purges")}
}

// diskRig is a node over a disk tier that outlives it.
type diskRig struct {
	*rig

	tier *disk.Tier
}

func newDiskRig(t *testing.T, d directory, origin *fakeOrigin) *diskRig {
	t.Helper()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	tier, err := disk.Open(disk.Options{
		Path: "cache", Size: disk.MinSize, Seed: 1, FS: d.fs, Deadline: 10 * time.Second,
		Now: func() store.Instant { return store.Instant(now.UnixNano()) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tier.Close() })
	purges, lost := purge.Open(d.purges, purge.Names(tier.Seed()), 0, tier.Stamp())
	if lost != nil {
		t.Fatal(lost)
	}
	t.Cleanup(func() {
		if err := purges.Close(); err != nil {
			t.Error(err)
		}
	})
	r := startRigOver(t, origin, fmt.Sprintf(`
log { access = "off" }
origin "app" { server "http://%s" {} }
site "app" {
  hosts  = ["*"]
  origin = "app"
}`, origin.l.Addr()), tier, purges)
	return &diskRig{r, tier}
}

// settle waits until all is on disk that is to be.
func (r *diskRig) settle() {
	r.t.Helper()
	r.quiet()
	if err := r.tier.Drain(10 * time.Second); err != nil {
		r.t.Fatal(err)
	}
}

const large = 3 << 20 // more than RAM takes of 64 MiB

// Whatever is found on disk after a restart is answered with as if it had been
// in RAM all along: responses small and large, parts, validations, variants.
func TestFromDisk(t *testing.T) {
	origin := newFakeOrigin(t, func(a *ask) {
		size := 1000
		if strings.HasPrefix(a.target, "/large") {
			size = large
		}
		fields := []string{"Cache-Control: max-age=60", `ETag: "1"`}
		body := strings.Repeat(a.target[:2], size/2)
		if strings.HasPrefix(a.target, "/varied") {
			fields = append(fields, "Vary: Accept-Language")
			body = a.field("Accept-Language") + body
		}
		a.give(200, body, fields...)
	})
	dir := newDirectory(t)
	r := newDiskRig(t, dir, origin)
	asks := [][]string{{"/small"}, {"/large"}, {"/varied", "Accept-Language: de"}, {"/varied", "Accept-Language: fr"}}
	bodies := map[string]string{}
	for _, a := range asks {
		for range 2 {
			bodies[fmt.Sprint(a)] = r.get(a[0], a[1:]...).body
			r.quiet()
		}
	}
	r.get("/explained")
	r.quiet()
	r.get("/explained")
	r.settle()
	r.node.Close()
	r.store.Close()
	r.tier.Close()
	r.purges.Close()
	r = newDiskRig(t, dir, origin)
	r.sleep(10 * time.Second)
	fetched := len(origin.all())
	for _, target := range []string{"/explained", "/large"} {
		if e, err := r.node.Explain(t.Context(), Question{URL: "http://a.test" + target}); err != nil || e.Stored == nil || e.Stored.Tier != "disk" || e.Outcome != "hit" {
			t.Errorf("explained %+v, %v", e, err)
		}
	}
	for _, a := range asks {
		whole := bodies[fmt.Sprint(a)]
		for round := range 2 {
			g := r.get(a[0], a[1:]...)
			if g.status != 200 || g.body != whole || g.field("Age") != "10" || !strings.Contains(g.field("Cache-Status"), "hit") {
				t.Fatalf("%q, round %d: %d, %d bytes, Age %s, %s", a, round, g.status, len(g.body), g.field("Age"), g.field("Cache-Status"))
			}
			if fromDisk := strings.Contains(g.field("Cache-Status"), "detail=disk"); fromDisk != (round == 0 || a[0] == "/large") {
				t.Errorf("%q, round %d: %s", a, round, g.field("Cache-Status"))
			}
		}
		if g := r.get(a[0], append(a[1:], "Range: bytes=100-599")...); g.status != 206 || g.body != whole[100:600] {
			t.Errorf("%q: part: %d, %d bytes", a, g.status, len(g.body))
		}
		if g := r.get(a[0], append(a[1:], `If-None-Match: "1"`)...); g.status != 304 || g.body != "" {
			t.Errorf("%q: validation: %d", a, g.status)
		}
		if g := r.do("HEAD", a[0], a[1:]...); g.status != 200 || g.body != "" {
			t.Errorf("%q: HEAD: %d", a, g.status)
		}
	}
	g := r.get("/large", "Range: bytes=1000000-1999999")
	if whole := bodies[fmt.Sprint(asks[1])]; g.status != 206 || g.body != whole[1000000:2000000] {
		t.Errorf("part of a large one: %d, %d bytes", g.status, len(g.body))
	}
	if n := len(origin.all()); n != fetched {
		t.Errorf("%d requests to the origin", n-fetched)
	}
}

// renewedLarge is a large response for a minute, which then is renewed by a 304.
func renewedLarge(a *ask) {
	if a.field("If-None-Match") != "" {
		a.give(304, "", "Cache-Control: max-age=60", `ETag: "1"`)
		return
	}
	a.give(200, strings.Repeat("x", large), "Cache-Control: max-age=60", `ETag: "1"`)
}

// A large response that is renewed by a 304 keeps its body on disk.
func TestRenewedOnDisk(t *testing.T) {
	r := newDiskRig(t, newDirectory(t), newFakeOrigin(t, renewedLarge))
	r.get("/large")
	r.settle()
	written := r.tier.Stats().WrittenBytes
	for range 3 {
		r.sleep(61 * time.Second)
		if g := r.get("/large"); g.status != 200 || len(g.body) != large {
			t.Fatalf("%d, %d bytes", g.status, len(g.body))
		}
		r.settle()
	}
	if n := r.tier.Stats().WrittenBytes - written; n > 10_000 {
		t.Errorf("%d bytes written", n)
	}
}

// One that a 304 makes a variant keeps its body, too, under its new key, and after
// a restart.
func TestRekeyedOnDisk(t *testing.T) {
	o := newFakeOrigin(t, func(a *ask) {
		if a.field("If-None-Match") != "" {
			a.give(304, "", "Cache-Control: max-age=600", `ETag: "1"`, "Vary: Accept-Language")
			return
		}
		renewedLarge(a)
	})
	d := newDirectory(t)
	r := newDiskRig(t, d, o)
	r.get("/large", "Accept-Language: en")
	r.settle()
	written := r.tier.Stats().WrittenBytes
	r.sleep(61 * time.Second)
	for i, cache := range []string{"fwd-status=304", "hit", "hit"} {
		if i == 2 {
			r.node.Close()
			r.store.Close()
			r.tier.Close()
			r = newDiskRig(t, d, o)
			r.sleep(61 * time.Second)
			written = r.tier.Stats().WrittenBytes
		}
		g := r.get("/large", "Accept-Language: en")
		if g.err != nil || g.status != 200 || len(g.body) != large || !strings.Contains(g.cache, cache) {
			t.Fatalf("%d: %d, %d bytes, %s, %v", i, g.status, len(g.body), g.cache, g.err)
		}
		r.settle()
		if n := r.tier.Stats().WrittenBytes - written; n > 10_000 {
			t.Errorf("%d bytes written", n)
		}
	}
	if n := len(o.all()); n != 2 {
		t.Errorf("the origin was asked %d times", n)
	}
}

// What a request with an unsafe method has made out of date is not found again,
// neither on disk nor after a restart.
func TestPurgedOnDisk(t *testing.T) {
	origin := newFakeOrigin(t, func(a *ask) {
		a.give(200, strings.Repeat("x", 1000), "Cache-Control: max-age=3600")
	})
	dir := newDirectory(t)
	r := newDiskRig(t, dir, origin)
	for range 3 {
		r.get("/a")
		r.quiet()
	}
	r.settle()
	r.do("POST", "/a")
	r.settle()
	r.node.Close()
	r.store.Close()
	r.tier.Close()
	r.purges.Close()
	r = newDiskRig(t, dir, origin)
	fetched := len(origin.all())
	if g := r.get("/a"); g.status != 200 || len(origin.all()) != fetched+1 {
		t.Errorf("%d, %d requests to the origin", g.status, len(origin.all())-fetched)
	}
}

// A large response that the disk has in another place by now is read from there.
func TestMovedOnDisk(t *testing.T) {
	origin := newFakeOrigin(t, func(a *ask) {
		a.give(200, strings.Repeat("x", large), "Cache-Control: max-age=3600")
	})
	r := newDiskRig(t, newDirectory(t), origin)
	r.get("/large")
	r.settle()
	r.stored("/large").SetLocation(&store.Location{Runs: make([]uint64, large/store.RunSize)})
	if g := r.get("/large"); g.body != strings.Repeat("x", large) || !strings.Contains(g.field("Cache-Status"), "hit") {
		t.Errorf("%d bytes, %s", len(g.body), g.field("Cache-Status"))
	}
}

// misplace has the disk hold the body of o nowhere, and o name places of it.
func (r *diskRig) misplace(o *store.Object, runs []uint64) {
	r.tier.Delete(o.Key)
	o.SetLocation(&store.Location{Runs: runs})
}

// A large response whose body cannot be read any more is fetched again.
func TestLostOnDisk(t *testing.T) {
	origin := newFakeOrigin(t, func(a *ask) {
		a.give(200, strings.Repeat("x", large), "Cache-Control: max-age=3600")
	})
	r := newDiskRig(t, newDirectory(t), origin)
	r.get("/large")
	r.settle()
	r.misplace(r.stored("/large"), make([]uint64, large/store.RunSize))
	if g := r.get("/large"); g.status != 200 || len(g.body) != large || strings.Contains(g.field("Cache-Status"), "hit") {
		t.Errorf("%d, %d bytes, %s", g.status, len(g.body), g.field("Cache-Status"))
	}
	r.settle()
	if g := r.get("/large"); len(g.body) != large || !strings.Contains(g.field("Cache-Status"), "hit") {
		t.Errorf("%d bytes, %s", len(g.body), g.field("Cache-Status"))
	}
}

// A path that does without the disk from a reload on uses nothing that is there,
// and what it stores takes the place of that for good.
func TestDiskOff(t *testing.T) {
	origin := newFakeOrigin(t, func(a *ask) {
		fields := []string{"Cache-Control: max-age=60"}
		size := 1000
		switch a.target {
		case "/large":
			size = large
		case "/varied":
			fields = append(fields, "Vary: Accept-Language")
		}
		a.give(200, strings.Repeat("x", size), fields...)
	})
	dir := newDirectory(t)
	r := newDiskRig(t, dir, origin)
	targets := []string{"/large", "/small", "/varied"}
	for _, target := range append(targets, targets...) {
		r.get(target)
		r.quiet()
	}
	r.settle()
	if n := r.tier.Stats().Written; n < 4 { // with the index of the variants
		t.Fatalf("%d objects on disk", n)
	}
	if err := r.apply(confOf(origin, "", `disk = "off"`)); err != nil {
		t.Fatal(err)
	}
	r.get("/small").want(t, 200, "hit", strings.Repeat("x", 1000))
	for range 2 {
		if g := r.get("/large"); len(g.body) != large || !strings.Contains(g.cache, "detail=too-large") {
			t.Errorf("%d bytes, %s", len(g.body), g.cache)
		}
	}
	e, err := r.node.Explain(t.Context(), Question{URL: "http://a.test/large"})
	if err != nil || e.Disk != "off" || e.Stored != nil {
		t.Errorf("explained %+v, %v", e, err)
	}
	r.sleep(61 * time.Second)
	written := r.tier.Stats().Written
	for range 3 {
		for _, target := range []string{"/small", "/varied"} {
			r.get(target)
			r.quiet()
		}
	}
	r.settle()
	if n := r.tier.Stats().Written - written; n != 0 {
		t.Errorf("%d objects written", n)
	}
	r.node.Close()
	r.store.Close()
	r.tier.Close()
	r.purges.Close()
	r = newDiskRig(t, dir, origin) // and "auto" again
	fetched := len(origin.all())
	for _, target := range []string{"/small", "/varied"} {
		r.get(target).want(t, 200, "fwd=uri-miss", strings.Repeat("x", 1000))
	}
	if n := len(origin.all()) - fetched; n != 2 {
		t.Errorf("%d requests to the origin", n)
	}
}

// A path that writes always has on disk what nobody has asked for again.
func TestDiskAlways(t *testing.T) {
	origin := newFakeOrigin(t, func(a *ask) {
		a.give(200, "body", "Cache-Control: max-age=60", "Vary: Accept-Language")
	})
	dir := newDirectory(t)
	r := newDiskRig(t, dir, origin)
	if err := r.apply(confOf(origin, "", `path "/always" { disk = "always" }`)); err != nil {
		t.Fatal(err)
	}
	r.get("/always")
	r.get("/auto")
	r.settle()
	r.node.Close()
	r.store.Close()
	r.tier.Close()
	r.purges.Close()
	r = newDiskRig(t, dir, origin)
	r.get("/always").want(t, 200, "detail=disk", "body")
	r.get("/auto").want(t, 200, "fwd=", "body")
	r.asked(3)
}

// Who finds a response at the last moment, when it is about to be fetched, has
// asked for it like any other.
func TestArrivedIsAsked(t *testing.T) {
	origin := newFakeOrigin(t, func(a *ask) { a.give(200, "body", "Cache-Control: max-age=60") })
	r := newDiskRig(t, newDirectory(t), origin)
	r.get("/a")
	r.settle()
	if n := r.tier.Stats().Written; n != 0 {
		t.Fatalf("%d objects written", n)
	}
	m, err := r.node.questioned(&Question{URL: "http://a.test/a"})
	if err != nil {
		t.Fatal(err)
	}
	x := r.node.begin(m)
	r.node.route(x)
	r.node.key(x)
	o, _ := r.store.Get(x.key, x.text)
	if !r.node.arrived(x, o) {
		t.Fatal("not answered with what is stored")
	}
	r.settle()
	if n := r.tier.Stats().Written; n != 1 {
		t.Errorf("%d objects written", n)
	}
}

// A part that is on disk only must be read from where it begins.
func TestRemotePart(t *testing.T) {
	const whole = 3 << 20
	body := make([]byte, whole)
	for i := 0; i+8 <= whole; i += 8 {
		copy(body[i:], fmt.Sprintf("%08d", i))
	}
	origin := newFakeOrigin(t, func(a *ask) {
		first, last := 0, whole-1
		if asked := a.field("Range"); asked != "" {
			fmt.Sscanf(asked, "bytes=%d-%d", &first, &last)
			a.give(206, string(body[first:last+1]), "Cache-Control: max-age=3600", `ETag: "1"`,
				fmt.Sprintf("Content-Range: bytes %d-%d/%d", first, last, whole))
			return
		}
		a.give(200, string(body), "Cache-Control: max-age=3600", `ETag: "1"`)
	})
	dir := newDirectory(t)
	r := newDiskRig(t, dir, origin)
	for range 3 { // the second is a hit, which takes the part to the disk
		if g := r.get("/a", "Range: bytes=100000-799999"); g.status != 206 || g.body != string(body[100000:800000]) {
			t.Fatalf("%d, %d bytes", g.status, len(g.body))
		}
		r.settle()
	}
	r.node.Close()
	r.store.Close()
	r.tier.Close()
	r.purges.Close()
	r = newDiskRig(t, dir, origin)
	g := r.get("/a", "Range: bytes=100000-100099")
	if g.body != string(body[100000:100100]) {
		t.Errorf("%d %q, Cache-Status %q: %.40q, want %.40q", g.status, g.field("Content-Range"), g.field("Cache-Status"), g.body, body[100000:100100])
	}
}

// A large response that a 304 renews, whose body is not on disk any more, is a miss
// and no broken reply.
func TestRenewedAfterEviction(t *testing.T) {
	r := newDiskRig(t, newDirectory(t), newFakeOrigin(t, renewedLarge))
	r.get("/large")
	r.settle()
	r.misplace(r.stored("/large"), make([]uint64, large/store.RunSize))
	r.sleep(61 * time.Second)
	g := r.get("/large")
	if g.err != nil || g.status != 200 || len(g.body) != large {
		t.Errorf("status %d, %d bytes of %d, err %v", g.status, len(g.body), large, g.err)
	}
}
