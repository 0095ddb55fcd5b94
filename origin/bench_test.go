package origin

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
)

// answering starts a server that answers every read with response, for as
// long as each read is one request.
func answering(tb testing.TB, response string) *Origin {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				buf := make([]byte, 64<<10)
				answer := []byte(response)
				for {
					if _, err := c.Read(buf); err != nil {
						return
					}
					if _, err := c.Write(answer); err != nil {
						return
					}
				}
			}()
		}
	}()
	return start(tb, configure(l.Addr().String()))
}

func withLength(n int) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain\r\n"+
		"Cache-Control: max-age=60\r\nETag: \"1234\"\r\nContent-Length: %d\r\n\r\n%s", n, strings.Repeat("x", n))
}

// drain reads a response to its end without keeping it.
func drain(tb testing.TB, x *Response) {
	for {
		if _, err := x.Next(true); err == io.EOF {
			break
		} else if err != nil {
			tb.Fatal(err)
		}
	}
	x.Close()
}

func BenchmarkFetch(b *testing.B) {
	for _, c := range []struct {
		name string
		size int
	}{{"1KiB", 1 << 10}, {"100KiB", 100 << 10}, {"1MiB", 1 << 20}} {
		b.Run(c.name, func(b *testing.B) {
			o := answering(b, withLength(c.size))
			r := get()
			r.Fields = fieldsOf("Accept", "*/*", "User-Agent", "bench", "Via", "1.1 edge")
			r.Into = new(Response)
			b.SetBytes(int64(c.size))
			b.ReportAllocs()
			for b.Loop() {
				x, err := o.Fetch(context.Background(), r)
				if err != nil {
					b.Fatal(err)
				}
				drain(b, x)
			}
		})
	}
}

func BenchmarkFetchCancellable(b *testing.B) {
	o := answering(b, withLength(1<<10))
	r := get()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	b.ReportAllocs()
	for b.Loop() {
		x, err := o.Fetch(ctx, r)
		if err != nil {
			b.Fatal(err)
		}
		drain(b, x)
	}
}

func BenchmarkFetchParallel(b *testing.B) {
	o := answering(b, withLength(1<<10))
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		r := get()
		r.Into = new(Response)
		for pb.Next() {
			x, err := o.Fetch(context.Background(), r)
			if err != nil {
				b.Fatal(err)
			}
			drain(b, x)
		}
	})
}

// No allocation a fetch, with a Canceller or not, but for the Response, where the
// caller has none: it cannot be pooled, as a late Close would then end another's exchange.
func TestAllocs(t *testing.T) {
	o := answering(t, withLength(1<<10))
	r := get()
	r.Fields = fieldsOf("Accept", "*/*")
	var ctx context.Context = context.Background()
	once := func() {
		x, err := o.Fetch(ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		drain(t, x)
	}
	for _, want := range []float64{1, 0} {
		for range 100 {
			once()
		}
		if n := testing.AllocsPerRun(1000, once); n > want {
			t.Errorf("%v allocations a fetch, want %v", n, want)
		}
		r.Into, ctx = new(Response), new(Canceller)
	}
	if s := o.Stats().Servers[0]; s.Dials != 1 {
		t.Errorf("%+v", s)
	}
}
