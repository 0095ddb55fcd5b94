package conf

import "strconv"

// nearest returns the candidate that is most similar to s, in quotes, or "" if none is
// similar. Of equals it returns the one with the longest common beginning.
func nearest(s string, candidates []string) string {
	if len(s) > maxShown {
		return ""
	}
	best, alike, right := len(s)/3+1, 0, ""
	for _, c := range candidates {
		distance := edits(s, c, best)
		if c == s || distance > best || distance >= len(c) {
			continue
		}
		if start := shared(s, c); right == "" || distance < best || start > alike {
			best, alike, right = distance, start, c
		}
	}
	if right == "" {
		return ""
	}
	return strconv.Quote(right)
}

// shared returns the length of the common beginning of a and b.
func shared(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// edits returns how many insertions, deletions, replacements and swaps of neighbours
// lead from a to b. If it is more than most, the result is any number above most.
func edits(a, b string, most int) int {
	if len(a)-len(b) > most || len(b)-len(a) > most {
		return most + 1
	}
	width := len(b) + 1
	rows := make([]int, 3*width)
	older, old, row := rows[:width], rows[width:2*width], rows[2*width:]
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		older, old, row = old, row, older
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(old[j+1]+1, row[j]+1, old[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], older[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
