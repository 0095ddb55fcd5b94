package main

import (
	"strings"
	"testing"
	"time"

	"brink/store/disk"
)

// A log gets a line now and then, a terminal one that is written over and gone
// in the end.
func TestProgressLine(t *testing.T) {
	reading := disk.Progress{Step: "reading", Done: 5}
	half := disk.Progress{Step: "reading", Done: 5, Total: 10}
	for _, c := range []struct {
		terminal bool
		every    time.Duration
		want     string
	}{
		{false, 0, "reading: 5\nreading: 5 of 10 (50 %)\ncompacting\n"},
		{false, time.Hour, ""},
		{true, 0, "\r\x1b[Kreading: 5\r\x1b[Kreading: 5 of 10 (50 %)\r\x1b[Kcompacting\r\x1b[K"},
	} {
		var out strings.Builder
		l := &progressLine{w: &out, terminal: c.terminal, every: c.every, shown: time.Now()}
		for _, p := range []disk.Progress{reading, half, {Step: "compacting"}} {
			l.show(p)
		}
		l.end()
		if out.String() != c.want {
			t.Errorf("every %v: %q, want %q", c.every, out.String(), c.want)
		}
	}
}
