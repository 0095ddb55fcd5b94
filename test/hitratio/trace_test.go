package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

// A trace is the same each time, its objects have one size, and a Zipf law
// shows.
func TestDraw(t *testing.T) {
	a, b := draw("a", 20_000, 1000, 0), draw("a", 20_000, 1000, 0)
	if fmt.Sprint(a.requests) != fmt.Sprint(b.requests) {
		t.Error("two traces of one seed differ")
	}
	count := make(map[uint64]int)
	for _, r := range a.requests {
		if r.id >= 1000 || r.size != sizeOf(r.id) || r.size < 200 || r.size > 1<<20 {
			t.Fatalf("%+v", r)
		}
		count[r.id]++
	}
	// The law: the tenth is asked for 10^0.9 times less often than the first.
	if first, tenth := float64(count[0]), float64(count[9]); first < 6*tenth || first > 10*tenth {
		t.Errorf("the first %v times, the tenth %v times", first, tenth)
	}
}

// A third of a scan is asked for once.
func TestScan(t *testing.T) {
	trace := draw("scan", 10_000, 100, 33)
	wonders := make(map[uint64]bool)
	for _, r := range trace.requests {
		if r.id < 100 {
			continue
		}
		if wonders[r.id] {
			t.Fatal("a wonder comes twice")
		}
		wonders[r.id] = true
	}
	if n := len(wonders); n < 3100 || n > 3500 {
		t.Errorf("%d wonders", n)
	}
}

func TestYardstick(t *testing.T) {
	a, b, c := request{1, 100}, request{2, 300}, request{3, 600}
	f := func(budget int64, requests []request, hits, bytes float64) {
		t.Helper()
		trace := trace{name: "t", requests: requests}
		if got := trace.yardstick("lru", budget); got.Requests != hits || got.Bytes != bytes {
			t.Errorf("%d: got %+v, want %v and %v", budget, got, hits, bytes)
		}
	}
	// Only the second half counts.
	f(1000, []request{a, a, a, b, a, b, c, c}, 0.75, 1-600.0/1600)
	f(700, []request{a, b, a, c, a, b, b, c}, 0.5, 1-900.0/1300)
	f(50, []request{a, a, a, a}, 0, 0)
}

func TestRead(t *testing.T) {
	f := func(text string, want string) {
		t.Helper()
		name := filepath.Join(t.TempDir(), "trace")
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := read(name)
		if (err == nil) != (want != "") {
			t.Fatalf("%q: %v", text, err)
		}
		var sizes []int64
		for _, r := range got.requests {
			sizes = append(sizes, r.size)
		}
		if want != "" && fmt.Sprint(sizes) != want {
			t.Errorf("%q: %v, want %s", text, sizes, want)
		}
	}
	f("/a 1\n\n/b 2\n/a 3\n", "[1 2 1]")
	f("http://a.test/x?y=1 0", "[0]")
	f("/a", "")
	f("/a b", "")
	f("/a -1", "")
	f("/a 1 2", "")
}

// The replay finds what a cache gets wrong.
func TestReplay(t *testing.T) {
	o, err := startOrigin()
	if err != nil {
		t.Fatal(err)
	}
	defer o.stop()
	address := "http://127.0.0.1:" + o.port
	requests := []request{{1, 0}, {2, 5}, {3, 100_000}, {2, 5}}
	if err := replay(address, requests, 2); err != nil {
		t.Error(err)
	}
	if got, want := o.count(), (tally{4, 100_010}); got != want {
		t.Errorf("the origin counted %+v, want %+v", got, want)
	}
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "other") }))
	defer other.Close()
	for _, r := range []request{{1, 5}, {1, 4}} {
		if err := replay(other.URL, []request{r}, 1); err == nil {
			t.Errorf("no error from another content for %s", r.path())
		}
	}
	o.stop()
	if err := replay(address, requests, 2); err == nil {
		t.Error("no error from an origin that is gone")
	}
}
