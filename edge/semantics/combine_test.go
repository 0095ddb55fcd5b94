package semantics

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"brink/edge/wire"
	"brink/purge"
	"brink/store"
)

func TestParseContentRange(t *testing.T) {
	for _, c := range []struct{ lines, want string }{
		// RFC 9110 section 14.4.
		{"bytes 0-4/10", "0 4 10"},
		{"bytes 5-9/10", "5 9 10"},
		{"Bytes 0-0/1", "0 0 1"},
		{"bytes 42-1233/*", "42 1233 -1"},
		{"bytes */10", "no"},
		{"bytes 5-4/10", "no"},
		{"bytes 0-10/10", "no"},
		{"bytes 0-4", "no"},
		{"bytes 0-4/", "no"},
		{"bytes -4/10", "no"},
		{"bytes 0-/10", "no"},
		{"bytes=0-4/10", "no"},
		{"bytes  0-4/10", "no"},
		{"bytes 0 -4/10", "no"},
		{"bytes 0-4/10 ", "no"},
		{"bytes 0-4/10, bytes 0-4/10", "no"},
		{"bytes 0-99999999999999999999/*", "no"},
		{"bytes 0-3/99999999999999999999", "no"},
		{"lines 0-4/10", "no"},
		{"", "no"},
		{"bytes 0-4/10|bytes 0-4/10", "no"},
	} {
		f := new(wire.Fields)
		for _, l := range strings.Split(c.lines, "|") {
			f.AppendID(wire.ContentRange, []byte(l))
		}
		got := "no"
		if first, last, whole, ok := ParseContentRange(f); ok {
			got = fmt.Sprint(first, last, whole)
		}
		if got != c.want {
			t.Errorf("%q: %s, want %s", c.lines, got, c.want)
		}
	}
	if _, _, _, ok := ParseContentRange(new(wire.Fields)); ok {
		t.Error("no field was read as one")
	}
}

func TestCombine(t *testing.T) {
	const text = "0123456789"
	tag := `ETag: "a"`
	part := func(from, to int64, lines ...string) *store.Object {
		return storedPart(from, 10, text[from:to], append(lines, fmt.Sprintf("Content-Range: bytes %d-%d/10", from, to-1))...)
	}
	all := stored(200, text, tag, "A: 1")
	for _, c := range []struct {
		older, newer *store.Object
		want         string // head and body; "" if they cannot be combined
	}{
		// RFC 9111 section 3.4, RFC 9110 section 15.3.7.3: adjacent and overlapping parts.
		{part(0, 5, tag), part(5, 10, tag), `HTTP/1.1 200 OK|ETag: "a" = 0123456789`},
		{part(5, 10, tag), part(0, 5, tag), `HTTP/1.1 200 OK|ETag: "a" = 0123456789`},
		{part(0, 7, tag), part(3, 10, tag), `HTTP/1.1 200 OK|ETag: "a" = 0123456789`},
		{part(0, 3, tag), part(3, 6, tag), `HTTP/1.1 206 Partial Content|ETag: "a"|Content-Range: bytes 0-5/10 = 012345`},
		{part(2, 8, tag), part(4, 6, tag), `HTTP/1.1 206 Partial Content|ETag: "a"|Content-Range: bytes 2-7/10 = 234567`},
		{part(4, 6, tag), part(2, 8, tag), `HTTP/1.1 206 Partial Content|ETag: "a"|Content-Range: bytes 2-7/10 = 234567`},
		{part(0, 10, tag), part(0, 10, tag), `HTTP/1.1 200 OK|ETag: "a" = 0123456789`},
		// The newer fields replace the older ones.
		{part(0, 5, tag, "A: 1", "B: 1"), part(5, 10, tag, "A: 2"), `HTTP/1.1 200 OK|ETag: "a"|A: 2|B: 1 = 0123456789`},
		{all, part(0, 2, tag, "A: 2"), `HTTP/1.1 200 OK|ETag: "a"|A: 2 = 0123456789`},
		{part(0, 2, tag, "A: 2"), all, `HTTP/1.1 200 OK|ETag: "a"|A: 1 = 0123456789`},
		// A gap.
		{part(0, 4, tag), part(5, 10, tag), ""},
		{part(6, 10, tag), part(0, 5, tag), ""},
		// Without the same strong entity tag nothing shows that they belong together.
		{part(0, 5, tag), part(5, 10, `ETag: "b"`), ""},
		{part(0, 5, `ETag: W/"a"`), part(5, 10, `ETag: W/"a"`), ""},
		{part(0, 5), part(5, 10), ""},
		{part(0, 5, "Last-Modified: "+modified), part(5, 10, "Last-Modified: "+modified), ""},
		{part(0, 5, "ETag: a"), part(5, 10, "ETag: a"), ""},
		// Nor do parts of wholes of different or unknown lengths.
		{part(0, 5, tag), storedPart(5, 11, "56789A", tag), ""},
		{storedPart(0, -1, "01234", tag), storedPart(5, -1, "56789", tag), ""},
		{stored(200, "012345678", tag), part(5, 10, tag), ""},
		{all, all, ""},
	} {
		got := ""
		if o := Combine(c.older, c.newer, HeadOptions{}); o != nil {
			got = linesOf(&o.Head) + " = " + joined(o.Body)
			checkLines(t, &o.Head)
			if o.Length != int64(len(joined(o.Body))) || (o.Partial == nil) != (o.Head.Status == 200) {
				t.Errorf("length %d, part %v of %s", o.Length, o.Partial, got)
			}
		}
		if got != c.want {
			t.Errorf("%s + %s:\n got %s\nwant %s", linesOf(&c.older.Head), linesOf(&c.newer.Head), got, c.want)
		}
	}
}

// TestCombineIsPurgedWithEither: the older half may be what a purge was about.
func TestCombineIsPurgedWithEither(t *testing.T) {
	a, b := storedPart(0, 4, "01", `ETag: "a"`), storedPart(2, 4, "23", `ETag: "a"`)
	a.Stamp, b.Stamp = 3, 8
	a.Tags, b.Tags = []purge.ID{{Hi: 1}, {Hi: 2}}, []purge.ID{{Hi: 2}, {Hi: 3}}
	o := Combine(a, b, HeadOptions{})
	if o.Stamp != 3 || fmt.Sprint(o.Tags) != "[{2 0} {3 0} {1 0}]" || len(b.Tags) != 2 {
		t.Errorf("stamp %d, tags %v", o.Stamp, o.Tags)
	}
	if Combine(b, a, HeadOptions{}).Stamp != 3 {
		t.Error("the newer stamp hides a purge of the older part")
	}
}

// TestCombineAnySplit cuts a body into parts that cover it, in any order and
// overlapping, and combines them: under one strong tag the whole comes back,
// and with one other tag among them it never does.
func TestCombineAnySplit(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 3000 {
		text := strings.Repeat("abcdefghijklmnopqrstuvwxyz", 2)[:1+rng.IntN(40)]
		var parts []*store.Object
		for at := 0; at < len(text); {
			end := at + 1 + rng.IntN(len(text)-at)
			from, to := rng.IntN(at+1), end+rng.IntN(len(text)-end+1)
			parts = append(parts, storedPart(int64(from), int64(len(text)), text[from:to], `ETag: "a"`))
			at = end
		}
		other := -1
		if len(parts) > 1 && rng.IntN(2) == 0 {
			other = rng.IntN(len(parts))
			p := parts[other]
			parts[other] = storedPart(p.Partial.First, p.Partial.Whole, strings.ToUpper(joined(p.Body)), `ETag: "b"`)
		}
		rng.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		got := combineAll(parts)
		for _, o := range got {
			want := text
			if string(o.Head.Get(wire.ETag)) == `"b"` {
				want = strings.ToUpper(text)
			}
			if held := heldSpan(o); joined(o.Body) != want[held.First:held.end()] {
				t.Fatalf("bytes %v are %q, want %q", held, joined(o.Body), want[held.First:held.end()])
			}
		}
		if other < 0 && (len(got) != 1 || got[0].Partial != nil && len(parts) > 1) {
			t.Fatalf("%d parts of %q gave %d objects", len(parts), text, len(got))
		}
	}
}

// combineAll joins objects until no two can be.
func combineAll(list []*store.Object) []*store.Object {
	for i := range list {
		for j := range list {
			if i == j {
				continue
			}
			if o := Combine(list[i], list[j], HeadOptions{}); o != nil {
				rest := []*store.Object{o}
				for k := range list {
					if k != i && k != j {
						rest = append(rest, list[k])
					}
				}
				return combineAll(rest)
			}
		}
	}
	return list
}

func TestAskRest(t *testing.T) {
	for _, c := range []struct {
		o    *store.Object
		want string
	}{
		// RFC 9111 section 3.3; http-cache-tests partial-store-partial-complete.
		{storedPart(0, 10, "01234", "A: 1"), "Range: bytes=5-"},
		{storedPart(0, 10, "01234", `ETag: "a"`), `Range: bytes=5-|If-Range: "a"`},
		{storedPart(0, 10, "01234", `ETag: W/"a"`), "Range: bytes=5-"},
		{storedPart(4, 10, "456789", `ETag: "a"`), `Range: bytes=0-3|If-Range: "a"`},
		{storedPart(4, 10, "45678", `ETag: "a"`), ""},
		{storedPart(0, 10, "0123456789", `ETag: "a"`), ""},
		{storedPart(0, -1, "01234", `ETag: "a"`), ""},
		{stored(200, "01234", `ETag: "a"`), ""},
	} {
		var dst wire.Fields
		_, ok := AskRest(&dst, c.o, nil)
		if got := listOf(&dst); got != c.want || ok != (c.want != "") {
			t.Errorf("%+v: %s (%t), want %s", *c.o.Partial, got, ok, c.want)
		}
	}
}
