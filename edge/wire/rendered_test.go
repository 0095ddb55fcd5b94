package wire

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// build returns a head with lines, of which those that begin with "-" are hidden.
func build(lines ...string) *Head {
	h := new(Head)
	h.Begin(200)
	for _, l := range lines {
		name, value, _ := strings.Cut(strings.TrimPrefix(l, "-"), ": ")
		x := Field{Name: []byte(name), Value: []byte(value), ID: NameOf([]byte(name))}
		if l[0] == '-' {
			h.Hide(&x)
		} else {
			h.AddField(&x)
		}
	}
	return h
}

func pairsOf(h *Head) string {
	var b strings.Builder
	for name, value := range h.Pairs() {
		fmt.Fprintf(&b, "%s=%s|", name, value)
	}
	return b.String()
}

// RFC 9113 section 8.2.1: names are in lower case.
func TestHeadPairs(t *testing.T) {
	for _, c := range []struct{ lines, want string }{
		{"", ""},
		{"ETag: \"A\"", `etag="A"|`},
		{"ETAG: x|Etag: y", "etag=x|etag=y|"},
		{"X-Foo: A|x-bar: B|X-BAZ: ", "x-foo=A|x-bar=B|x-baz=|"},
		{"X-A: 1|Date: 2|X-B: 3|xkey: 4|XKEY: 5", "x-a=1|date=2|x-b=3|xkey=4|xkey=5|"},
		{"-Surrogate-Control: x|X-A: 1|-X-Secret: y|X-B: 2", "x-a=1|x-b=2|"},
	} {
		var lines []string
		if c.lines != "" {
			lines = strings.Split(c.lines, "|")
		}
		h := build(lines...)
		if got := pairsOf(h); got != c.want {
			t.Errorf("%q: %q, want %q", c.lines, got, c.want)
		}
		read := Head{Status: 200, Block: h.Block, Hidden: h.Hidden}
		if !read.Index() || pairsOf(&read) != c.want {
			t.Errorf("%q indexed: %q, want %q", c.lines, pairsOf(&read), c.want)
		}
		var copied Head
		copied.Begin(404)
		copied.AddString("X-First", "0")
		for _, l := range h.Lines {
			copied.AddLine(h, l)
		}
		if got := pairsOf(&copied); got != "x-first=0|"+c.want {
			t.Errorf("%q copied: %q", c.lines, got)
		}
		if got, want := string(copied.FieldLines()), "X-First: 0\r\n"+string(h.FieldLines()); got != want {
			t.Errorf("%q copied: lines %q, want %q", c.lines, got, want)
		}
	}
}

func TestHeadGet(t *testing.T) {
	h := build("-ETag: hidden", "etag: a", "ETag: b", "Content-Language: de", "Vary: ")
	if got := h.Get(ETag); string(got) != "a" {
		t.Errorf("ETag %q", got)
	}
	if got := h.Get(Vary); got == nil || len(got) > 0 {
		t.Errorf("Vary %q", got)
	}
	if got := h.Get(Via); got != nil {
		t.Errorf("Via %q", got)
	}
	if got := h.Lookup("content-language"); string(got) != "de" {
		t.Errorf("Content-Language %q", got)
	}
}

// BeginFor makes the one piece of memory that a head needs.
func TestHeadBeginFor(t *testing.T) {
	var f Fields
	for i := range 20 {
		f.Append(fmt.Appendf(nil, "X-Name-%d", i), []byte("value"))
	}
	n := testing.AllocsPerRun(10, func() {
		var h Head
		h.BeginFor(200, &f, 1, len("Date: \r\n"))
		for i := range f.List {
			h.AddField(&f.List[i])
		}
		h.AddID(Date, nil)
	})
	if n > 2 { // the block, the lines
		t.Errorf("%v allocations", n)
	}
}

func TestHeadNoAllocs(t *testing.T) {
	h := build("X-A: 1", "Date: 2", "x-b: 3")
	var dst Head
	n := testing.AllocsPerRun(100, func() {
		dst.Begin(206)
		for _, l := range h.Lines {
			dst.AddLine(h, l)
		}
		dst.AddString("X-A-Name-That-Is-Longer-Than-Thirty-Two-Bytes", "1")
		size := 0
		for name, value := range dst.Pairs() {
			size += len(name) + len(value)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Index finds what was added, whatever that is.
func TestHeadIndex(t *testing.T) {
	for _, block := range []string{"", "HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\nA", "HTTP/1.1 200 OK\r\nA\r\nB: c\r\n"} {
		h := Head{Block: []byte(block)}
		if h.Index() {
			t.Errorf("%q is a head", block)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOf(rapid.StringMatching(`-?([A-Za-z]{1,9}|Date|eTAG): [ -~]{0,9}`)).Draw(t, "lines")
		h := build(lines...)
		read := Head{Status: 200, Block: h.Block, Hidden: h.Hidden}
		if !read.Index() || pairsOf(&read) != pairsOf(h) || fmt.Sprint(read.Lines, read.HiddenLines) != fmt.Sprint(h.Lines, h.HiddenLines) {
			t.Fatalf("%q and %q", h.Block, h.Hidden)
		}
	})
}
