package edge

import (
	"io"
	"testing"

	"brink/store"
)

// A response that is not whole yet is served as a range only where that cannot turn out to
// be wrong.
func TestEvaluateGrowing(t *testing.T) {
	for _, c := range []struct {
		field  string
		part   bool
		length int64
		status int
		spans  int
	}{
		{"Accept: x", false, 10, 200, 0},
		{"Range: bytes=2-4", false, 10, 206, 1},
		{"Range: bytes=2-4", false, -1, 200, 0}, // where it ends is not known
		{"Range: bytes=0-1, 5-6", false, 10, 200, 0},
		{"Range: bytes=10-", false, 10, 416, 0},
		{"Range: bytes=10-", false, -1, 200, 0},
		{`If-None-Match: "1"`, false, 10, 304, 0},
		{`If-None-Match: "1"`, false, -1, 304, 0},
		{`If-None-Match: "2"`, false, -1, 200, 0},
		{"Range: bytes=12-13", true, 10, 200, 0}, // the origin has chosen the part
	} {
		x, o := exchangeOf(c.field), stored0to9(c.part)
		o.Length = c.length
		a := evaluateGrowing(&x.Request, o, c.length, nil)
		if a.Status != c.status || len(a.Spans) != c.spans {
			t.Errorf("%q of %d bytes: %+v", c.field, c.length, a)
		}
	}
}

// A stream gives the bytes that were asked for, however they arrive, and no more.
func TestFillStream(t *testing.T) {
	r := newRig(t, "", always(200, ""))
	for _, c := range []struct {
		first, rest int64
		want        string
	}{
		{0, -1, digits},
		{0, 10, digits},
		{3, -1, "3456789"},
		{3, 4, "3456"},
		{3, 2, "34"},
		{9, 1, "9"},
		{0, 0, ""},
	} {
		o := stored0to9(false)
		pieces := o.Body
		o.Body, o.Text = nil, digits
		o.Key = r.store.Hash([]byte(o.Text))
		fill := r.store.BeginPrivate(o.Key, o.Key, o.Text)
		if err := fill.Start(o, 10); err != nil {
			t.Fatal(err)
		}
		s := &fillStream{reader: fill.Reader(c.first), rest: c.rest}
		got := ""
		for _, p := range pieces {
			if _, err := fill.Write(p); err != nil {
				t.Fatal(err)
			}
			b, err := s.Next(false)
			if err != nil && err != io.EOF {
				t.Fatal(err)
			}
			got += string(b)
		}
		if _, err := fill.Finish(); err != nil {
			t.Fatal(err)
		}
		for {
			b, err := s.Next(true)
			got += string(b)
			if err != nil {
				if err != io.EOF {
					t.Error(err)
				}
				break
			}
		}
		s.Close()
		if got != c.want {
			t.Errorf("%d bytes from %d: %q", c.rest, c.first, got)
		}
	}
}

// The Age of a response that has just come is left out: to have one would say that it was
// not made for the request (RFC 9111 section 5.1).
func TestAgeOnArrival(t *testing.T) {
	for _, c := range []struct {
		corrected, waited store.Instant
		want              int64
	}{
		{0, 0, -1},
		{0, store.Second / 2, -1},
		{0, 3 * store.Second, 3},
		{7 * store.Second, 0, 7},
		{7 * store.Second, 3 * store.Second, 10},
	} {
		born := 1000 * store.Second
		o := &store.Object{Lifetime: store.Lifetime{Born: born - c.corrected}}
		if got := ageOnArrival(o, born+c.waited); got != c.want {
			t.Errorf("%v old, %v ago: %d", c.corrected, c.waited, got)
		}
	}
}
