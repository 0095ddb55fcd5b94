package disk

import (
	"bufio"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"go.uber.org/goleak"

	"brink/store"
)

var (
	kills     = flag.Int("kills", 10, "how many processes TestKilled kills")
	slowKills = flag.Int("slowkills", 0, "how many processes TestKilledUndrained kills")
	million   = flag.Int("million", 0, "how many objects TestOpenLarge has in its directory; 0: no such test")
)

// fillerPath is the environment variable that has the test binary fill the
// directory that it names, in place of running tests.
const fillerPath = "BRINK_TEST_FILL"

func TestMain(m *testing.M) {
	if path := os.Getenv(fillerPath); path != "" {
		fill(path)
	}
	code := m.Run()
	if code == 0 {
		if err := goleak.Find(hung...); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// hung excepts goroutines of databases that pebble does not let go of.
var hung []goleak.Option

// exceptHung waits until databases that were given up are closed, but for some
// whose goroutines pebble has ended within a change of its manifest. Those try a
// compaction now and then, each time in a new goroutine.
func exceptHung(t testing.TB, tier *Tier) {
	t.Helper()
	for end := time.Now().Add(2 * time.Second); tier.abandoned.Load() > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Logf("%d databases hang", tier.abandoned.Load())
			hung = append(hung, goleak.IgnoreCurrent(), goleak.IgnoreAnyFunction("github.com/cockroachdb/pebble/v2.(*DB).compact.func1"))
			return
		}
	}
}

// fill saves objects until it is killed, and tells which: "saved N" after each,
// "durable N" when the first N should be, which is after Drain or, without it,
// five seconds. With each goes one of a few texts that are replaced again and
// again. It is "ready" once it has saved as many small ones as it should first.
func fill(path string) {
	from, _ := strconv.Atoi(os.Getenv(fillerPath + "_FROM"))
	small, _ := strconv.Atoi(os.Getenv(fillerPath + "_SMALL"))
	tier, err := Open(Options{Path: path, Size: fillerSize + int64(small)*smallSize, Now: clock})
	for i := 0; err == nil && i < small; i++ {
		save(tier, smallOne(i))
	}
	if err == nil {
		err = tier.Drain(time.Minute)
	}
	if err != nil {
		fmt.Println("failed", err)
		os.Exit(1)
	}
	fmt.Println("ready")
	durable := func(n int) { fmt.Println("durable", n) }
	saved := make(chan int, 1)
	go func() {
		for n := range saved {
			if os.Getenv(fillerPath+"_DRAINS") == "" {
				time.AfterFunc(5*time.Second, func() { durable(n) })
			} else if tier.Drain(time.Minute) == nil {
				durable(n)
			}
			time.Sleep(100 * time.Millisecond)
		}
	}()
	for n := from; ; n++ {
		save(tier, numbered(n))
		save(tier, replaced(n))
		fmt.Println("saved", n+1)
		select {
		case saved <- n + 1:
		default:
		}
		time.Sleep(time.Millisecond)
	}
}

// numbered makes the nth object that a filler saves, and replaced the one that
// takes the place of an older.
func numbered(n int) *store.Object {
	rng := rand.New(rand.NewPCG(5, uint64(n)))
	return version(fmt.Sprint("/", n), n+1, 512<<rng.IntN(9))
}

// smallOne makes the ith of the small objects that a filler saves first.
func smallOne(i int) *store.Object { return version(fmt.Sprint("/small/", i), 1, 1000) }

const (
	replacedTexts = 20
	fillerSize    = 8 * MinSize
	smallSize     = 4 << 10 // of the budget for each
)

func replaced(n int) *store.Object {
	return version(fmt.Sprint("/replaced/", n%replacedTexts), n+1, 1000+n%5000)
}

// filler is a process that fills a directory.
type filler struct {
	cmd            *exec.Cmd
	lines          *bufio.Scanner
	from           int // what it saved first
	saved, durable int // how many it saved, with those before
}

func startFiller(t *testing.T, path, drains string, from, small int) *filler {
	t.Helper()
	f := &filler{cmd: exec.Command(os.Args[0]), from: from, saved: from, durable: from}
	f.cmd.Env = append(os.Environ(), fillerPath+"="+path, fillerPath+"_DRAINS="+drains,
		fmt.Sprintf("%s_FROM=%d", fillerPath, from), fmt.Sprintf("%s_SMALL=%d", fillerPath, small))
	f.cmd.Stderr = os.Stderr
	out, err := f.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := f.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f.lines = bufio.NewScanner(out)
	if !f.lines.Scan() || f.lines.Text() != "ready" {
		t.Fatalf("the filler says %q", f.lines.Text())
	}
	return f
}

// kill kills the filler after a while, and reads what it has told.
func (f *filler) kill(t *testing.T, after time.Duration) {
	t.Helper()
	timer := time.AfterFunc(after, func() { _ = f.cmd.Process.Kill() })
	defer timer.Stop()
	for f.lines.Scan() {
		what, n, _ := strings.Cut(f.lines.Text(), " ")
		switch number, _ := strconv.Atoi(n); what {
		case "saved":
			f.saved = number
		case "durable":
			f.durable = number
		}
	}
	_ = f.cmd.Wait()
}

// A process that is killed while it writes leaves a directory that opens at
// once, with nothing wrong in it and nearly all that was durable.
func TestKilled(t *testing.T) { testKilled(t, "yes", *kills, 300*time.Millisecond) }

// The same holds for what is flushed of itself.
func TestKilledUndrained(t *testing.T) {
	if *slowKills == 0 {
		t.Skip("-slowkills is not given")
	}
	testKilled(t, "", *slowKills, 5500*time.Millisecond)
}

func testKilled(t *testing.T, drains string, kills int, after time.Duration) {
	path := filepath.Join(t.TempDir(), "cache")
	rng := rand.New(rand.NewPCG(7, 8))
	from := 0
	var slowest time.Duration
	var wanted, found int
	for i := range kills {
		f := startFiller(t, path, drains, from, 0)
		f.kill(t, after+time.Duration(rng.IntN(700))*time.Millisecond)
		began := time.Now()
		tier, err := Open(Options{Path: path, Size: fillerSize, Now: clock, FS: vfs.Default, Deadline: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		slowest = max(slowest, time.Since(began))
		w, n := checkFilled(t, tier, f)
		wanted, found = wanted+w, found+n
		if s := tier.Stats(); s.Unreadable != 0 {
			t.Errorf("kill %d: %d objects are unreadable", i, s.Unreadable)
		}
		if err := tier.Close(); err != nil {
			t.Error(err)
		}
		from = f.saved + 10
	}
	t.Logf("%d kills, %d objects; opened in %v at most; %d of %d durable objects found", kills, from, slowest, found, wanted)
	if slowest > 2*time.Second {
		t.Errorf("opened in %v", slowest)
	}
	if wanted == 0 || found*100 < wanted*95 {
		t.Errorf("%d of %d durable objects found", found, wanted)
	}
}

// checkFilled looks at all that the filler may have saved last, and counts what
// was durable and cannot have been evicted.
func checkFilled(t *testing.T, tier *Tier, f *filler) (wanted, found int) {
	var bytes int64
	for n := f.saved; n >= 0; n-- {
		want := numbered(n)
		o := tier.Load(want.Key, want.Text, 1<<40)
		if o != nil {
			if v, err := versionOf(o); err != nil || v != n+1 {
				t.Errorf("%s: version %d: %v", want.Text, v, err)
			}
		}
		bytes += want.Length
		if f.from <= n && n < f.durable && bytes < fillerSize/2 {
			wanted++
			if o != nil {
				found++
			}
		}
		if bytes > 2*fillerSize {
			break
		}
	}
	for i := range replacedTexts {
		want := replaced(i)
		o := tier.Load(want.Key, want.Text, 1<<40)
		if o == nil {
			continue
		}
		oldest := f.durable - replacedTexts + 1 // of what one round of all texts made durable
		if oldest <= f.from {
			oldest = 1
		}
		if v, err := versionOf(o); err != nil || v < oldest || v > f.saved+1 {
			t.Errorf("%s: version %d, not of %d to %d: %v", want.Text, v, oldest, f.saved+1, err)
		}
	}
	return wanted, found
}

// A directory with very many objects opens at once, too, after a kill and after
// a clean shutdown.
func TestOpenLarge(t *testing.T) {
	if *million == 0 {
		t.Skip("-million is not given")
	}
	path := filepath.Join(t.TempDir(), "cache")
	f := startFiller(t, path, "yes", 0, *million)
	f.kill(t, 3*time.Second)
	o := Options{Path: path, Size: fillerSize + int64(*million)*smallSize, FS: vfs.Default}
	for _, after := range []string{"a kill", "a clean shutdown"} {
		began := time.Now()
		tier := open(t, o)
		took := time.Since(began)
		s := tier.Stats()
		t.Logf("%d objects, %d MiB in the log, %d MiB in the index: open %v after %s",
			*million, s.SegmentBytes>>20, s.IndexBytes>>20, took, after)
		if took > 2*time.Second {
			t.Errorf("open %v after %s", took, after)
		}
		for i := 0; i < *million; i += 997 {
			want := smallOne(i)
			if o := tier.Load(want.Key, want.Text, 1<<40); o == nil {
				t.Errorf("%s is gone after %s", want.Text, after)
			} else if _, err := versionOf(o); err != nil {
				t.Error(err)
			}
		}
		if err := tier.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
