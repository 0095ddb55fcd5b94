package store

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"brink/purge"
)

// openSmall returns a store that keeps bodies of at most 1 MiB.
func openSmall(t testing.TB) *Store {
	s := newStore(Options{Memory: 64 << 20, Purges: purge.NewLog(0, 0), Now: clock})
	s.start(newFakeTier())
	t.Cleanup(s.Close)
	return s
}

// pour writes n bytes of a pattern that starts at offset.
func pour(f *Fill, offset, n int64) error {
	piece := make([]byte, 64<<10)
	for n > 0 {
		p := piece[:min(int64(len(piece)), n)]
		for i := range p {
			p[i] = byte((offset + int64(i)) % 251)
		}
		if _, err := f.Write(p); err != nil {
			return err
		}
		offset += int64(len(p))
		n -= int64(len(p))
	}
	return nil
}

// drink reads to the end, pausing before each call, and checks the pattern.
func drink(t *testing.T, r *Reader, pause time.Duration) (int64, error) {
	defer r.Close()
	var at int64
	for {
		time.Sleep(pause)
		b, err := next(r)
		for _, c := range b {
			if c != byte(at%251) {
				t.Errorf("wrong byte at %d", at)
				return at, err
			}
			at++
		}
		if err != nil {
			return at, err
		}
	}
}

func TestOverflow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openSmall(t)
		f := s.startFill(t, "/a", -1)
		const size = 20 << 20
		var wg sync.WaitGroup
		for i := range 3 {
			r := f.Reader(0)
			wg.Go(func() {
				if n, err := drink(t, r, time.Duration(i)*100*time.Millisecond); n != size || err != io.EOF {
					t.Errorf("reader %d got %d bytes, %v", i, n, err)
				}
			})
		}
		if err := pour(f, 0, 2<<20); err != nil {
			t.Fatal(err)
		}
		if g, leads := s.begin("/a"); !leads {
			t.Error("joined an overflowing fill")
		} else {
			g.Decline(0)
		}
		if o := f.Wait(nil); o != TooLate {
			t.Errorf("waiting for an overflowing fill: %v", o)
		}
		if err := pour(f, 2<<20, 18<<20); err != nil {
			t.Fatal(err)
		}
		if held := f.written() - f.oldest(); held > f.window()+RunSize {
			t.Errorf("holds %d bytes", held)
		}
		if o, err := f.Finish(); o != nil || err != nil {
			t.Errorf("finished with %v, %v", o, err)
		}
		wg.Wait()
		if _, err := readAll(f.Reader(0)); !errors.Is(err, ErrAborted) {
			t.Errorf("a reader of what is gone: %v", err)
		}
		if s.lookup("/a") != nil {
			t.Error("stored")
		}
		s.idle(t)
	})
}

func (f *Fill) written() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.mu.body.written
}

func (f *Fill) oldest() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.mu.body.first()
}

func TestOverflowIsAbandonedWithoutReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openSmall(t)
		f := s.startFill(t, "/a", -1)
		r := f.Reader(0)
		go func() {
			time.Sleep(time.Second)
			r.Close()
		}()
		if err := pour(f, 0, 20<<20); err != ErrAbandoned {
			t.Errorf("without readers: %v", err)
		}
		f.Fail(ErrAbandoned)
		s.idle(t)
	})
}

// One who has been told that the response has started is waited for, as it has
// not had the time to begin to read.
func TestOverflowWaitsForReadersToCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openSmall(t)
		f := s.lead(t, "/a")
		waited := make(chan Outcome)
		go func() { waited <- f.Wait(nil) }()
		synctest.Wait()
		if err := f.Start(response(s, "/a"), -1); err != nil {
			t.Fatal(err)
		}
		if o := <-waited; o != Started {
			t.Fatal(o)
		}
		poured := make(chan error, 1)
		go func() { poured <- pour(f, 0, 6<<20) }()
		time.Sleep(5 * time.Second)
		got := make(chan int64)
		go func() {
			n, _ := drink(t, f.Reader(0), 0)
			got <- n
		}()
		if err := <-poured; err != nil {
			t.Fatal(err)
		}
		f.Finish()
		if n := <-got; n != 6<<20 {
			t.Errorf("got %d bytes", n)
		}

		// Where it leaves instead, or never comes, nobody is there.
		f = s.lead(t, "/b")
		go func() { waited <- f.Wait(nil) }()
		synctest.Wait()
		if err := f.Start(response(s, "/b"), -1); err != nil {
			t.Fatal(err)
		}
		<-waited
		go func() {
			time.Sleep(time.Second)
			f.Leave()
		}()
		if err := pour(f, 0, 6<<20); err != ErrAbandoned {
			t.Error(err)
		}
		f.Fail(ErrAbandoned)
		f = s.lead(t, "/c")
		go func() { waited <- f.Wait(nil) }()
		synctest.Wait()
		if err := f.Start(response(s, "/c"), -1); err != nil {
			t.Fatal(err)
		}
		<-waited
		if err := pour(f, 0, 6<<20); err != ErrAbandoned {
			t.Error(err)
		}
		f.Fail(ErrAbandoned)
		s.idle(t)
	})
}

// sip reads to the end so many KiB a second.
func sip(r *Reader, rate int64) (n int64, err error) {
	defer r.Close()
	for {
		b, err := next(r)
		n += int64(len(b))
		if err != nil {
			return n, err
		}
		time.Sleep(time.Duration(len(b)) * time.Second / time.Duration(rate<<10))
	}
}

// hurry has readers of so many KiB a second share a body of 20 MiB that comes as fast as
// it may, and returns how many bytes each got, and after how long the first was served.
func hurry(t *testing.T, s *Store, rates ...int64) (got []int64, first time.Duration) {
	const size = 20 << 20
	f := s.startFill(t, "/a", -1)
	got = make([]int64, len(rates))
	var wg sync.WaitGroup
	begin := time.Now()
	for i, rate := range rates {
		r := f.Reader(0)
		wg.Go(func() {
			n, err := sip(r, rate)
			if got[i] = n; n != size && !errors.Is(err, ErrAborted) {
				t.Errorf("reader %d got %d bytes, %v", i, n, err)
			}
			if i == 0 {
				first = time.Since(begin)
			}
		})
	}
	if err := pour(f, 0, size); err != nil {
		t.Fatal(err)
	}
	f.Finish()
	wg.Wait()
	s.idle(t)
	return got, first
}

// A reader that holds up the others is cut off after a moment, also if it makes some
// progress. One that is not much slower than the others is not, nor is anybody if a few
// are faster than most.
func TestReadersThatHoldUpOthersAreCutOff(t *testing.T) {
	const size, fast = 20 << 20, 100 << 10
	for name, c := range map[string]struct {
		rates []int64       // KiB a second
		cut   int           // how many of the last ones
		limit time.Duration // for the first
	}{
		"one stalls":           {[]int64{fast, fast, 1}, 1, 3 * time.Second},
		"one makes progress":   {[]int64{fast, fast, 28}, 1, 3 * time.Second},
		"most stall":           {[]int64{fast, 1, 1, 1}, 3, 5 * time.Second},
		"one of two is slow":   {[]int64{fast, 100}, 1, 3 * time.Second},
		"one is half as fast":  {[]int64{900, 900, 450}, 0, time.Minute},
		"all are slow alike":   {[]int64{120, 120, 100}, 0, 4 * time.Minute},
		"one is faster":        {[]int64{fast, 290, 290, 290, 290, 290, 290}, 0, 2 * time.Minute},
		"fast enough for most": {[]int64{fast, fast, fast, fast, 1200}, 0, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := openSmall(t)
				got, first := hurry(t, s, c.rates...)
				for i, n := range got {
					if whole := i < len(got)-c.cut; whole != (n == size) {
						t.Errorf("reader %d of %d got %d bytes", i, len(got), n)
					}
				}
				if n := s.Stats().Cut; n != int64(c.cut) || first > c.limit {
					t.Errorf("%d readers cut, the first was served after %v", n, first)
				}
			})
		})
	}
}

// Nobody is cut off where the origin is what all wait for.
func TestSlowOriginCutsOffNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openSmall(t)
		f := s.startFill(t, "/a", -1)
		const size = 20 << 20
		var wg sync.WaitGroup
		for _, rate := range []int64{100 << 10, 100 << 10, 100 << 10, 260} {
			r := f.Reader(0)
			wg.Go(func() {
				if n, err := sip(r, rate); n != size || err != io.EOF {
					t.Errorf("got %d bytes, %v", n, err)
				}
			})
		}
		for at := int64(0); at < size; at += RunSize {
			if at > 4<<20 {
				time.Sleep(time.Second)
			}
			if err := pour(f, at, RunSize); err != nil {
				t.Fatal(err)
			}
		}
		f.Finish()
		wg.Wait()
		s.idle(t)
	})
}

// A reader that holds up nobody but the origin is left in peace: its own
// connection's deadlines are for that.
func TestSingleStalledReaderIsNotCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openSmall(t)
		f := s.startFill(t, "/a", -1)
		r := f.Reader(0)
		poured := make(chan error)
		go func() { poured <- pour(f, 0, 8<<20) }()
		time.Sleep(10 * time.Minute)
		got := make(chan int64)
		go func() {
			n, _ := drink(t, r, 0)
			got <- n
		}()
		if err := <-poured; err != nil {
			t.Fatal(err)
		}
		f.Finish()
		if n := <-got; n != 8<<20 {
			t.Errorf("got %d bytes", n)
		}
		s.idle(t)
	})
}

// Without memory for another run, an overflowing body goes on in the one it
// has.
func TestOverflowWithoutMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openSmall(t)
		f := s.startFill(t, "/a", -1)
		rest := s.flight.limit - s.flight.used.Load()
		s.flight.force(rest)
		got := make(chan int64)
		r := f.Reader(0)
		go func() {
			n, _ := drink(t, r, time.Millisecond)
			got <- n
		}()
		if err := pour(f, 0, 1<<20); err != nil {
			t.Fatal(err)
		}
		if used := s.flight.used.Load(); used > s.flight.limit {
			t.Errorf("%d bytes in flight of %d", used, s.flight.limit)
		}
		if o, err := f.Finish(); o != nil || err != nil {
			t.Error(o, err)
		}
		if n := <-got; n != 1<<20 {
			t.Errorf("got %d bytes", n)
		}
		s.flight.release(rest)
		s.idle(t)
	})
}

func TestOverflowAborts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openSmall(t)
		f := s.startFill(t, "/a", -1)
		r := f.Reader(0)
		if err := pour(f, 0, 3<<20); err != nil {
			t.Fatal(err)
		}
		if held := s.Stats().FlightBytes; held < 3<<20 {
			t.Errorf("%d bytes in flight", held)
		}
		f.Fail(io.ErrUnexpectedEOF)
		if n, err := drink(t, r, 0); n != 3<<20 || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("got %d bytes, %v", n, err)
		}
		s.idle(t)
	})
}

// match reads to the end as long as the bytes are those of body.
func match(r *Reader, body []byte) (n int, err error) {
	defer r.Close()
	for {
		b, err := next(r)
		if err != nil || !bytes.HasPrefix(body[n:], b) {
			return n, err
		}
		n += len(b)
	}
}

func TestManyWaitersOnOneFill(t *testing.T) {
	s := open(t, Options{})
	f := s.lead(t, "/a")
	const n = 10_000
	body := pattern(300_000)
	var wg sync.WaitGroup
	var first, last sync.Map
	for i := range n {
		g, leads := s.begin("/a")
		if leads {
			t.Fatal("a second fetch")
		}
		wg.Go(func() {
			if o := g.Wait(nil); o != Started {
				t.Errorf("got %v", o)
				return
			}
			first.Store(i, time.Now())
			if n, err := match(g.Reader(0), body); err != io.EOF || n != len(body) {
				t.Errorf("got %d bytes, %v", n, err)
			}
			last.Store(i, time.Now())
		})
	}
	for f.Waiters() < n {
		time.Sleep(time.Millisecond)
	}
	begin := time.Now()
	if err := f.Start(response(s, "/a"), -1); err != nil {
		t.Fatal(err)
	}
	for rest := body; len(rest) > 0; rest = rest[10_000:] {
		f.Write(rest[:10_000])
	}
	f.Finish()
	wg.Wait()
	latest := func(m *sync.Map) (d time.Duration) {
		m.Range(func(_, v any) bool { d = max(d, v.(time.Time).Sub(begin)); return true })
		return d
	}
	t.Logf("%d waiters: all woken after %v, all served after %v", n, latest(&first), latest(&last))
	if st := s.Stats(); st.Joined != n {
		t.Errorf("%d joined", st.Joined)
	}
	s.idle(t)
}

// One write, and all of 10,000 waiting readers have had it.
func BenchmarkBroadcast(b *testing.B) {
	s := open(b, Options{Memory: 1 << 30})
	f := s.startFill(b, "/a", -1)
	const n = 10_000
	var wg, round sync.WaitGroup
	for range n {
		r := f.Reader(0)
		wg.Go(func() {
			defer r.Close()
			for {
				if _, err := next(r); err != nil {
					return
				}
				round.Done()
			}
		})
	}
	byteOf := []byte{1}
	for b.Loop() {
		round.Add(n)
		f.Write(byteOf)
		round.Wait()
	}
	f.Finish()
	wg.Wait()
}

// A fill keeps an overflowing body until the caller comes who has a claim to it, however
// late.
func TestClaimantComesLate(t *testing.T) {
	t.Run("alone", func(t *testing.T) {
		claimantComesLate(t, func(s *Store, text string) *Fill {
			k := s.Hash([]byte(text))
			return s.BeginPrivate(k, k, text)
		})
	})
	t.Run("leader", func(t *testing.T) {
		claimantComesLate(t, func(s *Store, text string) *Fill {
			f := s.lead(t, text)
			f.Claim()
			return f
		})
	})
}

func claimantComesLate(t *testing.T, begin func(s *Store, text string) *Fill) {
	synctest.Test(t, func(t *testing.T) {
		s := openSmall(t)
		text := "/a"
		f := begin(s, text)
		if err := f.Start(response(s, text), -1); err != nil {
			t.Fatal(err)
		}
		const size = 20 << 20
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := pour(f, 0, size); err != nil {
				t.Error(err)
				f.Fail(err)
				return
			}
			f.Finish()
		})
		time.Sleep(time.Second) // the writer waits
		if o := f.WaitClaimed(nil); o != Started {
			t.Fatalf("%v, reason %d", o, f.Reason())
		}
		if n, err := drink(t, f.Reader(0), 0); n != size || err != io.EOF {
			t.Errorf("%d bytes, %v", n, err)
		}
		wg.Wait()
		s.idle(t)
	})
}
