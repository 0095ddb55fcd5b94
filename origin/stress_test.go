package origin

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"brink/edge/wire"
)

// turmoil is a server that answers "/ID/SIZE/HOW" with SIZE bytes made of ID, well or
// badly.
type turmoil struct {
	mu    sync.Mutex
	posts map[string]int // whole POSTs by ID
}

func pattern(id string, n int) string {
	return strings.Repeat(id+"|", n/(len(id)+1)+1)[:n]
}

func (s *turmoil) serve(c net.Conn) {
	defer c.Close()
	in := bufio.NewReader(c)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		part := strings.Split(r.URL.Path, "/")
		id, how := part[1], part[3]
		n, _ := strconv.Atoi(part[2])
		read := func() bool {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				return false
			}
			if want := r.Header.Get("X-Upload"); want != "" {
				k, _ := strconv.Atoi(want)
				if string(b) != pattern(id, k) {
					panic(fmt.Sprintf("upload of %s is wrong: %d bytes of %d", id, len(b), k))
				}
				s.mu.Lock()
				s.posts[id]++
				s.mu.Unlock()
			}
			return true
		}
		early := how == "early"
		if !early && !read() {
			return
		}
		if how == "reset" {
			if rand.IntN(2) == 0 {
				c.(*net.TCPConn).SetLinger(0)
			}
			return
		}
		if how == "hang" {
			time.Sleep(time.Duration(rand.IntN(50)) * time.Millisecond)
		}
		body := pattern(id, n)
		var w strings.Builder
		status := "200 OK"
		if how == "retry" && rand.IntN(2) == 0 {
			status = "503 No"
		}
		chunked := rand.IntN(2) == 0
		switch {
		case r.Method == "HEAD":
			fmt.Fprintf(&w, "HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n", status, n)
			body = ""
		case how == "close":
			fmt.Fprintf(&w, "HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: %d\r\n\r\n", status, n)
		case chunked:
			fmt.Fprintf(&w, "HTTP/1.1 %s\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n", status)
		default:
			fmt.Fprintf(&w, "HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n", status, n)
		}
		io.WriteString(c, w.String())
		for len(body) > 0 {
			k := min(len(body), 1+rand.IntN(60000))
			if how == "cut" && rand.IntN(3) == 0 {
				return
			}
			if how == "garbled" && chunked && rand.IntN(2) == 0 {
				io.WriteString(c, "no chunk\r\n")
				return
			}
			if chunked && how != "close" {
				fmt.Fprintf(c, "%x\r\n%s\r\n", k, body[:k])
			} else {
				io.WriteString(c, body[:k])
			}
			body = body[k:]
			if rand.IntN(8) == 0 {
				time.Sleep(time.Duration(rand.IntN(5)) * time.Millisecond)
			}
		}
		if chunked && how != "close" && r.Method != "HEAD" {
			fmt.Fprintf(c, "0\r\nX-Sum: %s\r\n\r\n", id)
		}
		if early && !read() || how == "close" {
			return
		}
	}
}

// pouring is a body that comes in pieces, now and then late, until it is stopped.
type pouring struct {
	t        *testing.T
	rest     string
	length   int64
	trailers *wire.Fields
	slow     bool
	stop     chan struct{}
	once     sync.Once
	over     atomic.Bool
	reading  atomic.Int32
}

func (b *pouring) Length() int64          { return b.length }
func (b *pouring) Trailers() *wire.Fields { return b.trailers }
func (b *pouring) Stop() {
	if b.over.Load() {
		b.t.Error("stopped after the end of its exchange")
	}
	b.once.Do(func() { close(b.stop) })
}
func (b *pouring) Read(p []byte) (int, error) { return b.ReadWithin(p, time.Hour) }
func (b *pouring) ReadWithin(p []byte, limit time.Duration) (int, error) {
	if b.over.Load() || b.reading.Add(1) != 1 {
		b.t.Error("read after the end of its exchange, or twice at a time")
	}
	defer b.reading.Add(-1)
	if b.slow && rand.IntN(3) == 0 {
		select {
		case <-b.stop:
		case <-time.After(time.Duration(rand.IntN(2000)) * time.Millisecond):
		}
	}
	select {
	case <-b.stop:
		return 0, errStopped
	default:
	}
	if b.rest == "" {
		return 0, io.EOF
	}
	n := copy(p, b.rest[:min(len(b.rest), 1+rand.IntN(30000))])
	b.rest = b.rest[n:]
	return n, nil
}

// Whatever happens, in whatever order: a response that ends well is whole and of its
// request, nothing is sent twice, and all that was taken is given back.
func TestTurmoil(t *testing.T) {
	t.Parallel()
	srv := &turmoil{posts: map[string]int{}}
	var addresses []string
	for range 2 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		acceptAll(t, l, func(_ int, c net.Conn) { srv.serve(c) })
		addresses = append(addresses, l.Addr().String())
	}
	config := configure(addresses...)
	config.MaxConnections, config.Queue, config.ReadAhead = 12, 60, 64<<10
	config.QueueTimeout, config.RetryStatus = 5*time.Second, []int{503}
	o := start(t, config)
	o.memory.uploads.limit, o.memory.responses.limit = 600<<10, 900<<10
	var good, bad, gave atomic.Int64
	var kinds [KindCount]atomic.Int64
	hows := []string{"", "", "", "", "", "reset", "hang", "retry", "close", "cut", "garbled", "early"}
	var running sync.WaitGroup
	ends := time.Now().Add(turmoilTime)
	for w := range 40 {
		running.Go(func() {
			var into Response
			pin := o.NewPin()
			defer func() { pin.Close() }()
			for i := 0; time.Now().Before(ends); i++ {
				id := fmt.Sprintf("w%d-%d", w, i)
				size := rand.IntN(3000)
				if rand.IntN(3) == 0 {
					size = rand.IntN(900_000)
				}
				how := hows[rand.IntN(len(hows))]
				r := &Request{Method: []byte("GET"), Host: []byte("a.test"), Idempotent: true, Into: &into,
					Target: fmt.Appendf(nil, "/%s/%d/%s", id, size, how),
					Client: netip.AddrFrom4([4]byte{192, 0, 2, byte(w % 7)})}
				var b *pouring
				head := false
				switch rand.IntN(5) {
				case 0, 1:
					n := rand.IntN(100_000)
					if rand.IntN(4) == 0 {
						n = rand.IntN(500_000)
					}
					b = &pouring{t: t, rest: pattern(id, n), length: int64(n), slow: rand.IntN(3) == 0, stop: make(chan struct{})}
					if rand.IntN(2) == 0 {
						b.length = -1
						if rand.IntN(2) == 0 {
							b.trailers = fieldsOf("X-T", id)
						}
					}
					r.Method, r.Body = []byte("POST"), b
					r.Idempotent = false
					r.Fields = fieldsOf("X-Upload", strconv.Itoa(n))
				case 2:
					if rand.IntN(3) == 0 {
						r.Method = []byte("HEAD")
						head = true
					}
				}
				if rand.IntN(10) == 0 {
					r.Pin = pin
				}
				if b == nil && rand.IntN(4) == 0 {
					c := new(crew)
					c.Store(int32(rand.IntN(2)))
					r.Audience = c
				}
				canceller := new(Canceller)
				var ctx context.Context = canceller
				cancel := canceller.Cancel
				if rand.IntN(4) == 0 {
					ctx, cancel = context.WithCancel(context.Background())
				}
				var timer *time.Timer
				if rand.IntN(4) == 0 {
					timer = time.AfterFunc(time.Duration(rand.IntN(100_000))*time.Microsecond, cancel)
				}
				err := turmoilOnce(ctx, o, r, id, size, head, &gave)
				if b != nil {
					b.over.Store(true)
				}
				if timer != nil {
					timer.Stop()
				}
				cancel()
				var e *Error
				switch {
				case err == nil:
					good.Add(1)
				case errors.As(err, &e):
					kinds[e.Kind].Add(1)
					bad.Add(1)
				default:
					t.Error(err)
				}
			}
		})
	}
	running.Wait()
	eventually(t, "all is given back", func() bool {
		s := o.Stats()
		open, idle := 0, 0
		for _, s := range s.Servers {
			open, idle = open+s.Open, idle+s.Idle+s.Pinned
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		return s.Running == 0 && s.Waiting == 0 && s.Slow == 0 && open == idle && o.memory.responses.used.Load() == 0 &&
			o.memory.uploads.used.Load() == 0 && len(o.mu.queue.clients) == 0 && len(o.mu.bodies) == 0 && len(o.mu.conns) == open
	})
	srv.mu.Lock()
	defer srv.mu.Unlock()
	for id, n := range srv.posts {
		if n > 1 {
			t.Errorf("POST %s came %d times", id, n)
		}
	}
	s := o.Stats()
	t.Logf("%d good, %d bad, %d gave way, slow %d lone %d rejects %d refused %d", good.Load(), bad.Load(), gave.Load(), s.SlowEnded, s.UnwantedEnded, s.QueueRejects, o.memory.responses.refused.Load())
	for k := range kinds {
		if n := kinds[k].Load(); n > 0 {
			t.Log(Kind(k), n)
		}
	}
}

const turmoilTime = 5 * time.Second

// turmoilOnce reads a response at some pace, or leaves.
func turmoilOnce(ctx context.Context, o *Origin, r *Request, id string, size int, head bool, gave *atomic.Int64) error {
	x, err := o.Fetch(ctx, r)
	if err != nil {
		return err
	}
	defer func() {
		x.Close()
		if x.Revoked() {
			gave.Add(1)
		}
	}()
	if rand.IntN(50) == 0 {
		return nil
	}
	want := pattern(id, size)
	if head {
		want = ""
	}
	nap := 0
	if rand.IntN(3) == 0 {
		nap = rand.IntN(400)
		if rand.IntN(2) == 0 {
			nap = 3000
		}
	}
	got := 0
	for {
		b, err := x.Next(rand.IntN(5) > 0)
		if len(b) == 0 && err == nil && rand.IntN(2) == 0 {
			ready := make(chan struct{})
			x.Notify(func() { close(ready) })
			if rand.IntN(20) == 0 {
				return nil
			}
			if rand.IntN(4) > 0 {
				<-ready
			}
			continue
		}
		if got+len(b) > len(want) || string(b) != want[got:got+len(b)] {
			return fmt.Errorf("%s: wrong content at %d", id, got)
		}
		if nap > 0 && rand.IntN(4) == 0 {
			time.Sleep(time.Duration(rand.IntN(nap)) * time.Millisecond)
		}
		if string(b) != want[got:got+len(b)] {
			return fmt.Errorf("%s: content changed at %d", id, got)
		}
		got += len(b)
		if err == io.EOF {
			if got != len(want) {
				return fmt.Errorf("%s: %d bytes of %d and a clean end", id, got, len(want))
			}
			if tr := x.Trailers(); tr != nil && string(tr.List[0].Value) != id {
				return fmt.Errorf("%s: trailers of %s", id, tr.List[0].Value)
			}
			return nil
		}
		if err != nil {
			return err
		}
		if rand.IntN(200) == 0 {
			return nil
		}
	}
}
