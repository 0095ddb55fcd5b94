//go:build linux

package nowait

import (
	"bytes"
	"io"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// pair returns two connected sockets that do not block.
func pair(t *testing.T) (a, b int) {
	t.Helper()
	p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(p[0]); unix.Close(p[1]) })
	return p[0], p[1]
}

func TestReadAndWrite(t *testing.T) {
	a, b := pair(t)
	p := make([]byte, 16)
	if n, err := Read(b, p); n != 0 || err != unix.EAGAIN {
		t.Errorf("nothing there: %d, %v", n, err)
	}
	if n, err := Write(a, []byte("hello")); n != 5 || err != nil {
		t.Errorf("write: %d, %v", n, err)
	}
	if n, err := Read(b, p[:2]); n != 2 || err != nil || string(p[:2]) != "he" {
		t.Errorf("first bytes: %d, %v, %q", n, err, p[:2])
	}
	if n, err := Read(b, p); n != 3 || err != nil || string(p[:3]) != "llo" {
		t.Errorf("the rest: %d, %v, %q", n, err, p[:3])
	}
	if err := unix.Shutdown(a, unix.SHUT_WR); err != nil {
		t.Fatal(err)
	}
	if n, err := Read(b, p); n != 0 || err != nil {
		t.Errorf("the end: %d, %v", n, err)
	}
	if _, err := Write(a, []byte("x")); err != unix.EPIPE {
		t.Errorf("after the end: %v", err)
	}
	if _, err := Read(-1, p); err != unix.EBADF {
		t.Errorf("no descriptor: %v", err)
	}
	if n, err := Read(b, nil); n != 0 || err != nil {
		t.Errorf("no room: %d, %v", n, err)
	}
}

// A socket that is full takes a part, then nothing.
func TestFull(t *testing.T) {
	a, b := pair(t)
	want := bytes.Repeat([]byte("0123456789"), 200_000)
	left, got := want, []byte(nil)
	full := false
	for p := make([]byte, 300_000); len(got) < len(want); {
		n, err := Write(a, left)
		left = left[n:]
		full = full || err == unix.EAGAIN
		if err != nil && err != unix.EAGAIN {
			t.Fatal(err)
		}
		n, err = Read(b, p)
		if err != nil && err != unix.EAGAIN {
			t.Fatal(err)
		}
		got = append(got, p[:n]...)
		if len(left) > 0 {
			if n, err := Write(a, left); err == nil {
				left = left[n:]
			} else {
				full = true
			}
		}
	}
	if !bytes.Equal(got, want) || !full {
		t.Errorf("%d bytes of %d, full %v", len(got), len(want), full)
	}
}

// Pieces go out in order, empty ones among them; those too many are left.
func TestWritev(t *testing.T) {
	a, b := pair(t)
	pieces := [][]byte{[]byte("a"), nil, []byte("bc"), {}, []byte("d"), []byte("e"), []byte("f"), []byte("g"), []byte("too many")}
	n, err := Writev(a, pieces)
	if n != 7 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	p := make([]byte, 16)
	n, err = Read(b, p)
	if string(p[:max(n, 0)]) != "abcdefg" || err != nil {
		t.Errorf("%q, %v", p[:n], err)
	}
}

// A file takes any number of bytes at once: a call moves Most, wherever in the
// pieces that ends.
func TestMost(t *testing.T) {
	if raceEnabled {
		t.Skip("the ordinary calls have no bound")
	}
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	n, err := Writev(int(file.Fd()), [][]byte{make([]byte, Most-10), []byte("0123456789abc"), []byte("d")})
	if n != Most || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	tail := make([]byte, 20)
	if k, err := file.ReadAt(tail, Most-10); string(tail[:k]) != "0123456789" || err != io.EOF {
		t.Errorf("%q, %v", tail[:k], err)
	}
	if n, err := Write(int(file.Fd()), make([]byte, Most+1)); n != Most || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

// A part of a file goes out behind its head.
func TestSendfile(t *testing.T) {
	a, b := pair(t)
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString("0123456789"); err != nil {
		t.Fatal(err)
	}
	if n, err := SendMore(a, []byte("head ")); n != 5 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	at := int64(2)
	if n, err := Sendfile(a, int(file.Fd()), &at, 5); n != 5 || err != nil || at != 7 {
		t.Errorf("%d, %v, then at %d", n, err, at)
	}
	if n, err := Sendfile(a, int(file.Fd()), &at, 5); n != 3 || err != nil || at != 10 {
		t.Errorf("%d, %v, then at %d", n, err, at)
	}
	if n, err := Sendfile(a, int(file.Fd()), &at, 5); n != 0 || err != nil {
		t.Errorf("behind the end: %d, %v", n, err)
	}
	p := make([]byte, 32)
	if n, err := Read(b, p); string(p[:max(n, 0)]) != "head 23456789" || err != nil {
		t.Errorf("%q, %v", p[:n], err)
	}
}

func TestNoAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the ordinary calls may allocate")
	}
	a, b := pair(t)
	p, pieces := make([]byte, 16), [][]byte{[]byte("a"), []byte("b")}
	if n := testing.AllocsPerRun(100, func() {
		Writev(a, pieces)
		Write(a, p)
		Read(b, p)
		Read(b, p)
		Read(b, p)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
