package model

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

const page = "one.test/a"

// oneResource readies o for a resource that is fresh for a minute.
func oneResource(o *origin, r resource) *clock {
	c := newClock(noon)
	o.begin(c)
	r.status, r.control = 200, &control{maxAge: 60, sMaxAge: absent, revalidate: absent, ifError: absent}
	r.expires, r.age, r.modified, r.version = absent, absent, absent, 1
	o.change(func() { o.resources[page] = &r })
	return c
}

func plainRequest(url string) *request {
	return &request{method: "GET", host: url[:8], path: url[8:], since: absent}
}

// asker sends requests to a node and fails with what goes wrong.
type asker struct {
	t interface{ Fatalf(string, ...any) }
	*client
}

func (a asker) get(q *request, want int) *response {
	r, err := a.ask(q, q.fields())
	if err != nil {
		a.t.Fatalf("%+v: %v", *q, err)
	}
	if r.status != want || r.broken != nil {
		a.t.Fatalf("%+v: status is %d, not %d; broken: %v", *q, r.status, want, r.broken)
	}
	return r
}

// A range is that slice of the whole, and all slices together are the whole:
// with or without the whole in store, and whatever the origin makes of ranges.
func TestRangesAreSlices(t *testing.T) {
	o := newOrigin(t)
	check(t, 150, func(t *rapid.T) {
		r := resource{
			size: rapid.Int64Range(1, 300_000).Draw(t, "size"), tag: oneOf(t, "tag", "strong", "weak", ""),
			framing: oneOf(t, "framing", "length", "chunked", "close"), ranges: rapid.Bool().Draw(t, "ranges"),
		}
		n := newNode(t, confText, o, oneResource(o, r))
		defer n.Close()
		a := asker{t, &client{address: n.Address}}
		defer a.close()
		h := r.head(plainRequest(page), noon)
		h.rep = fmt.Sprintf("one.test/a version=1 size=%d", r.size)
		if rapid.Bool().Draw(t, "stored") {
			a.get(plainRequest(page), 200)
			n.rest()
		}
		cuts := rapid.SliceOfN(rapid.Int64Range(0, r.size), 0, 5).Draw(t, "cuts")
		cuts = append(cuts, 0, r.size)
		slices.Sort(cuts)
		cuts = slices.Compact(cuts)
		var whole []byte
		for i := range cuts[1:] {
			q := plainRequest(page)
			q.ranges = fmt.Sprintf("bytes=%d-%d", cuts[i], cuts[i+1]-1)
			resp, err := a.ask(q, q.fields())
			if err != nil {
				t.Fatal(err)
			}
			n.rest()
			switch resp.status {
			case 206:
				if err := part(&h, []span{{cuts[i], cuts[i+1] - cuts[i]}}, resp.fields.Get("Content-Range"), resp.body); err != nil {
					t.Fatal(err)
				}
				whole = append(whole, resp.body...)
			case 200:
				whole = append(whole, resp.body[cuts[i]:cuts[i+1]]...)
			default:
				t.Fatalf("status is %d", resp.status)
			}
		}
		if err := same(whole, h.rep, 0); err != nil || int64(len(whole)) != r.size {
			t.Fatalf("%d slices make %d bytes of %d: %v", len(cuts)-1, len(whole), r.size, err)
		}
	})
}

// A hit has the body that the miss had, however the origin frames it and in
// whatever pieces it comes.
func TestPiecesDoNotMatter(t *testing.T) {
	o := newOrigin(t)
	check(t, 150, func(t *rapid.T) {
		r := resource{size: rapid.Int64Range(0, 600_000).Draw(t, "size"), framing: oneOf(t, "framing", "length", "chunked", "close")}
		n := newNode(t, confText, o, oneResource(o, r))
		defer n.Close()
		most := oneOf[int64](t, "longest piece", 3, 100, 5000, 70_000, 600_000)
		pieces := rapid.SliceOfN(rapid.Int64Range(1, most), 0, 40).Draw(t, "pieces")
		o.change(func() { o.pieces = func(int64) []int64 { return pieces } })
		a := asker{t, &client{address: n.Address}}
		defer a.close()
		h := r.head(plainRequest(page), noon)
		for i, want := range []string{"fwd=uri-miss", "hit", "hit"} {
			resp := a.get(plainRequest(page), 200)
			n.rest()
			if err := same(resp.body, resp.fields.Get("X-Rep"), 0); err != nil || int64(len(resp.body)) != r.size {
				t.Fatalf("answer %d: %d bytes of %d: %v", i, len(resp.body), h.size(), err)
			}
			if got := member(resp); got != want {
				t.Fatalf("answer %d is %q, not %q", i, got, want)
			}
		}
	})
}
