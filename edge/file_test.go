//go:build linux

package edge

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"brink/edge/engine"
	"brink/edge/http1"
)

// numbers returns n bytes of text that tell their place and the version.
func numbers(version int64, n int) string {
	var b strings.Builder
	for b.Len() < n {
		fmt.Fprintf(&b, "%d:%d\n", version, b.Len())
	}
	return b.String()[:n]
}

// fileOf asks until the reply has a file, and returns that reply's file from
// its offset on, as long as the body is.
func (c *fakeClient) fileOf(target string, fields ...string) (file, body string) {
	c.rig.t.Helper()
	c.x.TakesFile = true
	for range 2000 {
		c.ask("GET", target, fields...)
		c.serve()
		p := &c.x.Reply
		body, _ = c.content()
		if p.File != nil {
			b := make([]byte, len(body))
			if _, err := p.File.ReadAt(b, p.FileOffset); err != nil {
				c.rig.t.Fatal(err)
			}
			file = string(b)
		}
		c.done()
		if file != "" {
			return file, body
		}
		time.Sleep(100 * time.Microsecond)
	}
	c.rig.t.Fatalf("%s %q: the replies have no file", target, fields)
	return "", ""
}

// A reply's file holds the same bytes as its body, whole or in part.
func TestRepliesWithFiles(t *testing.T) {
	whole := numbers(1, 500<<10)
	r := newRig(t, "", func(a *ask) {
		switch a.target {
		case "/part":
			a.give(206, whole[100<<10:], "Cache-Control: max-age=60", `ETag: "1"`,
				fmt.Sprintf("Content-Range: bytes %d-%d/%d", 100<<10, len(whole)-1, len(whole)))
		case "/small":
			a.give(200, whole[:60<<10], "Cache-Control: max-age=60")
		default:
			a.give(200, whole, "Cache-Control: max-age=60", `ETag: "1"`, "Last-Modified: Sun, 22 Nov 2026 10:00:00 GMT")
		}
	})
	for _, c := range []struct {
		target string
		fields []string
		want   string
	}{
		{"/a", nil, whole},
		// RFC 9110 section 14.1.2: ranges.
		{"/a", []string{"Range: bytes=0-99999"}, whole[:100000]},
		{"/a", []string{"Range: bytes=12345-99999"}, whole[12345:100000]},
		{"/a", []string{"Range: bytes=300000-"}, whole[300000:]},
		{"/a", []string{"Range: bytes=-70000"}, whole[len(whole)-70000:]},
		// A part is stored: its file begins where it does.
		{"/part", []string{"Range: bytes=102400-"}, whole[100<<10:]},
		{"/part", []string{"Range: bytes=200000-299999"}, whole[200000:300000]},
	} {
		r.do("GET", c.target, c.fields...)
		r.quiet()
		file, body := r.client().fileOf(c.target, c.fields...)
		if body != c.want || file != c.want {
			t.Errorf("%s %q: %d bytes, %d in the file, want %d, or others", c.target, c.fields, len(body), len(file), len(c.want))
		}
	}
	for _, c := range []struct {
		name   string
		takes  bool
		target string
		fields []string
		status int
	}{
		{"the engine cannot use it", false, "/a", nil, 200},
		{"small", true, "/small", nil, 200},
		{"small range", true, "/a", []string{"Range: bytes=5-1000"}, 206},
		{"two ranges", true, "/a", []string{"Range: bytes=0-99999,200000-300000"}, 206},
		{"not modified", true, "/a", []string{`If-None-Match: "1"`}, 304},
		{"no such range", true, "/a", []string{"Range: bytes=600000-"}, 416},
	} {
		client := r.client()
		client.x.TakesFile = c.takes
		for range 100 {
			client.ask("GET", c.target, c.fields...)
			client.serve()
			if p := &client.x.Reply; p.File != nil || p.Head.Status != c.status {
				t.Fatalf("%s: %d, file %v", c.name, p.Head.Status, p.File != nil)
			}
			client.done()
		}
	}
}

// A response that takes the place of another never comes with the other's
// file; one that was only renewed keeps it.
func TestFilesOfReplacedResponses(t *testing.T) {
	var version atomic.Int64
	version.Store(1)
	r := newRig(t, "", func(a *ask) {
		tag := fmt.Sprintf(`ETag: "%d"`, version.Load())
		if a.field("If-None-Match") == tag[len("ETag: "):] {
			a.give(304, "", "Cache-Control: max-age=60", tag)
			return
		}
		a.give(200, numbers(version.Load(), 100<<10), "Cache-Control: max-age=60", tag)
	})
	for step := range 6 {
		if file, body := r.client().fileOf("/a"); file != body || body != numbers(version.Load(), 100<<10) {
			t.Fatalf("step %d: %.20q, in the file %.20q, want version %d", step, body, file, version.Load())
		}
		switch {
		case step%3 == 0: // purged
			version.Add(1)
			r.purge("/a")
		case step%3 == 1: // expired, and another by now
			version.Add(1)
			r.sleep(61 * time.Second)
		default: // expired, and renewed
			r.sleep(61 * time.Second)
		}
	}
}

// Clients of large responses, whole and in parts, get the version that they
// may get and none of its bytes wrong, while responses are purged and files
// come and go.
func TestLargeRepliesUnderChurn(t *testing.T) {
	const paths, size = 4, 300 << 10
	var versions [paths]atomic.Int64
	r := newRig(t, "", func(a *ask) {
		var i int
		fmt.Sscanf(a.target, "/%d", &i)
		v := versions[i].Load()
		a.give(200, numbers(v, size), "Cache-Control: max-age=3600", fmt.Sprintf(`ETag: "%d"`, v))
	})
	address := r.listen()
	var stop atomic.Bool
	var replies atomic.Int64
	var work sync.WaitGroup
	work.Go(func() {
		rng := rand.New(rand.NewPCG(1, 1))
		for next := int64(0); !stop.Load(); time.Sleep(time.Millisecond) {
			if replies.Load() < next {
				continue
			}
			next = replies.Load() + 1 + rng.Int64N(40)
			i := rng.IntN(paths)
			versions[i].Add(1)
			r.purge(fmt.Sprint("/", i))
			r.sleep(time.Second) // a turn of the clock's hand
			runtime.GC()
		}
	})
	for seed := range uint64(6) {
		work.Go(func() {
			rng := rand.New(rand.NewPCG(2, seed))
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for !stop.Load() {
				i := rng.IntN(paths)
				oldest := versions[i].Load() - 1 // the purge of the present one may still be under way
				version, err := largeRequest(client, rng, fmt.Sprintf("http://%s/%d", address, i), size)
				if err != nil || version < oldest {
					t.Errorf("version %d after %d, %v", version, oldest, err)
					stop.Store(true)
				}
				replies.Add(1)
			}
		})
	}
	enough := func() bool { return r.store.Stats().FileCopiesMade >= 5 && replies.Load() >= 100 }
	for begin := time.Now(); !stop.Load() && time.Since(begin) < time.Minute; time.Sleep(50 * time.Millisecond) {
		if time.Since(begin) > 2*time.Second && enough() {
			break
		}
	}
	stop.Store(true)
	work.Wait()
	if !enough() {
		t.Errorf("%d replies, %+v", replies.Load(), r.store.Stats())
	}
}

// listen has an engine serve the node on an address of its own.
func (r *rig) listen() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	e := http1.New(r.node, engine.Config{Now: r.clock}, r.node)
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			conns.Go(func() { e.Serve(engine.NewConn(nc), nil) })
		}
	})
	r.t.Cleanup(func() {
		l.Close()
		e.Close()
		conns.Wait()
	})
	return l.Addr().String()
}

// largeRequest asks for all or a part, reads it, or some of it, at some pace,
// and compares it with what its version is to be.
func largeRequest(client *http.Client, rng *rand.Rand, url string, size int) (version int64, err error) {
	q, err := http.NewRequest("GET", url, nil)
	if err != nil {
		return 0, err
	}
	q.Host = "a.test" // as purge has it
	first, last := 0, size-1
	if rng.IntN(2) == 0 {
		first = rng.IntN(size)
		last = first + rng.IntN(size-first)
		q.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", first, last))
	}
	p, err := client.Do(q)
	if err != nil {
		return 0, err
	}
	defer p.Body.Close()
	if _, err := fmt.Sscanf(p.Header.Get("ETag"), `"%d"`, &version); err != nil {
		return 0, err
	}
	if p.StatusCode == 200 {
		first, last = 0, size-1
	}
	want := []byte(numbers(version, size)[first : last+1])
	if rng.IntN(8) == 0 { // leaves
		want = want[:rng.IntN(len(want))+1]
	}
	got := make([]byte, len(want))
	for n := 0; n < len(got); {
		k := min(len(got), n+1+rng.IntN(100<<10))
		if _, err := io.ReadFull(p.Body, got[n:k]); err != nil {
			return version, fmt.Errorf("%d bytes at %d: %w", len(got), first, err)
		}
		if n = k; rng.IntN(10) == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	if !bytes.Equal(got, want) {
		return version, fmt.Errorf("wrong bytes among the %d at %d", len(got), first)
	}
	return version, nil
}
