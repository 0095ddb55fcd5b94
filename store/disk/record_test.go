package disk

import (
	"fmt"
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"brink/edge/wire"
	"brink/purge"
	"brink/store"
)

// equal is same with all that a record has.
func equal(a, b *store.Object) error {
	if err := same(a, b); err != nil {
		return err
	}
	switch p, q := a.Location(), b.Location(); {
	case (p == nil) != (q == nil) || p != nil && !slices.Equal(p.Runs, q.Runs):
		return fmt.Errorf("place %v, %v", p, q)
	case (a.Variants == nil) != (b.Variants == nil):
		return fmt.Errorf("variants %v", a.Variants)
	case a.Variants == nil:
		return nil
	}
	v, w := a.Variants, b.Variants
	if !slices.EqualFunc(v.Selectors, w.Selectors, slices.Equal) || !slices.Equal(v.Keys, w.Keys) || !slices.Equal(v.Languages, w.Languages) {
		return fmt.Errorf("variants %+v, %+v", v, w)
	}
	if (v.Plain == nil) != (w.Plain == nil) {
		return fmt.Errorf("plain %v, %v", v.Plain, w.Plain)
	}
	if v.Plain == nil {
		return nil
	}
	return equal(v.Plain, w.Plain)
}

func drawKey(t *rapid.T) store.Key {
	return store.Key{Hi: rapid.Uint64().Draw(t, "hi"), Lo: rapid.Uint64().Draw(t, "lo")}
}

func drawSelector(t *rapid.T) store.Selector {
	return rapid.SliceOfN(rapid.StringMatching(`[a-z-]{1,12}`), 0, 4).Draw(t, "selector")
}

// drawObject draws an object as the store may have it.
func drawObject(t *rapid.T, outer bool) *store.Object {
	instant := rapid.Custom(func(t *rapid.T) store.Instant { return store.Instant(rapid.Int64().Draw(t, "instant")) })
	o := &store.Object{
		Key: drawKey(t), Primary: drawKey(t), Text: rapid.String().Draw(t, "text"),
		Lifetime: store.Lifetime{
			Born: instant.Draw(t, "born"), Fresh: instant.Draw(t, "fresh"), Stale: instant.Draw(t, "stale"), IfError: instant.Draw(t, "if error"),
			Flags: store.LifetimeFlags(rapid.Uint16().Draw(t, "flags")), Source: store.LifetimeSource(rapid.Byte().Draw(t, "source")),
		},
		Selector: drawSelector(t),
		Stamp:    purge.Seq(rapid.Uint64().Draw(t, "stamp")),
	}
	for _, tag := range rapid.SliceOfN(rapid.Uint64(), 0, 5).Draw(t, "tags") {
		o.Tags = append(o.Tags, purge.ID{Hi: tag, Lo: ^tag})
	}
	o.Site = purge.ID{Hi: rapid.Uint64().Draw(t, "site")}
	if outer && rapid.Bool().Draw(t, "index") {
		o.Variants = drawVariants(t)
		return o
	}
	o.Head.Begin(rapid.IntRange(100, 999).Draw(t, "status"))
	for range rapid.IntRange(0, 5).Draw(t, "fields") {
		name, value := rapid.StringMatching(`[A-Za-z-]{1,20}`).Draw(t, "name"), rapid.StringMatching(`[ -~]{0,40}`).Draw(t, "value")
		if rapid.Bool().Draw(t, "hidden") {
			o.Head.Hide(&wire.Field{Name: []byte(name), Value: []byte(value), ID: wire.NameOf([]byte(name))})
		} else {
			o.Head.AddString(name, value)
		}
	}
	most := int64(againMax)
	if outer {
		most = inlineMax
	}
	if rapid.Bool().Draw(t, "elsewhere") {
		o.Length = rapid.Int64Range(againMax+1, 1<<25).Draw(t, "length")
		location := new(store.Location)
		for range runCount(o.Length) {
			location.Runs = append(location.Runs, rapid.Uint64().Draw(t, "run"))
		}
		o.SetLocation(location)
	} else if o.Length = rapid.Int64Range(0, most).Draw(t, "length"); o.Length > 0 {
		cut := rapid.Int64Range(0, o.Length).Draw(t, "cut")
		o.Body = [][]byte{noise[:cut], noise[cut:o.Length]}
	}
	if rapid.Bool().Draw(t, "partial") {
		first := rapid.Int64Range(0, 1<<40).Draw(t, "first")
		o.Partial = &store.Partial{First: first, Whole: first + o.Length + rapid.Int64Range(0, 1<<40).Draw(t, "rest")}
	}
	return o
}

func drawVariants(t *rapid.T) *store.Variants {
	v := new(store.Variants)
	for range rapid.IntRange(0, 3).Draw(t, "selectors") {
		v.Selectors = append(v.Selectors, drawSelector(t))
	}
	for range rapid.IntRange(0, 5).Draw(t, "keys") {
		v.Keys = append(v.Keys, drawKey(t))
	}
	for range rapid.IntRange(0, 3).Draw(t, "languages") {
		v.Languages = append(v.Languages, store.Language{Tag: rapid.String().Draw(t, "tag"), Key: drawKey(t), Text: rapid.String().Draw(t, "text")})
	}
	if rapid.Bool().Draw(t, "plain") {
		v.Plain = drawObject(t, false)
	}
	return v
}

// What an object's record tells is the object.
func TestRecordTellsTheObject(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, pos := drawObject(t, true), position(rapid.Uint64().Draw(t, "position"))
		prefix := []byte("before")
		b := appendHead(prefix, o, pos)[len(prefix):]
		got, err := parseHead(b, pos)
		if err != nil {
			t.Fatal(err)
		}
		if o.Body != nil && o.Length > againMax {
			o.SetLocation(locationOf(pos))
		}
		if err := equal(got, o); err != nil {
			t.Fatal(err)
		}
	})
}

// A record with other bytes, or at another position, or of another kind, is none.
func TestRecordProvesItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pos := position(rapid.Uint64().Draw(t, "position"))
		b := appendHead(nil, drawObject(t, true), pos)
		kind := byte(kindHead)
		if rapid.Bool().Draw(t, "run") {
			kind = kindRun
			b = seal(slices.Clone(noise[:rapid.IntRange(0, 5000).Draw(t, "bytes")]), pos, kind)
		}
		if _, err := unseal(b, pos, kind); err != nil {
			t.Fatal(err)
		}
		if _, err := unseal(b, pos, kindRun+kindHead-kind); err == nil {
			t.Fatal("passes for another kind")
		}
		if other := position(rapid.Uint64().Draw(t, "other")); other != pos {
			if _, err := unseal(b, other, kind); err == nil {
				t.Fatal("passes at another position")
			}
		}
		n := rapid.IntRange(0, len(b)-1).Draw(t, "cut")
		if _, err := unseal(b[:n], pos, kind); err == nil {
			t.Fatalf("passes when cut to %d bytes", n)
		}
		if _, err := unseal(append(slices.Clone(b), 0), pos, kind); err == nil {
			t.Fatal("passes when longer")
		}
		bit := rapid.IntRange(0, 8*len(b)-1).Draw(t, "bit")
		c := slices.Clone(b)
		c[bit/8] ^= 1 << (bit % 8)
		if _, err := unseal(c, pos, kind); err == nil {
			t.Fatalf("passes with bit %d flipped", bit)
		}
	})
}

// A part must lie within the whole, whatever the numbers.
func TestSensiblePart(t *testing.T) {
	const most = 1<<63 - 1
	f := func(first, whole int64, want bool) {
		t.Helper()
		o := version("/a", 1, 10)
		o.Partial = &store.Partial{First: first, Whole: whole}
		_, err := parseHead(appendHead(nil, o, 5), 5)
		if (err == nil) != want {
			t.Errorf("%d of %d: %v", first, whole, err)
		}
	}
	f(0, 10, true)
	f(90, 100, true)
	f(most-10, most, true)
	f(91, 100, false)
	f(-1, 100, false)
	f(0, 9, false)
	f(most, most, false)
	f(most-5, 100, false)
	f(0, -1, false)
}

// Whatever passes as an object is one, and comes out of its own record again.
// Parsing takes memory in proportion to the record.
func FuzzParseHead(f *testing.F) {
	seeds := []*store.Object{object("/a", 0), object("/b", 100), version("/c", 1, againMax), version("/f", 1, 5000)}
	long := object("/d", 300_000)
	long.SetLocation(&store.Location{Runs: []uint64{1 << 41, 1<<41 + 1}})
	part := version("/e", 1, 50)
	part.Partial = &store.Partial{First: 10, Whole: 100}
	seeds = append(seeds, long, part, &store.Object{Text: "/v", Variants: &store.Variants{
		Selectors: []store.Selector{{"accept"}, {}}, Keys: []store.Key{{Hi: 1}},
		Languages: []store.Language{{Tag: "de", Text: "/v|de"}}, Plain: long,
	}})
	for _, o := range seeds {
		f.Add(appendObject(nil, o))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		b := seal(slices.Clone(content), 7, kindHead)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		o, err := parseHead(b, 7)
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > uint64(1<<20+100*len(b)) {
			t.Errorf("%d bytes for a record of %d", took, len(b))
		}
		if err != nil {
			if o != nil {
				t.Error("an object with an error")
			}
			return
		}
		location := o.Location()
		if o.Body != nil {
			o.SetLocation(nil) // which is the record itself
		}
		again, err := parseHead(appendHead(nil, o, 7), 7)
		if err != nil {
			t.Fatal(err)
		}
		o.SetLocation(location)
		if err := equal(again, o); err != nil {
			t.Error(err)
		}
	})
}
