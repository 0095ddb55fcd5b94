package store

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"testing"
)

// readAll reads a fill to its end.
func readAll(r *Reader) ([]byte, error) {
	defer r.Close()
	var out []byte
	for {
		b, err := next(r)
		out = append(out, b...)
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return out, err
		}
	}
}

// lead begins a fill that leads.
func (s *Store) lead(t testing.TB, text string) *Fill {
	t.Helper()
	f, leads := s.begin(text)
	if !leads {
		t.Fatalf("%s: does not lead", text)
	}
	return f
}

func (s *Store) startFill(t testing.TB, text string, length int64) *Fill {
	t.Helper()
	f := s.lead(t, text)
	if err := f.Start(response(s, text), length); err != nil {
		t.Fatal(err)
	}
	return f
}

// idle fails the test if anything is in flight.
func (s *Store) idle(t testing.TB) {
	t.Helper()
	drain(t, s)
	if st := s.Stats(); st.Fills != 0 || st.FlightBytes != 0 {
		t.Errorf("%d fills and %d bytes are in flight", st.Fills, st.FlightBytes)
	}
	for i := range s.shards {
		if n := len(s.shards[i].mu.fills); n > 0 {
			t.Errorf("%d fills are listed", n)
		}
	}
}

func TestFillBodies(t *testing.T) {
	s := open(t, Options{Memory: 64 << 20})
	sizes := []int{0, 1, 100, firstRun - 1, firstRun, firstRun + 1, 10000, RunSize - 1, RunSize, RunSize + 1, 2*RunSize - 1, 3 * RunSize, 900_000}
	for _, size := range sizes {
		for _, announced := range []bool{true, false} {
			for _, piece := range []int{1 << 20, 4096, 1000} {
				body := pattern(size)
				length := int64(-1)
				if announced {
					length = int64(size)
				}
				f := s.startFill(t, "/a", length)
				early := f.Reader(0)
				for rest := body; len(rest) > 0; {
					n := min(piece, len(rest))
					if _, err := f.Write(rest[:n]); err != nil {
						t.Fatal(size, announced, piece, err)
					}
					rest = rest[n:]
				}
				o, err := f.Finish()
				if err != nil || !bytes.Equal(content(o), body) || o.Length != int64(size) {
					t.Fatal(size, announced, piece, err)
				}
				checkRuns(t, o)
				if got, err := readAll(early); err != nil || !bytes.Equal(got, body) {
					t.Errorf("size %d: early reader got %d bytes, %v", size, len(got), err)
				}
				if got, err := readAll(f.Reader(0)); err != nil || !bytes.Equal(got, body) {
					t.Errorf("size %d: late reader got %d bytes, %v", size, len(got), err)
				}
				if s.lookup("/a") != o {
					t.Errorf("size %d: not stored", size)
				}
				s.Delete(o.Key)
			}
		}
	}
	s.idle(t)
}

// checkRuns checks that the body of o wastes no memory.
func checkRuns(t *testing.T, o *Object) {
	t.Helper()
	if o.Length <= RunSize && len(o.Body) > 1 {
		t.Errorf("%d bytes in %d runs", o.Length, len(o.Body))
	}
	var held int64
	for _, run := range o.Body {
		if len(run) == 0 || len(run) > RunSize {
			t.Errorf("run of %d bytes", len(run))
		}
		held += sizeClass(len(run))
	}
	if held > o.Length+o.Length/5+64 {
		t.Errorf("%d bytes take %d", o.Length, held)
	}
}

func TestFillByPieces(t *testing.T) {
	s := open(t, Options{})
	for _, announced := range []bool{true, false} {
		body := pattern(700_000)
		length := int64(-1)
		if announced {
			length = int64(len(body))
		}
		f := s.startFill(t, "/a", length)
		for rest := body; len(rest) > 0; {
			n, err := f.Write(rest[:min(len(rest), 10000)])
			if err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if _, err := f.Write([]byte("x")); announced && !errors.Is(err, ErrLength) {
			t.Errorf("room beyond the announced length: %v", err)
		} else if !announced {
			body = append(body, 'x')
		}
		if o, err := f.Finish(); err != nil || !bytes.Equal(content(o), body) {
			t.Error(err)
		}
		if _, err := f.Write([]byte("x")); err == nil {
			t.Error("room after the end")
		}
		s.Delete(f.key)
	}
	s.idle(t)
}

func TestFillOfWrongLength(t *testing.T) {
	s := open(t, Options{})
	f := s.startFill(t, "/a", 10)
	r := f.Reader(0)
	f.Write([]byte("12345"))
	if o, err := f.Finish(); o != nil || !errors.Is(err, ErrLength) {
		t.Errorf("short body: %v, %v", o, err)
	}
	if b, err := readAll(r); string(b) != "12345" || !errors.Is(err, ErrAborted) || !errors.Is(err, ErrLength) {
		t.Errorf("reader of a short body got %q, %v", b, err)
	}
	f = s.startFill(t, "/a", 3)
	if n, err := f.Write([]byte("12345")); n != 3 || !errors.Is(err, ErrLength) {
		t.Errorf("long body: %d, %v", n, err)
	}
	f.Fail(ErrLength)
	if s.lookup("/a") != nil {
		t.Error("a body of the wrong length is stored")
	}
	s.idle(t)
}

func TestFillFails(t *testing.T) {
	s := open(t, Options{})
	boom := errors.New("boom")
	f := s.lead(t, "/a")
	outcome := make(chan Outcome)
	go func() { outcome <- f.Wait(nil) }()
	f.Fail(boom)
	if o := <-outcome; o != Failed || f.Err() != boom {
		t.Errorf("waiter got %v, %v", o, f.Err())
	}
	f.Fail(io.EOF)
	f.Decline(1)
	f.Resolve(response(s, "/a"))
	if o, err := f.Finish(); o != nil || err != boom {
		t.Errorf("Finish after Fail: %v, %v", o, err)
	}
	if f.Wait(nil) != Failed || f.Err() != boom || s.lookup("/a") != nil {
		t.Error("a later call changed the end")
	}

	f = s.startFill(t, "/a", -1)
	r := f.Reader(0)
	f.Write([]byte("abc"))
	f.Fail(boom)
	if b, err := readAll(r); string(b) != "abc" || !errors.Is(err, ErrAborted) || !errors.Is(err, boom) {
		t.Errorf("reader got %q, %v", b, err)
	}
	if _, err := f.Write([]byte("abc")); err != boom {
		t.Errorf("write after the end: %v", err)
	}
	s.idle(t)
}

func TestResolve(t *testing.T) {
	s := open(t, Options{})
	old := whole(s, "/a", pattern(600_000))
	f := s.lead(t, "/a")
	o := old.withBody(old.Body, old.Length)
	f.Resolve(o)
	if f.Wait(nil) != Resolved || f.Object() != o || f.Length() != 600_000 || s.lookup("/a") != o {
		t.Error("not resolved")
	}
	if b, err := readAll(f.Reader(1000)); err != nil || !bytes.Equal(b, pattern(600_000)[1000:]) {
		t.Error("wrong bytes")
	}
	s.idle(t)
}

func TestWaitGivesUp(t *testing.T) {
	s := open(t, Options{})
	f := s.lead(t, "/a")
	done := make(chan struct{})
	close(done)
	if o := f.Wait(done); o != GaveUp {
		t.Errorf("got %v", o)
	}
	if f.Waiters() != 0 || f.mu.body.owed != 0 {
		t.Error("still counted")
	}
	f.Decline(3)
	if f.Wait(nil) != Declined || f.Reason() != 3 {
		t.Error("not declined")
	}
	s.idle(t)
}

func TestFillOfAnotherVariant(t *testing.T) {
	s := open(t, Options{})
	f := s.lead(t, "/a")
	o := response(s, "/a gzip")
	o.Primary = f.key
	if err := f.Start(o, 2); err != nil {
		t.Fatal(err)
	}
	if g, leads := s.begin("/a gzip"); leads || g != f {
		t.Error("the fill is not found under the variant's key")
	}
	if g, leads := s.begin("/a"); leads || g != f {
		t.Error("the fill is not found under its own key")
	}
	f.Write([]byte("gz"))
	f.Finish()
	if s.lookup("/a gzip") == nil || s.lookup("/a") != nil {
		t.Error("not stored as the variant")
	}
	s.idle(t)
}

func TestStartRefuses(t *testing.T) {
	s := open(t, Options{Memory: 16 << 20})
	f := s.lead(t, "/a")
	err := f.Start(response(s, "/a"), s.maxObject+1)
	large, ok := errors.AsType[*TooLargeError](err)
	if !errors.Is(err, ErrTooLarge) || !ok || large.Length != s.maxObject+1 || large.Limit > s.maxObject || large.Limit < s.maxObject-16384 {
		t.Errorf("too large: %v", err)
	}
	f.Decline(1)
	var fills []*Fill
	err = nil
	for i := 0; err == nil && i < 100; i++ {
		f := s.lead(t, string(rune('A'+i)))
		fills = append(fills, f)
		err = f.Start(response(s, f.text), 1<<20)
	}
	if err != ErrBusy || len(fills) != 4 {
		t.Errorf("%v after %d fills of 1 MiB with a quarter of 16 MiB for them", err, len(fills))
	}
	for _, f := range fills {
		f.Decline(1)
	}
	s.idle(t)
}

func TestFillsAreListed(t *testing.T) {
	s := open(t, Options{})
	f := s.startFill(t, "/a", 10)
	r := f.Reader(0)
	f.Write([]byte("abc"))
	g := s.BeginPrivate(f.key, f.key, "/a")
	var infos []FillInfo
	s.Fills(func(i FillInfo) { infos = append(infos, i) })
	if len(infos) != 2 {
		t.Fatalf("%+v", infos)
	}
	for _, i := range infos {
		want := FillInfo{Text: "/a", Phase: "receives the body", Begun: f.begun, Length: 10, Written: 3, Readers: 1, Joined: true}
		if !i.Joined {
			want = FillInfo{Text: "/a", Phase: "waits for the head", Begun: g.begun, Length: -1}
		}
		if i != want {
			t.Errorf("%+v, want %+v", i, want)
		}
	}
	r.Close()
	f.Fail(io.EOF)
	g.Fail(io.EOF)
	s.idle(t)
}

// A field that is added to Object must not be lost on the way.
func TestWithBodyCopiesEachField(t *testing.T) {
	o := &Object{}
	v := reflect.ValueOf(o).Elem()
	copied := func(f reflect.StructField) bool { return f.IsExported() && f.Name != "Variants" }
	for i := range v.NumField() {
		if copied(v.Type().Field(i)) {
			fillIn(v.Field(i))
		}
	}
	p := o.withBody([][]byte{{1}}, 1)
	w := reflect.ValueOf(p).Elem()
	for i := range w.NumField() {
		if f := w.Type().Field(i); copied(f) && w.Field(i).IsZero() {
			t.Errorf("field %s is lost", f.Name)
		}
	}
}

// fillIn sets v to something that is not zero.
func fillIn(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.Struct:
		fillIn(v.Field(0))
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint8, reflect.Uint64:
		v.SetUint(1)
	default:
		panic("a kind of field that the test does not know: " + v.Kind().String())
	}
}
