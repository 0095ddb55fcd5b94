package store

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// churnSize tells a process of the test binary to be the subject of
// TestResidentMemory: the budget in bytes.
const churnSize = "BRINK_CHURN_BYTES"

// TestResidentMemory measures another process, as this one has seen more than
// a store.
func TestResidentMemory(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("takes seconds, and the race detector's memory is not counted")
	}
	if size := os.Getenv(churnSize); size != "" {
		budget, err := strconv.ParseInt(size, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		churn(t, budget)
		return
	}
	const budget = 64 << 20
	cmd := exec.Command(os.Args[0], "-test.run=^TestResidentMemory$", "-test.v")
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", churnSize, budget))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var peak int64
	for line := range strings.Lines(string(out)) {
		if _, after, ok := strings.Cut(line, "peak "); ok {
			if _, err := fmt.Sscan(after, &peak); err != nil {
				t.Fatal(err)
			}
		}
	}
	const limit = budget + budget/4 + 150e6
	t.Logf("resident at most %d MiB with a budget of %d MiB", peak>>20, int64(budget)>>20)
	if peak == 0 || peak > limit {
		t.Errorf("resident at most %d bytes, allowed are %d", peak, int64(limit))
	}
}

// churn puts ten times the budget through a store.
func churn(t *testing.T, budget int64) {
	TuneGC(budget, ProcessMemory{})
	s := open(t, Options{Memory: budget})
	var wg sync.WaitGroup
	for worker := range int64(8) {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(5, uint64(worker)))
			for left := 10 * budget / 8; left > 0; {
				size := rnd.IntN(1 << rnd.IntN(20))
				text := fmt.Sprint("/", worker, "/", rnd.IntN(1<<20))
				k := s.Hash([]byte(text))
				f := s.BeginPrivate(k, k, text)
				if f.Start(response(s, text), int64(size)) != nil {
					f.Decline(1)
					continue
				}
				f.Write(make([]byte, size))
				if _, err := f.Finish(); err != nil {
					t.Error(err)
				}
				left -= int64(size)
			}
		})
	}
	wg.Wait()
	drain(t, s)
	checkGauges(t, s)
	fmt.Println("peak", residentPeak(t))
}

// residentPeak returns the most memory that this process had, in bytes.
func residentPeak(t *testing.T) int64 {
	file, err := os.Open("/proc/self/status")
	if err != nil {
		t.Skip(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			var kib int64
			if _, err := fmt.Sscan(rest, &kib); err != nil {
				t.Fatal(err)
			}
			return kib << 10
		}
	}
	t.Skip("no VmHWM")
	return 0
}

func TestTuneGC(t *testing.T) {
	old := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(old)
	t.Setenv("GOMEMLIMIT", "1GiB")
	TuneGC(64<<20, ProcessMemory{})
	if now := debug.SetMemoryLimit(-1); now != old {
		t.Errorf("an operator's limit of %d has become %d", old, now)
	}
	t.Setenv("GOMEMLIMIT", "")
	TuneGC(64<<20, ProcessMemory{})
	if now := debug.SetMemoryLimit(-1); now <= 64<<20 || now > 80<<20+150e6 {
		t.Errorf("limit is %d", now)
	}
}

func TestSplitBudget(t *testing.T) {
	for _, memory := range []int64{MinMemory, 64 << 20, 256 << 20, 1 << 30, 1 << 36} {
		p := splitBudget(memory)
		if p.tier+p.flight+p.fixed != memory || p.tier < memory*6/10 || p.fixed > memory/16 {
			t.Errorf("%d: %+v", memory, p)
		}
	}
	for _, memory := range []int64{-1, 0, MinMemory - 1} {
		if _, err := New(Options{Memory: memory}); err == nil {
			t.Errorf("a budget of %d is accepted", memory)
		}
	}
	if _, err := New(Options{Memory: MinMemory}); err == nil {
		t.Error("no purge log and no clock are accepted")
	}
}
