package faults

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// rows are what faults did to the speed of RAM hits.
type rows struct {
	mu sync.Mutex

	lines []string
}

var table rows

var columns = []string{
	"fault", "p50 before", "p99", "p50 during", "p99", "p50 after", "p99", "p99 during/before", "RAM hits during", "slowest",
	"other answers: origin", "disk", "cut", "back after",
}

func (r *rows) add(name string, l *load, back time.Duration) {
	cells := []any{name}
	for p := before; p < phases; p++ {
		cells = append(cells, l.tally(p).quantile(0.5).Round(time.Microsecond), l.tally(p).quantile(0.99).Round(time.Microsecond))
	}
	y := l.tally(during)
	times := float64(y.quantile(0.99)) / float64(l.tally(before).quantile(0.99))
	cells = append(cells, fmt.Sprintf("%.2f", times), len(y.ram), y.quantile(1).Round(time.Millisecond),
		y.places[fromOrigin], y.places[fromDisk], y.cut, back.Round(time.Millisecond))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, fmt.Sprintf(strings.Repeat("%v\t", len(cells)), cells...))
}

func (r *rows) print() {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, strings.Join(columns, "\t")+"\t")
	for _, line := range r.lines {
		fmt.Fprintln(w, line)
	}
	_ = w.Flush() // stdout has nobody else to tell
}
