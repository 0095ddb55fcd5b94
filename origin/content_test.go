package origin

import (
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"brink/conf"
	"brink/edge/wire"
)

// within is content that comes in pieces, each after a while.
type within struct {
	pieces []string
	pause  time.Duration
}

func (w *within) Read(p []byte) (int, error) { return w.ReadWithin(p, time.Hour) }

func (w *within) ReadWithin(p []byte, limit time.Duration) (int, error) {
	if w.pause > limit {
		time.Sleep(limit)
		w.pause -= limit
		return 0, os.ErrDeadlineExceeded
	}
	time.Sleep(w.pause)
	if len(w.pieces) == 0 {
		return 0, io.EOF
	}
	n := copy(p, w.pieces[0])
	if w.pieces[0] = w.pieces[0][n:]; w.pieces[0] == "" {
		w.pieces = w.pieces[1:]
	}
	return n, nil
}

// Content that fits into read_ahead goes out whole, and only once it is complete.
func TestReadAhead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		length int64
		pieces []string
		pause  time.Duration
		bound  conf.Size
		want   string // the framing that the server sees
		places int    // taken while the content comes
	}{
		{"short", 10, []string{"hello", "hello"}, 100 * time.Millisecond, 0, "Content-Length: 10", 0},
		{"fits", 20_000, []string{strings.Repeat("x", 4000), strings.Repeat("x", 4000), strings.Repeat("x", 12000)}, 1500 * time.Millisecond, 64 << 10, "Content-Length: 20000", 0},
		{"chunked", -1, []string{"hello", "hello"}, 100 * time.Millisecond, 64 << 10, "Content-Length: 10", 0},
		{"chunked, empty", -1, nil, 0, 64 << 10, "Content-Length: 0", 0},
		{"chunked, slow", -1, []string{"hello", "hello"}, 1200 * time.Millisecond, 64 << 10, "Transfer-Encoding: chunked", 1},
		{"chunked, long", -1, []string{"hello", "hello"}, 200 * time.Millisecond, 8, "Transfer-Encoding: chunked", 1},
		{"off", -1, []string{"hello", "hello"}, 200 * time.Millisecond, 0, "Transfer-Encoding: chunked", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			total := 0
			for _, p := range c.pieces {
				total += len(p)
			}
			chunked := strings.HasPrefix(c.want, "T")
			config, seen := serve(t, script(request, func(p *peer) {
				if !chunked {
					body(int64(total))(p)
					return
				}
				for got := ""; !strings.HasSuffix(got, "0\r\n\r\n"); {
					b, err := p.in.ReadByte()
					if err != nil {
						return
					}
					got += string(b)
				}
			}, say(hello)))
			config.ReadAhead = c.bound
			o := start(t, config)
			b := textOf("", c.length)
			b.r, b.trailers = &within{c.pieces, c.pause}, new(wire.Fields) // as a decoder has without any
			got, err := fetch(o, post(b))
			if got != "hello" || err != nil {
				t.Fatalf("%q, %v", got, err)
			}
			if head := seen.all()[0]; !strings.Contains(head, c.want+"\r\n") {
				t.Errorf("the server got %q", head)
			}
			if used := o.memory.uploads.used.Load(); used != 0 {
				t.Errorf("%d bytes stay in use", used)
			}
		})
	}
}

// Where the memory is used up, content is sent as it comes.
func TestReadAheadBound(t *testing.T) {
	config, seen := serve(t, script(request, body(20_000), say(hello)))
	config.ReadAhead = 64 << 10
	o := start(t, config)
	o.memory.uploads.limit = 10_000
	got, err := fetch(o, post(textOf(strings.Repeat("x", 20_000), 20_000)))
	if got != "hello" || err != nil || len(seen.all()) != 1 {
		t.Errorf("%q, %v", got, err)
	}
	if m := &o.memory.uploads; m.used.Load() != 0 || m.refused.Load() == 0 {
		t.Errorf("%d bytes in use, %d refused", m.used.Load(), m.refused.Load())
	}
}
