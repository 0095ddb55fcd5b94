package purge

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

func openLog(t testing.TB, path string, atLeast Seq) *Log {
	t.Helper()
	l, lost := Open(path, names, 0, atLeast)
	if lost != nil {
		t.Fatal(lost)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func purgeTag(t testing.TB, l *Log, tag string) Seq {
	t.Helper()
	seq, err := l.Purge(context.Background(), Rule{Kind: Tag, ID: names.Tag(tag)})
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

// copied returns a copy of a journal as a crash would leave it.
func copied(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return written(t, b)
}

func written(t testing.TB, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "purges")
	if err := os.WriteFile(path, b, 0o640); err != nil {
		t.Fatal(err)
	}
	return path
}

// What was purged is in force after a crash at any moment after the answer.
func TestDurable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "purges")
	l := openLog(t, path, 0)
	for i := range 20 {
		seq := purgeTag(t, l, fmt.Sprint(i))
		if i == 10 {
			l.Put(Rule{Kind: All, Soft: true})
		}
		again := openLog(t, copied(t, path), seq)
		for j := range i + 1 {
			s := subject("a.test", "/", fmt.Sprint(j))
			if v := again.Covers(&s, 0); v != Hard {
				t.Fatalf("purge %d after %d: %v", j, i, v)
			}
		}
		s := subject("a.test", "/", "other")
		if v := again.Covers(&s, 0); i <= 9 && v != Untouched || i > 10 && v != Soft {
			t.Fatalf("another after %d: %v", i, v)
		}
	}
	if s := l.Stats(); !s.Durable || s.Rules != 20 || s.Bytes == 0 {
		t.Errorf("%+v", s)
	}
}

// Numbers go on where they ended, with the floor, over any number of restarts.
func TestRestarts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "purges")
	var latest Seq
	for i := range 5 {
		l, lost := Open(path, names, 0, latest)
		if lost != nil {
			t.Fatal(lost)
		}
		if l.Latest() != latest {
			t.Fatalf("start %d: latest %d, want %d", i, l.Latest(), latest)
		}
		l.Put(Rule{Kind: Tag, ID: names.Tag("x")})
		if i == 1 {
			l.Doubt()
		}
		latest = l.Latest()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	l := openLog(t, path, latest)
	s := subject("a.test", "/", "other")
	if v := l.Covers(&s, 2); v != Doubtful {
		t.Errorf("below the floor: %v", v)
	}
	if v := l.Covers(&s, 3); v != Untouched {
		t.Errorf("above the floor: %v", v)
	}
}

// The cursor in a fleet's numbers is kept apart from this node's own.
func TestCursor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "purges")
	l := openLog(t, path, 0)
	rule := Rule{Kind: Tag, ID: names.Tag("x")}
	l.Apply(Cursor{Seq: 50}, rule)
	l.Ahead(rule)
	purgeTag(t, l, "y") // waits until both are written
	for range 2 {
		again := openLog(t, copied(t, path), 51)
		if again.Cursor().Seq != 50 || again.Latest() != 51 {
			t.Errorf("cursor %d, latest %d", again.Cursor().Seq, again.Latest())
		}
		purgeTag(t, again, "z") // the file is new
	}
}

// A file of which something is missing, or wrong, leaves doubt about all that was
// stored before, and numbers go on above all that were used.
func TestDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "purges")
	l := openLog(t, path, 0)
	var latest Seq
	for i := range 10 {
		latest = purgeTag(t, l, fmt.Sprint(i))
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string, b []byte) {
		t.Helper()
		path := written(t, b)
		if b == nil {
			os.Remove(path)
		}
		l, lost := Open(path, names, 0, latest)
		defer func() {
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		}()
		if l.Latest() < latest {
			t.Errorf("%s: latest %d", what, l.Latest())
		}
		for i := range 10 {
			s := subject("a.test", "/", fmt.Sprint(i))
			if v := l.Covers(&s, Seq(i)); v < Doubtful {
				t.Errorf("%s: purge %d: %v, lost: %v", what, i, v, lost)
			}
			if v := l.Covers(&s, l.Latest()); v != Untouched {
				t.Errorf("%s: what is new: %v", what, v)
			}
		}
		seq := purgeTag(t, l, "new")
		if again := openLog(t, copied(t, path), seq); again.Latest() != seq {
			t.Errorf("%s: latest %d after a restart, want %d", what, again.Latest(), seq)
		}
	}
	check("gone", nil)
	for n := range len(whole) {
		check(fmt.Sprint("cut to ", n), whole[:n])
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		b := append([]byte(nil), whole...)
		i := rng.IntN(len(b))
		b[i] ^= 1 << rng.IntN(8)
		check(fmt.Sprint("flipped at ", i), b)
	}
	foreign := append([]byte(nil), whole...)
	binary.BigEndian.PutUint64(foreign[len(magic):], uint64(names)+1)
	check("another cache's", foreign)
}

// Purges that come at a time share writes; each is durable when it is answered.
func TestGroupCommit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "purges")
	l := openLog(t, path, 0)
	var running sync.WaitGroup
	for w := range 32 {
		running.Go(func() {
			for i := range 100 {
				tag := fmt.Sprint(w, "-", i)
				if _, err := l.Purge(context.Background(), Rule{Kind: Tag, ID: names.Tag(tag)}); err != nil {
					t.Error(err)
				}
				if i == 50 && w%8 == 0 {
					again := openLog(t, copied(t, path), 0)
					if s := subject("a.test", "/", tag); again.Covers(&s, 0) != Hard {
						t.Errorf("%s is not durable", tag)
					}
				}
			}
		})
	}
	running.Wait()
	if l.Stats().Rules != 3200 {
		t.Errorf("%+v", l.Stats())
	}
}

// A file that has grown is written anew, no larger than what is in force.
func TestJournalStaysSmall(t *testing.T) {
	path := filepath.Join(t.TempDir(), "purges")
	l := openLog(t, path, 0)
	rules := make([]Rule, 10_000)
	for i := range rules {
		rules[i] = Rule{Kind: Tag, ID: names.Tag(fmt.Sprint(i))}
	}
	for range 100 { // 25 MB of rows
		if _, err := l.Purge(context.Background(), rules...); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Size() > 6<<20 {
			t.Fatal(info.Size(), err)
		}
	}
	again := openLog(t, copied(t, path), 100)
	if again.Stats().Rules != len(rules) {
		t.Errorf("%+v", again.Stats())
	}
}

// When most of what a file has is forgotten, it is written anew.
func TestTrimShrinksJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "purges")
	l := openLog(t, path, 0)
	rules := make([]Rule, 50_000)
	for i := range rules {
		rules[i] = Rule{Kind: Tag, ID: names.Tag(fmt.Sprint(i))}
	}
	if _, err := l.Purge(context.Background(), rules...); err != nil {
		t.Fatal(err)
	}
	last := purgeTag(t, l, "last")
	l.Trim(last - 1)
	for end := time.Now().Add(10 * time.Second); !l.Stats().Durable || l.Stats().Bytes > 10_000; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%+v", l.Stats())
		}
	}
	again := openLog(t, copied(t, path), last)
	if s := subject("a.test", "/", "last"); again.Covers(&s, last-1) != Hard || again.Floor() != last-1 {
		t.Errorf("after a restart: %v, %+v", again.Covers(&s, last-1), again.Stats())
	}
}

// What waits for a slow disk is bounded: beyond that all that is in force is written.
func TestJournalWaitsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "purges")
	l := NewLog(names, 0)
	j := newJournal(path, l)
	rules := make([]Rule, 1000)
	for i := range 220 { // 5 MB of rows, which nobody writes yet
		for k := range rules {
			rules[k] = Rule{Kind: Tag, ID: names.Tag(fmt.Sprint(i%20, "-", k))}
		}
		l.Put(rules...)
		if n := len(j.pending); n > maxPending+len(rules)*rowSize {
			t.Fatalf("%d bytes wait", n)
		}
	}
	go j.run()
	seq := purgeTag(t, l, "last")
	again := openLog(t, copied(t, path), seq)
	if again.Stats().Rules != 20_001 {
		t.Errorf("%+v", again.Stats())
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

// While the disk fails purges are in force and said not to be durable; as soon as
// it does not, all are.
func TestDiskFails(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sub")
	path := filepath.Join(dir, "purges")
	l, lost := Open(path, names, 0, 0) // there is no such directory
	if lost != nil {
		t.Fatal(lost)
	}
	defer l.Close()
	seq, err := l.Purge(context.Background(), Rule{Kind: Tag, ID: names.Tag("x")})
	if !errors.Is(err, ErrNotDurable) || seq != 1 {
		t.Fatal(seq, err)
	}
	s := subject("a.test", "/", "x")
	if l.Covers(&s, 0) != Hard || l.Stats().Durable {
		t.Error("not in force, or durable")
	}
	if err := os.Mkdir(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); !l.Stats().Durable; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("not durable after 10s")
		}
	}
	again := openLog(t, copied(t, path), seq)
	if again.Covers(&s, 0) != Hard {
		t.Error("not in force after a restart")
	}
}

// FuzzRestore: any file opens; it never takes back a number, and what does not
// prove itself leaves doubt.
func FuzzRestore(f *testing.F) {
	path := filepath.Join(f.TempDir(), "purges")
	l, _ := Open(path, names, 0, 0)
	for i := range 3 {
		_, _ = l.Purge(context.Background(), Rule{Kind: Tag, ID: names.Tag(fmt.Sprint(i))}, Rule{Kind: All, Soft: true})
	}
	l.Close()
	b, _ := os.ReadFile(path)
	f.Add(b)
	f.Add(b[:len(b)-3])
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, b []byte) {
		l := NewLog(names, 0)
		err := l.restore(b)
		if err == nil && len(b) < headerSize {
			t.Error("too short a file is whole")
		}
		latest := l.Latest()
		var all rows
		l.write(&all)
		again := NewLog(names, 0)
		again.restoreRows(all, true)
		if again.Latest() != latest {
			t.Errorf("latest %d, was %d", again.Latest(), latest)
		}
	})
}

// What nobody waits for is in the file at once, and synced without anybody asking.
func TestNotUrgent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "purges")
	l := openLog(t, path, 0)
	purgeTag(t, l, "first")
	l.Put(Rule{Kind: Tag, ID: names.Tag("second")})
	l.Apply(Cursor{Seq: 9}, Rule{Kind: Tag, ID: names.Tag("third")})
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		again := openLog(t, copied(t, path), 0)
		s := subject("a.test", "/", "third")
		if again.Cursor().Seq == 9 && again.Latest() == 9 && again.Covers(&s, 8) == Hard {
			break
		}
		if time.Now().After(end) {
			t.Fatal("not in the file after 10s")
		}
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		l.journal.mu.Lock()
		synced := l.journal.synced && len(l.journal.pending) == 0
		l.journal.mu.Unlock()
		if synced {
			break
		}
		if time.Now().After(end) {
			t.Fatal("not synced after 10s")
		}
	}
}
