package http1

import (
	"slices"
	"strings"
	"testing"

	"brink/edge/engine"
)

// Output is written in order, however it is cut into writes.
func TestOutputOrder(t *testing.T) {
	pieces := []string{"head and more", "first", "", "second piece", "x"}
	want := strings.Join(pieces, "")
	for size := 1; size <= len(want); size++ {
		var o output
		o.open()
		o.buf = append(o.buf, pieces[0]...)
		for _, p := range pieces[1:] {
			o.add([]byte(p))
		}
		got := ""
		for o.pending() {
			next := string(slices.Concat(o.step()...))
			next = next[:min(size, len(next))]
			got += next
			o.consume(len(next))
		}
		if got != want || o.total != int64(len(want)) || o.end() != o.total {
			t.Fatalf("by %d: %q, total %d", size, got, o.total)
		}
		o.close()
	}
}

// A step has at most stepMax bytes, and as many pieces as fit.
func TestOutputStep(t *testing.T) {
	large := make([]byte, stepMax-10)
	for _, c := range []struct {
		buf    int
		vec    [][]byte
		pieces []int
	}{
		{5, nil, []int{5}},
		{0, [][]byte{large}, []int{stepMax - 10}},
		{5, [][]byte{large, large}, []int{5, stepMax - 10, 5}},
		{stepMax + 1, [][]byte{large}, []int{stepMax}},
		{1, [][]byte{{1}, {2}, {3}, {4}, {5}, {6}, {7}, {8}, {9}}, []int{1, 1, 1, 1, 1, 1, 1, 1}},
	} {
		o := output{buf: make([]byte, c.buf), vec: c.vec}
		var got []int
		for _, p := range o.step() {
			got = append(got, len(p))
		}
		if !slices.Equal(got, c.pieces) {
			t.Errorf("%d bytes and %d pieces: steps %v, want %v", c.buf, len(c.vec), got, c.pieces)
		}
	}
}

// A connection that is wrapped gets head and content in one write if it can take them.
func TestOutputIsGathered(t *testing.T) {
	f := constant(100 << 10)
	f.silent = true
	w := &gathering{counted: counted{in: strings.Repeat("GET / HTTP/1.1\r\nHost: h\r\n\r\n", 2)}}
	e := New(f, engine.Config{}, f)
	defer e.Close()
	e.Serve(engine.NewConn(w), nil)
	if got := strings.Count(w.out.String(), "x"); got < 2*100<<10 {
		t.Errorf("%d bytes of content", got)
	}
	if w.writes > 2*2 { // of at most stepMax bytes each
		t.Errorf("%d writes for 2 replies of 100 KiB", w.writes)
	}
}

// gathering takes several pieces at a time, and counts the writes.
type gathering struct{ counted }

func (g *gathering) Writev(pieces [][]byte) (int, error) { return g.Write(slices.Concat(pieces...)) }
