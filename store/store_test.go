package store

import (
	"bytes"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"brink/purge"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a node's clock for tests.
func clock() Instant { return Instant(time.Now().UnixNano()) }

// open returns a store that is closed when the test ends.
func open(t testing.TB, o Options) *Store {
	t.Helper()
	if o.Memory == 0 {
		o.Memory = 64 << 20
	}
	if o.Purges == nil {
		o.Purges = purge.NewLog(0, 0)
	}
	o.Now = clock
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// drain waits until the RAM tier is settled.
func drain(t testing.TB, s *Store) {
	t.Helper()
	for range 10000 {
		if s.unsettled.Load() == 0 {
			return
		}
		time.Sleep(100 * time.Microsecond)
	}
	t.Fatal("the store does not settle")
}

// response returns an object without a body.
func response(s *Store, text string) *Object {
	k := s.Hash([]byte(text))
	o := &Object{Key: k, Primary: k, Text: text, Stamp: s.purges.Latest()}
	o.Head.Begin(200)
	o.Head.AddString("Content-Type", "text/plain")
	return o
}

// whole returns an object with a body.
func whole(s *Store, text string, body []byte) *Object {
	o := response(s, text)
	for rest := body; len(rest) > 0; {
		n := min(len(rest), RunSize)
		o.Body = append(o.Body, bytes.Clone(rest[:n]))
		rest = rest[n:]
	}
	o.Length = int64(len(body))
	return o
}

// content returns the body of an object.
func content(o *Object) []byte { return bytes.Join(o.Body, nil) }

// pattern returns n bytes that differ from place to place.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i ^ i>>8 ^ i>>16)
	}
	return b
}

func (s *Store) lookup(text string) *Object {
	o, _ := s.Get(s.Hash([]byte(text)), []byte(text))
	return o
}

func (s *Store) begin(text string) (*Fill, bool) {
	k := s.Hash([]byte(text))
	_, f, leads := s.Join(k, k, text, nil)
	return f, leads
}

func TestPutIsVisibleAtOnceAndAfterSettling(t *testing.T) {
	s := open(t, Options{})
	for i := range 1000 {
		text := fmt.Sprint("/", i)
		s.put(whole(s, text, []byte(text)))
		if o := s.lookup(text); o == nil || string(content(o)) != text {
			t.Fatalf("%s is not there right after Put", text)
		}
	}
	drain(t, s)
	for i := range 1000 {
		text := fmt.Sprint("/", i)
		if o := s.lookup(text); o == nil || string(content(o)) != text {
			t.Fatalf("%s is not there after settling", text)
		}
	}
	if st := s.Stats(); st.Objects != 1000 || st.FlightBytes != 0 || st.Settling != 0 {
		t.Errorf("after settling: %+v", st)
	}
}

func TestDrop(t *testing.T) {
	s := open(t, Options{})
	for _, settled := range []bool{false, true} {
		s.put(whole(s, "/a", []byte("one")))
		if settled {
			drain(t, s)
		}
		s.Delete(s.Hash([]byte("/a")))
		if s.lookup("/a") != nil {
			t.Errorf("dropped object is there (settled %t)", settled)
		}
		drain(t, s)
		if s.lookup("/a") != nil {
			t.Errorf("dropped object came back (settled %t)", settled)
		}
		s.put(whole(s, "/a", []byte("two")))
		if o := s.lookup("/a"); o == nil || string(content(o)) != "two" {
			t.Errorf("write after drop is lost (settled %t)", settled)
		}
		drain(t, s)
		if o := s.lookup("/a"); o == nil || string(content(o)) != "two" {
			t.Errorf("write after drop is lost after settling (settled %t)", settled)
		}
		s.Delete(s.Hash([]byte("/a")))
		drain(t, s)
	}
	if st := s.Stats(); st.Objects != 0 || st.Deleted != 4 {
		t.Errorf("%+v", st)
	}
}

func TestGetHonoursPurges(t *testing.T) {
	log := purge.NewLog(0, 2)
	s := open(t, Options{Purges: log})
	s.put(whole(s, "/a", []byte("one")))
	s.put(whole(s, "/b", []byte("one")))
	drain(t, s)
	log.Put(purge.Rule{Kind: purge.URL, ID: s.Hash([]byte("/a")).URL()})
	if o, v := s.Get(s.Hash([]byte("/a")), []byte("/a")); o != nil || v != purge.Hard {
		t.Errorf("purged object: %v, verdict %d", o, v)
	}
	for i := range 500 { // raises the floor
		log.Put(purge.Rule{Kind: purge.URL, ID: s.Hash(fmt.Append(nil, "/x", i)).URL()})
	}
	for range 2 {
		if o, v := s.Get(s.Hash([]byte("/b")), []byte("/b")); o == nil || v != purge.Doubtful {
			t.Errorf("object below the floor: %v, verdict %d", o, v)
		}
	}
	log.Put(purge.Rule{Kind: purge.URL, ID: s.Hash([]byte("/b")).URL()})
	if o := s.lookup("/b"); o != nil {
		t.Error("purged object is there")
	}
	s.put(whole(s, "/b", []byte("two")))
	if o := s.lookup("/b"); o == nil {
		t.Error("object fetched after the purge is not there")
	}
}

func TestPurgedObjectsAreReclaimed(t *testing.T) {
	s := open(t, Options{})
	s.put(whole(s, "/a", pattern(10000)))
	drain(t, s)
	s.purges.Put(purge.Rule{Kind: purge.URL, ID: s.Hash([]byte("/a")).URL()})
	s.lookup("/a")
	for range 10000 {
		if s.Stats().Purged == 1 {
			drain(t, s)
			if st := s.Stats(); st.Objects != 0 || st.Bytes != emptySlot {
				t.Errorf("%+v", st)
			}
			return
		}
		time.Sleep(100 * time.Microsecond)
	}
	t.Error("purged object stays")
}

func TestCollision(t *testing.T) {
	s := open(t, Options{})
	k := s.Hash([]byte("/a"))
	s.put(whole(s, "/a", []byte("a")))
	if o, _ := s.Get(k, []byte("/b")); o != nil {
		t.Error("another text was served")
	}
	// Half of the key is enough for sharing a slot.
	half := Key{k.Hi, ^k.Lo}
	if o, _ := s.Get(half, []byte("/a")); o != nil {
		t.Error("another key was served")
	}
	if n := s.Stats().Collisions; n != 2 {
		t.Errorf("%d collisions counted", n)
	}
	b := whole(s, "/b", []byte("b"))
	b.Key = half
	s.put(b)
	if o, _ := s.Get(half, []byte("/b")); o != b {
		t.Error("the later of two keys that collide is not there")
	}
	if s.lookup("/a") != nil {
		t.Error("the earlier of two keys that collide was served")
	}
	s.Delete(k)
	if o, _ := s.Get(half, []byte("/b")); o != b {
		t.Error("dropping a key dropped another")
	}
}

func TestFillsOfCollidingTexts(t *testing.T) {
	s := open(t, Options{})
	k := Key{1, 2}
	_, a, leads := s.Join(k, k, "/a", nil)
	if !leads {
		t.Fatal("first does not lead")
	}
	_, b, leads := s.Join(k, k, "/b", nil)
	if !leads || a == b {
		t.Fatal("another text joined")
	}
	_, c, leads := s.Join(k, k, "/a", nil)
	if leads || c != a {
		t.Fatal("same text did not join")
	}
	a.Fail(os.ErrClosed)
	b.Fail(os.ErrClosed)
}

func TestOversizeObjectIsNotAdmitted(t *testing.T) {
	s := open(t, Options{Memory: 64 << 20})
	s.put(whole(s, "/a", []byte("small")))
	drain(t, s)
	s.put(whole(s, "/a", pattern(1<<20)))
	if s.lookup("/a") != nil {
		t.Error("an object over the limit was admitted, or the one it replaces lives on")
	}
	if st := s.Stats(); st.Oversize != 1 {
		t.Errorf("%+v", st)
	}
}

func TestGetAllocatesNothing(t *testing.T) {
	s := open(t, Options{})
	text := []byte("https example.com /a/b/c")
	s.put(whole(s, string(text), []byte("body")))
	drain(t, s)
	k := s.Hash(text)
	// The RAM tier's buffers take 512 bytes in one of 64 gets.
	if n := testing.AllocsPerRun(1000, func() {
		if o, _ := s.Get(s.Hash(text), text); o == nil {
			t.Fatal("not there")
		}
	}); n != 0 {
		t.Errorf("a hit allocates %v times", n)
	}
	if n := testing.AllocsPerRun(1000, func() { s.Get(Key{k.Hi + 1, k.Lo}, text) }); n != 0 {
		t.Errorf("a miss allocates %v times", n)
	}
}

func TestCloseWhileIdle(t *testing.T) {
	s := open(t, Options{})
	s.put(whole(s, "/a", []byte("a")))
	s.Close()
	if s.lookup("/a") != nil {
		t.Error("closed store answers")
	}
	s.put(whole(s, "/b", []byte("b")))
	s.Delete(s.Hash([]byte("/a")))
	f, leads := s.begin("/c")
	if !leads {
		t.Fatal("no fill after Close")
	}
	f.Resolve(whole(s, "/c", []byte("c")))
	s.Close()
}

func BenchmarkGet(b *testing.B) {
	s := open(b, Options{})
	const n = 1024
	texts := make([][]byte, n)
	keys := make([]Key, n)
	for i := range texts {
		texts[i] = fmt.Appendf(nil, "https\x00www.example.com\x00/static/js/app-%d.js", i)
		keys[i] = s.Hash(texts[i])
		s.put(whole(s, string(texts[i]), pattern(1024)))
	}
	drain(b, s)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if o, _ := s.Get(keys[i%n], texts[i%n]); o == nil {
			b.Fatal("not there")
		}
		i++
	}
}

// put stores an object as a fetch does that needed no body of its own.
func (s *Store) put(o *Object) { s.BeginPrivate(o.Key, o.Primary, o.Text).Resolve(o) }
