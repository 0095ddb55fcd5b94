package accesslog

import "brink/store"

// run holds the lines of one stripe, in the order in which they were appended.
type run struct {
	lines []byte
	ends  []end // one a line
	taken int   // lines that next has returned
}

// end says where a line ends in its run, and when its reply ended.
type end struct {
	offset int
	at     store.Instant
}

// add appends a line. lines is r.lines with the new line at its end.
func (r *run) add(lines []byte, at store.Instant) {
	r.lines = lines
	r.ends = append(r.ends, end{len(lines), at})
}

// reset empties r and keeps its memory.
func (r *run) reset() { *r = run{lines: r.lines[:0], ends: r.ends[:0]} }

func (r *run) next() []byte {
	start := 0
	if r.taken > 0 {
		start = r.ends[r.taken-1].offset
	}
	r.taken++
	return r.lines[start:r.ends[r.taken-1].offset]
}

// earliest returns the run whose next line is the oldest, or nil if all lines
// are taken.
func earliest(runs []run) *run {
	var best *run
	for i := range runs {
		r := &runs[i]
		if r.taken < len(r.ends) && (best == nil || r.ends[r.taken].at < best.ends[best.taken].at) {
			best = r
		}
	}
	return best
}
