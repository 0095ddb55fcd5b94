package disk

import (
	"bytes"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"brink/store"
)

// A body that is written while it arrives can be read at any time, as far as it
// has come, and is an object like any other once its head was saved.
func TestStream(t *testing.T) {
	for _, length := range []int{1, store.RunSize - 1, store.RunSize, 5*store.RunSize + 100} {
		fs := vfs.NewMem()
		tier := open(t, Options{FS: fs})
		o := object("/a", length)
		whole := bytes.Join(o.Body, nil)
		s := tier.Stream(o, int64(length))
		for at := 0; at < length; {
			n := min(100_001, length-at)
			if err := s.Write(whole[at : at+n]); err != nil {
				t.Fatal(err)
			}
			at += n
			for run := range (at + store.RunSize - 1) / store.RunSize {
				got, err := s.Read(run, nil)
				if want := whole[run*store.RunSize : min(at, (run+1)*store.RunSize)]; err != nil || !bytes.Equal(got, want) {
					t.Fatalf("run %d after %d bytes: %d bytes, %v", run, at, len(got), err)
				}
			}
		}
		location, err := s.Commit()
		if err != nil || len(location.Runs) != runCount(int64(length)) {
			t.Fatalf("%+v, %v", location, err)
		}
		s.Abort()
		o.Body = nil
		o.SetLocation(location)
		tier.Save(o)
		drain(t, tier)
		tier.Close()
		tier = open(t, Options{FS: fs})
		wantObject(t, tier, "/a", length)
	}
}

// What was given up is not written any more, but those who read it go on.
func TestStreamAborted(t *testing.T) {
	tier := open(t, Options{FS: vfs.NewMem()})
	s := tier.Stream(object("/a", 0), -1)
	body := bytes.Repeat([]byte("0123456789"), store.RunSize/4)
	if err := s.Write(body); err != nil {
		t.Fatal(err)
	}
	s.Abort()
	drain(t, tier)
	for run := range 3 {
		got, err := s.Read(run, nil)
		if want := body[run*store.RunSize : min(len(body), (run+1)*store.RunSize)]; err != nil || !bytes.Equal(got, want) {
			t.Errorf("run %d: %d bytes, %v", run, len(got), err)
		}
	}
	if err := s.Write(body); err == nil {
		t.Error("written after the end")
	}
	if _, err := s.Commit(); err == nil {
		t.Error("committed after the end")
	}
}

// No body takes more than its share, announced or not.
func TestStreamTooLong(t *testing.T) {
	tier := open(t, Options{FS: vfs.NewMem()})
	if tier.Stream(object("/a", 0), MinSize/4) != nil {
		t.Error("taken")
	}
	s := tier.Stream(object("/a", 0), -1)
	p := make([]byte, 1<<20)
	n := 0
	for ; n < MinSize; n += len(p) {
		if s.Write(p) != nil {
			break
		}
	}
	if n > MinSize/4 {
		t.Errorf("%d bytes written", n)
	}
}
