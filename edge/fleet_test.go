package edge

import (
	"context"
	"errors"
	"testing"
	"time"

	"brink/edge/wire"
	"brink/purge"
)

// fakeFleet numbers what it is given, unless it is down.
type fakeFleet struct {
	r    *rig
	down error

	before    func() // a number is given
	published []purge.Item
	announced []purge.Item
}

func (f *fakeFleet) Publish(_ context.Context, items []purge.Item) (purge.Seq, error) {
	f.published = append(f.published, items...)
	if f.before != nil {
		f.before()
	}
	if f.down != nil {
		return 0, f.down
	}
	f.number(items)
	return f.r.purges.Latest(), nil
}

func (f *fakeFleet) Announce(items ...purge.Item) bool {
	f.announced = append(f.announced, items...)
	return f.down == nil
}

// number applies items as every node does.
func (f *fakeFleet) number(items []purge.Item) {
	f.r.t.Helper()
	var rules []purge.Rule
	for _, item := range items {
		more, err := f.r.node.PurgeRules(item)
		if err != nil {
			f.r.t.Error(err)
		}
		rules = append(rules, more...)
	}
	f.r.purges.Apply(purge.Cursor{Seq: f.r.purges.Latest() + 100}, rules...)
}

func newFleetRig(t *testing.T, answer func(*ask)) (*rig, *fakeFleet) {
	r := newRig(t, "", answer)
	f := &fakeFleet{r: r}
	r.node.fleet = f
	return r, f
}

var purgeA = []purge.Item{{Kind: purge.URL, Name: "a.test/a"}}

// A purge is in force here before the fleet has numbered it, and what comes after
// the number is stored again.
func TestFleetPurge(t *testing.T) {
	r, f := newFleetRig(t, numbered("Cache-Control: max-age=60"))
	r.get("/a").want(t, 200, "", "body 1")
	f.before = func() {
		r.get("/a").want(t, 200, "", "body 2")
		r.get("/a").want(t, 200, "", "body 3")
	}
	seq, err := r.node.Purge(t.Context(), purgeA)
	if err != nil || seq != 100 || len(f.published) != 1 {
		t.Errorf("%d, %v, %v", seq, err, f.published)
	}
	r.get("/a").want(t, 200, "", "body 4")
	r.get("/a").want(t, 200, "", "body 4")
}

// Without the fleet a purge is in force here, and does not keep what it covers from
// being stored for ever.
func TestFleetDown(t *testing.T) {
	r, f := newFleetRig(t, numbered("Cache-Control: max-age=60"))
	f.down = errors.New("down")
	r.get("/a").want(t, 200, "", "body 1")
	seq, err := r.node.Purge(t.Context(), purgeA)
	if !errors.Is(err, purge.ErrNotSent) || !errors.Is(err, purge.ErrNotDurable) || seq != r.purges.Latest() {
		t.Errorf("%d, %v", seq, err)
	}
	r.get("/a").want(t, 200, "", "body 2")
	r.get("/a").want(t, 200, "", "body 2")
	if _, err := r.node.Purge(t.Context(), []purge.Item{{Kind: purge.Tag}}); !errors.Is(err, ErrPurge) || len(f.published) != 1 {
		t.Errorf("%v, %v", err, f.published)
	}
}

// What an unsafe request puts out of date the fleet hears of by its names, which
// mean the same here.
func TestFleetUnsafe(t *testing.T) {
	for _, down := range []error{nil, errors.New("down")} {
		r, f := newFleetRig(t, func(a *ask) {
			if a.method == "POST" {
				a.give(200, "", `Cache-Group-Invalidation: "g"`, "Location: /b?x=1")
				return
			}
			numbered("Cache-Control: max-age=60", `Cache-Groups: "g"`)(a)
		})
		f.down = down
		paths := []string{"/a", "/b?x=1", "/c"}
		for _, path := range paths {
			r.get(path)
			r.get(path)
		}
		asked := len(r.origin.all())
		stamp := r.purges.Latest()
		r.quiet()
		r.do("POST", "/a")
		if len(f.announced) != 3 {
			t.Fatalf("%+v", f.announced)
		}
		for _, path := range paths {
			r.get(path)
		}
		if n := len(r.origin.all()) - asked; n != 4 {
			t.Errorf("the origin was asked %d times", n)
		}
		if moved := r.purges.Latest() != stamp; moved != (down != nil) {
			t.Errorf("latest %d, was %d", r.purges.Latest(), stamp)
		}
		var s purge.Subject
		f.number(f.announced)
		x := r.keyed("/a")
		s.URL, s.Host, s.Path = x.purgeKey.URL(), "a.test", "/a"
		if v := r.purges.Covers(&s, r.purges.Latest()-1); v != purge.Hard {
			t.Errorf("the URL's name means something else: %v", v)
		}
		s = purge.Subject{Host: "a.test", Path: "/c", Tags: []purge.ID{r.purges.Names().Group("http://a.test", "g")}}
		if v := r.purges.Covers(&s, r.purges.Latest()-1); v != purge.Hard {
			t.Errorf("the group's name means something else: %v", v)
		}
	}
}

// What a HEAD shows to be out of date is so on all nodes, too, under the fleet's
// numbers.
func TestFleetHead(t *testing.T) {
	tag := `"1"`
	r, f := newFleetRig(t, func(a *ask) { a.give(200, "body", "Cache-Control: max-age=60", "ETag: "+tag) })
	if err := r.apply(confOf(r.origin, "", `head_fetch = "head"`)); err != nil {
		t.Fatal(err)
	}
	r.get("/a")
	r.quiet()
	tag = `"2"`
	latest := r.purges.Latest()
	r.sleep(61 * time.Second) // so that HEAD is passed on
	r.do("HEAD", "/a")
	if len(f.announced) != 1 || f.announced[0].Name != "http://a.test/a" || r.purges.Latest() != latest {
		t.Errorf("announced %v, latest %d, was %d", f.announced, r.purges.Latest(), latest)
	}
	if o := r.stored("/a"); o != nil {
		t.Errorf("stored: %s", o.Head.Get(wire.ETag))
	}
}
