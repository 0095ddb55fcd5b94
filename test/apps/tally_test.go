package apps

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// logged is a line of the node's access log.
type logged struct {
	Method  string
	URL     string
	Status  int
	Outcome string
	Reason  string
	Store   string `json:"store_reason"`
}

// requests returns what the access log has from a line on, once no line has come
// for a while.
func (f *front) requests(from int) []logged {
	lines := f.logLines()
	for quiet := 0; quiet < 5; quiet++ {
		time.Sleep(100 * time.Millisecond)
		if now := f.logLines(); len(now) > len(lines) {
			lines, quiet = now, 0
		}
	}
	return lines[min(from, len(lines)):]
}

func (f *front) logLines() (lines []logged) {
	for line := range strings.Lines(f.Output()) {
		var l logged
		if strings.HasPrefix(line, `{"time"`) && json.Unmarshal([]byte(line), &l) == nil && l.Outcome != "" {
			lines = append(lines, l)
		}
	}
	return lines
}

// tally is what became of some requests.
type tally struct {
	requests int
	hits     int            // fresh or stale, from the cache
	others   map[string]int // by the most telling word of the log
}

func count(requests []logged) tally {
	n := tally{others: map[string]int{}}
	for _, r := range requests {
		n.requests++
		switch {
		case r.Outcome == "hit", r.Outcome == "stale":
			n.hits++
		case r.Store != "":
			n.others[r.Store]++
		default:
			n.others[r.Reason]++
		}
	}
	return n
}

func (n *tally) ratio() float64 { return 100 * float64(n.hits) / float64(max(1, n.requests)) }

// reasons lists the reasons, the most frequent first.
func (n *tally) reasons() string {
	names := slices.SortedFunc(maps.Keys(n.others), func(a, b string) int {
		if n.others[a] != n.others[b] {
			return n.others[b] - n.others[a]
		}
		return strings.Compare(a, b)
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %d", name, n.others[name])
	}
	return strings.Join(names, ", ")
}

// row is a line of the table.
type row struct {
	app    string
	total  tally
	second tally // the second visit of the same pages
	leaks  int
	read   int // responses that were searched
}

var table struct {
	sync.Mutex

	rows []row
}

// report adds a line to the table.
func (f *front) report(second tally, leaks int) {
	table.Lock()
	defer table.Unlock()
	table.rows = append(table.rows, row{f.app, count(f.requests(0)), second, leaks, len(f.answers)})
}

// printTable prints the lines of all tests that ran.
func printTable() {
	if len(table.rows) == 0 {
		return
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "application\trequests\tfrom the cache\tsecond visit\tresponses searched\twith data of somebody else\tnot from the cache, by reason")
	for _, r := range table.rows {
		fmt.Fprintf(w, "%s\t%d\t%d\t%.1f %%\t%d\t%d\t%s\n", r.app, r.total.requests, r.total.hits, r.second.ratio(), r.read, r.leaks, r.total.reasons())
	}
	w.Flush()
}
