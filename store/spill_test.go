package store

import (
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"brink/purge"
)

// fakeDisk is a tier below that keeps all in memory.
type fakeDisk struct {
	mu sync.Mutex

	objects map[Key]*Object
	bodies  map[*Location][][]byte
	pause   time.Duration // of each write of a stream
	failAt  int           // bytes after which a stream fails; 0: never
	refuse  bool          // takes no stream
	deleted map[Key]int
	loads   int
}

func newFakeDisk() *fakeDisk {
	return &fakeDisk{objects: map[Key]*Object{}, bodies: map[*Location][][]byte{}, deleted: map[Key]int{}}
}

func (d *fakeDisk) Load(k Key, text string, most int64) *Object {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.loads++
	o := d.objects[k]
	if o == nil || o.Text != text {
		return nil
	}
	return o.withBody(o.Body, o.Length)
}

func (d *fakeDisk) Save(o *Object) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.objects[o.Key] = o
}

func (d *fakeDisk) Oldest() purge.Seq { return 0 }
func (d *fakeDisk) Largest() int64    { return math.MaxInt64 }

func (d *fakeDisk) Delete(k Key) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.objects, k)
	d.deleted[k]++
}

func (d *fakeDisk) Read(o *Object, i int, buf []byte, _ DiskWait) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	body := d.bodies[o.Location()]
	if i >= len(body) {
		return nil, errors.New("not there")
	}
	return append(buf[:0], body[i]...), nil
}

func (d *fakeDisk) Stream(*Object, int64) Stream {
	if d.refuse {
		return nil
	}
	return &fakeStream{disk: d}
}

type fakeStream struct {
	disk *fakeDisk

	mu sync.Mutex

	bytes []byte
}

func (s *fakeStream) Write(p []byte) error {
	time.Sleep(s.disk.pause)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bytes = append(s.bytes, p...)
	if s.disk.failAt > 0 && len(s.bytes) > s.disk.failAt {
		return errors.New("the disk failed")
	}
	return nil
}

func (s *fakeStream) run(i int) []byte {
	return s.bytes[min(i*RunSize, len(s.bytes)):min((i+1)*RunSize, len(s.bytes))]
}

func (s *fakeStream) Read(i int, buf []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append(buf[:0], s.run(i)...), nil
}

func (s *fakeStream) Commit() (*Location, error) {
	s.disk.mu.Lock()
	defer s.disk.mu.Unlock()
	location := &Location{Runs: make([]uint64, (len(s.bytes)+RunSize-1)/RunSize)}
	var body [][]byte
	for i := range location.Runs {
		body = append(body, s.run(i))
	}
	s.disk.bodies[location] = body
	return location, nil
}

func (s *fakeStream) Abort() {}

func openOverDisk(t *testing.T, d *fakeDisk) *Store {
	s := newStore(Options{Memory: 64 << 20, Purges: purge.NewLog(0, 0), Now: clock, Disk: d})
	s.start(newFakeTier())
	t.Cleanup(s.Close)
	return s
}

// readOnDisk returns how many bytes of the pattern an object on disk has.
func readOnDisk(t *testing.T, s *Store, o *Object) (n int64) {
	t.Helper()
	if !o.OnDisk() {
		t.Fatalf("not on disk: %+v", o)
	}
	for i := range o.Location().Runs {
		run, err := s.ReadRun(o, i, nil, LongWait)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range run {
			if c != byte(n%251) {
				t.Fatalf("wrong byte at %d", n)
			}
			n++
		}
	}
	return n
}

// A body over the caller's limit is kept in neither tier, also if the limit is more than
// RAM takes.
func TestFillLimit(t *testing.T) {
	for _, c := range []struct {
		limit, size int64
		announced   bool
		err, kept   bool
	}{
		{1000, 1000, false, false, true},
		{1000, 1001, false, false, false},
		{1000, 1001, true, true, false},
		{4 << 20, 3 << 20, false, false, true},
		{4 << 20, 6 << 20, false, false, false},
		{4 << 20, 6 << 20, true, true, false},
		{0, 6 << 20, false, false, true},
	} {
		s := openOverDisk(t, newFakeDisk())
		o := response(s, "/a")
		_, f, _ := s.Join(o.Key, o.Key, o.Text, nil)
		f.Limit(c.limit)
		length := int64(-1)
		if c.announced {
			length = c.size
		}
		err := f.Start(o, length)
		if large, _ := errors.AsType[*TooLargeError](err); (large != nil) != c.err || large != nil && large.Limit != c.limit {
			t.Fatalf("%+v: %v", c, err)
		}
		if err != nil {
			f.Decline(1)
			continue
		}
		f.Wait(nil)
		r := f.Reader(0)
		done := make(chan int64)
		go func() {
			var n int64
			for {
				b, err := next(r)
				if n += int64(len(b)); err != nil {
					done <- n
					return
				}
			}
		}()
		if err := pour(f, 0, c.size); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Finish(); err != nil {
			t.Fatal(err)
		}
		if n := <-done; n != c.size {
			t.Errorf("%+v: the reader got %d bytes", c, n)
		}
		written, limit, outgrew := r.Outgrew()
		if outgrew == c.kept || outgrew && (written != c.size || limit != c.limit) {
			t.Errorf("%+v: outgrew %v, %d of %d", c, outgrew, written, limit)
		}
		r.Close()
		if got, _ := s.Get(o.Key, []byte(o.Text)); (got != nil) != c.kept {
			t.Errorf("%+v: stored %v", c, got != nil)
		}
	}
}

// A body that is too large for RAM, announced or not, goes below while it
// arrives. Clients get all of it, whenever they come and however slow they are,
// and nobody waits for them.
func TestSpill(t *testing.T) {
	const size = 20 << 20
	for _, announced := range []int64{-1, size} {
		s := openOverDisk(t, newFakeDisk())
		o := response(s, "/a")
		_, f, leads := s.Join(o.Key, o.Key, o.Text, nil)
		if !leads {
			t.Fatal("does not lead")
		}
		if err := f.Start(o, announced); err != nil {
			t.Fatal(err)
		}
		var clients sync.WaitGroup
		client := func(offset int64, pause time.Duration) {
			if f.Wait(nil) != Started {
				t.Error("cannot join")
				return
			}
			r := f.Reader(offset)
			clients.Go(func() {
				defer r.Close()
				for at := offset; ; {
					b, err := next(r)
					for _, c := range b {
						if c != byte(at%251) {
							t.Errorf("wrong byte at %d", at)
							return
						}
						at++
					}
					if err == io.EOF && at == size {
						return
					}
					if err != nil {
						t.Errorf("at %d: %v", at, err)
						return
					}
					time.Sleep(pause)
				}
			})
		}
		client(0, 0)
		begin := time.Now()
		for at := int64(0); at < size; at += 1 << 20 {
			if err := pour(f, at, 1<<20); err != nil {
				t.Fatal(err)
			}
			if at%(4<<20) == 0 { // late, and slow
				client(0, 10*time.Millisecond)
				client(rand.Int64N(size), 0)
			}
			_, again, leads := s.Join(o.Key, o.Key, o.Text, nil)
			if leads || again != f {
				t.Fatalf("after %d bytes: another fill", at)
			}
		}
		stored, err := f.Finish()
		if err != nil || stored == nil {
			t.Fatalf("%v, %v", stored, err)
		}
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("took %s", took)
		}
		clients.Wait()
		got, _ := s.Get(o.Key, []byte(o.Text))
		if got == nil || got.Length != size || readOnDisk(t, s, got) != size {
			t.Errorf("stored %+v", got)
		}
		if used := s.flight.used.Load(); used > 1<<20 {
			t.Errorf("%d bytes still in flight", used)
		}
	}
}

// What is below fails in the middle: clients get all of the body, nothing is
// stored, and nothing else happens.
func TestSpillFails(t *testing.T) {
	const size = 12 << 20
	d := newFakeDisk()
	d.failAt = 5 << 20
	s := openOverDisk(t, d)
	o := response(s, "/a")
	_, f, _ := s.Join(o.Key, o.Key, o.Text, nil)
	if err := f.Start(o, size); err != nil {
		t.Fatal(err)
	}
	if f.Wait(nil) != Started {
		t.Fatal("cannot join")
	}
	r := f.Reader(0)
	got := make(chan error)
	go func() {
		n, err := drink(t, r, 0)
		if n != size {
			t.Errorf("%d bytes", n)
		}
		got <- err
	}()
	if err := pour(f, 0, size); err != nil {
		t.Fatal(err)
	}
	if o, err := f.Finish(); o != nil || err != nil {
		t.Errorf("%v, %v", o, err)
	}
	if err := <-got; err != io.EOF {
		t.Error(err)
	}
	if o, _ := s.Get(o.Key, []byte(o.Text)); o != nil {
		t.Errorf("stored %+v", o)
	}
}

// A fetch that fails leaves nothing below.
func TestSpillOfFailedFetch(t *testing.T) {
	s := openOverDisk(t, newFakeDisk())
	o := response(s, "/a")
	_, f, _ := s.Join(o.Key, o.Key, o.Text, nil)
	if err := f.Start(o, 10<<20); err != nil {
		t.Fatal(err)
	}
	f.Wait(nil)
	r := f.Reader(0)
	defer r.Close()
	if err := pour(f, 0, 3<<20); err != nil {
		t.Fatal(err)
	}
	f.Fail(errors.New("origin gone"))
	if _, err := drink(t, r, 0); !errors.Is(err, ErrAborted) {
		t.Error(err)
	}
	if o, _ := s.Get(o.Key, []byte(o.Text)); o != nil {
		t.Errorf("stored %+v", o)
	}
	if o, _ := s.Load(o.Key, []byte(o.Text)); o != nil {
		t.Errorf("below is %+v", o)
	}
}

// Where the tier below takes no stream, a body that is announced as too large
// is declined as ever.
func TestNoSpill(t *testing.T) {
	d := newFakeDisk()
	d.refuse = true
	s := openOverDisk(t, d)
	o := response(s, "/a")
	_, f, _ := s.Join(o.Key, o.Key, o.Text, nil)
	if err := f.Start(o, 10<<20); !errors.Is(err, ErrTooLarge) || err.(*TooLargeError).Limit >= 1<<20 {
		t.Fatal(err)
	}
	f.Decline(1)
	if used := s.flight.used.Load(); used != 0 {
		t.Errorf("%d bytes in flight", used)
	}
}
