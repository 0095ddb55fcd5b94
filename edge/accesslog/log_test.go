package accesslog

import (
	"bufio"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"brink/conf"
	"brink/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t testing.TB, c conf.Log) *Log {
	t.Helper()
	if c.Format == "" {
		c.Format = "json"
	}
	l, err := Open(c, "edge-1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func closeLog(t *testing.T, l *Log) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// lines reads a file and checks that each line is an object of its own.
func lines(t *testing.T, name string) []string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(b)) {
		if !json.Valid([]byte(line)) || !strings.HasSuffix(line, "\n") {
			t.Errorf("%s: not a line: %q", name, line)
		}
		out = append(out, line)
	}
	return out
}

func TestClose(t *testing.T) {
	name := filepath.Join(t.TempDir(), "access.log")
	l := open(t, conf.Log{Access: name, Sample: 1})
	l.Append(plainHit())
	l.Append(fullMiss())
	closeLog(t, l)
	got := lines(t, name)
	if len(got) != 2 || !slices.Contains(got, encodeJSON(plainHit())) || !slices.Contains(got, encodeJSON(fullMiss())) {
		t.Errorf("lines: %q", got)
	}
	if l.dropped.Load() != 0 {
		t.Errorf("%d dropped", l.dropped.Load())
	}
	l.Append(plainHit())
	closeLog(t, l)
	if n := len(lines(t, name)); n != 2 || l.dropped.Load() != 1 {
		t.Errorf("after Close: %d lines, %d dropped", n, l.dropped.Load())
	}
}

func TestFlushedInTime(t *testing.T) {
	name := filepath.Join(t.TempDir(), "access.log")
	l := open(t, conf.Log{Access: name, Format: "combined", Sample: 1})
	l.Append(plainHit())
	for range 100 {
		if b, _ := os.ReadFile(name); string(b) == encodeCombined(plainHit()) {
			return
		}
		time.Sleep(flushEvery / 10)
	}
	t.Error("a line was not written out by itself")
}

func TestOpenErrors(t *testing.T) {
	if _, err := Open(conf.Log{Access: "stdout", Format: "xml"}, "n"); err == nil {
		t.Error("an unknown format")
	}
	if _, err := Open(conf.Log{Access: t.TempDir(), Format: "json"}, "n"); err == nil {
		t.Error("a directory")
	}
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(conf.Log{Access: fifo, Format: "json"}, "n"); !errors.Is(err, syscall.ENXIO) {
		t.Errorf("a named pipe without a reader: %v", err)
	}
}

func TestOff(t *testing.T) {
	l := open(t, conf.Log{Access: "off", Sample: 1})
	if !l.Off() {
		t.Error("a log that is off does not say so")
	}
	l.Append(plainHit())
	if err := l.Reopen(); err != nil {
		t.Error(err)
	}
	closeLog(t, l)
	if l.dropped.Load() != 0 {
		t.Errorf("%d dropped", l.dropped.Load())
	}
}

func TestSample(t *testing.T) {
	for _, c := range []struct {
		sample   float64
		status   int
		min, max int // of 10,000
	}{
		{1, 200, 10000, 10000},
		{0, 200, 0, 0},
		{0, 499, 0, 0},
		{0, 500, 10000, 10000},
		{0.25, 200, 2000, 3000},
		{0.25, 503, 10000, 10000},
	} {
		p := &pipe{threshold: uint64(c.sample * (1 << 32))}
		n := 0
		for range 10000 {
			if p.wants(c.status) {
				n++
			}
		}
		if n < c.min || n > c.max {
			t.Errorf("sample %v, status %d: %d of 10000", c.sample, c.status, n)
		}
	}
}

// A reader that stops reading costs lines, never time, and every line that was
// not dropped arrives whole once it reads again.
func TestStalledReader(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	reader, err := os.OpenFile(fifo, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	l := open(t, conf.Log{Access: fifo, Sample: 1})
	sent := 0
	slowest := time.Duration(0)
	for l.dropped.Load() < 100 && sent < 1e6 {
		began := time.Now()
		l.Append(fullMiss())
		slowest = max(slowest, time.Since(began))
		sent++
	}
	if l.dropped.Load() < 100 {
		t.Fatalf("nothing dropped of %d lines that nobody reads", sent)
	}
	if slowest > time.Second {
		t.Errorf("an append took %v", slowest)
	}
	stripes := l.pipe.Load().stripes
	for i := range stripes {
		s := &stripes[i]
		s.mu.Lock()
		if n, c := len(s.mu.run.lines), cap(s.mu.run.lines); n > s.limit || c > 2*s.limit {
			t.Errorf("a stripe holds %d bytes in %d, its limit is %d", n, c, s.limit)
		}
		s.mu.Unlock()
	}

	received := make(chan int)
	go func() {
		n := 0
		for s := bufio.NewScanner(reader); s.Scan(); n++ {
			if s.Text()+"\n" != encodeJSON(fullMiss()) {
				t.Errorf("received %q", s.Text())
			}
		}
		received <- n
	}()
	closeLog(t, l)
	reader.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	if n := <-received; n != sent-int(l.dropped.Load()) || n != int(l.written.Load()) {
		t.Errorf("%d lines sent, %d dropped, %d received, %d counted", sent, l.dropped.Load(), n, l.written.Load())
	}
}

func TestCloseStalled(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	reader, err := os.OpenFile(fifo, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	l := open(t, conf.Log{Access: fifo, Sample: 1})
	const sent = 1000
	for range sent {
		l.Append(fullMiss())
	}
	if err := l.Close(); !errors.Is(err, errStalled) {
		t.Errorf("Close: %v", err)
	}
	if l.written.Load()+l.dropped.Load() != sent {
		t.Errorf("%d written and %d dropped of %d", l.written.Load(), l.dropped.Load(), sent)
	}
}

// After an error in the middle of a line, the next line begins on its own.
func TestTornLine(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	o := &output{file: w}
	defer o.close()
	w.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
	big := strings.Repeat("x", 100<<10) + "\n"
	if written, lost := o.write([]byte("a\n" + big + "b\n")); written != 1 || lost != 2 {
		t.Fatalf("%d written, %d lost", written, lost)
	}
	if written, lost := o.write([]byte("c\n")); written != 0 || lost != 1 {
		t.Fatalf("still stalled: %d written, %d lost", written, lost)
	}
	w.SetWriteDeadline(time.Time{})
	go func() {
		o.write([]byte("d\n"))
		w.Close()
	}()
	var got []string
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		got = append(got, s.Text()[:1])
	}
	if strings.Join(got, "") != "axd" {
		t.Errorf("lines: %q", got)
	}
}

// A process that logs to a pipe outlives the pipe's reader.
func TestReaderGone(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout := os.Stdout
	os.Stdout = w
	l := open(t, conf.Log{Access: "stdout", Sample: 1})
	os.Stdout = stdout
	w.Close()
	r.Close()
	l.Append(plainHit())
	closeLog(t, l)
	if l.dropped.Load() != 1 {
		t.Errorf("%d dropped", l.dropped.Load())
	}
}

// Whichever stripes the lines were in, they come out in the order in which the
// replies ended.
func TestOrder(t *testing.T) {
	name := filepath.Join(t.TempDir(), "access.log")
	out, err := openOutput(name)
	if err != nil {
		t.Fatal(err)
	}
	p := &pipe{combined: true, log: &Log{}, out: out, stripes: make([]stripe, 3)}
	r := rand.New(rand.NewPCG(1, 2))
	const count = 2000 // more than a batch
	for i := range count {
		e := plainHit()
		e.Duration = time.Duration(r.IntN(1e9)) // each ends at i seconds, whenever it began
		e.Time = store.Instant(i)*store.Second - store.Instant(e.Duration)
		e.Status = i
		s := &p.stripes[r.IntN(3)]
		s.limit = bufferTotal
		if v, _ := s.append(p, e); v != appended {
			t.Fatalf("verdict %d", v)
		}
	}
	runs := make([]run, 3)
	p.drain(runs, nil, false)
	p.drain(runs, nil, true)
	out.close()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(b)) {
		if want := " " + strconv.Itoa(n) + " 1024 "; !strings.Contains(line, want) {
			t.Fatalf("line %d: %s", n, line)
		}
		n++
	}
	if n != count || p.log.written.Load() != count {
		t.Errorf("%d lines, %d counted", n, p.log.written.Load())
	}
}

// Rotation while requests are logged: every line is in one of the files.
func TestReopen(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "access.log")
	l := open(t, conf.Log{Access: name, Sample: 1})
	const workers, each, rotations = 4, 3000, 5
	var appenders sync.WaitGroup
	for range workers {
		appenders.Go(func() {
			for range each {
				l.Append(plainHit())
			}
		})
	}
	files := []string{name}
	for i := range rotations {
		moved := filepath.Join(dir, "access.log."+string(rune('a'+i)))
		if err := os.Rename(name, moved); err != nil {
			t.Fatal(err)
		}
		if err := l.Reopen(); err != nil {
			t.Fatal(err)
		}
		files = append(files, moved)
	}
	appenders.Wait()
	for l.written.Load()+l.dropped.Load() < workers*each { // a full buffer would drop the last line
		time.Sleep(time.Millisecond)
	}
	l.Append(fullMiss())
	closeLog(t, l)
	n := 0
	for _, f := range files {
		n += len(lines(t, f))
	}
	if !slices.Contains(lines(t, name), encodeJSON(fullMiss())) {
		t.Error("the last line is not in the new file")
	}
	if want := workers*each + 1 - int(l.dropped.Load()); n != want {
		t.Errorf("%d lines in all files, want %d", n, want)
	}
}

// change goes over to other settings.
func change(l *Log, c conf.Log) error {
	next, err := l.Prepare(c)
	if err != nil {
		return err
	}
	next.Commit()
	return next.Finish()
}

func TestChange(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	l := open(t, conf.Log{Access: a, Sample: 1})
	l.Append(plainHit())
	before := l.pipe.Load()
	if err := change(l, conf.Log{Access: a, Format: "json", Sample: 1, Level: "debug"}); err != nil || l.pipe.Load() != before {
		t.Errorf("the same settings: %v, replaced: %v", err, l.pipe.Load() != before)
	}
	if err := change(l, conf.Log{Access: dir, Format: "json", Sample: 1}); err == nil {
		t.Error("a directory")
	}
	l.Append(plainHit())
	if err := change(l, conf.Log{Access: b, Format: "combined", Sample: 1}); err != nil {
		t.Fatal(err)
	}
	l.Append(plainHit())
	if err := change(l, conf.Log{Access: "off", Format: "combined", Sample: 1}); err != nil {
		t.Fatal(err)
	}
	l.Append(plainHit())
	if n := len(lines(t, a)); n != 2 {
		t.Errorf("%d lines in the first file, want 2", n)
	}
	if got, _ := os.ReadFile(b); string(got) != encodeCombined(plainHit()) {
		t.Errorf("second file: %q", got)
	}
}

func TestRequestID(t *testing.T) {
	shape := regexp.MustCompile(`^x[0-9a-f]{32}$`)
	seen := make(map[string]bool)
	for range 10000 {
		id := string(AppendRequestID([]byte("x")))
		if !shape.MatchString(id) || seen[id] {
			t.Fatalf("id %q, seen before: %v", id, seen[id])
		}
		seen[id] = true
	}
}

func TestNoAllocs(t *testing.T) {
	for _, format := range []string{"json", "combined"} {
		l := open(t, conf.Log{Access: filepath.Join(t.TempDir(), "access.log"), Format: format, Sample: 0.999})
		e := fullMiss()
		for range 20000 { // until the buffers have grown
			l.Append(e)
		}
		if n := testing.AllocsPerRun(1000, func() { l.Append(e) }); n != 0 {
			t.Errorf("%s: %v allocations a line", format, n)
		}
	}
	var id [64]byte
	if n := testing.AllocsPerRun(100, func() { AppendRequestID(id[:0]) }); n != 0 {
		t.Errorf("%v allocations a request id", n)
	}
}

func TestCollector(t *testing.T) {
	l := open(t, conf.Log{Access: filepath.Join(t.TempDir(), "access.log"), Sample: 1})
	l.Append(plainHit())
	closeLog(t, l)
	l.Append(plainHit())
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(l.Collector())
	families, err := r.Gather()
	if err != nil || len(families) != 2 {
		t.Fatalf("%d families, %v", len(families), err)
	}
	for _, f := range families {
		if n := f.GetMetric()[0].GetCounter().GetValue(); n != 1 {
			t.Errorf("%s is %v, want 1", f.GetName(), n)
		}
		if !strings.HasPrefix(f.GetName(), "brink_") || !strings.HasSuffix(f.GetName(), "_total") || !strings.Contains(f.GetHelp(), "rise") {
			t.Errorf("%s: %s", f.GetName(), f.GetHelp())
		}
	}
}

func benchmark(b *testing.B, format string, e *Entry) {
	l := open(b, conf.Log{Access: os.DevNull, Format: format, Sample: 1})
	b.ReportAllocs()
	for b.Loop() {
		l.Append(e)
	}
}

func BenchmarkJSONHit(b *testing.B)      { benchmark(b, "json", plainHit()) }
func BenchmarkJSONMiss(b *testing.B)     { benchmark(b, "json", fullMiss()) }
func BenchmarkCombinedMiss(b *testing.B) { benchmark(b, "combined", fullMiss()) }

func BenchmarkRequestID(b *testing.B) {
	var id [32]byte
	for b.Loop() {
		AppendRequestID(id[:0])
	}
}
