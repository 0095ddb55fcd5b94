package pressure

import (
	"cmp"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"brink/test/brinktest"
)

// row is a campaign, or one variant of it.
type row struct {
	*testing.T

	name, does string
}

// begin begins a row. At full scale it waits until it is the only one.
func begin(t *testing.T, name, does string) *row {
	t.Helper()
	t.Parallel()
	r := &row{t, name, does}
	if brinktest.RaceEnabled {
		r.Skipf("the race detector takes memory and time of its own")
	}
	return r
}

// Figures, as the table prints them.
type (
	share float64 // of 1
	size  int64   // bytes
	count int
)

func (s share) String() string { return fmt.Sprintf("%.2f %%", 100*float64(s)) }
func (s size) String() string  { return fmt.Sprintf("%.1f MiB", float64(s)/(1<<20)) }
func (c count) String() string { return fmt.Sprint(int(c)) }

// shortened returns a figure as text.
func shortened(v any) string {
	if d, ok := v.(time.Duration); ok {
		return d.Round(10 * time.Microsecond).String()
	}
	return fmt.Sprint(v)
}

// most notes a figure that may not be above a bound.
func most[T cmp.Ordered](r *row, figure string, got, bound T) {
	r.Helper()
	r.note(figure, shortened(got), "<= "+shortened(bound), got <= bound)
}

// least notes a figure that may not be below a bound.
func least[T cmp.Ordered](r *row, figure string, got, bound T) {
	r.Helper()
	r.note(figure, shortened(got), ">= "+shortened(bound), got >= bound)
}

// mostAtFullScale is most for what depends on the speed of the machine: a small row
// only shows it.
func mostAtFullScale[T cmp.Ordered](r *row, figure string, got, bound T) {
	r.Helper()
	if *all {
		most(r, figure, got, bound)
	} else {
		r.show(figure, got)
	}
}

// holds notes something that must be so.
func (r *row) holds(figure string, ok bool) {
	r.Helper()
	r.note(figure, fmt.Sprint(ok), "true", ok)
}

// show notes a figure without a bound.
func (r *row) show(figure string, got any) {
	r.Helper()
	r.Logf("%s: %s", figure, shortened(got))
	table.add(r, figure+": "+shortened(got), "", "")
}

// Skipf ends a row that cannot be run here. The table says why.
func (r *row) Skipf(format string, args ...any) {
	r.Helper()
	table.add(r, fmt.Sprintf(format, args...), "", "skipped")
	r.T.Skipf(format, args...)
}

func (r *row) note(figure, got, bound string, ok bool) {
	r.Helper()
	word := "ok"
	if ok {
		r.Logf("%s: %s, %s", figure, got, bound)
	} else {
		r.Errorf("%s: %s, want %s", figure, got, bound)
		word = "FAILED"
	}
	table.add(r, figure+": "+got, bound, word)
}

// table has the figures of all rows.
var table figures

type figures struct {
	mu sync.Mutex

	lines [][5]string // as columns
}

var columns = [5]string{"row", "what is done", "figure", "bound", "ok"}

func (f *figures) add(r *row, figure, bound, ok string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lines = append(f.lines, [5]string{r.name, r.does, figure, bound, ok})
}

// print writes the table. A row's name is only on its first line.
func (f *figures) print() {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	var last [5]string
	for _, line := range append([][5]string{columns}, f.lines...) {
		cells := line
		for i := range 2 {
			if line[0] == last[0] && line[1] == last[1] {
				cells[i] = ""
			}
		}
		fmt.Fprintln(w, strings.Join(cells[:], "\t"))
		last = line
	}
	_ = w.Flush() // stdout has nobody else to tell
}
