package faults

import (
	"flag"
	"os"
	"testing"
	"time"
)

var report = flag.Duration("report", 0, "print a table of how long RAM hits take before, during and after each fault, each for so long; 0: short faults, all tests at once")

// TestMain has the tests run at once, as they mostly wait, unless they measure.
func TestMain(m *testing.M) {
	flag.Parse()
	at := "16"
	if *report > 0 {
		at = "1"
	}
	if err := flag.Set("test.parallel", at); err != nil {
		panic(err)
	}
	code := m.Run()
	if *report > 0 {
		table.print()
	}
	os.Exit(code)
}

// fault is something that happens to a disk.
type fault struct {
	name  string
	begin func(t *testing.T)
	end   func(t *testing.T)
	least time.Duration // that it lasts
}

// subject is a node with a disk that can be made to fail.
type subject interface {
	// figures are the disk tier's metrics, without brink_disk_.
	figures(t *testing.T) map[string]int64
}

const (
	// ramLimit is what no answer from RAM may take: less than a stall, and more
	// than a busy machine takes.
	ramLimit = 2 * time.Second
	// ramMiddle is what half of them may take: less than a read from disk is
	// waited for.
	ramMiddle = 50 * time.Millisecond
	// backLimit is how long after a fault the disk may be out of service.
	backLimit = 30 * time.Second
)

// span is how long a phase lasts, short in a test that does not measure.
func span(short time.Duration) time.Duration { return max(short, *report) }

// suffer has a fault happen to a node under load, and checks what clients get.
func suffer(t *testing.T, s subject, l *load, f fault) {
	t.Helper()
	awaitService(t, s, "before "+f.name)
	l.begin()
	time.Sleep(span(300 * time.Millisecond))
	l.turn(during)
	start := time.Now()
	f.begin(t)
	began := time.Since(start)
	time.Sleep(max(span(700*time.Millisecond), f.least))
	f.end(t)
	back := awaitService(t, s, f.name)
	l.turn(after)
	time.Sleep(span(300 * time.Millisecond))
	for p := before; p < phases; p++ {
		y := l.tally(p)
		n, middle, most := len(y.ram), y.quantile(0.5), y.quantile(1)
		if n == 0 || y.other > n || middle > ramMiddle || most > ramLimit {
			t.Errorf("%s, phase %d: %d answers from RAM, half in %v, all in %v; %d from elsewhere", f.name, p, n, middle, most, y.other)
		}
	}
	for p := before; p < phases; p++ {
		if cut := l.tally(p).cut; cut != 0 {
			t.Errorf("%s, phase %d: %d bodies were broken off", f.name, p, cut)
		}
	}
	t.Logf("%s: begun in %v, back in service after %v", f.name, began.Round(time.Millisecond), back.Round(time.Millisecond))
	table.add(f.name, l, back)
}

// awaitService waits until the disk is in service: objects are written and
// found. It returns how long that took.
func awaitService(t *testing.T, s subject, after string) time.Duration {
	t.Helper()
	ended, then := time.Now(), s.figures(t)
	for {
		now := s.figures(t)
		if now["in_service"] == 1 && now["written_total"] > then["written_total"] && now["reads_total_hit"] > then["reads_total_hit"] {
			return time.Since(ended)
		}
		if time.Since(ended) > backLimit {
			t.Fatalf("%s: not back in service after %v: %v", after, backLimit, now)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
