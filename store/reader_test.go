package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"
)

// Each reader leaves at another byte; the others are not disturbed.
func TestReadersLeaveAtEveryOffset(t *testing.T) {
	s := open(t, Options{})
	body := pattern(2000)
	f := s.startFill(t, "/a", -1)
	var wg sync.WaitGroup
	for stop := range len(body) + 1 {
		r := f.Reader(0)
		wg.Go(func() {
			defer r.Close()
			var got []byte
			for len(got) < stop {
				b, err := next(r)
				if err != nil {
					t.Errorf("reader that leaves at %d: %v", stop, err)
					return
				}
				got = append(got, b...)
			}
			if !bytes.Equal(got, body[:len(got)]) {
				t.Errorf("reader that leaves at %d got wrong bytes", stop)
			}
		})
	}
	for i := 0; i < len(body); i += 7 {
		f.Write(body[i:min(i+7, len(body))])
	}
	o, err := f.Finish()
	wg.Wait()
	if err != nil || !bytes.Equal(content(o), body) {
		t.Error(err)
	}
	s.idle(t)
}

// Who has got a body of an announced length whole finds it in the store, even
// if an older one was there.
func TestWholeIsStored(t *testing.T) {
	s := open(t, Options{})
	for i, body := range [][]byte{pattern(100), pattern(RunSize + 1000)} {
		f := s.startFill(t, fmt.Sprintf("/%d", i), int64(len(body)))
		f.Write(body[:len(body)-1])
		r := f.Reader(0)
		for n := 0; n < len(body)-1; {
			b, err := r.Next(false)
			if len(b) == 0 || err != nil {
				t.Fatalf("all but the last byte is not to be had: %d bytes, %v", n, err)
			}
			n += len(b)
		}
		f.Write(body[len(body)-1:])
		if b, err := r.Next(false); len(b) > 0 || err != nil {
			t.Errorf("the last byte is given before the body is stored: %d bytes, %v", len(b), err)
		}
		f.Finish()
		if b, err := r.Next(false); len(b) != 1 || err != nil {
			t.Errorf("the last byte is not given: %d bytes, %v", len(b), err)
		}
		r.Close()
	}
	s.idle(t)
}

func TestReaderOffsets(t *testing.T) {
	s := open(t, Options{})
	body := pattern(30_000)
	f := s.startFill(t, "/a", -1)
	f.Write(body[:20_000])
	var readers []*Reader
	for at := int64(0); at <= 31_000; at += 997 {
		readers = append(readers, f.Reader(at))
	}
	f.Write(body[20_000:])
	f.Finish()
	for _, r := range readers {
		at := r.pos
		got, err := readAll(r)
		if err != nil || !bytes.Equal(got, body[min(at, 30_000):]) {
			t.Errorf("reader at %d got %d bytes, %v", at, len(got), err)
		}
	}
	s.idle(t)
}

func TestNextWithoutWaiting(t *testing.T) {
	s := open(t, Options{})
	f := s.startFill(t, "/a", -1)
	r := f.Reader(0)
	defer r.Close()
	if b, err := r.Next(false); b != nil || err != nil {
		t.Errorf("before any byte: %q, %v", b, err)
	}
	f.Write([]byte("abc"))
	if b, err := r.Next(false); string(b) != "abc" || err != nil {
		t.Errorf("got %q, %v", b, err)
	}
	if b, err := r.Next(false); b != nil || err != nil {
		t.Errorf("between bytes: %q, %v", b, err)
	}
	f.Finish()
	if b, err := r.Next(false); b != nil || err != io.EOF {
		t.Errorf("at the end: %q, %v", b, err)
	}
}

func TestCloseWakesNext(t *testing.T) {
	s := open(t, Options{})
	f := s.startFill(t, "/a", -1)
	r := f.Reader(0)
	woken := make(chan error)
	go func() {
		_, err := r.Next(true)
		woken <- err
	}()
	time.Sleep(time.Millisecond)
	r.Close()
	if err := <-woken; !errors.Is(err, ErrAborted) {
		t.Error(err)
	}
	r.Close()
	f.Finish()
	s.idle(t)
}
