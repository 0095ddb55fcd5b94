package store

import (
	"bytes"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"brink/purge"
)

func TestDeclineReleasesAllAtOnce(t *testing.T) {
	s := open(t, Options{})
	f := s.lead(t, "/a")
	const n = 1000
	var wg sync.WaitGroup
	for range n {
		g, leads := s.begin("/a")
		if leads || g != f {
			t.Fatal("did not join")
		}
		wg.Go(func() {
			if o := g.Wait(nil); o != Declined || g.Reason() != 7 {
				t.Errorf("got %v, %d", o, g.Reason())
			}
			// What was declined is not met again.
			if h, _ := s.begin("/a"); h == f {
				t.Error("met the declined fill again")
			}
		})
	}
	for f.Waiters() < n {
		time.Sleep(time.Millisecond)
	}
	begin := time.Now()
	f.Decline(7)
	wg.Wait()
	if d := time.Since(begin); d > time.Second {
		t.Errorf("took %v", d)
	}
	s.Fills(func(FillInfo) {})
	k := s.Hash([]byte("/a"))
	_, h, _ := s.Join(k, k, "/a", nil)
	h.Decline(0)
	s.idle(t)
}

func TestJoinAfterTheEndFindsTheObject(t *testing.T) {
	s := open(t, Options{})
	k := s.Hash([]byte("/a"))
	for range 1000 {
		f := s.startFill(t, "/a", 1)
		var wg sync.WaitGroup
		wg.Go(func() {
			for {
				o, g, leads := s.Join(k, k, "/a", nil)
				switch {
				case leads:
					t.Error("a second fetch")
					g.Fail(io.EOF)
					return
				case o != nil:
					return
				}
			}
		})
		f.Write([]byte("x"))
		f.Finish()
		wg.Wait()
		s.Delete(k)
	}
	s.idle(t)
}

func TestJoinAccepts(t *testing.T) {
	s := open(t, Options{})
	k := s.Hash([]byte("/a"))
	old := whole(s, "/a", []byte("old"))
	s.put(old)
	if o, _, _ := s.Join(k, k, "/a", nil); o != old {
		t.Error("what is stored is not found")
	}
	not := func(o *Object, _ purge.Verdict) bool { return o != old }
	o, f, leads := s.Join(k, k, "/a", not)
	if o != nil || !leads {
		t.Fatal("a refresh does not lead")
	}
	if _, g, leads := s.Join(k, k, "/a", not); leads || g != f {
		t.Error("a second refresh does not join")
	}
	f.Resolve(whole(s, "/a", []byte("new")))
	if o, _, _ := s.Join(k, k, "/a", not); o == nil || string(content(o)) != "new" {
		t.Error("a refresh does not find what another refresh brought")
	}
	s.purges.Put(purge.Rule{Kind: purge.URL, ID: k.URL()})
	_, f, leads = s.Join(k, k, "/a", func(*Object, purge.Verdict) bool { t.Error("asked about a purged object"); return true })
	if !leads {
		t.Error("a purged object counts")
	}
	f.Fail(io.EOF)
	s.idle(t)
}

func TestPurgeFencesFills(t *testing.T) {
	s := open(t, Options{})
	k := s.Hash([]byte("/a"))
	old := s.startFill(t, "/a", -1)
	r := old.Reader(0)
	old.Write([]byte("old "))
	s.purges.Put(purge.Rule{Kind: purge.URL, ID: k.URL()})
	young, leads := s.begin("/a")
	if !leads {
		t.Fatal("joined a fill that began before the purge")
	}
	if g, leads := s.begin("/a"); leads || g != young {
		t.Error("the new fill did not take the place of the old one")
	}
	old.Write([]byte("bytes"))
	if o, err := old.Finish(); err != nil || o == nil {
		t.Error(err)
	}
	if b, err := readAll(r); string(b) != "old bytes" || err != nil {
		t.Errorf("the readers of the old fill got %q, %v", b, err)
	}
	if s.lookup("/a") != nil {
		t.Error("a fill that began before the purge was stored")
	}
	if g, leads := s.begin("/a"); leads || g != young {
		t.Error("the end of the old fill took the new one out of the table")
	}
	young.Start(response(s, "/a"), 3)
	young.Write([]byte("new"))
	young.Finish()
	if o := s.lookup("/a"); o == nil || string(content(o)) != "new" {
		t.Error("the new fill was not stored")
	}
	// The same without a second fill.
	f := s.startFill(t, "/b", 1)
	s.purges.Put(purge.Rule{Kind: purge.URL, ID: f.primary.URL()})
	f.Write([]byte("x"))
	f.Finish()
	s.put(f.Object())
	if s.lookup("/b") != nil {
		t.Error("stored in spite of the purge")
	}
	if st := s.Stats(); st.Fenced != 3 {
		t.Errorf("%d fenced", st.Fenced)
	}
	s.idle(t)
}

func TestManyFillsAndReaders(t *testing.T) {
	s := open(t, Options{Memory: 32 << 20})
	var wg sync.WaitGroup
	for worker := range 16 {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(1, uint64(worker)))
			for range 120 {
				text := string(rune('a' + rnd.IntN(8)))
				body := pattern(rnd.IntN(60_000))
				k := s.Hash([]byte(text))
				o, f, leads := s.Join(k, k, text, nil)
				if leads {
					go leadRandomly(s, f, body, rnd.Uint64())
				}
				if o == nil && f.Wait(nil) == Started {
					got, err := readAll(f.Reader(0))
					if err == nil && !bytes.Equal(got, pattern(len(got))) {
						t.Error("wrong bytes")
					}
				}
				if rnd.IntN(4) == 0 {
					s.purges.Put(purge.Rule{Kind: purge.URL, ID: k.URL()})
				}
				if rnd.IntN(8) == 0 {
					s.Delete(k)
				}
			}
		})
	}
	wg.Wait()
	for s.Stats().Fills > 0 {
		time.Sleep(time.Millisecond)
	}
	s.idle(t)
}

func leadRandomly(s *Store, f *Fill, body []byte, seed uint64) {
	rnd := rand.New(rand.NewPCG(2, seed))
	length := int64(-1)
	if rnd.IntN(2) == 0 {
		length = int64(len(body))
	}
	switch rnd.IntN(10) {
	case 0:
		f.Decline(1)
		return
	case 1:
		f.Fail(io.EOF)
		return
	case 2:
		f.Resolve(whole(s, f.text, body))
		return
	}
	if f.Start(response(s, f.text), length) != nil {
		f.Decline(2)
		return
	}
	fail := rnd.IntN(10) == 0
	for rest := body; len(rest) > 0; {
		n := min(len(rest), 1+rnd.IntN(30_000))
		if _, err := f.Write(rest[:n]); err != nil || fail {
			f.Fail(io.ErrUnexpectedEOF)
			return
		}
		rest = rest[n:]
	}
	f.Finish()
}

// A purge that has no number yet keeps requests from joining an older fetch, too.
func TestJoinAfterAhead(t *testing.T) {
	s := open(t, Options{})
	k := s.Hash([]byte("/a"))
	_, old, _ := s.Join(k, k, "/a", nil)
	s.purges.Ahead(purge.Rule{Kind: purge.URL, ID: k.URL()})
	_, f, leads := s.Join(k, k, "/a", nil)
	if !leads || f == old {
		t.Error("joined a fetch that began before the purge")
	}
	seen := s.purges.Version()
	s.purges.Ahead(purge.Rule{Kind: purge.Tag, ID: purge.ID{Hi: 7}})
	o := whole(s, "/a", nil)
	o.Tags = []purge.ID{{Hi: 7}}
	if err := f.Start(o, 0); err != nil {
		t.Fatal(err)
	}
	if f.Outdated(seen) || !f.Outdated(s.purges.Version()) {
		t.Error("who joined before the purge is answered, who joined after it is not")
	}
	f.Fail(ErrAborted)
	old.Fail(ErrAborted)
}
