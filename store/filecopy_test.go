//go:build linux

package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"brink/purge"
)

// heat asks for the file of o as often as it takes for it to be thought worth
// one, and returns what there is in the end.
func heat(t testing.TB, s *Store, o *Object) *os.File {
	t.Helper()
	before := s.Stats()
	for range copyRetry {
		if f := s.File(o, o.Length); f != nil {
			return f
		}
	}
	for range 1000 {
		now := s.Stats()
		if f := s.File(o, o.Length); f != nil || now.FileCopiesRefused+now.FileCopiesFailed > before.FileCopiesRefused+before.FileCopiesFailed {
			return f
		}
		time.Sleep(100 * time.Microsecond)
	}
	return nil
}

// inFile returns what f holds.
func inFile(t testing.TB, f *os.File) []byte {
	t.Helper()
	b, err := io.ReadAll(io.NewSectionReader(f, 0, 1<<40))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// openFileCopies counts the files of file copies that the process has open.
func openFileCopies(t testing.TB) (n int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	for _, e := range entries {
		if name, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && strings.Contains(name, "memfd:body") {
			n++
		}
	}
	return n
}

// collect has the collector run until ok says yes.
func collect(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for range 1000 {
		if ok() {
			return
		}
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("waited in vain for %s", what)
}

func TestFileCopyHoldsTheBody(t *testing.T) {
	s := open(t, Options{Memory: 256 << 20})
	for _, n := range []int{copyMin, copyMin + 1, 100 << 10, RunSize, RunSize + 1, 3*RunSize - 1, 3 << 20} {
		o := whole(s, fmt.Sprint("/", n), pattern(n))
		s.put(o)
		f := heat(t, s, o)
		if f == nil {
			t.Fatalf("%d bytes: no file", n)
		}
		if !bytes.Equal(inFile(t, f), content(o)) {
			t.Errorf("%d bytes: other content", n)
		}
		if f.Truncate(0) == nil || f.Truncate(1<<30) == nil {
			t.Errorf("%d bytes: the file can be cut or grow", n)
		}
		if _, err := f.WriteAt([]byte("x"), 0); err == nil {
			t.Errorf("%d bytes: the file can be written to", n)
		}
		if s.File(o, copyMin-1) != nil {
			t.Errorf("%d bytes: a file for little content", n)
		}
	}
	if st := s.Stats(); st.FileCopiesMade != 7 || st.FileCopies != 7 || st.FileCopyBytes < 4<<20 {
		t.Errorf("%+v", st)
	}
}

func TestFileCopyIsForHotAndCompleteBodies(t *testing.T) {
	s := open(t, Options{})
	cold, small := whole(s, "/cold", pattern(copyMin)), whole(s, "/small", pattern(copyMin-1))
	arriving := response(s, "/arriving")
	arriving.Length = copyMin
	huge := whole(s, "/huge", pattern(9<<20))
	for range copyHits - 1 {
		s.File(cold, cold.Length)
	}
	for range 3 * copyRetry {
		for _, o := range []*Object{small, arriving, huge} {
			if s.File(o, o.Length) != nil {
				t.Fatalf("%s has a file", o.Text)
			}
		}
	}
	if heat(t, s, whole(s, "/hot", pattern(copyMin))) == nil { // all before was looked at, too
		t.Error("what is hot has no file")
	}
	if s.File(cold, cold.Length-1) == nil && s.Stats().FileCopiesMade != 1 {
		t.Errorf("%+v", s.Stats())
	}
}

func TestFileAllocatesNothing(t *testing.T) {
	s := open(t, Options{})
	hot, cold := whole(s, "/hot", pattern(100<<10)), whole(s, "/cold", pattern(100<<10))
	if heat(t, s, hot) == nil {
		t.Fatal("no file")
	}
	s.fileCopies.limit = 0
	for _, o := range []*Object{hot, cold} {
		if n := testing.AllocsPerRun(1000, func() { s.File(o, o.Length) }); n != 0 {
			t.Errorf("%s: %v allocations", o.Text, n)
		}
	}
}

// A file copy that had to make room, or whose object is gone, serves whoever has
// it, and is gone afterwards.
func TestFileCopyOutlivesItsPlace(t *testing.T) {
	s := open(t, Options{})
	want := pattern(200 << 10)
	f := heat(t, s, whole(s, "/a", want))
	if f == nil {
		t.Fatal("no file")
	}
	s.Close()
	for range 3 {
		runtime.GC()
		for i := range 64 { // takes the numbers of closed files
			if g, err := newMemfile([][]byte{{byte(i)}}); err == nil {
				defer g.Close()
			}
		}
	}
	if !bytes.Equal(inFile(t, f), want) {
		t.Error("the file has changed")
	}
	if st := s.Stats(); st.FileCopies != 1 || st.FileCopyBytes != copyCost(200<<10) {
		t.Errorf("while in use: %+v", st)
	}
	runtime.KeepAlive(f)
	f = nil
	collect(t, "the end of the file", func() bool { st := s.Stats(); return st.FileCopies == 0 && st.FileCopyBytes == 0 })
}

func TestFileCopiesEndWithTheStore(t *testing.T) {
	collect(t, "the end of earlier files", func() bool { return openFileCopies(t) == 0 })
	s := open(t, Options{})
	var objects []*Object
	for i := range 20 {
		o := whole(s, fmt.Sprint("/", i), pattern(70<<10))
		s.put(o)
		if heat(t, s, o) == nil {
			t.Fatal("no file")
		}
		objects = append(objects, o)
	}
	if n := openFileCopies(t); n != 20 {
		t.Fatalf("%d files are open", n)
	}
	s.Close()
	collect(t, "the end of all files", func() bool { return openFileCopies(t) == 0 })
	if s.File(objects[0], objects[0].Length) != nil {
		t.Error("a closed store gives a file")
	}
	runtime.KeepAlive(objects)
}

// jumpy is a clock of which every reading is a turn of the hand later.
func jumpy() func() Instant {
	var now atomic.Int64
	now.Store(int64(clock()))
	return func() Instant { return Instant(now.Add(int64(2 * copyRest))) }
}

// openAt is open with a clock.
func openAt(t testing.TB, memory int64, now func() Instant) *Store {
	t.Helper()
	s, err := New(Options{Memory: memory, Purges: purge.NewLog(0, 0), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// What file copies take is limited, counts until the kernel has it back, and is
// lent by the RAM tier.
func TestFileCopyBudget(t *testing.T) {
	collect(t, "the end of earlier files", func() bool { return openFileCopies(t) == 0 })
	const files = 12
	s := openAt(t, 16<<20, jumpy())
	s.fileCopies.files = files
	rng := rand.New(rand.NewPCG(1, 2))
	var objects []*Object
	for i := range 40 {
		o := whole(s, fmt.Sprint("/", i), pattern(copyMin+rng.IntN(400<<10)))
		s.put(o)
		objects = append(objects, o)
	}
	for i := range 600 {
		o := objects[rng.IntN(len(objects))]
		if f := heat(t, s, o); f != nil && !bytes.Equal(inFile(t, f), content(o)) {
			t.Fatal("other content")
		}
		st := s.Stats()
		if st.FileCopyBytes > st.FileCopyLimit || st.FileCopies > files || openFileCopies(t) > files {
			t.Fatalf("%d files are open, %+v", openFileCopies(t), st)
		}
		if i%4 == 0 {
			runtime.GC()
		}
	}
	st := s.Stats()
	if st.FileCopiesMade < 100 || st.FileCopiesEvicted < st.FileCopiesMade-files || st.FileCopiesFailed != 0 {
		t.Errorf("%+v", st)
	}
	s.fileCopies.mu.Lock()
	if tier := s.tier.(*memory).cache.MaxCost(); tier != s.split.tier-s.fileCopies.mu.bytes {
		t.Errorf("the RAM tier has %d bytes of %d, file copies %d", tier, s.split.tier, s.fileCopies.mu.bytes)
	}
	s.fileCopies.mu.Unlock()
	runtime.KeepAlive(objects)
}

// FileCopies whose objects are gone make room without anybody being evicted.
func TestFileCopiesOfForgottenObjects(t *testing.T) {
	s := openAt(t, 8<<20, jumpy())
	for i := range 50 {
		if heat(t, s, whole(s, fmt.Sprint("/", i), pattern(200<<10))) == nil {
			collect(t, "room", func() bool { st := s.Stats(); return st.FileCopyBytes == 0 })
		}
	}
	if st := s.Stats(); st.FileCopiesMade < 40 || st.FileCopiesEvicted > st.FileCopiesMade/2 {
		t.Errorf("%+v", st)
	}
}

// Without files there are no file copies, and none are tried for a while.
func TestFileCopyFailures(t *testing.T) {
	var now atomic.Int64
	now.Store(int64(clock()))
	s := openAt(t, 64<<20, func() Instant { return Instant(now.Load()) })
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 3, Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	o := whole(s, "/a", pattern(100<<10))
	f := heat(t, s, o)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	if st := s.Stats(); f != nil || st.FileCopiesFailed != 1 || st.FileCopyBytes != 0 || st.FileCopies != 0 {
		t.Errorf("without files: %+v", st)
	}
	now.Add(int64(copyPause - 1))
	for range 50 * copyRetry {
		s.File(o, o.Length)
	}
	time.Sleep(5 * time.Millisecond)
	if st := s.Stats(); st.FileCopiesMade != 0 || st.FileCopiesFailed != 1 {
		t.Errorf("soon after: %+v", st)
	}
	now.Add(1)
	if heat(t, s, o) == nil {
		t.Error("no file later")
	}
}

// A renewed object has the same body and so the same file copy; what only looks
// alike has not.
func TestFileCopyIsInherited(t *testing.T) {
	s := open(t, Options{})
	old := whole(s, "/a", pattern(300<<10))
	s.put(old)
	f := heat(t, s, old)
	if f == nil {
		t.Fatal("no file")
	}
	renewed := response(s, "/a")
	renewed.Body, renewed.Length = old.Body, old.Length
	s.put(renewed)
	if s.File(renewed, renewed.Length) != f {
		t.Error("renewed object has another file or none")
	}
	drain(t, s)
	s.Index(renewed.Key, "/a", &Object{Selector: Selector{"accept"}, Key: Key{1, 2}})
	plain := response(s, "/a")
	plain.Body, plain.Length = old.Body, old.Length
	s.put(plain)
	if s.File(plain, plain.Length) != f {
		t.Error("object renewed beside variants has another file or none")
	}
	for name, body := range map[string][][]byte{
		"copied":    {bytes.Clone(old.Body[0]), old.Body[1]},
		"shorter":   old.Body[:1],
		"a part":    {old.Body[0][1:], old.Body[1]},
		"cut short": {old.Body[0], old.Body[1][:10]},
	} {
		o := response(s, "/a")
		o.Body = body
		for _, run := range body {
			o.Length += int64(len(run))
		}
		s.put(o)
		if s.File(o, o.Length) != nil {
			t.Errorf("%s: has a file", name)
		}
		s.put(old)
	}
}

// Whoever looks up a key gets a file of the very object, however fast objects
// and file copies are replaced and purged.
func TestFileCopiesOfReplacedObjects(t *testing.T) {
	s := openAt(t, 8<<20, jumpy())
	const keys = 6
	var newest [keys]atomic.Int64
	var stop atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() {
		rng := rand.New(rand.NewPCG(3, 4))
		for n := int64(1); !stop.Load(); n++ {
			i := rng.IntN(keys)
			text := fmt.Sprint("/", i)
			if rng.IntN(2) == 0 {
				s.purges.Put(purge.Rule{Kind: purge.URL, ID: s.Hash([]byte(text)).URL()})
			}
			s.put(whole(s, text, versioned(n, copyMin+rng.IntN(100<<10))))
			newest[i].Store(n)
			time.Sleep(time.Duration(rng.IntN(3)) * time.Millisecond)
		}
	})
	wg.Go(func() {
		for !stop.Load() {
			runtime.GC()
			time.Sleep(5 * time.Millisecond)
		}
	})
	var sent atomic.Int64
	for reader := range uint64(4) {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(5, reader))
			for !stop.Load() {
				i := rng.IntN(keys)
				least := newest[i].Load()
				o := s.lookup(fmt.Sprint("/", i))
				if o == nil {
					continue
				}
				if f := s.File(o, o.Length); f != nil {
					got := inFile(t, f)
					if n := versionOf(got); !bytes.Equal(got, content(o)) || n < least {
						t.Errorf("version %d of %d bytes after %d", n, len(got), least)
						stop.Store(true)
					}
					sent.Add(1)
				}
			}
		})
	}
	began := time.Now()
	for enough := false; !enough && time.Since(began) < 20*time.Second; time.Sleep(time.Second) {
		enough = sent.Load() >= 10 && s.Stats().FileCopiesMade >= 10
	}
	stop.Store(true)
	wg.Wait()
	if st := s.Stats(); sent.Load() < 10 || st.FileCopiesMade < 10 {
		t.Errorf("%d bodies came from files, %+v", sent.Load(), st)
	}
}

// versioned returns n bytes that all tell the version.
func versioned(version int64, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(version >> (8 * (i % 8)))
	}
	return b
}

func versionOf(b []byte) int64 { return int64(binary.LittleEndian.Uint64(b)) }
